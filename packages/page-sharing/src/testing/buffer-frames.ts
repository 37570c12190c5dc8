import { PAGE_BYTES } from '../types.ts'
import type { ReferenceListener, SharableFrames } from '../types.ts'

/** Frames with reference counts in a plain buffer: the least that `PageSharer` works on. Frame 0 is the zero frame. */
export class BufferFrames implements SharableFrames {
  readonly bytes: Uint8Array
  readonly firstFrame = 0
  readonly endFrame: number
  readonly zeroFrame = 0
  readonly #references: number[]
  #listeners: readonly ReferenceListener[] = []

  constructor(frames: number) {
    this.bytes = new Uint8Array(frames * PAGE_BYTES)
    this.endFrame = frames
    this.#references = Array.from({ length: frames }, (_, mpn) => (mpn === 0 ? 1 : 0))
  }

  /** A frame with one reference and the contents of `source`, or zeros; -1 when none is free. */
  allocate(source: number = this.zeroFrame): number {
    const mpn = this.#references.indexOf(0)
    if (mpn >= 0) {
      this.bytes.copyWithin(mpn * PAGE_BYTES, source * PAGE_BYTES, (source + 1) * PAGE_BYTES)
      this.#references[mpn] = 1
    }
    return mpn
  }

  references(mpn: number): number {
    return this.#references[mpn] ?? 0
  }

  retain(mpn: number): void {
    this.#change(mpn, 1)
  }

  release(mpn: number): void {
    this.#change(mpn, -1)
  }

  onReferences(listener: ReferenceListener): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  #change(mpn: number, by: number): void {
    const references = this.references(mpn)
    if (references === 0) throw new RangeError(`frame ${mpn} is free`)
    this.#references[mpn] = references + by
    for (const listener of this.#listeners) listener(mpn, references + by)
  }
}
