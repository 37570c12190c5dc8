import { Bank, Lifetime } from './internal/bank.ts'
import { requireLayout } from './layout.ts'
import type { Access, HostMemory, TlbLayout } from './types.ts'

/** No tag of a page equals this: tags end in twelve zero bits. */
export const INVALID_TAG: number = 0xffffffff

/** Bit in the tag of a write entry that leads to a traced frame: no plain probe matches it. */
export const TRACED_TAG = 1

const ARRAYS = 6

/**
 * The six arrays that translated code probes, and what is needed to drop entries cheaply. A slot is an entry's number over all
 * arrays: `(kind * 2 + user) * entries + index`. The arrays show two banks at a time, that of the global entries and that of the current
 * address space; other banks wait until they are shown again.
 */
export class SoftTlb {
  readonly #words: Int32Array
  readonly #entries: number
  /** log2 of `#entries`. */
  readonly #entriesShift: number
  readonly #slots: number
  /** Index into `#words` of the first entry of each array. */
  readonly #starts: Int32Array = new Int32Array(ARRAYS)
  readonly #global: Bank
  #shown: Bank
  /** All banks, the global one first. */
  readonly #banks: Bank[]

  constructor(memory: HostMemory, base: number, layout: TlbLayout) {
    requireLayout(memory, base, layout)
    this.#words = new Int32Array(memory.buffer)
    this.#entries = layout.entries
    this.#entriesShift = 31 - Math.clz32(layout.entries)
    this.#slots = ARRAYS * layout.entries
    const { readSupervisor, readUser, writeSupervisor, writeUser, fetchSupervisor, fetchUser } = layout.offsets
    const offsets = [readSupervisor, readUser, writeSupervisor, writeUser, fetchSupervisor, fetchUser]
    for (let array = 0; array < ARRAYS; array++) this.#starts[array] = (base + offsets[array]!) / 4
    for (let slot = 0; slot < this.#slots; slot++) this.#words[this.#wordOf(slot)] = -1
    this.#global = new Bank(this.#slots, this.#entries)
    this.#shown = new Bank(this.#slots, this.#entries)
    this.#banks = [this.#global, this.#shown]
  }

  /** Entries in the arrays now. */
  get filled(): number {
    return this.#global.filled + this.#shown.filled
  }

  /** The bank of the current address space. */
  get shown(): Bank {
    return this.#shown
  }

  /** A bank for a further address space. */
  addBank(): Bank {
    const bank = new Bank(this.#slots, this.#entries)
    this.#banks.push(bank)
    return bank
  }

  /** Puts the entries of the current address space aside, and another's into the arrays. Slots of global entries stay theirs. */
  show(bank: Bank): void {
    if (bank === this.#shown) return
    this.#hide(this.#shown)
    this.#shown = bank
    const words = this.#words
    for (let index = bank.count(Lifetime.Kept) - 1; index >= 0; index--) {
      const slot = bank.slotAt(Lifetime.Kept, index)
      const word = this.#wordOf(slot)
      if (words[word] !== -1) bank.remove(slot)
      else {
        words[word] = bank.tags[slot]!
        words[word + 1] = bank.addends[slot]!
      }
    }
  }

  /**
   * Caches the page of `linear` for one kind and privilege, and answers its slot. `host` is the address of `linear`, `ppn` its page,
   * `sizeShift` the guest's page size, `tag` 0 or `TRACED_TAG`.
   */
  fill(
    linear: number,
    kind: Access,
    isUser: boolean,
    host: number,
    ppn: number,
    lifetime: Lifetime,
    sizeShift: number,
    tag: number,
  ): number {
    const slot = this.#slotOf(linear, kind, isUser)
    const word = this.#wordOf(slot)
    if (this.#words[word] !== -1) this.#ownerOf(slot).remove(slot)
    const bank = lifetime === Lifetime.Global ? this.#global : this.#shown
    const fullTag = (linear & -4096) | tag
    const addend = (host - linear) | 0
    this.#words[word] = fullTag
    this.#words[word + 1] = addend
    bank.add(slot, fullTag, addend, ppn, lifetime, sizeShift)
    return slot
  }

  /**
   * The host address of `linear` if it is cached with this `tag`, else -1. For tests and debuggers: translated code reads the arrays
   * itself.
   */
  lookup(linear: number, kind: Access, isUser: boolean, tag: number = 0): number {
    const word = this.#wordOf(this.#slotOf(linear, kind, isUser))
    return this.#words[word] === ((linear & -4096) | tag) ? (linear + this.#words[word + 1]!) >>> 0 : -1
  }

  /** The slot that serves an access, with whatever tag, or -1. */
  find(linear: number, kind: Access, isUser: boolean): number {
    const slot = this.#slotOf(linear, kind, isUser)
    return (this.#words[this.#wordOf(slot)]! & ~TRACED_TAG) === (linear & -4096) ? slot : -1
  }

  /** Of a slot in the arrays: the host address where `linear` is found. */
  hostOf(slot: number, linear: number): number {
    return (linear + this.#words[this.#wordOf(slot) + 1]!) >>> 0
  }

  /** Of a slot in the arrays: the guest page that it leads to. */
  ppnOf(slot: number): number {
    return this.#ownerOf(slot).ppnOf(slot)
  }

  /** Of a slot in the arrays: whether it leads to a traced frame. */
  isTracedAt(slot: number): boolean {
    return (this.#words[this.#wordOf(slot)]! & TRACED_TAG) !== 0
  }

  /** Drops all entries in the arrays of the page that holds `linear`: all of a large page's, as INVLPG does. */
  invalidatePage(linear: number): void {
    const index = (linear >>> 12) & (this.#entries - 1)
    const tag = linear & -4096
    for (let slot = index; slot < this.#slots; slot += this.#entries) {
      if ((this.#words[this.#wordOf(slot)]! & ~TRACED_TAG) === tag) this.drop(this.#ownerOf(slot), slot)
    }
    this.#invalidateLarge(this.#global, linear)
    this.#invalidateLarge(this.#shown, linear)
  }

  /** Drops what is cached of one small page in any address space. */
  invalidateEverywhere(linear: number): void {
    this.invalidatePage(linear)
    for (const bank of this.#banks) {
      for (let slot = (linear >>> 12) & (this.#entries - 1); slot < this.#slots; slot += this.#entries)
        if (bank.has(slot) && (bank.tags[slot]! & ~TRACED_TAG) === (linear & -4096)) this.drop(bank, slot)
    }
  }

  /** Drops everything, of all address spaces. */
  flush(): void {
    for (const bank of this.#banks) this.empty(bank)
  }

  /** Drops everything of the current address space; global entries stay. */
  flushContext(): void {
    this.empty(this.#shown)
  }

  /** Drops what a CR3 load must not spare, which other banks do not have. */
  flushVolatile(): void {
    this.#dropLifetime(Lifetime.Context)
    this.#dropLifetime(Lifetime.UserData)
  }

  /** Drops what was cached for the supervisor under EFLAGS.AC. */
  flushUserData(): void {
    this.#dropLifetime(Lifetime.UserData)
  }

  /** Drops all entries that lead to a guest page. */
  dropPage(ppn: number): void {
    for (const bank of this.#banks) {
      for (let slot = bank.findPage(ppn); slot >= 0; slot = bank.findPage(ppn)) this.drop(bank, slot)
    }
  }

  /** Drops all write entries that lead to a frame. */
  dropWritesTo(frame: number): void {
    for (const bank of this.#banks) {
      for (let slot = bank.findWriteTo(frame); slot >= 0; slot = bank.findWriteTo(frame)) this.drop(bank, slot)
    }
  }

  /** Drops all entries of a bank. */
  empty(bank: Bank): void {
    if (bank === this.#shown || bank === this.#global) this.#hide(bank)
    bank.clear()
  }

  /** Drops one entry of a bank. */
  drop(bank: Bank, slot: number): void {
    bank.remove(slot)
    if (bank === this.#shown || bank === this.#global) this.#words[this.#wordOf(slot)] = -1
  }

  #slotOf(linear: number, kind: Access, isUser: boolean): number {
    return (kind * 2 + (isUser ? 1 : 0)) * this.#entries + ((linear >>> 12) & (this.#entries - 1))
  }

  #wordOf(slot: number): number {
    return this.#starts[slot >>> this.#entriesShift]! + (slot & (this.#entries - 1)) * 2
  }

  /** Of a slot in the arrays. */
  #ownerOf(slot: number): Bank {
    return this.#shown.has(slot) ? this.#shown : this.#global
  }

  /** Takes a bank's entries out of the arrays. */
  #hide(bank: Bank): void {
    const words = this.#words
    for (const lifetime of Object.values(Lifetime)) {
      for (let index = bank.count(lifetime) - 1; index >= 0; index--)
        words[this.#wordOf(bank.slotAt(lifetime, index))] = -1
    }
  }

  #dropLifetime(lifetime: Lifetime): void {
    const bank = this.#shown
    while (bank.count(lifetime) > 0) this.drop(bank, bank.slotAt(lifetime, 0))
  }

  #invalidateLarge(bank: Bank, linear: number): void {
    if (!bank.mayHoldLarge(linear)) return
    for (let slot = 0; slot < this.#slots; slot++) if (bank.isLargeAt(slot, linear)) this.drop(bank, slot)
  }
}
