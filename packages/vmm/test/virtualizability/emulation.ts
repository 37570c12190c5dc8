import { OperandKind, Operation, registerNumber } from '@mica-vm/x86-decoder'
import type { Instruction } from '@mica-vm/x86-decoder'
import { mirrorDescriptors, mirrorGates, Place } from './monitor-tables.ts'
import type { Monitor, TrapFrame } from './monitor.ts'

const taskSwitched = 8

interface Trapped {
  readonly monitor: Monitor
  readonly frame: TrapFrame
  readonly instruction: Instruction
}

/** Linear address of the memory operand: the guest's segments are flat. */
function address({ monitor, frame, instruction }: Trapped): number {
  const { base, index, scale, displacement } = instruction
  const register = (number: number): number => (number === 4 ? frame.esp : monitor.machine.state.gpr(number))
  return ((base < 0 ? 0 : register(base)) + (index < 0 ? 0 : register(index) << scale) + displacement) >>> 0
}

/** The 16-bit operand of LLDT and such. */
function word(trapped: Trapped): number {
  const { monitor, instruction } = trapped
  if (instruction.kinds[0] === OperandKind.Memory) return monitor.view.getUint16(address(trapped), true)
  return monitor.machine.state.gpr(registerNumber(instruction.registers[0]!)) & 0xffff
}

function pseudoDescriptor(trapped: Trapped): readonly [base: number, limit: number] {
  const { view } = trapped.monitor
  const at = address(trapped)
  return [view.getUint32(at + 2, true), view.getUint16(at, true)]
}

function moveControl({ monitor, instruction }: Trapped): boolean {
  const { state } = monitor.machine
  const [target, source] = [instruction.registers[0]!, instruction.registers[1]!]
  const toControl = instruction.kinds[0] === OperandKind.Register && target >> 5 === 6
  if (registerNumber(toControl ? target : source) !== 0) return false
  if (toControl) monitor.virtual.cr0 = state.gpr(registerNumber(source))
  else state.setGpr(registerNumber(target), monitor.virtual.cr0)
  return true
}

function loadGlobal(trapped: Trapped): void {
  const { tables } = trapped.monitor.virtual
  tables.gdt = pseudoDescriptor(trapped)
  mirrorDescriptors(trapped.monitor.view, ...tables.gdt, Place.gdt)
}

function loadInterrupts(trapped: Trapped): void {
  const { tables } = trapped.monitor.virtual
  tables.idt = pseudoDescriptor(trapped)
  mirrorGates(trapped.monitor.view, ...tables.idt)
}

/** SS must have the privilege level of the code: the guest's kernel loads a selector of ring 0. */
function loadStack({ monitor, frame, instruction }: Trapped): boolean {
  if (registerNumber(instruction.registers[0]!) !== 2) return false
  frame.ss = (monitor.machine.state.gpr(registerNumber(instruction.registers[1]!)) & 0xfffc) | 1
  return true
}

/** A return to ring 0 by IRET, which is the guest's kernel. */
function interruptReturn({ monitor, frame }: Trapped): boolean {
  const { view } = monitor
  const [eip, cs, eflags] = [0, 4, 8].map((offset) => view.getUint32(frame.esp + offset, true)) as [
    number,
    number,
    number,
  ]
  if ((cs & 3) !== 0) return false
  frame.esp += 12
  frame.cs = cs | 1
  monitor.virtual.interruptFlag = (eflags & 0x200) !== 0
  frame.eip = eip
  return true
}

function modelRegister({ monitor, instruction }: Trapped): void {
  const { state } = monitor.machine
  const number = state.gpr(1)
  if (instruction.operation === Operation.Wrmsr) monitor.virtual.msrs.set(number, state.gpr(0))
  else {
    state.setGpr(0, monitor.virtual.msrs.get(number) ?? 0)
    state.setGpr(2, 0)
  }
}

function lowCr0({ monitor }: Trapped, value: number): void {
  monitor.virtual.cr0 = (monitor.virtual.cr0 & ~0xf) | (value & 0xf)
}

/** What the monitor knows how to do for its guest; false if the fault is the guest's own. */
const HANDLERS: Readonly<Record<number, (trapped: Trapped) => boolean | void>> = {
  [Operation.Lgdt]: loadGlobal,
  [Operation.Lidt]: loadInterrupts,
  [Operation.Lldt]: (trapped) => void (trapped.monitor.virtual.tables.ldt = word(trapped)),
  [Operation.Ltr]: (trapped) => void (trapped.monitor.virtual.tables.task = word(trapped)),
  [Operation.MovControl]: moveControl,
  [Operation.MovSegment]: loadStack,
  [Operation.Iret]: interruptReturn,
  [Operation.Clts]: ({ monitor }) => void (monitor.virtual.cr0 &= ~taskSwitched),
  [Operation.Lmsw]: (trapped) => lowCr0(trapped, word(trapped)),
  [Operation.Cli]: ({ monitor }) => void (monitor.virtual.interruptFlag = false),
  [Operation.Sti]: ({ monitor }) => void (monitor.virtual.interruptFlag = true),
  [Operation.Rdmsr]: modelRegister,
  [Operation.Wrmsr]: modelRegister,
  [Operation.In]: ({ monitor }) => void monitor.machine.state.setGpr(0, 0),
  [Operation.Out]: ({ monitor }) => monitor.finish(monitor.machine.state.gpr(0)),
}

/** Emulates an instruction that trapped; false if it did by a fault that the guest would have in ring 0, too. */
export function emulate(monitor: Monitor, frame: TrapFrame, instruction: Instruction): boolean {
  const before = frame.eip
  const handler = HANDLERS[instruction.operation]
  if (handler === undefined || handler({ monitor, frame, instruction }) === false) return false
  if (frame.eip === before) frame.eip = before + instruction.length
  return true
}
