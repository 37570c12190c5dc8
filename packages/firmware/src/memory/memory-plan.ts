import { FirmwareError } from '../errors.ts'
import type { RamRange } from '../types.ts'
import { EBDA_BASE, FOUR_GIB, HIGH_START } from './layout.ts'

interface Gap {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

export interface Placement {
  readonly bytes: number
  /** A power of two. */
  readonly align: number
  /** Lowest address allowed. */
  readonly from: number
  /** First address not allowed. */
  readonly to: number
}

/**
 * Which RAM below 4 GiB is still free while an image is being laid out. The EBDA and what lies between it and 1 MiB never are.
 * Invariant: gaps are sorted, disjoint, not empty, and inside the RAM ranges.
 */
export class MemoryPlan {
  private gaps: readonly Gap[]

  constructor(ram: readonly RamRange[]) {
    checkRam(ram)
    this.gaps = ram
      .map(({ start, length }) => ({ start, end: Math.min(start + length, FOUR_GIB) }))
      .filter(({ start, end }) => start < end)
      .sort((a, b) => a.start - b.start)
    this.cut(EBDA_BASE, HIGH_START)
  }

  /** Whether all of this is free. Adjoining ranges of RAM count as one. */
  isFree(start: number, bytes: number): boolean {
    let at = start
    for (const gap of this.gaps) {
      if (at >= start + bytes) break
      if (gap.start <= at && at < gap.end) at = gap.end
    }
    return at >= start + bytes
  }

  /** Takes an exact region; false, and nothing taken, when it is not free. */
  take(start: number, bytes: number): boolean {
    if (!this.isFree(start, bytes)) return false
    this.cut(start, start + bytes)
    return true
  }

  /** Takes the highest aligned region inside the bounds; -1 when there is none. */
  takeHighest({ bytes, align, from, to }: Placement): number {
    for (const gap of this.gaps.toReversed()) {
      const room = Math.min(gap.end, to) - bytes
      const start = room - (((room % align) + align) % align)
      if (start >= Math.max(gap.start, from)) return this.commit(start, bytes)
    }
    return -1
  }

  /** Takes the lowest aligned region inside the bounds; -1 when there is none. */
  takeLowest({ bytes, align, from, to }: Placement): number {
    for (const gap of this.gaps) {
      const start = Math.ceil(Math.max(gap.start, from) / align) * align
      if (start + bytes <= Math.min(gap.end, to)) return this.commit(start, bytes)
    }
    return -1
  }

  private commit(start: number, bytes: number): number {
    this.cut(start, start + bytes)
    return start
  }

  private cut(start: number, end: number): void {
    this.gaps = this.gaps.flatMap((gap) => {
      if (gap.end <= start || gap.start >= end) return [gap]
      return [
        { start: gap.start, end: start },
        { start: end, end: gap.end },
      ].filter((part) => part.start < part.end)
    })
  }
}

function checkRam(ram: readonly RamRange[]): void {
  const sorted = [...ram].sort((a, b) => a.start - b.start)
  sorted.forEach(({ start, length }, index) => {
    const before = sorted[index - 1]
    const bad = !Number.isSafeInteger(start) || !Number.isSafeInteger(start + length) || start < 0 || length <= 0
    if (bad || (before !== undefined && before.start + before.length > start)) {
      throw new FirmwareError({
        kind: 'bad-option',
        option: 'ram',
        reason: `ranges must be whole numbers, not empty and disjoint, not { start: ${start}, length: ${length} }`,
      })
    }
  })
}
