import type { GuestMemory } from '../types.ts'

/** Guest memory in numbers. What cannot be read is zero; a write that is refused is dropped, as on a bus with nothing behind it. */
export class LinearMemory {
  readonly #memory: GuestMemory
  readonly #cells: readonly Uint8Array[] = [1, 2, 4].map((bytes) => new Uint8Array(bytes))

  constructor(memory: GuestMemory) {
    this.#memory = memory
  }

  read8(linear: number): number {
    const cell = this.#cells[0]!
    return this.#memory.read(linear, cell) ? cell[0]! : 0
  }

  read16(linear: number): number {
    const cell = this.#cells[1]!
    return this.#memory.read(linear, cell) ? cell[0]! | (cell[1]! << 8) : 0
  }

  read32(linear: number): number {
    const cell = this.#cells[2]!
    return this.#memory.read(linear, cell)
      ? (cell[0]! | (cell[1]! << 8) | (cell[2]! << 16) | (cell[3]! << 24)) >>> 0
      : 0
  }

  write8(linear: number, value: number): void {
    const cell = this.#cells[0]!
    cell[0] = value
    this.#memory.write(linear, cell)
  }

  write16(linear: number, value: number): void {
    const cell = this.#cells[1]!
    cell[0] = value
    cell[1] = value >>> 8
    this.#memory.write(linear, cell)
  }

  write32(linear: number, value: number): void {
    const cell = this.#cells[2]!
    for (let index = 0; index < 4; index += 1) cell[index] = value >>> (8 * index)
    this.#memory.write(linear, cell)
  }

  /** A copy of `length` bytes; null if any is refused. */
  load(linear: number, length: number): Uint8Array | null {
    const into = new Uint8Array(length)
    return this.#memory.read(linear, into) ? into : null
  }

  /** A copy of `length` bytes; zeros where there is no memory. */
  bytes(linear: number, length: number): Uint8Array {
    return this.load(linear, length) ?? new Uint8Array(length)
  }

  /** False, and nothing written, if any byte is refused. */
  store(linear: number, bytes: Uint8Array): boolean {
    return this.#memory.write(linear, bytes)
  }
}
