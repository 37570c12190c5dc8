import { FRAME_BYTES, LARGEST_MAP_PAGES } from '../geometry.ts'
import { PageState, RangeKind } from '../types.ts'
import type { MemoryRange } from '../types.ts'
import { ResidentSet } from './resident-set.ts'

/** What is to be looked at before a page is written. A page without flags that is alone in its frame is written at once. */
export const PageFlag = {
  /** Only the host writes here. */
  ReadOnly: 1,
  /** Its contents were found to be zero, and given up for the zero frame. */
  Zeroed: 2,
} as const

/** Flags that tell of contents, and go with them. */
const OF_CONTENTS: number = PageFlag.Zeroed

/** The flat arrays of one map, by PPN, and what is counted of them. */
export class PageTable {
  /** MPN of a resident page; -1 otherwise. */
  readonly frames: Int32Array
  /** PageState. */
  readonly states: Uint8Array
  /** PageFlag. */
  readonly flags: Uint8Array
  readonly residents: ResidentSet
  /** Pages by PageState. */
  readonly counts: Float64Array
  /** Pages with the flag `Zeroed`. */
  zeroed = 0

  private constructor(frames: Int32Array, states: Uint8Array, flags: Uint8Array, residents: ResidentSet) {
    this.frames = frames
    this.states = states
    this.flags = flags
    this.residents = residents
    this.counts = countStates(states)
  }

  /** Throws RangeError if a range is no range, or overlaps another. */
  static of(ranges: readonly MemoryRange[]): PageTable {
    const sorted = [...ranges].sort((a, b) => a.start - b.start)
    let end = 0
    for (const range of sorted) {
      requireRange(range)
      if (range.start < end) throw new RangeError(`range at ${range.start} overlaps the one that ends at ${end}`)
      end = range.start + range.length
    }
    const pages = end / FRAME_BYTES
    const states = new Uint8Array(pages)
    const flags = new Uint8Array(pages)
    for (const { start, length, kind } of sorted) {
      if (kind === RangeKind.Hole) continue
      const first = start / FRAME_BYTES
      states.fill(PageState.Untouched, first, first + length / FRAME_BYTES)
      if (kind === RangeKind.Rom) flags.fill(PageFlag.ReadOnly, first, first + length / FRAME_BYTES)
    }
    return new PageTable(new Int32Array(pages).fill(-1), states, flags, new ResidentSet(pages))
  }

  copy(): PageTable {
    const copy = new PageTable(this.frames.slice(), this.states.slice(), this.flags.slice(), this.residents.copy())
    copy.zeroed = this.zeroed
    return copy
  }

  /** The one place where a page changes its state or its frame. What it held until now is the caller's to release. */
  become(ppn: number, state: PageState, frame = -1): void {
    const old = this.states[ppn]!
    this.counts[old]!--
    this.counts[state]!++
    if (old === PageState.Resident) this.residents.delete(ppn)
    if (state === PageState.Resident) this.residents.add(ppn)
    if ((this.flags[ppn]! & PageFlag.Zeroed) !== 0) this.zeroed--
    this.flags[ppn]! &= ~OF_CONTENTS
    this.states[ppn] = state
    this.frames[ppn] = frame
  }

  /** Says of an untouched page that it was not always so. */
  markZeroed(ppn: number): void {
    this.flags[ppn]! |= PageFlag.Zeroed
    this.zeroed++
  }

  contradictions(): string[] {
    const { states, frames, flags, residents } = this
    const found: string[] = []
    let zeroed = 0
    for (let ppn = 0; ppn < states.length; ppn++) {
      const isResident = states[ppn] === PageState.Resident
      if (isResident !== frames[ppn]! >= 0 || isResident !== residents.has(ppn))
        found.push(`page ${ppn} is in state ${states[ppn]} with frame ${frames[ppn]}`)
      if ((flags[ppn]! & PageFlag.Zeroed) === 0) continue
      zeroed++
      if (states[ppn] !== PageState.Untouched) found.push(`page ${ppn} counts as zero in state ${states[ppn]}`)
    }
    countStates(states).forEach((count, state) => {
      if (count !== this.counts[state])
        found.push(`${count} pages are in state ${state}, ${this.counts[state]} counted`)
    })
    if (zeroed !== this.zeroed) found.push(`${zeroed} pages are zero, ${this.zeroed} counted`)
    if (residents.size !== this.counts[PageState.Resident])
      found.push(`${residents.size} pages are listed as resident, ${this.counts[PageState.Resident]} counted`)
    return found
  }
}

/** Throws RangeError with the value if a range is not one of whole pages that a map can describe. */
export function requireRange({ start, length, kind }: MemoryRange): void {
  if (!Number.isInteger(start) || start < 0 || start % FRAME_BYTES !== 0) {
    throw new RangeError(`range starts at ${start}; must be a multiple of ${FRAME_BYTES} from 0`)
  }
  const limit = LARGEST_MAP_PAGES * FRAME_BYTES
  if (!Number.isInteger(length) || length <= 0 || length % FRAME_BYTES !== 0 || start + length > limit) {
    throw new RangeError(
      `range at ${start} has length ${length}; must be a positive multiple of ${FRAME_BYTES} and end at or below ${limit}`,
    )
  }
  if (kind !== RangeKind.Ram && kind !== RangeKind.Rom && kind !== RangeKind.Hole) {
    throw new RangeError(`range at ${start} is of kind ${String(kind)}; must be 'ram', 'rom' or 'hole'`)
  }
}

function countStates(states: Uint8Array): Float64Array {
  const counts = new Float64Array(Object.keys(PageState).length)
  for (const state of states) counts[state]!++
  return counts
}
