import type { AccessSize } from '../types.ts'

/** Configuration space as bytes, little-endian. */
export class ConfigSpace {
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor(length: number) {
    this.bytes = new Uint8Array(length)
    this.#view = new DataView(this.bytes.buffer)
  }

  read(offset: number, size: AccessSize): number {
    if (size === 4) return this.#view.getUint32(offset, true)
    return size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint8(offset)
  }

  set(offset: number, size: AccessSize, value: number): void {
    if (size === 4) this.#view.setUint32(offset, value, true)
    else if (size === 2) this.#view.setUint16(offset, value, true)
    else this.#view.setUint8(offset, value)
  }

  /** A number of 64 bits, exact below 2^53. */
  set64(offset: number, value: number): void {
    this.#view.setBigUint64(offset, BigInt(value), true)
  }
}
