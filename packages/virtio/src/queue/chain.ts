import type { Chain, GuestMemory, Segment } from '../types.ts'

/** A buffer may have 2^32 bytes (2.7.5): more is a driver's lie. */
const MOST_BYTES = 2 ** 32
/** Where guest-physical addresses end. */
const ADDRESS_SPACE = 2 ** 52

/** What a ring hands out: the buffer, and what the ring has to know to take it back. */
export class BufferChain implements Chain {
  readonly readable: Segment[] = []
  readonly writable: Segment[] = []
  readableBytes = 0
  writableBytes = 0
  /** How the driver knows the buffer: the head's index in a split ring, the buffer ID in a packed one. */
  id = 0
  /** Places of the ring that it takes. */
  slots = 0
  readonly #memory: GuestMemory
  readonly #fail: (reason: string) => void

  constructor(memory: GuestMemory, fail: (reason: string) => void) {
    this.#memory = memory
    this.#fail = fail
  }

  /** Appends what a descriptor names; the reason when it must not. Nothing at all is allowed, and left out. */
  append(address: number, bytes: number, isWritable: boolean): string | null {
    if (!isWritable && this.writable.length > 0) return 'a buffer has what the device reads behind what it writes'
    if (address + bytes > ADDRESS_SPACE) return `a buffer at ${hex(address)} of ${bytes} bytes leaves the address space`
    if (this.readableBytes + this.writableBytes + bytes > MOST_BYTES) return 'a buffer has more than 4 GiB'
    if (bytes === 0) return null
    if (isWritable) {
      this.writable.push({ address, bytes })
      this.writableBytes += bytes
    } else {
      this.readable.push({ address, bytes })
      this.readableBytes += bytes
    }
    return null
  }

  read(into: Uint8Array, offset: number = 0): boolean {
    return this.#transfer(this.readable, offset, into, (address, part) => this.#memory.read(address, part))
  }

  write(from: Uint8Array, offset: number = 0): boolean {
    return this.#transfer(this.writable, offset, from, (address, part) => this.#memory.write(address, part))
  }

  #transfer(
    segments: readonly Segment[],
    offset: number,
    bytes: Uint8Array,
    move: (address: number, part: Uint8Array) => boolean,
  ): boolean {
    let skip = offset
    let done = 0
    for (const segment of segments) {
      if (done === bytes.length) break
      if (skip >= segment.bytes) {
        skip -= segment.bytes
        continue
      }
      const length = Math.min(segment.bytes - skip, bytes.length - done)
      if (!move(segment.address + skip, bytes.subarray(done, done + length))) {
        this.#fail(`a buffer names ${length} bytes at ${hex(segment.address + skip)}, which are not all memory`)
        return false
      }
      done += length
      skip = 0
    }
    return done === bytes.length
  }
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`
}
