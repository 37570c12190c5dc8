import { FRAME_BYTES } from '../geometry.ts'
import { NOT_MEMORY } from '../types.ts'
import type { WriteListener } from '../types.ts'
import type { SlotAccess } from './slot-access.ts'

/** What copying needs to know of pages. */
export interface PageAccess {
  isMemory(ppn: number): boolean
  /** Whether devices may write. */
  isWritable(ppn: number): boolean
  /** Host byte address of a memory page; negative if it has no frame and gets none. */
  readAddress(ppn: number): number
  /** Host byte address of a frame that is the page's alone, whatever its permission; negative if there is none to have. */
  privateAddress(ppn: number): number
  /** Pages that get no frame. */
  readonly slots: SlotAccess
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
      const ppn = Math.floor((physical + done) / FRAME_BYTES)
      const count = Math.min(FRAME_BYTES - offset, into.length - done)
      const from = this.#pages.readAddress(ppn)
      const page = from < 0 ? this.#pages.slots.read(ppn) : this.#bytes
      if (page === null) return false
      const start = (from < 0 ? 0 : from) + offset
      into.set(page.subarray(start, start + count), done)
      done += count
    }
    return true
  }

  /** `asHost` writes ROM too. */
  write(physical: number, from: Uint8Array, asHost: boolean): boolean {
    if (!this.#isAllowed(physical, from.length, asHost) || !this.#prepare(physical, from)) return false
    for (let done = 0; done < from.length;) {
      const offset = (physical + done) % FRAME_BYTES
      const ppn = Math.floor((physical + done) / FRAME_BYTES)
      const count = Math.min(FRAME_BYTES - offset, from.length - done)
      if (!this.#pages.slots.isStaged(ppn)) {
        const to = this.#pages.readAddress(ppn) + offset
        this.#bytes.set(from.subarray(done, done + count), to)
        this.#written(to, count)
      }
      done += count
    }
    this.#pages.slots.commit()
    return true
  }

  /** Little-endian, unsigned, of 1, 2 or 4 bytes; -1 if any is not memory. */
  readNumber(physical: number, size: number): number {
    if (!this.#isMemory(physical, size)) return NOT_MEMORY
    const offset = physical % FRAME_BYTES
    if (offset + size > FRAME_BYTES) return this.#readAsBytes(physical, size)
    const bytes = this.#bytes
    const page = this.#pages.readAddress((physical - offset) / FRAME_BYTES)
    if (page < 0) return this.#readAsBytes(physical, size)
    const from = page + offset
    if (size === 1) return bytes[from]!
    const low = bytes[from]! | (bytes[from + 1]! << 8)
    return size === 2 ? low : (low | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)) >>> 0
  }

  writeNumber(physical: number, value: number, size: number): boolean {
    if (!this.#isAllowed(physical, size, false)) return false
    const offset = physical % FRAME_BYTES
    const isInside = offset + size <= FRAME_BYTES
    const page = isInside ? this.#pages.privateAddress((physical - offset) / FRAME_BYTES) : -1
    if (page < 0) {
      const parts = Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
      return this.write(physical, parts.subarray(0, size), false)
    }
    const to = page + offset
    for (let i = 0; i < size; i++) this.#bytes[to + i] = value >>> (8 * i)
    this.#written(to, size)
    return true
  }

  #readAsBytes(physical: number, size: number): number {
    const parts = new Uint8Array(4)
    if (!this.read(physical, parts.subarray(0, size))) return NOT_MEMORY
    return new DataView(parts.buffer).getUint32(0, true)
  }

  #isMemory(physical: number, length: number): boolean {
    if (!Number.isSafeInteger(physical) || physical < 0) return false
    const end = Math.ceil((physical + length) / FRAME_BYTES)
    for (let ppn = Math.floor(physical / FRAME_BYTES); ppn < end; ppn++) {
      if (!this.#pages.isMemory(ppn)) return false
    }
    return true
  }

  #isAllowed(physical: number, length: number, asHost: boolean): boolean {
    if (!this.#isMemory(physical, length)) return false
    const end = Math.ceil((physical + length) / FRAME_BYTES)
    for (let ppn = Math.floor(physical / FRAME_BYTES); ppn < end && !asHost; ppn++) {
      if (!this.#pages.isWritable(ppn)) return false
    }
    return true
  }

  /** Gives every page of a run a place of its own first, so that a store happens whole or not at all. */
  #prepare(physical: number, from: Uint8Array): boolean {
    const { slots } = this.#pages
    for (let done = 0; done < from.length;) {
      const offset = (physical + done) % FRAME_BYTES
      const ppn = Math.floor((physical + done) / FRAME_BYTES)
      const count = Math.min(FRAME_BYTES - offset, from.length - done)
      if (this.#pages.privateAddress(ppn) < 0 && !slots.stage(ppn, offset, from.subarray(done, done + count))) {
        slots.rollBack()
        return false
      }
      done += count
    }
    return true
  }

  #written(address: number, bytes: number): void {
    for (const listener of this.#listeners) listener(address, bytes)
  }
}
