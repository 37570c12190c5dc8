import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import { Op } from '../wasm/opcodes.ts'

const registers = 8

/** The general registers of a region, in locals: those that it uses are loaded where it is entered, those that it changes written back where it is left. */
export class GeneralRegisters {
  readonly #cpu: Local
  readonly #first: Local
  #used = 0
  #dirty = 0

  constructor(writer: FunctionWriter, cpu: Local) {
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
