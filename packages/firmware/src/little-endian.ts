/** A block of zeroed bytes with little-endian writers, addressed by offset as the manuals' tables are. */
export class LittleEndian {
  readonly bytes: Uint8Array
  private readonly view: DataView

  constructor(length: number) {
    this.bytes = new Uint8Array(length)
    this.view = new DataView(this.bytes.buffer)
  }

  u8(offset: number, value: number): void {
    this.view.setUint8(offset, value)
  }

  u16(offset: number, value: number): void {
    this.view.setUint16(offset, value, true)
  }

  u32(offset: number, value: number): void {
    this.view.setUint32(offset, value, true)
  }

  /** Exact up to 2^53. */
  u64(offset: number, value: number): void {
    this.view.setUint32(offset, value % 0x1_0000_0000, true)
    this.view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true)
  }

  /** Latin text without terminator. */
  text(offset: number, value: string): void {
    for (let index = 0; index < value.length; index += 1) this.view.setUint8(offset + index, value.charCodeAt(index))
  }

  copy(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset)
  }
}

/** A reader that answers zero beyond the end: callers check with `has` what must be there. */
export class ByteReader {
  readonly bytes: Uint8Array
  private readonly view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get length(): number {
    return this.bytes.length
  }

  has(offset: number, bytes: number): boolean {
    return offset >= 0 && bytes >= 0 && offset + bytes <= this.bytes.length
  }

  u8(offset: number): number {
    return this.has(offset, 1) ? this.view.getUint8(offset) : 0
  }

  u16(offset: number): number {
    return this.has(offset, 2) ? this.view.getUint16(offset, true) : 0
  }

  u32(offset: number): number {
    return this.has(offset, 4) ? this.view.getUint32(offset, true) : 0
  }

  /** Exact up to 2^53; larger values only grow less precise, never small. */
  u64(offset: number): number {
    return this.u32(offset) + this.u32(offset + 4) * 0x1_0000_0000
  }
}

export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
