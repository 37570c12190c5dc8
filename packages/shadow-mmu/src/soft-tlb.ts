import { SlotIndex } from './internal/slot-index.ts'
import { requireLayout } from './layout.ts'
import { Access } from './types.ts'
import type { HostMemory, TlbLayout } from './types.ts'

/** No tag of a page equals this: tags end in twelve zero bits. */
export const INVALID_TAG: number = 0xffffffff

/** Bit in the tag of a write entry that leads to a traced frame: no plain probe matches it. */
export const TRACED_TAG = 1

/** Which flushes an entry survives. */
export const Lifetime = {
  /** Until the next CR3 load. */
  Context: 0,
  /** Over CR3 loads. */
  Global: 1,
  /** A user page cached for the supervisor under EFLAGS.AC: until AC is cleared or CR3 is loaded. */
  UserData: 2,
} as const
export type Lifetime = (typeof Lifetime)[keyof typeof Lifetime]

const LIFETIMES = 3
/** Groups of the indexes: entries that a CR3 load drops, and those that it spares. */
const CONTEXT_GROUP = 0
const GLOBAL_GROUP = 1
const ARRAYS = 6
const SMALL_PAGE_SHIFT = 12
/** Large-page entries are counted per 4 MiB, so that an invalidation elsewhere need not look for them. */
const REGION_SHIFT = 22

/**
 * The six arrays that translated code probes, and what is needed to drop entries cheaply. A slot is an entry's number over all
 * arrays: `(kind * 2 + user) * entries + index`. Filled slots stand in one list per lifetime, so a flush visits what is filled only.
 */
export class SoftTlb {
  readonly #words: Int32Array
  readonly #entries: number
  /** log2 of `#entries`. */
  readonly #entriesShift: number
  readonly #slots: number
  /** Index into `#words` of the first entry of each array. */
  readonly #starts: Int32Array = new Int32Array(ARRAYS)
  readonly #lists: Int32Array
  readonly #counts: Int32Array = new Int32Array(LIFETIMES)
  /** Where in `#lists` a slot stands; -1 for an empty slot. */
  readonly #places: Int32Array
  readonly #lifetimes: Uint8Array
  readonly #sizeShifts: Uint8Array
  readonly #byPage: SlotIndex
  /** Write entries only. */
  readonly #byFrame: SlotIndex
  /** Filled entries from large pages: by 4 MiB region, and by GiB for 1 GiB pages. */
  readonly #largeByRegion: Uint16Array = new Uint16Array(1024)
  readonly #hugeByGigabyte: Int32Array = new Int32Array(4)

  constructor(memory: HostMemory, base: number, layout: TlbLayout) {
    requireLayout(memory, base, layout)
    this.#words = new Int32Array(memory.buffer)
    this.#entries = layout.entries
    this.#entriesShift = 31 - Math.clz32(layout.entries)
    this.#slots = ARRAYS * layout.entries
    const { readSupervisor, readUser, writeSupervisor, writeUser, fetchSupervisor, fetchUser } = layout.offsets
    const offsets = [readSupervisor, readUser, writeSupervisor, writeUser, fetchSupervisor, fetchUser]
    for (let array = 0; array < ARRAYS; array++) this.#starts[array] = (base + offsets[array]!) / 4
    this.#lists = new Int32Array(LIFETIMES * this.#slots)
    this.#places = new Int32Array(this.#slots).fill(-1)
    this.#lifetimes = new Uint8Array(this.#slots)
    this.#sizeShifts = new Uint8Array(this.#slots)
    this.#byPage = new SlotIndex(this.#slots, this.#entries)
    this.#byFrame = new SlotIndex(this.#slots, this.#entries)
    for (let slot = 0; slot < this.#slots; slot++) this.#words[this.#wordOf(slot)] = -1
  }

  /** Entries filled now. */
  get filled(): number {
    return this.#counts[0]! + this.#counts[1]! + this.#counts[2]!
  }

  /** Caches the page of `linear` for one kind and privilege. `host` is the address of `linear`, `ppn` its page, `sizeShift` the guest's page size, `tag` 0 or `TRACED_TAG`. */
  fill(
    linear: number,
    kind: Access,
    isUser: boolean,
    host: number,
    ppn: number,
    lifetime: Lifetime,
    sizeShift: number,
    tag: number,
  ): void {
    const slot = this.#slotOf(linear, kind, isUser)
    if (this.#places[slot]! >= 0) this.#drop(slot)
    const word = this.#wordOf(slot)
    this.#words[word] = (linear & -4096) | tag
    this.#words[word + 1] = host - linear
    const place = lifetime * this.#slots + this.#counts[lifetime]!++
    this.#lists[place] = slot
    this.#places[slot] = place
    this.#lifetimes[slot] = lifetime
    this.#sizeShifts[slot] = sizeShift
    const group = groupOf(lifetime)
    this.#byPage.add(group, slot, ppn)
    if (kind === Access.Write) this.#byFrame.add(group, slot, host >>> 12)
    if (sizeShift !== SMALL_PAGE_SHIFT) this.#countLarge(linear, sizeShift, 1)
  }

  /**
   * The host address of `linear` if it is cached with this `tag`, else -1. For tests and debuggers: translated code reads the arrays
   * itself.
   */
  lookup(linear: number, kind: Access, isUser: boolean, tag: number = 0): number {
    const word = this.#wordOf(this.#slotOf(linear, kind, isUser))
    return this.#words[word] === ((linear & -4096) | tag) ? (linear + this.#words[word + 1]!) >>> 0 : -1
  }

  /** Drops all entries of the page that holds `linear`: all of a large page's, as INVLPG does. */
  invalidatePage(linear: number): void {
    const index = (linear >>> 12) & (this.#entries - 1)
    const tag = linear & -4096
    for (let slot = index; slot < this.#slots; slot += this.#entries) {
      if ((this.#words[this.#wordOf(slot)]! & ~TRACED_TAG) === tag) this.#drop(slot)
    }
    if (this.#largeByRegion[linear >>> REGION_SHIFT] !== 0 || this.#hugeByGigabyte[linear >>> 30] !== 0)
      this.#invalidateLarge(linear)
  }

  /** Drops everything. */
  flush(): void {
    this.flushContext()
    this.#empty(Lifetime.Global)
    this.#byPage.clear(GLOBAL_GROUP)
    this.#byFrame.clear(GLOBAL_GROUP)
  }

  /** Drops everything but global entries. */
  flushContext(): void {
    this.#empty(Lifetime.Context)
    this.#empty(Lifetime.UserData)
    this.#byPage.clear(CONTEXT_GROUP)
    this.#byFrame.clear(CONTEXT_GROUP)
  }

  /** Drops what was cached for the supervisor under EFLAGS.AC. */
  flushUserData(): void {
    const start = Lifetime.UserData * this.#slots
    while (this.#counts[Lifetime.UserData]! > 0) this.#drop(this.#lists[start]!)
  }

  /** Drops all entries that lead to a guest page. */
  dropPage(ppn: number): void {
    for (let group = 0; group < 2; group++) {
      for (let slot = this.#byPage.find(group, ppn); slot >= 0; slot = this.#byPage.find(group, ppn)) this.#drop(slot)
    }
  }

  /** Drops all write entries that lead to a frame. */
  dropWritesTo(frame: number): void {
    for (let group = 0; group < 2; group++) {
      for (let slot = this.#byFrame.find(group, frame); slot >= 0; slot = this.#byFrame.find(group, frame))
        this.#drop(slot)
    }
  }

  #slotOf(linear: number, kind: Access, isUser: boolean): number {
    return (kind * 2 + (isUser ? 1 : 0)) * this.#entries + ((linear >>> 12) & (this.#entries - 1))
  }

  #wordOf(slot: number): number {
    return this.#starts[slot >>> this.#entriesShift]! + (slot & (this.#entries - 1)) * 2
  }

  /** Empties all slots of one list; the caller clears the indexes. */
  #empty(lifetime: Lifetime): void {
    const words = this.#words
    const start = lifetime * this.#slots
    const end = start + this.#counts[lifetime]!
    for (let place = start; place < end; place++) {
      const slot = this.#lists[place]!
      const word = this.#wordOf(slot)
      const sizeShift = this.#sizeShifts[slot]!
      if (sizeShift !== SMALL_PAGE_SHIFT) this.#countLarge(words[word]!, sizeShift, -1)
      words[word] = -1
      this.#places[slot] = -1
    }
    this.#counts[lifetime] = 0
  }

  /** Empties one slot and takes it out of its list and the indexes. */
  #drop(slot: number): void {
    const place = this.#places[slot]!
    const lifetime = this.#lifetimes[slot]!
    const last = lifetime * this.#slots + --this.#counts[lifetime]!
    const moved = this.#lists[last]!
    this.#lists[place] = moved
    this.#places[moved] = place
    this.#places[slot] = -1
    const word = this.#wordOf(slot)
    const sizeShift = this.#sizeShifts[slot]!
    if (sizeShift !== SMALL_PAGE_SHIFT) this.#countLarge(this.#words[word]!, sizeShift, -1)
    this.#words[word] = -1
    this.#byPage.remove(slot)
    if (slot >>> (this.#entriesShift + 1) === Access.Write) this.#byFrame.remove(slot)
  }

  #countLarge(linear: number, sizeShift: number, change: number): void {
    if (sizeShift > REGION_SHIFT) this.#hugeByGigabyte[linear >>> 30]! += change
    else this.#largeByRegion[linear >>> REGION_SHIFT]! += change
  }

  #invalidateLarge(linear: number): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.#places[slot]! < 0) continue
      const sizeShift = this.#sizeShifts[slot]!
      if (sizeShift !== SMALL_PAGE_SHIFT && (this.#words[this.#wordOf(slot)]! ^ linear) >>> sizeShift === 0)
        this.#drop(slot)
    }
  }
}

function groupOf(lifetime: Lifetime): number {
  return lifetime === Lifetime.Global ? GLOBAL_GROUP : CONTEXT_GROUP
}
