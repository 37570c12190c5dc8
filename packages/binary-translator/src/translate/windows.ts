import {
  Access,
  facts,
  InstructionUses,
  type Instruction,
  OperandKind,
  registerClass,
  RegisterClass,
  registerNumber,
  usesInto,
} from '@mica-vm/x86-decoder'
import type { CodeEmitter } from '../emit/code-emitter.ts'
import type { Shape } from '../emit/shape.ts'
import type { Value } from '../emit/value.ts'
import type { TlbOffsets } from '../types.ts'
import type { Local } from '../wasm/function-writer.ts'
import { Op } from '../wasm/opcodes.ts'
import type { TlbEntries } from './tlb-entries.ts'

/** What a region's plan needs of a unit. */
interface UnitCode {
  readonly count: number
  readonly instructions: readonly Instruction[]
  readonly described: readonly { readonly shape: Shape }[]
}

/** Bytes that a window spans at most: few of them cross pages. */
const maximumSpan = 256
/** Windows of a region at most: every slow access shuts them all. */
const maximumWindows = 8
/** The stack pointer moves with every push. */
const stackPointer = 4

/** Bytes near the address in a register that a region accesses more than once while the register keeps its value. */
export class Window {
  readonly register: number
  readonly write: boolean
  /** Whether the region leaves the register alone. */
  readonly steady: boolean
  /** Displacements of the first byte and of the one behind the last. */
  low: number
  high: number
  uses: Instruction[]
  local: Local = -1

  constructor({ register, write, instruction, low, high }: Use, written: number) {
    this.register = register
    this.write = write
    this.steady = (written & (1 << register)) === 0
    this.low = low
    this.high = high
    this.uses = [instruction]
  }

  /** Takes `use` in, unless the window would become too wide. */
  take({ instruction, low, high }: Use): void {
    const [first, end] = [Math.min(this.low, low), Math.max(this.high, high)]
    if (end - first > maximumSpan) return
    this.low = first
    this.high = end
    this.uses.push(instruction)
  }
}

interface Use {
  readonly instruction: Instruction
  readonly register: number
  readonly write: boolean
  readonly low: number
  readonly high: number
}

/** The access of an instruction to memory at a register's address and a constant; undefined: it has none such. */
function useOf(instruction: Instruction, { kinds, sizes, segmented, addressSize }: Shape): Use | undefined {
  const { base, index, displacement, code } = instruction
  const operand = kinds.indexOf(OperandKind.Memory)
  if (operand < 0 || segmented || addressSize !== 4 || base < 0 || base === stackPointer || index >= 0) return undefined
  const size = sizes[operand]!
  const how = facts(code).access[operand]
  if (size === 0 || size > 16 || how === Access.None) return undefined
  return { instruction, register: base, write: how !== Access.Read, low: displacement, high: displacement + size }
}

const general = new Set<number>([RegisterClass.Gpr8, RegisterClass.Gpr8High, RegisterClass.Gpr16, RegisterClass.Gpr32])
const uses = new InstructionUses()

/** The general registers that an instruction writes, a bit for each. */
function writtenBy(instruction: Instruction): number {
  if (instruction.code === 0) return 0
  usesInto(instruction, uses)
  let written = 0
  for (let i = 0; i < uses.registerCount; i++) {
    const id = uses.registers[i]!
    const how = uses.registerAccess[i]!
    if (how === Access.Read || how === Access.ConditionalRead) continue
    if (general.has(registerClass(id))) written |= 1 << registerNumber(id)
  }
  return written
}

/** The windows that pay in a region: those of three accesses or more; where a register never changes, of two, of all that the region makes by way of it. */
function planWindows(units: readonly UnitCode[]): Window[] {
  const written = units.map(({ instructions, count }) => instructions.slice(0, count).map(writtenBy))
  const everWritten = written.flat().reduce((all, some) => all | some, 0)
  const found: Window[] = []
  const open: (Window | undefined)[] = []
  units.forEach((unit, number) => {
    for (let i = 0; i < unit.count; i++) {
      const use = useOf(unit.instructions[i]!, unit.described[i]!.shape)
      if (use) {
        const kind = 2 * use.register + Number(use.write)
        const window = open[kind]
        if (window) window.take(use)
        else found.push((open[kind] = new Window(use, everWritten)))
      }
      const changed = i < unit.count - 1 ? written[number]![i]! : everWritten
      for (let kind = 0; kind < 16; kind++) if (changed & (1 << (kind >> 1))) open[kind] = undefined
    }
  })
  return found
    .filter((window) => window.uses.length >= (window.steady ? 2 : 3))
    .sort((a, b) => b.uses.length - a.uses.length)
    .slice(0, maximumWindows)
}

/**
 * Host addresses of windows, in a local each. It is zero while nothing is known: from the region's start, after each change of the register, after
 * each slow access, which may change the TLB, and where the TLB does not permit direct access to all of the window. So one look at the TLB
 * serves all accesses of a window, over the turns of a loop, too.
 */
export class Windows {
  readonly #e: CodeEmitter & { readonly tlb: TlbOffsets }
  readonly #entries: TlbEntries
  readonly #pushArray: (write: boolean) => number
  #all: readonly Window[] = []
  readonly #byUse = new Map<Instruction, Window>()
  /** Locals that hold the address of the current instruction's memory operand. */
  readonly #addresses = new Set<Local>()
  readonly #tried = new Set<Window>()

  /** `pushArray` pushes the address of the TLB's array for reads or writes minus an offset, and returns that. */
  constructor(
    emitter: CodeEmitter & { readonly tlb: TlbOffsets },
    entries: TlbEntries,
    pushArray: (write: boolean) => number,
  ) {
    this.#e = emitter
    this.#entries = entries
    this.#pushArray = pushArray
  }

  /** Chooses the windows of a region of these units. */
  plan(units: readonly UnitCode[]): void {
    this.#all = planWindows(units)
    for (const window of this.#all) {
      window.local = this.#e.w.local()
      for (const use of window.uses) this.#byUse.set(use, window)
    }
  }

  /** Code of a unit comes next, to which several ways may lead. */
  enterUnit(): void {
    this.#tried.clear()
  }

  /** An instruction comes next. */
  start(): void {
    this.#addresses.clear()
  }

  /** Notes that `local` holds the address of the current instruction's memory operand; returns it. */
  noteAddress(local: Local): Local {
    this.#addresses.add(local)
    return local
  }

  /** Notes that `local` holds the same as `of`; returns it. */
  noteCopy(of: Local, local: Local): Local {
    if (this.#addresses.has(of)) this.#addresses.add(local)
    return local
  }

  /** Register `number` has been given another value. */
  forget(number: number): void {
    this.#addresses.clear()
    for (const { register, local } of this.#all) if (register === number) this.#shut(local)
  }

  /** The TLB may have changed. */
  shutAll(): void {
    for (const { local } of this.#all) this.#shut(local)
  }

  #shut(local: Local): void {
    this.#e.i32(0).w.set(local)
  }

  /**
   * Pushes whether an access of `instruction` lies in a window through which it may go directly; what is returned pushes its host address, where
   * so. Undefined: no window is for it.
   */
  direct(instruction: Instruction, linear: Value, size: number, write: boolean): (() => void) | undefined {
    const window = this.#byUse.get(instruction)
    if (window === undefined || typeof linear !== 'number' || !this.#addresses.has(linear)) return undefined
    const at = instruction.displacement - window.low
    if (window.write !== write || at < 0 || instruction.displacement + size > window.high) return undefined
    if (!this.#tried.has(window)) this.#open(window, linear, at)
    this.#tried.add(window)
    const emitter = this.#e
    emitter.push(window.local).i32(0).op(Op.i32_ne)
    return () => {
      emitter.push(window.local)
      if (at > 0) emitter.i32(at).op(Op.i32_add)
    }
  }

  /** Looks a window up, unless it is open; `linear` is the address of its byte `at`. The tag of the first byte's entry is compared with the last one's page. */
  #open({ local, low, high, write, register, steady }: Window, linear: Local, at: number): void {
    const e = this.#e
    e.push(local).op(Op.i32_eqz)
    if (steady) e.w.rarely()
    e.when(() => {
      e.push(linear).i32(at).op(Op.i32_sub).w.tee(local)
      e.i32(9)
        .op(Op.i32_shr_u)
        .i32((e.tlb.entries - 1) << 3)
        .op(Op.i32_and)
      const offset = this.#pushArray(write)
      const entry = this.#entries.learn(register)
      e.op(Op.i32_add).w.tee(entry)
      e.w
        .memory(Op.i32_load, offset + 4)
        .get(local)
        .op(Op.i32_add)
        .i32(0)
      e.w.get(entry).memory(Op.i32_load, offset).get(local)
      e.i32(high - low - 1)
        .op(Op.i32_add)
        .i32(-4096)
        .op(Op.i32_and)
        .op(Op.i32_eq)
        .op(Op.select)
        .w.set(local)
    })
  }
}
