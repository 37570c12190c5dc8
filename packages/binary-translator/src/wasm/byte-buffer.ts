/** A growing byte array with the LEB128 encodings of WebAssembly's binary format (core specification, section 5.2). */
export class ByteBuffer {
  bytes: Uint8Array
  length = 0

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count))
    grown.set(this.bytes)
    this.bytes = grown
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.#reserve(1)
    this.bytes[this.length++] = value
  }

  /** Unsigned LEB128 of a 32-bit value. */
  unsigned(value: number): void {
    this.#reserve(5)
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  /** Signed LEB128 of a 32-bit value. */
  signed(value: number): void {
    this.#reserve(5)
    let rest = value | 0
    while (rest < -0x40 || rest > 0x3f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>= 7
    }
    this.bytes[this.length++] = rest & 0x7f
  }

  /** Signed LEB128 of a 64-bit value given as two 32-bit halves. */
  signed64(low: number, high: number): void {
    let lo = low | 0
    let hi = high | 0
    for (;;) {
      const group = lo & 0x7f
      lo = (lo >>> 7) | (hi << 25)
      hi >>= 7
      const done = hi === lo >> 31 && (lo === 0 || lo === -1) && (group & 0x40) === (lo & 0x40)
      this.byte(done ? group : group | 0x80)
      if (done) return
    }
  }

  /** A name: its UTF-8 length and bytes. Names here are ASCII. */
  name(text: string): void {
    this.unsigned(text.length)
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i))
  }

  append(other: ByteBuffer): void {
    this.#reserve(other.length)
    this.bytes.set(other.bytes.subarray(0, other.length), this.length)
    this.length += other.length
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length) as Uint8Array<ArrayBuffer>
  }
}
