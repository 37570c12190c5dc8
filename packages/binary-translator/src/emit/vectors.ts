import { Layout } from '../state/layout.ts'
import type { Local } from '../wasm/function-writer.ts'
import { Op } from '../wasm/opcodes.ts'
import type { CodeEmitter } from './code-emitter.ts'

/** MXCSR: RC, FTZ, DAZ, PM and PE; and the two that have to be set. */
const decisive = 0xf060
const settled = 0x1020

/**
 * Bits 61 and 62 of a double are its exponent's highest: one of them is set from 2^-511 on up to 2^513, and bit 62 of the sum with bit 61 is set just
 * there. So that sum and this mask tell at once that a number is of middle size.
 */
const middleBit = 1 << 30
const halfOfMiddle = 1 << 29

/** Elements of an XMM register: `count` of `size` bytes from byte `at` on. */
export interface Elements {
  readonly at: number
  readonly size: number
  readonly count: number
}

/** Where XMM registers are while code is emitted, and what is known about the numbers that they hold. */
export abstract class Vectors {
  /** Whether registers that are known by number live in locals. */
  abstract readonly inLocals: boolean
  /** The local of register `number`. */
  abstract local(number: number): Local
  /** Notes that the local of `number` was written; nothing is known of the elements in its `bytes` bytes from `at` on any more. */
  abstract changed(number: number, at: number, bytes: number): void
  /** Writes a register to the state block, for a function that finds it there. */
  abstract flush(number: number): void
  /** Reads a register back that such a function has written. */
  abstract reload(number: number): void
  /** The same for all registers, and MXCSR with them. */
  abstract flushAll(): void
  abstract reloadAll(): void
  /** MXCSR was written. */
  abstract controlChanged(): void

  /** What short ways need from here on has been looked at, as far as that is possible ahead: comes before the others below. */
  abstract prepare(): void
  /** Pushes, as an i64, the mask of `middleBit`; or 0, where MXCSR forbids to take any result from WebAssembly, or what `knows` promises is not so. */
  abstract pushSafe(): void
  /** Pushes, as an i64, what is to be added to a number's bits before that mask. */
  abstract pushAddend(): void
  /** Whether, unless `pushSafe` gives 0, all of these elements are finite and not denormal. */
  abstract knows(register: number | undefined, elements: Elements): boolean
  /** Promises that they are: it was found, or `distrust` was told. */
  abstract learn(register: number | undefined, elements: Elements): void
  /** Makes `pushSafe` give 0 until the next `prepare` that may know nothing, if the top of the stack is zero. */
  abstract distrust(): void
  /** Register `to` has become a copy of `from`. */
  abstract copied(to: number | undefined, from: number | undefined): void
}

/** Pushes the mask where MXCSR asks for rounding to nearest and no flushing, and PE is set and masked; else 0. */
export function pushSettled(e: CodeEmitter): void {
  e.w.i64(0, middleBit).i64(0)
  e.cell(Layout.mxcsr).i32(decisive).op(Op.i32_and).i32(settled).op(Op.i32_eq).op(Op.select)
}

/** Pushes what is added. */
export const pushAddend = (e: CodeEmitter): void => void e.w.i64(0, halfOfMiddle)

/** Registers that lie in the state block, and whose numbers come with the record. */
export class StateVectors extends Vectors {
  readonly inLocals = false
  readonly #e: CodeEmitter

  constructor(emitter: CodeEmitter) {
    super()
    this.#e = emitter
  }

  override local(number: number): Local {
    throw new RangeError(`register ${number} is not in a local`)
  }

  override changed(): void {}
  override flush(): void {}
  override reload(): void {}
  override flushAll(): void {}
  override reloadAll(): void {}
  override controlChanged(): void {}
  override prepare(): void {}

  override pushSafe(): void {
    pushSettled(this.#e)
  }

  override pushAddend(): void {
    pushAddend(this.#e)
  }

  override knows(): boolean {
    return false
  }

  override learn(): void {}

  override distrust(): void {
    this.#e.op(Op.drop)
  }

  override copied(): void {}
}
