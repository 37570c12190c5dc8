import { FRAME_BYTES, LARGEST_MAP_PAGES } from '../geometry.ts'
import { PageState, RangeKind } from '../types.ts'
import type { MemoryRange } from '../types.ts'
import { ResidentSet } from './resident-set.ts'
import type { SharedAccount, SharedPages } from './shared-pages.ts'

/** What is to be looked at before a page is written. A page without flags that is alone in its frame is written at once. */
export const PageFlag = {
  /** Only the host writes here. */
  ReadOnly: 1,
  /** Its contents were found to be zero, and given up for the zero frame. */
  Zeroed: 2,
  /** It has been swapped in and not been written since: its slot has the same contents as its frame. */
  Kept: 4,
  /** A dirty log is to be told before its contents change. */
  Watched: 8,
} as const

/** Flags that tell of contents, and go with them. */
const OF_CONTENTS: number = PageFlag.Zeroed | PageFlag.Kept

/** What one page holds. */
interface Holdings {
  readonly state: PageState
  readonly frame: number
  readonly slot: number
  readonly isZeroed: boolean
}

type PageArrays = Pick<PageTable, 'frames' | 'slots' | 'states' | 'flags' | 'residents'>

/** The flat arrays of one map, by PPN, and what is counted of them. */
export class PageTable {
  /** MPN of a resident page; -1 otherwise. */
  readonly frames: Int32Array
  /** Slot of a swapped page, and of a resident one that is `Kept`; -1 otherwise. Empty in a map without swap. */
  readonly slots: Int32Array
  /** PageState. */
  readonly states: Uint8Array
  /** PageFlag. */
  readonly flags: Uint8Array
  readonly residents: ResidentSet
  /** Pages by PageState. */
  readonly counts: Float64Array
  /** Pages with the flag `Zeroed`. */
  zeroed = 0
  /** Pages with the flag `Kept`. */
  kept = 0
  /** Told of each frame that a page begins or ceases to hold. */
  #sharing: { readonly all: SharedPages; readonly account: SharedAccount } | null = null

  private constructor({ frames, slots, states, flags, residents }: PageArrays) {
    this.frames = frames
    this.slots = slots
    this.states = states
    this.flags = flags
    this.residents = residents
    this.counts = countStates(states)
  }

  /** Throws RangeError if a range is no range, or overlaps another. */
  static of(ranges: readonly MemoryRange[], hasSwap: boolean): PageTable {
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
    const frames = new Int32Array(pages).fill(-1)
    const slots = new Int32Array(hasSwap ? pages : 0).fill(-1)
    return new PageTable({ frames, slots, states, flags, residents: new ResidentSet(pages) })
  }

  /** From now on counts pages in frames that have other references; those that are held already have them, too. */
  countShared(all: SharedPages): void {
    const account = all.open()
    this.#sharing = { all, account }
    this.residents.forEach((ppn) => all.join(account, this.frames[ppn]!))
  }

  /** The table holds nothing any more. */
  endSharing(): void {
    if (this.#sharing) this.#sharing.all.close(this.#sharing.account)
  }

  /** Pages in frames that have other references. */
  get shared(): number {
    return this.#sharing?.account.pages ?? 0
  }

  /** Without the slots that are kept, and unwatched. */
  copy(): PageTable {
    const { frames, slots, states, flags, residents } = this
    const copy = new PageTable({
      frames: frames.slice(),
      slots: slots.slice(),
      states: states.slice(),
      flags: flags.map((flag) => flag & ~PageFlag.Watched),
      residents: residents.copy(),
    })
    copy.zeroed = this.zeroed
    copy.kept = this.kept
    if (copy.kept > 0) copy.residents.forEach((ppn) => copy.dropKept(ppn))
    return copy
  }

  /** What a page holds and what one of another table holds change places; whether they may be written does not. */
  exchange(ppn: number, other: PageTable, otherPpn: number): void {
    const mine = this.#holdings(ppn)
    const theirs = other.#holdings(otherPpn)
    this.#hold(ppn, theirs)
    other.#hold(otherPpn, mine)
  }

  /** Calls `visit` with the slot of each swapped page. */
  forEachSwapped(visit: (slot: number) => void): void {
    if (this.counts[PageState.Swapped] === 0) return
    for (let ppn = 0; ppn < this.states.length; ppn++)
      if (this.states[ppn] === PageState.Swapped) visit(this.slots[ppn]!)
  }

  #holdings(ppn: number): Holdings {
    return {
      state: this.states[ppn]! as PageState,
      frame: this.frames[ppn]!,
      slot: this.slotOf(ppn),
      isZeroed: (this.flags[ppn]! & PageFlag.Zeroed) !== 0,
    }
  }

  #hold(ppn: number, { state, frame, slot, isZeroed }: Holdings): void {
    this.become(ppn, state, frame, slot)
    if (isZeroed) this.markZeroed(ppn)
  }

  slotOf(ppn: number): number {
    return this.slots[ppn] ?? -1
  }

  /** The one place where a page changes its state, its frame or its slot. What it held until now is the caller's to release. */
  become(ppn: number, state: PageState, frame = -1, slot = -1): void {
    const old = this.states[ppn]!
    const flags = this.flags[ppn]!
    const oldFrame = this.frames[ppn]!
    this.counts[old]!--
    this.counts[state]!++
    if (old === PageState.Resident) this.residents.delete(ppn)
    if (state === PageState.Resident) this.residents.add(ppn)
    if (oldFrame >= 0) this.#sharing?.all.leave(this.#sharing.account, oldFrame)
    if (frame >= 0) this.#sharing?.all.join(this.#sharing.account, frame)
    if ((flags & PageFlag.Zeroed) !== 0) this.zeroed--
    if ((flags & PageFlag.Kept) !== 0) this.kept--
    this.flags[ppn] = flags & ~OF_CONTENTS
    this.states[ppn] = state
    this.frames[ppn] = frame
    this.slots[ppn] = slot
    if (state === PageState.Resident && slot >= 0) this.#mark(ppn, PageFlag.Kept)
  }

  /** Says of an untouched page that it was not always so. */
  markZeroed(ppn: number): void {
    this.#mark(ppn, PageFlag.Zeroed)
  }

  /** A resident page that keeps its slot shall not. Answers the slot, which is the caller's to release, or -1. */
  dropKept(ppn: number): number {
    if ((this.flags[ppn]! & PageFlag.Kept) === 0) return -1
    const slot = this.slots[ppn]!
    this.flags[ppn]! &= ~PageFlag.Kept
    this.slots[ppn] = -1
    this.kept--
    return slot
  }

  #mark(ppn: number, flag: typeof PageFlag.Zeroed | typeof PageFlag.Kept): void {
    this.flags[ppn]! |= flag
    if (flag === PageFlag.Zeroed) this.zeroed++
    else this.kept++
  }

  /** Adds, for each slot held, one to `counts[slot]`; answers how many there are. */
  countSlots(counts: Uint32Array): number {
    let held = 0
    for (const slot of this.slots) {
      if (slot < 0) continue
      counts[slot]!++
      held++
    }
    return held
  }

  contradictions(): string[] {
    const { states, flags, residents, counts } = this
    const found: string[] = []
    let zeroed = 0
    let kept = 0
    for (let ppn = 0; ppn < states.length; ppn++) {
      if ((flags[ppn]! & PageFlag.Zeroed) !== 0) zeroed++
      if ((flags[ppn]! & PageFlag.Kept) !== 0) kept++
      if (!this.#isConsistent(ppn)) {
        const [frame, slot] = [this.frames[ppn], this.slotOf(ppn)]
        found.push(`page ${ppn} is in state ${states[ppn]} with frame ${frame}, slot ${slot} and flags ${flags[ppn]}`)
      }
    }
    countStates(states).forEach((count, state) => {
      if (count !== counts[state]) found.push(`${count} pages are in state ${state}, ${counts[state]} counted`)
    })
    if (zeroed !== this.zeroed) found.push(`${zeroed} pages are zero, ${this.zeroed} counted`)
    if (kept !== this.kept) found.push(`${kept} pages keep a slot, ${this.kept} counted`)
    if (residents.size !== counts[PageState.Resident])
      found.push(`${residents.size} pages are listed as resident, ${counts[PageState.Resident]} counted`)
    return found
  }

  #isConsistent(ppn: number): boolean {
    const state = this.states[ppn]!
    const isResident = state === PageState.Resident
    const isKept = (this.flags[ppn]! & PageFlag.Kept) !== 0
    const isZeroed = (this.flags[ppn]! & PageFlag.Zeroed) !== 0
    return (
      isResident === this.frames[ppn]! >= 0 &&
      isResident === this.residents.has(ppn) &&
      (state === PageState.Swapped || isKept) === this.slotOf(ppn) >= 0 &&
      (isResident || !isKept) &&
      (state === PageState.Untouched || !isZeroed)
    )
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
