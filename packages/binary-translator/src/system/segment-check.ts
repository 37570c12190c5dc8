import type { CpuState } from '../state/cpu-state.ts'
import { Segment, SegmentField, segmentSlot } from '../state/layout.ts'
import { Rights, isReadable, isWritableData } from './descriptors.ts'
import { Vector } from './guest-fault.ts'

/** Result of a segment check that passed. */
export const withinSegment = -1

/** Room that a span leaves for the widest access, less one. */
const spanReserve = 15

/**
 * Whether `size` bytes at `offset` lie inside a segment of these rights and limit. SDM vol. 3, section 5.3.
 * An expand-down segment reaches from limit + 1 up to 64 KiB or 4 GiB, as its B bit says.
 */
export function withinLimit(rights: number, limit: number, offset: number, size: number): boolean {
  const last = offset + size - 1
  const expandDown = (rights & 0x1c) === 0x14
  if (expandDown) return offset > limit && last <= (rights & Rights.Big ? 0xffff_ffff : 0xffff)
  return last <= limit
}

/** Rights do not matter in real and virtual-8086 mode: every segment can be read and written. */
const unprotected = (state: CpuState): boolean => !state.protectedMode || state.virtual8086

/**
 * The exact check of an access: `withinSegment`, or the vector to raise with error code 0 (#SS for the stack
 * segment, #GP for any other). `offset` is unsigned; bytes that would wrap past 4 GiB are outside.
 */
export function checkSegment(state: CpuState, segment: number, offset: number, size: number, write: boolean): number {
  const rights = state.attributes(segment)
  const limit = state.limit(segment)
  if (unprotected(state)) {
    if (offset + size - 1 <= limit) return withinSegment
  } else {
    const allowed = (rights & Rights.Present) !== 0 && (write ? isWritableData(rights) : isReadable(rights))
    if (allowed && withinLimit(rights, limit, offset, size)) return withinSegment
  }
  return segment === Segment.SS ? Vector.SS : Vector.GP
}

/** Offsets below which the check always passes for up to 16 bytes; 0 where it has to be asked each time. */
function spanOf(rights: number, limit: number): number {
  if (rights & Rights.ExpandDown && !(rights & Rights.Code)) return 0
  return limit > spanReserve ? limit - spanReserve : 0
}

/** Recomputes the spans of a code or data segment's record from its rights and limit. */
export function refreshSpans(state: CpuState, segment: number): void {
  const slot = segmentSlot(segment)
  const rights = unprotected(state) ? 0x93 : state.attributes(segment)
  const present = (rights & Rights.Present) !== 0
  const span = spanOf(rights, state.limit(segment))
  state.set(slot + SegmentField.readSpan, present && isReadable(rights) ? span : 0)
  state.set(slot + SegmentField.writeSpan, present && isWritableData(rights) ? span : 0)
}
