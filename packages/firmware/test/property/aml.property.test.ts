import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  buffer,
  device,
  eisaId,
  integer,
  name,
  nameString,
  packageLength,
  packageOf,
  scope,
  string,
} from '../../src/aml/encode.ts'
import { concatenate } from '../../src/little-endian.ts'
import type { AmlTerm, AmlValue } from '../support/aml-reader.ts'
import { readTerms, readValue } from '../support/aml-reader.ts'

const RUNS = { seed: 20260704, numRuns: 500 } as const

const leaf: fc.Arbitrary<AmlValue> = fc.oneof(
  fc.oneof(fc.nat(3), fc.constantFrom(0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 0x100000000), fc.maxSafeNat()),
  fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) }),
  fc.uint8Array({ maxLength: 300 }),
)
const { value } = fc.letrec<{ value: AmlValue }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 6 })),
}))

const segment = fc.stringMatching(/^[A-Z_][A-Z0-9_]{3}$/)
const path = fc
  .tuple(fc.constantFrom('', '\\', '^', '^^'), fc.array(segment, { minLength: 1, maxLength: 5 }))
  .map(([prefix, segments]) => prefix + segments.join('.'))

const { term } = fc.letrec<{ term: AmlTerm }>((tie) => ({
  term: fc.oneof(
    { depthSize: 'small' },
    fc.record({ kind: fc.constant('name' as const), path, value }),
    fc.record({
      kind: fc.constantFrom('scope' as const, 'device' as const),
      path,
      terms: fc.array(tie('term'), { maxLength: 5 }),
    }),
  ),
}))

function encodeValue(each: AmlValue): Uint8Array {
  if (typeof each === 'number') return integer(each)
  if (typeof each === 'string') return string(each)
  return each instanceof Uint8Array ? buffer(each) : packageOf(...each.map(encodeValue))
}

function encodeTerm(each: AmlTerm): Uint8Array {
  if (each.kind === 'name') return name(each.path, encodeValue(each.value))
  return (each.kind === 'scope' ? scope : device)(each.path, ...each.terms.map(encodeTerm))
}

test('terms come back as they were written (oracle: a reader made from the grammar)', () => {
  fc.assert(
    fc.property(fc.array(term, { maxLength: 5 }), (terms) => {
      expect(readTerms(concatenate(...terms.map(encodeTerm)))).toEqual(terms)
    }),
    RUNS,
  )
})

test('values come back as they were written (oracle: the same reader)', () => {
  fc.assert(
    fc.property(value, (each) => {
      expect(readValue(encodeValue(each))).toEqual(each)
    }),
    RUNS,
  )
})

test.each([0, 62, 63, 4093, 4094, 1048572, 1048573])(
  'a package length around its limits counts itself: %i',
  (payload) => {
    const length = packageLength(payload)
    const lead = length[0] ?? 0
    const total =
      length.length === 1
        ? lead
        : [...length.subarray(1)].reduceRight((sum, byte) => sum * 256 + byte, 0) * 16 + (lead & 0xf)
    expect(lead >> 6).toBe(length.length - 1)
    expect(total).toBe(payload + length.length)
  },
)

test('EISA ids are packed as the specification shows for PNP0A03', () => {
  expect([...eisaId('PNP0A03')]).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03])
})

test('what is no name, id, string or integer is refused', () => {
  for (const wrong of [
    () => nameString('lower'),
    () => nameString('TOOLONG'),
    () => eisaId('PNP0A0G'),
    () => string('\0'),
    () => string('é'),
    () => integer(-1),
    () => integer(0.5),
  ]) {
    expect(wrong).toThrow(RangeError)
  }
})
