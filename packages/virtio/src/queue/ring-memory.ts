import { DESCRIPTOR_BYTES } from '../registers.ts'
import type { GuestMemory } from '../types.ts'

/** A descriptor as it lies in memory; `last` is `next` in a split ring and the buffer ID in a packed one. */
export interface RawDescriptor {
  /** At least 2^52 means: no address. */
  address: number
  bytes: number
  flags: number
  last: number
}

/** Little-endian access to the parts of a ring. What is not memory reads as zero, and is remembered. */
export class RingMemory {
  readonly #memory: GuestMemory
  readonly #bytes: Uint8Array = new Uint8Array(DESCRIPTOR_BYTES)
  readonly #view: DataView = new DataView(this.#bytes.buffer)
  readonly #two: Uint8Array = this.#bytes.subarray(0, 2)
  readonly #four: Uint8Array = this.#bytes.subarray(0, 4)
  readonly #eight: Uint8Array = this.#bytes.subarray(0, 8)
  /** Address of an access that failed; -1: none did. */
  missingAt = -1

  constructor(memory: GuestMemory) {
    this.#memory = memory
  }

  read16(physical: number): number {
    return this.#read(physical, this.#two) ? this.#view.getUint16(0, true) : 0
  }

  read32(physical: number): number {
    return this.#read(physical, this.#four) ? this.#view.getUint32(0, true) : 0
  }

  write16(physical: number, value: number): void {
    this.#view.setUint16(0, value, true)
    this.#write(physical, this.#two)
  }

  /** Two numbers of 32 bits, in one piece. */
  write64(physical: number, low: number, high: number): void {
    this.#view.setUint32(0, low, true)
    this.#view.setUint32(4, high, true)
    this.#write(physical, this.#eight)
  }

  readDescriptor(physical: number, into: RawDescriptor): boolean {
    if (!this.#read(physical, this.#bytes)) return false
    const view = this.#view
    into.address = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
    into.bytes = view.getUint32(8, true)
    into.flags = view.getUint16(12, true)
    into.last = view.getUint16(14, true)
    return true
  }

  /** `readDescriptor` of a packed ring, whose last two fields are the other way round (2.8.13). */
  readPacked(physical: number, into: RawDescriptor): boolean {
    if (!this.readDescriptor(physical, into)) return false
    const id = into.flags
    into.flags = into.last
    into.last = id
    return true
  }

  #read(physical: number, into: Uint8Array): boolean {
    return this.#memory.read(physical, into) || this.#misses(physical)
  }

  #write(physical: number, from: Uint8Array): boolean {
    return this.#memory.write(physical, from) || this.#misses(physical)
  }

  #misses(physical: number): false {
    if (this.missingAt < 0) this.missingAt = physical
    return false
  }
}
