import { concatenate } from '../little-endian.ts'

/**
 * An assembler for the part of the ACPI Machine Language that a description of hardware needs (ACPI 20, "AML specification").
 * Every function answers the bytes of one term; terms nest by being passed to each other.
 */
export type Aml = Uint8Array

const ZERO = 0x00
const ONE = 0x01
const NAME = 0x08
const BYTE_PREFIX = 0x0a
const WORD_PREFIX = 0x0b
const DWORD_PREFIX = 0x0c
const STRING_PREFIX = 0x0d
const QWORD_PREFIX = 0x0e
const SCOPE = 0x10
const BUFFER = 0x11
const PACKAGE = 0x12
const METHOD = 0x14
const DUAL_NAME = 0x2e
const MULTI_NAME = 0x2f
const EXT = 0x5b

export const RegionSpace = { SystemMemory: 0, SystemIo: 1, PciConfig: 2 } as const
export type RegionSpace = (typeof RegionSpace)[keyof typeof RegionSpace]

/** The shortest encoding of an unsigned integer up to 2^53. */
export function integer(value: number): Aml {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`AML integer must be 0..2^53-1, not ${value}`)
  if (value === 0) return Uint8Array.of(ZERO)
  if (value === 1) return Uint8Array.of(ONE)
  if (value <= 0xff) return Uint8Array.of(BYTE_PREFIX, value)
  if (value <= 0xffff) return Uint8Array.of(WORD_PREFIX, ...littleEndian(value, 2))
  if (value <= 0xffffffff) return Uint8Array.of(DWORD_PREFIX, ...littleEndian(value, 4))
  return Uint8Array.of(QWORD_PREFIX, ...littleEndian(value, 8))
}

export function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 2 ** (8 * index)) % 256)
}

/** Printable ASCII. */
export function string(text: string): Aml {
  if (!/^[\x01-\x7f]*$/.test(text)) throw new RangeError(`AML strings are ASCII: ${JSON.stringify(text)}`)
  return Uint8Array.of(STRING_PREFIX, ...ascii(text), 0)
}

/** A name as ASL writes it: `\_SB.PCI0`, `^LNKA`, `_HID`; short segments are padded with underscores. */
export function nameString(path: string): Aml {
  const prefix = /^(\\|\^*)/.exec(path)?.[0] ?? ''
  const segments = path
    .slice(prefix.length)
    .split('.')
    .filter((segment) => segment !== '')
  for (const segment of segments) {
    if (!/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment)) throw new RangeError(`not an AML name: ${JSON.stringify(path)}`)
  }
  const characters = segments.flatMap((segment) => ascii(segment.padEnd(4, '_')))
  const lead =
    segments.length === 0
      ? [0x00]
      : segments.length === 1
        ? []
        : segments.length === 2
          ? [DUAL_NAME]
          : [MULTI_NAME, segments.length]
  return Uint8Array.of(...ascii(prefix), ...lead, ...characters)
}

/** The compressed integer "EISAID": three letters and four hexadecimal digits, PNP0A03. */
export function eisaId(id: string): Aml {
  if (!/^[A-Z]{3}[0-9A-F]{4}$/.test(id)) throw new RangeError(`not an EISA id: ${JSON.stringify(id)}`)
  const [a = 0, b = 0, c = 0] = [...id].map((letter) => letter.charCodeAt(0) - 0x40)
  const vendor = (a << 10) | (b << 5) | c
  const product = Number.parseInt(id.slice(3), 16)
  return Uint8Array.of(DWORD_PREFIX, vendor >> 8, vendor & 0xff, product >> 8, product & 0xff)
}

/** The length of what follows, itself included, in one to four bytes (ACPI 20.2.4). */
export function packageLength(payloadBytes: number): Uint8Array {
  const one = payloadBytes + 1
  if (one < 0x40) return Uint8Array.of(one)
  for (let extra = 1; extra <= 3; extra += 1) {
    const total = payloadBytes + 1 + extra
    if (total < 2 ** (4 + 8 * extra))
      return Uint8Array.of((extra << 6) | (total & 0xf), ...littleEndian(Math.floor(total / 16), extra))
  }
  throw new RangeError(`AML package of ${payloadBytes} bytes is longer than 2^28`)
}

function enclosed(opcode: readonly number[], ...parts: readonly Aml[]): Aml {
  const payload = concatenate(...parts)
  return concatenate(Uint8Array.from(opcode), packageLength(payload.length), payload)
}

export function buffer(bytes: Uint8Array): Aml {
  return enclosed([BUFFER], integer(bytes.length), bytes)
}

/** ASL's Package; at most 255 elements. */
export function packageOf(...elements: readonly Aml[]): Aml {
  if (elements.length > 255) throw new RangeError(`AML package of ${elements.length} elements: at most 255`)
  return enclosed([PACKAGE], Uint8Array.of(elements.length), ...elements)
}

export function name(path: string, value: Aml): Aml {
  return concatenate(Uint8Array.of(NAME), nameString(path), value)
}

export function scope(path: string, ...terms: readonly Aml[]): Aml {
  return enclosed([SCOPE], nameString(path), ...terms)
}

export function device(path: string, ...terms: readonly Aml[]): Aml {
  return enclosed([EXT, 0x82], nameString(path), ...terms)
}

/** `serialized`: no second call enters while one runs, as methods that name objects need. */
export function method(
  path: string,
  options: { readonly args?: number; readonly serialized?: boolean },
  ...terms: readonly Aml[]
): Aml {
  const flags = (options.args ?? 0) | (options.serialized ? 0x08 : 0)
  return enclosed([METHOD], nameString(path), Uint8Array.of(flags), ...terms)
}

export function operationRegion(path: string, space: RegionSpace, offset: number, bytes: number): Aml {
  return concatenate(Uint8Array.of(EXT, 0x80), nameString(path), Uint8Array.of(space), integer(offset), integer(bytes))
}

/** Byte-wide access, no lock, other bits preserved. Each field has its name and width in bits. */
export function field(region: string, fields: readonly (readonly [fieldName: string, bits: number])[]): Aml {
  const BYTE_ACCESS = 0x01
  const units = fields.map(([fieldName, bits]) => concatenate(nameString(fieldName), packageLengthOfBits(bits)))
  return enclosed([EXT, 0x81], nameString(region), Uint8Array.of(BYTE_ACCESS), ...units)
}

/** A field's width is encoded as a package length is, but without counting itself. */
function packageLengthOfBits(bits: number): Uint8Array {
  return bits < 0x40 ? Uint8Array.of(bits) : Uint8Array.of(0x40 | (bits & 0xf), bits >> 4)
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0))
}
