import type { LinearMemory } from '../linear-memory.ts'
import type { Cells } from './cells.ts'

const BLANK = 0x20

/** Text modes: two bytes a cell. */
export class TextCells implements Cells {
  readonly #memory: LinearMemory
  readonly #base: number
  readonly #columns: number

  constructor(memory: LinearMemory, base: number, columns: number) {
    this.#memory = memory
    this.#base = base
    this.#columns = columns
  }

  copyRow(from: number, to: number, left: number, right: number): void {
    const bytes = this.#memory.bytes(this.#at(left, from), 2 * (right - left + 1))
    this.#memory.store(this.#at(left, to), bytes)
  }

  clearRow(row: number, left: number, right: number, attribute: number): void {
    this.write(left, row, right - left + 1, BLANK, attribute)
  }

  write(column: number, row: number, count: number, character: number, attribute: number | null): void {
    const at = this.#at(column, row)
    if (attribute === null) {
      for (let index = 0; index < count; index += 1) this.#memory.write8(at + 2 * index, character)
      return
    }
    const bytes = new Uint8Array(2 * count)
    for (let index = 0; index < count; index += 1) {
      bytes[2 * index] = character
      bytes[2 * index + 1] = attribute
    }
    this.#memory.store(at, bytes)
  }

  read(column: number, row: number): number {
    return this.#memory.read16(this.#at(column, row))
  }

  #at(column: number, row: number): number {
    return this.#base + 2 * (row * this.#columns + column)
  }
}
