import type { Instruction } from '@mica-vm/x86-decoder'
import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import { Op } from '../wasm/opcodes.ts'

const registers = 8

/** The general registers of a region, in locals: those that it uses are loaded where it is entered, those that it changes written back where it is left. */
export class GeneralRegisters {
  readonly #w: FunctionWriter
  readonly #cpu: Local
  readonly #first: Local
  #used = 0
  #dirty = 0

  constructor(writer: FunctionWriter, cpu: Local) {
    this.#w = writer
    this.#cpu = cpu
    this.#first = writer.local()
    for (let i = 1; i < registers; i++) writer.local()
  }

  /** The local of register `number`. */
  use(number: number): Local {
    this.#used |= 1 << number
    return this.#first + number
  }

  /** The same, to be written. */
  change(number: number): Local {
    this.#dirty |= 1 << number
    return this.use(number)
  }

  /** Whether `local` is a register's. */
  owns(local: Local): boolean {
    return local >= this.#first && local < this.#first + registers
  }

  /** Pushes a memory operand's offset in its segment, whose base or index is a register. */
  pushAddress({ base, index, scale, displacement }: Instruction): void {
    const w = this.#w
    if (base >= 0) w.get(this.use(base))
    if (index >= 0) {
      w.get(this.use(index))
      if (scale > 0) w.i32(scale).op(Op.i32_shl)
      if (base >= 0) w.op(Op.i32_add)
    }
    if (displacement !== 0) w.i32(displacement).op(Op.i32_add)
  }

  load(w: FunctionWriter): void {
    for (let i = 0; i < registers; i++) {
      if (!(this.#used & (1 << i))) continue
      w.get(this.#cpu)
        .memory(Op.i32_load, i * 8)
        .set(this.#first + i)
    }
  }

  spill(w: FunctionWriter): void {
    for (let i = 0; i < registers; i++) {
      if (!(this.#dirty & (1 << i))) continue
      w.get(this.#cpu)
        .get(this.#first + i)
        .memory(Op.i32_store, i * 8)
    }
  }
}
