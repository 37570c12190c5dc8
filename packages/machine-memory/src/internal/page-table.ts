import { FRAME_BYTES, LARGEST_MAP_PAGES } from '../geometry.ts'
import { PageState, RangeKind } from '../types.ts'
import type { MemoryRange } from '../types.ts'

/** The flat arrays of one map, by PPN. */
export interface PageTable {
  /** MPN of a resident page; -1 otherwise. */
  readonly frames: Int32Array
  /** PageState. */
  readonly states: Uint8Array
  /** 1: only the host writes here. */
  readonly readOnly: Uint8Array
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

export function createPageTable(ranges: readonly MemoryRange[]): PageTable {
  const sorted = [...ranges].sort((a, b) => a.start - b.start)
  let end = 0
  for (const range of sorted) {
    requireRange(range)
    if (range.start < end) throw new RangeError(`range at ${range.start} overlaps the one that ends at ${end}`)
    end = range.start + range.length
  }
  const pages = end / FRAME_BYTES
  const table = {
    frames: new Int32Array(pages).fill(-1),
    states: new Uint8Array(pages),
    readOnly: new Uint8Array(pages),
  }
  for (const { start, length, kind } of sorted) {
    if (kind === RangeKind.Hole) continue
    const first = start / FRAME_BYTES
    table.states.fill(PageState.Untouched, first, first + length / FRAME_BYTES)
    if (kind === RangeKind.Rom) table.readOnly.fill(1, first, first + length / FRAME_BYTES)
  }
  return table
}

export function copyPageTable(table: PageTable): PageTable {
  return { frames: table.frames.slice(), states: table.states.slice(), readOnly: table.readOnly.slice() }
}
