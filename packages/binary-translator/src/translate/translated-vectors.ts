import type { CodeEmitter } from '../emit/code-emitter.ts'
import { type Elements, Vectors, pushAddend, pushSettled } from '../emit/vectors.ts'
import { Layout } from '../state/layout.ts'
import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import { Op, Simd, ValueType } from '../wasm/opcodes.ts'

const registers = 8

/** What is known at a place of the code: of each register a bit for each of its doubles, then for each of its singles. */
export interface VectorKnowledge {
  readonly prepared: boolean
  readonly elements: readonly number[]
}

export const knowsNothing: VectorKnowledge = { prepared: false, elements: Array.from({ length: registers }, () => 0) }

/** The bits of `knowledge` for `elements`. */
function bitsOf({ at, size, count }: Elements): number {
  const first = at / size + (size === 8 ? 0 : 2)
  return ((1 << count) - 1) << first
}

/** The bits of all elements that have bytes among these. */
const bitsIn = (at: number, bytes: number): number =>
  [8, 4].reduce((bits, size) => {
    const first = Math.floor(at / size)
    const count = Math.floor((at + bytes - 1) / size) - first + 1
    return bits | bitsOf({ at: first * size, size, count })
  }, 0)

/**
 * XMM registers of a region, in locals. What short ways ask again and again is remembered: that MXCSR allows them, and that a register's numbers
 * are finite and not denormal. The first lies in a local, `safe`; where a promise of the second kind is broken, on one of the slow ways, that
 * local becomes zero, so that no short way is taken until the next place where nothing has been promised yet.
 */
export class TranslatedVectors extends Vectors {
  readonly inLocals = true
  readonly #e: CodeEmitter
  readonly #locals: (Local | undefined)[] = []
  #dirty = 0
  #safe: Local | undefined
  /** In a local, too: as a constant it would be loaded anew at each use. */
  #addend: Local | undefined
  #prepared = false
  readonly #known: number[] = [...knowsNothing.elements]

  constructor(emitter: CodeEmitter) {
    super()
    this.#e = emitter
  }

  // ---- registers -------------------------------------------------------------------------------------------------

  override local(number: number): Local {
    return (this.#locals[number] ??= this.#e.w.local(ValueType.v128))
  }

  override changed(number: number, at: number, bytes: number): void {
    this.#dirty |= 1 << number
    this.#known[number]! &= ~bitsIn(at, bytes)
  }

  override flush(number: number): void {
    this.#store(this.#e.w, number)
  }

  override reload(number: number): void {
    this.#load(this.#e.w, number)
    this.#known[number] = 0
  }

  override flushAll(): void {
    for (let i = 0; i < registers; i++) this.flush(i)
  }

  override reloadAll(): void {
    for (let i = 0; i < registers; i++) this.reload(i)
    this.controlChanged()
  }

  /** Loads the registers that the region uses, where it is entered. */
  load(w: FunctionWriter): void {
    this.#locals.forEach((_, i) => this.#load(w, i))
  }

  /** Writes back those that it changes, where it is left. */
  spill(w: FunctionWriter): void {
    for (let i = 0; i < registers; i++) if (this.#dirty & (1 << i)) this.#store(w, i)
  }

  #load(w: FunctionWriter, number: number): void {
    w.get(this.#e.cpu)
      .simdMemory(Simd.v128_load, Layout.vector + 32 * number)
      .set(this.local(number))
  }

  #store(w: FunctionWriter, number: number): void {
    w.get(this.#e.cpu)
      .get(this.local(number))
      .simdMemory(Simd.v128_store, Layout.vector + 32 * number)
  }

  // ---- what is known ---------------------------------------------------------------------------------------------

  override controlChanged(): void {
    this.#becomeUnsafe()
    this.knowledge = knowsNothing
  }

  get knowledge(): VectorKnowledge {
    return { prepared: this.#prepared, elements: [...this.#known] }
  }

  set knowledge({ prepared, elements }: VectorKnowledge) {
    this.#prepared = prepared
    elements.forEach((bits, i) => (this.#known[i] = bits))
  }

  override prepare(): void {
    if (this.#prepared) return
    const e = this.#e
    const safe = (this.#safe ??= e.w.local(ValueType.i64))
    const addend = (this.#addend ??= e.w.local(ValueType.i64))
    e.push(safe).op(Op.i64_eqz)
    e.rarely(() => {
      pushSettled(e)
      e.w.set(safe)
      pushAddend(e)
      e.w.set(addend)
    })
    this.#known.fill(0)
    this.#prepared = true
  }

  override pushSafe(): void {
    this.#e.push(this.#safe!)
  }

  override pushAddend(): void {
    this.#e.push(this.#addend!)
  }

  #becomeUnsafe(): void {
    this.#e.w.i64(0).set((this.#safe ??= this.#e.w.local(ValueType.i64)))
  }

  override knows(register: number | undefined, elements: Elements): boolean {
    const bits = bitsOf(elements)
    return register !== undefined && (this.#known[register]! & bits) === bits
  }

  override learn(register: number | undefined, elements: Elements): void {
    if (register !== undefined) this.#known[register]! |= bitsOf(elements)
  }

  override distrust(): void {
    const e = this.#e
    e.op(Op.i32_eqz)
    e.when(() => this.#becomeUnsafe())
  }

  override copied(to: number | undefined, from: number | undefined): void {
    if (to !== undefined && from !== undefined) this.#known[to] = this.#known[from]!
  }
}
