import { Condition, Flags } from '../emit/flags.ts'
import { isStep, type BinaryProducer, type Producer } from '../emit/producers.ts'
import { Op } from '../wasm/opcodes.ts'
import { Helper } from '../emit/access-emitter.ts'
import type { Emitter } from '../emit/emitter.ts'
import type { Value } from '../emit/value.ts'
import { Late } from '../runtime/late-flags.ts'
import type { Local } from '../wasm/function-writer.ts'

/** What the flags need from the emitter that translates. */
export interface FlagLocals {
  /** Locals of the canonical words. */
  readonly result: number
  readonly aux: number
  /** Notes that the canonical words are used (written). */
  use(written: boolean): void
}

/**
 * Flags of translated code. A producer is only remembered; the next one replaces it at no cost. Conditions that follow
 * a comparison are taken from its operands. The canonical words are computed when a path leaves the code that knows
 * the producer: at merges, exits and in the slow arms of accesses that fault.
 */
export class TranslatedFlags extends Flags {
  /** The producer whose flags are not in the canonical words yet. */
  pending: Producer | null = null
  /** Whether the region puts aux off anywhere: see `putOff`. */
  late = false
  readonly #locals: FlagLocals
  readonly #kind: Local
  readonly #operands: readonly [Local, Local]

  constructor(emitter: Emitter, locals: FlagLocals) {
    super(emitter)
    this.#locals = locals
    this.#kind = emitter.w.local()
    this.#operands = [emitter.w.local(), emitter.w.local()]
  }

  override step(kind: 'inc' | 'dec', size: number, r: Value): void {
    let carry = this.pending
    while (carry && isStep(carry)) carry = carry.carry
    this.pending = { kind, size, r, carry }
  }

  protected override produce(producer: Producer): void {
    this.pending = producer
  }

  protected override pushResult(): void {
    this.#locals.use(false)
    this.e.push(this.#locals.result)
  }

  protected override pushAux(): void {
    this.#locals.use(false)
    this.catchUp()
    this.e.push(this.#locals.aux)
  }

  protected override store(result: () => void, aux: () => void): void {
    this.#locals.use(true)
    aux()
    const auxValue = this.e.pop()
    result()
    this.e.w.set(this.#locals.result)
    this.e.push(auxValue).w.set(this.#locals.aux)
    this.pending = null
    if (this.late) this.#setKind(Late.nothing)
  }

  #setKind(kind: number): void {
    this.e.i32(kind).w.set(this.#kind)
  }

  /**
   * Settles where several ways meet and flags are not asked for before they change again, except at a way out: of a 32-bit operation only the
   * result, and what aux is to be made of.
   */
  putOff(): void {
    const producer = this.pending
    if (
      !this.late ||
      producer === null ||
      producer.kind === 'logic' ||
      producer.kind === 'ordered' ||
      producer.size !== 4
    )
      return this.settle()
    this.#locals.use(true)
    if (isStep(producer)) this.#keepCarry(producer.carry)
    else {
      this.e.push(producer.a).w.set(this.#operands[0])
      this.e.push(producer.b).w.set(this.#operands[1])
    }
    this.e.push(producer.r).w.set(this.#locals.result)
    this.#setKind(Late[producer.kind])
    this.pending = null
  }

  /** Makes bit 31 of aux the carry of `producer`; of the canonical words, if that is null: it may be there already. */
  #keepCarry(producer: Producer | null): void {
    const e = this.e
    if (producer === null) {
      e.push(this.#kind)
        .i32(Late.sub | Late.add)
        .op(Op.i32_and)
      e.rarely(() => this.catchUp())
      return
    }
    this.pending = producer
    this.pushCarry()
    e.i32(31).op(Op.i32_shl).w.set(this.#locals.aux)
  }

  /** Makes aux what it is to be, where that has been put off. */
  catchUp(): void {
    if (!this.late) return
    const e = this.e
    e.push(this.#kind)
    e.rarely(() => {
      for (const local of [this.#kind, ...this.#operands, this.#locals.result, this.#locals.aux]) e.push(local)
      e.w.call(Helper.lateAux).set(this.#locals.aux)
      this.#setKind(Late.nothing)
    })
  }

  override settle(): void {
    if (this.pending) this.materialize(this.pending)
  }

  /** Emits `body`, an arm of a branch, and forgets what it did to the pending producer. */
  inArm(body: () => void): void {
    const saved = this.pending
    body()
    this.pending = saved
  }

  /** Copies what the pending producer needs of `local` before that is overwritten. */
  protect(local: number): void {
    if (!this.captured().has(local)) return
    const copy = this.e.push(local).pop()
    this.pending = substitute(this.pending!, local, copy)
  }

  /** Temporaries that the pending producer still needs. */
  captured(): Set<number> {
    const locals = new Set<number>()
    const add = (value: Value): void => {
      if (typeof value === 'number') locals.add(value)
    }
    const walk = (producer: Producer | null): void => {
      if (producer === null) return
      if (producer.kind === 'ordered') return void locals.add(producer.a).add(producer.b)
      add(producer.r)
      if (isStep(producer)) walk(producer.carry)
      else if (producer.kind !== 'logic') {
        add(producer.a)
        add(producer.b)
      }
    }
    walk(this.pending)
    return locals
  }

  override pushCarry(): void {
    const p = this.pending
    if (p?.kind === 'sub') this.e.push(p.a).push(p.b).op(Op.i32_lt_u)
    else if (p?.kind === 'add') this.e.push(p.r).mask(p.size).push(p.a).op(Op.i32_lt_u)
    else this.pushCarryOf(p)
  }

  override pushCondition(cc: number): void {
    if (!this.pending || !this.#fused(this.pending, cc & ~1, (cc & 1) !== 0)) super.pushCondition(cc)
  }

  /** Takes the condition straight from the producer, where that is possible. */
  #fused(p: Producer, cc: number, negated: boolean): boolean {
    if (p.kind === 'sub') return this.#compared(p, cc, negated)
    if (p.kind === 'ordered') {
      this.pushOrdered(p, cc)
      if (negated) this.e.op(Op.i32_eqz)
      return true
    }
    const ofResult = cc === Condition.E || cc === Condition.S
    if (p.kind === 'logic') {
      if (cc === Condition.O || cc === Condition.B) {
        this.e.i32(negated ? 1 : 0)
        return true
      }
      if (!ofResult && cc !== Condition.BE && cc !== Condition.L && cc !== Condition.LE) return false
    } else if (!ofResult) return false
    this.e.pushSigned(p.r, p.size)
    if (cc === Condition.E || cc === Condition.BE) return this.#isZero(negated)
    this.e.i32(0)
    if (cc === Condition.LE) this.e.op(negated ? Op.i32_gt_s : Op.i32_le_s)
    else this.e.op(negated ? Op.i32_ge_s : Op.i32_lt_s)
    return true
  }

  #isZero(negated: boolean): true {
    this.e.op(Op.i32_eqz)
    if (negated) this.e.op(Op.i32_eqz)
    return true
  }

  #compared({ a, b, r, size }: BinaryProducer, cc: number, negated: boolean): boolean {
    const e = this.e
    const opcodes = comparisons.get(cc)
    if (opcodes) {
      e.push(a).push(b)
      e.op(negated ? opcodes[1] : opcodes[0])
    } else if (cc === Condition.L || cc === Condition.LE) {
      e.pushSigned(a, size).pushSigned(b, size)
      const less = negated ? Op.i32_ge_s : Op.i32_lt_s
      const lessOrEqual = negated ? Op.i32_gt_s : Op.i32_le_s
      e.op(cc === Condition.L ? less : lessOrEqual)
    } else if (cc === Condition.S) {
      e.pushSigned(r, size)
        .i32(0)
        .op(negated ? Op.i32_ge_s : Op.i32_lt_s)
    } else return false
    return true
  }
}

/** Unsigned comparisons by condition: the condition itself, and its negation. */
const comparisons: ReadonlyMap<number, readonly [Op, Op]> = new Map([
  [Condition.B, [Op.i32_lt_u, Op.i32_ge_u]],
  [Condition.E, [Op.i32_eq, Op.i32_ne]],
  [Condition.BE, [Op.i32_le_u, Op.i32_gt_u]],
])

/** `producer` with `from` replaced by `to`; producers are shared between arms, so they never change. */
function substitute(producer: Producer, from: number, to: number): Producer {
  const replace = (value: Value): Value => (value === from ? to : value)
  if (producer.kind === 'ordered') return producer
  const r = replace(producer.r)
  if (isStep(producer)) return { ...producer, r, carry: producer.carry && substitute(producer.carry, from, to) }
  if (producer.kind === 'logic') return { ...producer, r }
  return { ...producer, r, a: replace(producer.a), b: replace(producer.b) }
}
