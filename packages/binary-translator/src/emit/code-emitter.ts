import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import { Op, type ValueType } from '../wasm/opcodes.ts'
import { sizeMask, type Value } from './value.ts'

/** Emits values: the wasm stack, temporaries and the state block's cells. */
export abstract class CodeEmitter {
  /** Parameter 0 of every emitted function: the state block's address. */
  readonly cpu: Local = 0
  abstract w: FunctionWriter

  /** Pushes `value` on the wasm stack. */
  push(value: Value): this {
    if (typeof value === 'number') this.w.get(value)
    else this.w.i32(value.constant)
    return this
  }

  /** Pushes a constant. */
  i32(value: number): this {
    this.w.i32(value)
    return this
  }

  op(opcode: Op): this {
    this.w.op(opcode)
    return this
  }

  /** Pops the top of the wasm stack into a fresh temporary. */
  pop(): Local {
    const local = this.temporary()
    this.w.set(local)
    return local
  }

  /** A value that survives later register writes. */
  copy(value: Value): Value {
    return typeof value === 'number' ? this.push(value).pop() : value
  }

  /** An i32 local that lives until the end of the instruction. */
  abstract temporary(): Local
  /** A local of another type that does. */
  abstract typed(type: ValueType): Local

  /** Pushes `value` sign-extended from `size` bytes. */
  pushSigned(value: Value, size: number): this {
    this.push(value)
    if (size === 1) this.op(Op.i32_extend8_s)
    else if (size === 2) this.op(Op.i32_extend16_s)
    return this
  }

  /** Masks the top of the stack to `size` bytes. */
  mask(size: number): this {
    return size === 4 ? this : this.i32(sizeMask(size)).op(Op.i32_and)
  }

  /** Emits `body` under the condition on top of the stack. */
  when(body: () => void): void {
    this.w.if()
    body()
    this.w.end()
  }

  /** The same, of a condition that seldom holds. */
  rarely(body: () => void): void {
    this.w.rarely()
    this.when(body)
  }

  /** Pushes the 32-bit state cell at `offset`. */
  cell(offset: number): this {
    this.w.get(this.cpu).memory(Op.i32_load, offset)
    return this
  }

  /** Stores `value` in the 32-bit state cell at `offset`. */
  setCell(offset: number, value: Value): this {
    this.w.get(this.cpu)
    this.push(value).w.memory(Op.i32_store, offset)
    return this
  }
}
