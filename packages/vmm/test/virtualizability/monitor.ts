import { cpuModel, Layout, VcpuExit } from '@mica-vm/binary-translator'
import { FlatMachine } from '@mica-vm/binary-translator/testing'
import { decodeInto, DecodeStatus, Instruction } from '@mica-vm/x86-decoder'
import { emulate } from './emulation.ts'
import { hasErrorCode, layOut, Place, ramBytes, vectorAt } from './monitor-tables.ts'
import type { Assembled } from './programs.ts'
import { imageAddress } from './programs.ts'

const instructionLimit = 10_000

/** What the guest's kernel has set, as it believes. */
export interface VirtualState {
  cr0: number
  interruptFlag: boolean
  readonly tables: {
    gdt: readonly [base: number, limit: number]
    idt: readonly [base: number, limit: number]
    ldt: number
    task: number
  }
  readonly msrs: Map<number, number>
}

/** The registers that the trap saved on the monitor's stack: they are loaded again when the guest goes on. */
export class TrapFrame {
  readonly #view: DataView
  readonly #at: number

  constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
  }

  #read = (index: number): number => this.#view.getUint32(this.#at + index * 4, true)
  #write = (index: number, value: number): void => this.#view.setUint32(this.#at + index * 4, value, true)

  get eip(): number {
    return this.#read(0)
  }
  set eip(value: number) {
    this.#write(0, value)
  }
  get cs(): number {
    return this.#read(1) & 0xffff
  }
  set cs(value: number) {
    this.#write(1, value)
  }
  get eflags(): number {
    return this.#read(2)
  }
  get esp(): number {
    return this.#read(3)
  }
  set esp(value: number) {
    this.#write(3, value)
  }
  set ss(value: number) {
    this.#write(4, value)
  }
}

/**
 * A monitor of the classical kind: the guest's kernel runs de-privileged in ring 1 of an inner CPU, by itself, and what traps is
 * emulated on its virtual state. What does not trap is not seen.
 */
export class Monitor {
  readonly machine: FlatMachine = new FlatMachine({ mode: 'interpreter', ramBytes, model: cpuModel('x86-64-v2') })
  readonly view: DataView
  readonly virtual: VirtualState = {
    cr0: 0x11,
    interruptFlag: false,
    tables: { gdt: [0, 0], idt: [0, 0], ldt: 0, task: 0 },
    msrs: new Map(),
  }
  /** How many instructions were emulated. */
  emulated = 0
  #answer: number | undefined

  constructor() {
    const { ram } = this.machine
    this.view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength)
  }

  /** What the kernel ends with. */
  run({ image, entry }: Assembled): number {
    this.machine.write(imageAddress, image)
    layOut(this.view, entry)
    this.machine.start({ eip: Place.boot, registers: { esp: Place.stack } })
    while (this.#answer === undefined) {
      const exit = this.machine.run(instructionLimit)
      if (exit !== VcpuExit.Halt) throw new Error(`the guest ran away: exit ${exit}`)
      this.#trap(vectorAt(this.machine.state.eip))
    }
    return this.#answer
  }

  /** The guest's debug exit port. */
  finish(answer: number): void {
    this.#answer = answer
  }

  #trap(vector: number): void {
    const { state } = this.machine
    const errorBytes = hasErrorCode(vector) ? 4 : 0
    const stack = state.gpr(4)
    const frame = new TrapFrame(this.view, stack + errorBytes)
    const instruction = new Instruction()
    const { ram } = this.machine
    const decoded = decodeInto(ram, frame.eip, ram.length, 32, instruction) === DecodeStatus.Ok
    if (vector === 13 && decoded && emulate(this, frame, instruction)) this.emulated++
    else this.#reflect(vector, errorBytes === 0 ? undefined : this.view.getUint32(stack, true), frame)
    state.set(Layout.halted, 0)
  }

  /** An exception that is the guest's own: its handler gets what it would see in ring 0. */
  #reflect(vector: number, error: number | undefined, frame: TrapFrame): void {
    const [base] = this.virtual.tables.idt
    const low = this.view.getUint32(base + vector * 8, true)
    const high = this.view.getUint32(base + vector * 8 + 4, true)
    const flags = (frame.eflags & ~0x200) | (this.virtual.interruptFlag ? 0x200 : 0)
    const pushed = [flags, frame.cs & ~3, frame.eip, ...(error === undefined ? [] : [error])]
    for (const value of pushed) {
      frame.esp -= 4
      this.view.setUint32(frame.esp, value, true)
    }
    frame.cs = (low >>> 16) | 1
    frame.eip = ((high & 0xffff_0000) | (low & 0xffff)) >>> 0
    this.virtual.interruptFlag = false
  }
}
