import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Flag, Layout, Segment, SegmentField, segmentSlot } from '../../src/state/layout.ts'
import { refreshSpans } from '../../src/system/segment-check.ts'
import { setSegment } from '../../src/system/segments.ts'
import { Machine } from './machine.ts'

interface Case {
  mode: 'real' | 'virtual8086' | 'protected'
  segment: number
  attributes: number
  limit: number
  offset: number
  size: number
  write: boolean
}

/** Numbers around the places where answers change. */
const edges = [0, 0xf, 0x10, 0xfff, 0x1000, 0xfff0, 0xffff, 0x1_0000, 0xffff_0000, 0xffff_fff0, 0xffff_ffff]
const edge = fc
  .tuple(fc.constantFrom(...edges), fc.integer({ min: -17, max: 17 }))
  .map(([value, distance]) => (value + distance) >>> 0)
const address = fc.oneof(edge, fc.nat(0xffff_ffff))

const cases: fc.Arbitrary<Case> = fc.record({
  mode: fc.constantFrom('real' as const, 'virtual8086' as const, 'protected' as const),
  segment: fc.integer({ min: 0, max: 5 }),
  attributes: fc
    .tuple(
      fc.constantFrom(0x10, 0x12, 0x14, 0x16, 0x18, 0x1a, 0x1c, 0x1e, 0x02),
      fc.constantFrom(0, 0x4000),
      fc.boolean(),
    )
    .map(([type, big, present]) => (present ? type | big | 0x80 : 0)),
  limit: address,
  offset: address,
  size: fc.constantFrom(1, 2, 4, 6, 8, 10, 16),
  write: fc.boolean(),
})

/** The naive model: looks at each byte, and words its rules as the manual's table does. */
function allowed({ mode, attributes, limit, offset, size, write }: Case): boolean {
  const code = (attributes & 8) !== 0
  const bytes = Array.from({ length: size }, (_, index) => offset + index)
  if (mode !== 'protected') return bytes.every((byte) => byte <= limit)
  if ((attributes & 0x90) !== 0x90) return false
  if (code && (write || (attributes & 2) === 0)) return false
  if (!code && write && (attributes & 2) === 0) return false
  const expandDown = !code && (attributes & 4) !== 0
  const top = attributes & 0x4000 ? 0xffff_ffff : 0xffff
  return bytes.every((byte) => (expandDown ? byte > limit && byte <= top : byte <= limit))
}

function machineFor(one: Case): Machine {
  const machine = new Machine()
  const { state } = machine
  if (one.mode !== 'real') state.set(Layout.cr0, 1)
  if (one.mode === 'virtual8086') state.eflags = Flag.VM
  setSegment(state, one.segment, 0x8, one.attributes, 0, one.limit)
  refreshSpans(state, one.segment)
  return machine
}

describe('segment checks', () => {
  it('agree with a byte-by-byte model', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { unit } = machineFor(one)
        const result = unit.checkSegment(one.segment, one.offset, one.size, one.write)
        expect(result).toBe(allowed(one) ? -1 : one.segment === Segment.SS ? 12 : 13)
      }),
      { seed: 1, numRuns: 1500 },
    )
  })

  it('spans never promise what the exact check denies for 16 bytes', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { state } = machineFor(one)
        const slot = segmentSlot(one.segment)
        const span = state.get(slot + (one.write ? SegmentField.writeSpan : SegmentField.readSpan))
        if (one.offset < span) expect(allowed({ ...one, size: 16 })).toBe(true)
        if (span > 0) expect(allowed({ ...one, offset: span - 1, size: 16 })).toBe(true)
      }),
      { seed: 2, numRuns: 1500 },
    )
  })

  it('a flat segment has a span of all but the last 16 bytes', () => {
    const machine = new Machine()
    setSegment(machine.state, Segment.DS, 8, 0xc093, 0, 0xffff_ffff)
    expect(machine.state.get(segmentSlot(Segment.DS) + SegmentField.readSpan)).toBe(0xffff_fff0)
    expect(machine.state.get(segmentSlot(Segment.DS) + SegmentField.writeSpan)).toBe(0xffff_fff0)
  })
})
