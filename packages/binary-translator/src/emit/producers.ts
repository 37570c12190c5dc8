import type { Local } from '../wasm/function-writer.ts'
import type { Value } from './value.ts'

/** What set the arithmetic flags last, and its operands. */
export type Producer = BinaryProducer | LogicProducer | StepProducer | OrderedProducer

/** A logical operation. */
export interface LogicProducer {
  readonly kind: 'logic'
  readonly size: number
  readonly r: Value
}

/** A comparison of two doubles, in locals: CF tells that a is less, ZF that they are equal, and CF, ZF and PF that neither is a number. */
export interface OrderedProducer {
  readonly kind: 'ordered'
  readonly a: Local
  readonly b: Local
}

/** An addition or subtraction. */
export interface BinaryProducer {
  readonly kind: 'add' | 'sub'
  readonly size: number
  readonly a: Value
  readonly b: Value
  readonly r: Value
}

/** INC or DEC; CF comes from `carry`, or from the canonical words if that is null. */
export interface StepProducer {
  readonly kind: 'inc' | 'dec'
  readonly size: number
  readonly r: Value
  readonly carry: Producer | null
}

/** Whether `producer` is an INC or DEC. */
export const isStep = (producer: Producer): producer is StepProducer =>
  producer.kind === 'inc' || producer.kind === 'dec'
