/** A reader of the AML subset that the assembler writes, made from the grammar of ACPI 20.2 alone. */
export type AmlValue = number | string | Uint8Array | readonly AmlValue[]

export type AmlTerm =
  | { readonly kind: 'name'; readonly path: string; readonly value: AmlValue }
  | { readonly kind: 'scope' | 'device'; readonly path: string; readonly terms: readonly AmlTerm[] }

export function readTerms(bytes: Uint8Array): AmlTerm[] {
  const cursor = new Cursor(bytes)
  const terms: AmlTerm[] = []
  while (!cursor.done) terms.push(readTerm(cursor))
  return terms
}

export function readValue(bytes: Uint8Array): AmlValue {
  const cursor = new Cursor(bytes)
  const value = cursor.value()
  if (!cursor.done) throw new Error('bytes after the value')
  return value
}

function readTerm(cursor: Cursor): AmlTerm {
  const opcode = cursor.byte()
  if (opcode === 0x08) return { kind: 'name', path: cursor.path(), value: cursor.value() }
  if (opcode !== 0x10 && !(opcode === 0x5b && cursor.byte() === 0x82)) throw new Error(`opcode ${opcode}`)
  const body = new Cursor(cursor.take(cursor.packageLength()))
  return { kind: opcode === 0x10 ? 'scope' : 'device', path: body.path(), terms: readTerms(body.rest()) }
}

class Cursor {
  private readonly bytes: Uint8Array
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get done(): boolean {
    return this.at === this.bytes.length
  }

  byte(): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw new Error('beyond the end')
    this.at += 1
    return value
  }

  take(length: number): Uint8Array {
    if (length < 0 || this.at + length > this.bytes.length) throw new Error('beyond the end')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  rest(): Uint8Array {
    return this.take(this.bytes.length - this.at)
  }

  /** Answers what is left of the package after its length. */
  packageLength(): number {
    const start = this.at
    const lead = this.byte()
    const extra = lead >> 6
    const total = extra === 0 ? lead : this.number(extra) * 16 + (lead & 0xf)
    return total - (this.at - start)
  }

  path(): string {
    let prefix = ''
    while (this.bytes[this.at] === 0x5c || this.bytes[this.at] === 0x5e) prefix += String.fromCharCode(this.byte())
    const lead = this.bytes[this.at]
    let count = 1
    if (lead === 0x00 || lead === 0x2e || lead === 0x2f) {
      this.byte()
      count = lead === 0x00 ? 0 : lead === 0x2e ? 2 : this.byte()
    }
    return prefix + Array.from({ length: count }, () => String.fromCharCode(...this.take(4))).join('.')
  }

  value(): AmlValue {
    const opcode = this.byte()
    const width = { 0x0a: 1, 0x0b: 2, 0x0c: 4, 0x0e: 8 }[opcode]
    if (width !== undefined) return this.number(width)
    if (opcode <= 1) return opcode
    if (opcode === 0x0d) return this.text()
    const body = new Cursor(this.take(this.packageLength()))
    if (opcode === 0x11) {
      const length = body.value()
      const content = body.rest()
      if (length !== content.length) throw new Error('buffer length')
      return content.slice()
    }
    if (opcode !== 0x12) throw new Error(`opcode ${opcode}`)
    const count = body.byte()
    const elements = Array.from({ length: count }, () => body.value())
    if (!body.done) throw new Error('bytes after the package')
    return elements
  }

  private number(width: number): number {
    return [...this.take(width)].reduceRight((value, byte) => value * 256 + byte, 0)
  }

  private text(): string {
    let value = ''
    for (let code = this.byte(); code !== 0; code = this.byte()) value += String.fromCharCode(code)
    return value
  }
}
