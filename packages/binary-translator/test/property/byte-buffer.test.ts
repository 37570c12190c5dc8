// Oracle: a naive decoder of LEB128, as the core specification defines it (section 5.2.2).
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteBuffer } from '../../src/wasm/byte-buffer.ts'

/** Value and length of the LEB128 number at the start of `bytes`. */
function decode(bytes: Uint8Array, signed: boolean): { value: bigint; length: number } {
  let value = 0n
  let shift = 0n
  for (const [i, byte] of bytes.entries()) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte & 0x80) continue
    if (signed && byte & 0x40) value -= 1n << shift
    return { value, length: i + 1 }
  }
  throw new Error('no end')
}

const written = (write: (buffer: ByteBuffer) => void): Uint8Array => {
  const buffer = new ByteBuffer(1)
  write(buffer)
  return buffer.bytes.slice(0, buffer.length)
}

/** Bytes that the shortest encoding of `value` takes. */
function shortest(value: bigint, signed: boolean): number {
  for (let length = 1; ; length++) {
    const bits = BigInt(7 * length)
    const fits = signed ? value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n) : value < 1n << bits
    if (fits) return length
  }
}

const settings = { seed: 20_260_502, numRuns: 3000 }
const u32 = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.nat(31).map((n) => 2 ** n),
  fc.nat(31).map((n) => 2 ** n - 1),
)
const i32 = u32.map((value) => value | 0)

it('writes unsigned numbers that read back, in the fewest bytes', () => {
  fc.assert(
    fc.property(u32, (value) => {
      const bytes = written((buffer) => buffer.unsigned(value))
      expect(decode(bytes, false)).toEqual({ value: BigInt(value), length: bytes.length })
      expect(bytes.length).toBe(shortest(BigInt(value), false))
    }),
    settings,
  )
})

it('writes signed numbers that read back, in the fewest bytes', () => {
  fc.assert(
    fc.property(i32, (value) => {
      const bytes = written((buffer) => buffer.signed(value))
      expect(decode(bytes, true)).toEqual({ value: BigInt(value), length: bytes.length })
      expect(bytes.length).toBe(shortest(BigInt(value), true))
    }),
    settings,
  )
})

it('writes 64-bit numbers that read back, in the fewest bytes', () => {
  fc.assert(
    fc.property(i32, i32, (low, high) => {
      const value = (BigInt(high) << 32n) | BigInt(low >>> 0)
      const bytes = written((buffer) => buffer.signed64(low, high))
      expect(decode(bytes, true)).toEqual({ value, length: bytes.length })
      expect(bytes.length).toBe(shortest(value, true))
    }),
    settings,
  )
})

it('grows without losing what it holds', () => {
  fc.assert(
    fc.property(fc.array(u32, { maxLength: 200 }), (values) => {
      let bytes = written((buffer) => values.forEach((value) => buffer.unsigned(value)))
      for (const value of values) {
        const { value: read, length } = decode(bytes, false)
        expect(Number(read)).toBe(value)
        bytes = bytes.subarray(length)
      }
      expect(bytes.length).toBe(0)
    }),
    settings,
  )
})
