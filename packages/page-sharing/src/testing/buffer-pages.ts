import { PAGE_BYTES } from '../types.ts'
import type { SharablePages } from '../types.ts'
import type { BufferFrames } from './buffer-frames.ts'

const ABSENT = -1

/** Pages over `BufferFrames`: a page has no frame until it is written, and a shared frame is copied before a write. */
export class BufferPages implements SharablePages {
  readonly endPage: number
  readonly #frames: BufferFrames
  readonly #table: Int32Array
  /** Writes that had to copy a frame first. */
  copyOnWriteBreaks = 0

  constructor(frames: BufferFrames, pages: number) {
    this.#frames = frames
    this.endPage = pages
    this.#table = new Int32Array(pages).fill(ABSENT)
  }

  frameOf(ppn: number): number {
    return this.#table[ppn] ?? ABSENT
  }

  read(ppn: number, offset: number): number {
    return this.frameOf(ppn) < 0 ? 0 : this.#frames.bytes[this.frameOf(ppn) * PAGE_BYTES + offset]!
  }

  /** False, and nothing has changed, when a frame is needed and none is free. */
  write(ppn: number, offset: number, bytes: Uint8Array): boolean {
    const mpn = this.frameOf(ppn)
    if (mpn < 0 || this.#frames.references(mpn) > 1) {
      const own = this.#frames.allocate(mpn < 0 ? this.#frames.zeroFrame : mpn)
      if (own < 0) return false
      if (mpn >= 0) {
        this.copyOnWriteBreaks++
        this.#frames.release(mpn)
      }
      this.#table[ppn] = own
    }
    this.#frames.bytes.set(bytes, this.frameOf(ppn) * PAGE_BYTES + offset)
    return true
  }

  discard(ppn: number): void {
    const mpn = this.frameOf(ppn)
    if (mpn < 0) return
    this.#table[ppn] = ABSENT
    this.#frames.release(mpn)
  }

  lend(ppn: number): number {
    const mpn = this.frameOf(ppn)
    if (mpn >= 0) this.#frames.retain(mpn)
    return mpn
  }

  /** A page in the zero frame has no frame of its own: it keeps no reference. */
  adopt(ppn: number, mpn: number): void {
    const before = this.frameOf(ppn)
    this.#table[ppn] = mpn === this.#frames.zeroFrame ? ABSENT : mpn
    if (mpn === this.#frames.zeroFrame) this.#frames.release(mpn)
    if (before >= 0) this.#frames.release(before)
  }

  /** Other pages in the same frames. */
  fork(): BufferPages {
    const child = new BufferPages(this.#frames, this.endPage)
    for (let ppn = 0; ppn < this.endPage; ppn++) child.#table[ppn] = this.lend(ppn)
    return child
  }

  /** Gives all frames back. */
  release(): void {
    for (let ppn = 0; ppn < this.endPage; ppn++) this.discard(ppn)
  }
}
