import { Op } from '../wasm/opcodes.ts'
import type { Local } from '../wasm/function-writer.ts'
import type { Emitter } from './emitter.ts'
import { isStep, type OrderedProducer, type Producer, type StepProducer } from './producers.ts'
import { auxFlags, pushCarryOverflow, pushCarryVector, pushStepAux } from './flag-words.ts'
import type { Value } from './value.ts'

/**
 * Lazy arithmetic flags.
 *
 * Two words hold all six flags, whatever operation made them. `result` is the operation's result sign-extended to
 * 32 bits; `aux` corrects and completes it:
 *
 * | bit of aux | meaning |
 * |---|---|
 * | 31 | CF |
 * | 30 | CF xor OF (the carry into the sign bit) |
 * | 8-15 | xor with the result's low byte before its parity is taken |
 * | 3 | AF |
 * | 0 | xor with the result's sign |
 *
 * So ZF = (result = 0), SF = sign(result) xor aux.0, PF = even parity of (result xor aux.8-15). A carry vector of an
 * addition or subtraction is almost an `aux` already, which makes the common case cheap. Flags that were loaded
 * (POPF, SAHF) are expressed with a result of 0 or 0x100 and the corrections.
 *
 * The two bindings differ in when the work is done.
 */
export abstract class Flags {
  protected readonly e: Emitter

  constructor(emitter: Emitter) {
    this.e = emitter
  }

  /** Flags of r = a + b (+ carry). Operands are zero-extended from `size`; r may have bits above it. */
  add(size: number, a: Value, b: Value, r: Value): void {
    this.produce({ kind: 'add', size, a, b, r })
  }

  /** Flags of r = a - b (- borrow). */
  sub(size: number, a: Value, b: Value, r: Value): void {
    this.produce({ kind: 'sub', size, a, b, r })
  }

  /** Flags of a logical operation: CF = OF = AF = 0. */
  logic(size: number, r: Value): void {
    this.produce({ kind: 'logic', size, r })
  }

  /** Flags of comparing two doubles: COMISD and its like. */
  ordered(a: Local, b: Local): void {
    this.produce({ kind: 'ordered', a, b })
  }

  /** Flags of r = a + 1 or r = a - 1: all but CF. */
  abstract step(kind: 'inc' | 'dec', size: number, r: Value): void
  protected abstract produce(producer: Producer): void

  /** Pushes the canonical result and aux words. */
  protected abstract pushResult(): void
  protected abstract pushAux(): void
  /** Stores both canonical words (each pushes one value). */
  protected abstract store(result: () => void, aux: () => void): void
  /** Makes the canonical words hold the flags. */
  abstract settle(): void

  /** Sets ZF, SF and PF from r, CF and OF from the given bits (0 or 1), and clears AF: shifts and multiplications. */
  explicit(size: number, r: Value, cf: Value, of: Value): void {
    this.store(
      () => this.e.pushSigned(r, size),
      () => pushCarryOverflow(this.e, cf, of),
    )
  }

  /** Changes CF and OF only: rotates. */
  carryOverflow(cf: Value, of: Value): void {
    this.settle()
    this.store(
      () => this.pushResult(),
      () => {
        this.pushAux()
        this.e.i32(~auxFlags).op(Op.i32_and)
        pushCarryOverflow(this.e, cf, of)
        this.e.op(Op.i32_or)
      },
    )
  }

  /** Changes CF only: BT, STC, CLC, CMC. Keeps OF, which is stored relative to CF. */
  carryOnly(cf: Value): void {
    this.settle()
    const e = this.e
    this.pushAux()
    const aux = e.pop()
    this.store(
      () => this.pushResult(),
      () => {
        // new = aux with bit 31 := cf and bit 30 := bit 30 ^ old cf ^ cf
        e.push(aux).push(aux).i32(31).op(Op.i32_shr_u).push(cf).op(Op.i32_xor)
        e.i32(0).op(Op.i32_ne).i32(auxFlags).op(Op.i32_mul).op(Op.i32_xor)
      },
    )
  }

  /** Loads the six flags from the EFLAGS image `image`, as `CpuState.eflags` does. */
  load(image: Value): void {
    const e = this.e
    const bit = (n: number): Value => {
      e.push(image)
      if (n > 0) e.i32(n).op(Op.i32_shr_u)
      return e.i32(1).op(Op.i32_and).pop()
    }
    const cf = bit(0)
    const of = bit(11)
    const pf = bit(2)
    const zf = bit(6)
    this.store(
      () => e.push(zf).i32(1).op(Op.i32_xor).i32(8).op(Op.i32_shl),
      () => {
        pushCarryOverflow(this.e, cf, of)
        e.push(pf).i32(1).op(Op.i32_xor).i32(8).op(Op.i32_shl).op(Op.i32_or)
        e.push(bit(4)).i32(3).op(Op.i32_shl).op(Op.i32_or)
        e.push(bit(7)).op(Op.i32_or)
      },
    )
  }

  /** Pushes the six flags in EFLAGS layout. */
  pushImage(): void {
    this.settle()
    const e = this.e
    this.pushCarry()
    const place = (condition: number, shift: number): void => {
      this.pushCanonical(condition)
      e.i32(shift).op(Op.i32_shl).op(Op.i32_or)
    }
    place(Condition.P, 2)
    this.pushAux()
    e.i32(3).op(Op.i32_shr_u).i32(1).op(Op.i32_and).i32(4).op(Op.i32_shl).op(Op.i32_or)
    place(Condition.E, 6)
    place(Condition.S, 7)
    place(Condition.O, 11)
  }

  /** Sets ZF, and the other flags to those of a zero or nonzero result: BSF, ARPL, CMPXCHG8B keep the rest. */
  zeroOnly(zf: Value): void {
    this.pushImage()
    const e = this.e
    e.i32(~0x40).op(Op.i32_and).push(zf).i32(6).op(Op.i32_shl).op(Op.i32_or)
    this.load(e.pop())
  }

  /** Pushes CF as 0 or 1. */
  pushCarry(): void {
    this.settle()
    this.pushAux()
    this.e.i32(31).op(Op.i32_shr_u)
  }

  /** Pushes 1 if condition `cc` (the low four bits of Jcc's opcode) holds, else 0. */
  pushCondition(cc: number): void {
    this.settle()
    this.pushCanonical(cc & ~1)
    if (cc & 1) this.e.op(Op.i32_eqz)
  }

  /** Condition `cc` (even) from the canonical words. */
  protected pushCanonical(cc: number): void {
    const e = this.e
    switch (cc) {
      case Condition.O:
        return this.pushOverflow()
      case Condition.B:
        this.pushAux()
        e.i32(31).op(Op.i32_shr_u)
        return
      case Condition.E:
        this.pushResult()
        e.op(Op.i32_eqz)
        return
      case Condition.BE:
        this.pushAux()
        e.i32(31).op(Op.i32_shr_u)
        this.pushResult()
        e.op(Op.i32_eqz).op(Op.i32_or)
        return
      case Condition.S:
        return this.pushSign()
      case Condition.P:
        return this.pushParity()
      case Condition.L:
        this.pushSign()
        this.pushOverflow()
        e.op(Op.i32_xor)
        return
      default:
        this.pushSign()
        this.pushOverflow()
        e.op(Op.i32_xor)
        this.pushResult()
        e.op(Op.i32_eqz).op(Op.i32_or)
    }
  }

  private pushOverflow(): void {
    const e = this.e
    this.pushAux()
    this.pushAux()
    e.i32(1).op(Op.i32_shl).op(Op.i32_xor).i32(31).op(Op.i32_shr_u)
  }

  private pushSign(): void {
    const e = this.e
    this.pushResult()
    e.i32(31).op(Op.i32_shr_u)
    this.pushAux()
    e.i32(1).op(Op.i32_and).op(Op.i32_xor)
  }

  private pushParity(): void {
    const e = this.e
    this.pushResult()
    this.pushAux()
    e.i32(8).op(Op.i32_shr_u).op(Op.i32_xor).i32(0xff).op(Op.i32_and)
    e.op(Op.i32_popcnt).i32(1).op(Op.i32_and).op(Op.i32_eqz)
  }

  /** Emits the canonical words of `producer`. */
  protected materialize(producer: Producer): void {
    if (producer.kind === 'ordered') return this.materializeOrdered(producer)
    this.store(
      () => this.e.pushSigned(producer.r, producer.size),
      () => this.pushAuxOf(producer),
    )
  }

  private materializeOrdered(producer: OrderedProducer): void {
    const e = this.e
    this.store(
      () => {
        this.pushOrdered(producer, Condition.E)
        e.op(Op.i32_eqz).i32(8).op(Op.i32_shl)
      },
      () => {
        this.pushOrdered(producer, Condition.B)
        e.i32(auxFlags).op(Op.i32_mul)
        this.pushOrdered(producer, Condition.P)
        e.op(Op.i32_eqz).i32(8).op(Op.i32_shl).op(Op.i32_or)
      },
    )
  }

  /** Pushes condition `cc` after a comparison of doubles: CF, ZF and PF say less, equal and unordered, and this all three; the rest are clear. */
  protected pushOrdered({ a, b }: OrderedProducer, cc: number): void {
    const e = this.e
    const pushEither = (...opcodes: [Op, Op]): void => {
      for (const opcode of opcodes) e.push(a).push(b).op(opcode)
      e.op(Op.i32_or).op(Op.i32_eqz)
    }
    if (cc === Condition.B) e.push(a).push(b).op(Op.f64_ge).op(Op.i32_eqz)
    else if (cc === Condition.BE) e.push(a).push(b).op(Op.f64_gt).op(Op.i32_eqz)
    else if (cc === Condition.E || cc === Condition.LE) pushEither(Op.f64_lt, Op.f64_gt)
    else if (cc === Condition.P) pushEither(Op.f64_lt, Op.f64_ge)
    else e.i32(0)
  }

  private pushAuxOf(producer: Exclude<Producer, OrderedProducer>): void {
    switch (producer.kind) {
      case 'add':
      case 'sub':
        return pushCarryVector(this.e, producer)
      case 'logic':
        this.e.i32(0)
        return
      case 'inc':
      case 'dec':
        return this.pushStepOf(producer)
    }
  }

  private pushStepOf(producer: StepProducer): void {
    this.pushCarryOf(producer.carry)
    pushStepAux(this.e, producer, this.e.pop())
  }

  /** Pushes the CF that `producer` makes (null: the canonical one). */
  protected pushCarryOf(producer: Producer | null): void {
    const e = this.e
    if (producer === null) {
      this.pushAux()
      e.i32(31).op(Op.i32_shr_u)
    } else if (producer.kind === 'logic') {
      e.i32(0)
    } else if (producer.kind === 'ordered') {
      this.pushOrdered(producer, Condition.B)
    } else if (isStep(producer)) {
      this.pushCarryOf(producer.carry)
    } else {
      pushCarryVector(e, producer)
      e.i32(31).op(Op.i32_shr_u)
    }
  }
}

/** The even condition codes. SDM vol. 1, appendix B. */
export const Condition = { O: 0, B: 2, E: 4, BE: 6, S: 8, P: 10, L: 12, LE: 14 } as const

/** Flags of the interpreter: computed at once into the state block. */
export class ImmediateFlags extends Flags {
  readonly #result: number
  readonly #aux: number

  constructor(emitter: Emitter, resultCell: number, auxCell: number) {
    super(emitter)
    this.#result = resultCell
    this.#aux = auxCell
  }

  override step(kind: 'inc' | 'dec', size: number, r: Value): void {
    this.materialize({ kind, size, r, carry: null })
  }

  protected override produce(producer: Producer): void {
    this.materialize(producer)
  }

  protected override pushResult(): void {
    this.e.cell(this.#result)
  }

  protected override pushAux(): void {
    this.e.cell(this.#aux)
  }

  protected override store(result: () => void, aux: () => void): void {
    aux()
    const auxValue = this.e.pop()
    result()
    const resultValue = this.e.pop()
    this.e.setCell(this.#result, resultValue)
    this.e.setCell(this.#aux, auxValue)
  }

  override settle(): void {}
}
