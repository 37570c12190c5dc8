import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LZ4_LEGACY_MAGIC, unpackLz4Legacy } from '../../src/lz4.ts'

/** What a packer decided: literals, then a repetition of what came before (but for the last sequence). */
interface Sequence {
  readonly literals: Uint8Array
  readonly distance: number
  readonly match: number
}

const sequence: fc.Arbitrary<Sequence> = fc.record({
  literals: fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 250, maxLength: 300 })),
  distance: fc.integer({ min: 1, max: 400 }),
  match: fc.oneof(fc.integer({ min: 4, max: 20 }), fc.integer({ min: 250, max: 600 })),
})

function longLength(value: number): number[] {
  return value < 15 ? [] : [...Array<number>(Math.floor((value - 15) / 255)).fill(255), (value - 15) % 255]
}

/** Packs the decisions and, naively, what they mean. */
function pack(sequences: readonly Sequence[], tail: Uint8Array): { packed: Uint8Array; plain: number[] } {
  const plain: number[] = []
  const block: number[] = []
  for (const { literals, distance, match } of sequences) {
    const reach = Math.min(distance, plain.length + literals.length)
    if (reach === 0) continue
    block.push(
      (Math.min(literals.length, 15) << 4) | Math.min(match - 4, 15),
      ...longLength(literals.length),
      ...literals,
    )
    block.push(reach & 0xff, reach >> 8, ...longLength(match - 4))
    plain.push(...literals)
    for (let index = 0; index < match; index += 1) plain.push(plain[plain.length - reach] ?? 0)
  }
  block.push(Math.min(tail.length, 15) << 4, ...longLength(tail.length), ...tail)
  plain.push(...tail)
  const packed = new Uint8Array(8 + block.length)
  new DataView(packed.buffer).setUint32(0, LZ4_LEGACY_MAGIC, true)
  new DataView(packed.buffer).setUint32(4, block.length, true)
  packed.set(block, 8)
  return { packed, plain }
}

const RUNS = { seed: 20260704, numRuns: 300 } as const
const input = fc.tuple(fc.array(sequence, { maxLength: 6 }), fc.uint8Array({ minLength: 1, maxLength: 300 }))

test('LZ4 blocks unpack to what their sequences mean (oracle: a packer that records it)', () => {
  fc.assert(
    fc.property(input, ([sequences, tail]) => {
      const { packed, plain } = pack(sequences, tail)
      expect(unpackLz4Legacy(packed, plain.length)).toEqual(Uint8Array.from(plain))
    }),
    RUNS,
  )
})

test('damaged LZ4 data is undefined or other bytes, never an exception or a byte too many', () => {
  fc.assert(
    fc.property(
      input,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }),
      fc.nat(),
      ([sequences, tail], changes, cut) => {
        const { packed, plain } = pack(sequences, tail)
        const harmed = packed.slice(0, cut % (packed.length + 1))
        for (const [at, value] of changes) if (harmed.length > 0) harmed[at % harmed.length] = value
        const result = unpackLz4Legacy(harmed, plain.length)
        if (result !== undefined) expect(result.length).toBe(plain.length)
      },
    ),
    RUNS,
  )
})
