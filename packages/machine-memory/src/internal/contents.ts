import { FRAME_BYTES } from '../geometry.ts'
import { NOT_MEMORY } from '../types.ts'
import type { WriteListener } from '../types.ts'

/** What copying needs to know of pages. */
export interface PageAccess {
  isMemory(ppn: number): boolean
  /** Whether devices may write. */
  isWritable(ppn: number): boolean
  /** Host byte address of a memory page. */
  readAddress(ppn: number): number
  /** Host byte address of a frame that is the page's alone, whatever its permission; negative if there is none to have. */
  privateAddress(ppn: number): number
}

/** Guest memory as bytes: copies in and out, across pages, whole or not at all. Addresses come from guests, so any number is allowed. */
export class Contents {
  readonly #bytes: Uint8Array
  readonly #pages: PageAccess
  #listeners: readonly WriteListener[] = []

  constructor(bytes: Uint8Array, pages: PageAccess) {
    this.#bytes = bytes
    this.#pages = pages
  }

  onWrite(listener: WriteListener): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  read(physical: number, into: Uint8Array): boolean {
    if (!this.#isMemory(physical, into.length)) return false
    for (let done = 0; done < into.length;) {
      const offset = (physical + done) % FRAME_BYTES
      const count = Math.min(FRAME_BYTES - offset, into.length - done)
      const from = this.#pages.readAddress(Math.floor((physical + done) / FRAME_BYTES)) + offset
      into.set(this.#bytes.subarray(from, from + count), done)
      done += count
    }
    return true
  }

  /** `asHost` writes ROM too. */
  write(physical: number, from: Uint8Array, asHost: boolean): boolean {
    if (!this.#prepare(physical, from.length, asHost)) return false
    for (let done = 0; done < from.length;) {
      const offset = (physical + done) % FRAME_BYTES
      const count = Math.min(FRAME_BYTES - offset, from.length - done)
      const to = this.#pages.readAddress(Math.floor((physical + done) / FRAME_BYTES)) + offset
      this.#bytes.set(from.subarray(done, done + count), to)
      this.#written(to, count)
      done += count
    }
    return true
  }

  /** Little-endian, unsigned, of 1, 2 or 4 bytes; -1 if any is not memory. */
  readNumber(physical: number, size: number): number {
    if (!this.#isMemory(physical, size)) return NOT_MEMORY
    const offset = physical % FRAME_BYTES
    if (offset + size > FRAME_BYTES) {
      const half = size / 2
      return this.readNumber(physical, half) + this.readNumber(physical + half, half) * 256 ** half
    }
    const bytes = this.#bytes
    const from = this.#pages.readAddress((physical - offset) / FRAME_BYTES) + offset
    if (size === 1) return bytes[from]!
    const low = bytes[from]! | (bytes[from + 1]! << 8)
    return size === 2 ? low : (low | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)) >>> 0
  }

  writeNumber(physical: number, value: number, size: number): boolean {
    if (!this.#prepare(physical, size, false)) return false
    const offset = physical % FRAME_BYTES
    if (offset + size > FRAME_BYTES) {
      const half = size / 2
      return this.writeNumber(physical, value, half) && this.writeNumber(physical + half, value >>> (8 * half), half)
    }
    const to = this.#pages.readAddress((physical - offset) / FRAME_BYTES) + offset
    for (let i = 0; i < size; i++) this.#bytes[to + i] = value >>> (8 * i)
    this.#written(to, size)
    return true
  }

  #isMemory(physical: number, length: number): boolean {
    if (!Number.isSafeInteger(physical) || physical < 0) return false
    const end = Math.ceil((physical + length) / FRAME_BYTES)
    for (let ppn = Math.floor(physical / FRAME_BYTES); ppn < end; ppn++) {
      if (!this.#pages.isMemory(ppn)) return false
    }
    return true
  }

  /** Gives every page of a run a private frame first, so that a store happens whole or not at all. */
  #prepare(physical: number, length: number, asHost: boolean): boolean {
    if (!this.#isMemory(physical, length)) return false
    const first = Math.floor(physical / FRAME_BYTES)
    const end = Math.ceil((physical + length) / FRAME_BYTES)
    for (let ppn = first; ppn < end && !asHost; ppn++) if (!this.#pages.isWritable(ppn)) return false
    for (let ppn = first; ppn < end; ppn++) if (this.#pages.privateAddress(ppn) < 0) return false
    return true
  }

  #written(address: number, bytes: number): void {
    for (const listener of this.#listeners) listener(address, bytes)
  }
}
