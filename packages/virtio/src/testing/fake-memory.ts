import type { GuestMemory } from '../types.ts'

/** Memory from address `base` on, and nothing elsewhere. It remembers what was touched. */
export class FakeGuestMemory implements GuestMemory {
  readonly bytes: Uint8Array
  readonly base: number
  readonly view: DataView
  /** Accesses that named something else than memory. */
  misses = 0
  #top: number

  /** `reserved` bytes at the beginning are not handed out by `allocate`. */
  constructor(size: number, { base = 0x10_0000, reserved = 0 }: { base?: number; reserved?: number } = {}) {
    this.bytes = new Uint8Array(size)
    this.base = base
    this.view = new DataView(this.bytes.buffer)
    this.#top = reserved
  }

  read(physical: number, into: Uint8Array): boolean {
    if (!this.#has(physical, into.length)) return false
    into.set(this.bytes.subarray(physical - this.base, physical - this.base + into.length))
    return true
  }

  write(physical: number, from: Uint8Array): boolean {
    if (!this.#has(physical, from.length)) return false
    this.bytes.set(from, physical - this.base)
    return true
  }

  /** Address of memory that nobody else gets. @throws RangeError when there is none left. */
  allocate(bytes: number, alignment: number = 1): number {
    const start = Math.ceil(this.#top / alignment) * alignment
    if (start + bytes > this.bytes.length) throw new RangeError(`no ${bytes} bytes are left of ${this.bytes.length}`)
    this.#top = start + bytes
    return this.base + start
  }

  #has(physical: number, bytes: number): boolean {
    const isMemory = physical >= this.base && physical + bytes <= this.base + this.bytes.length
    if (!isMemory) this.misses++
    return isMemory
  }
}
