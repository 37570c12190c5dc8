import type { PdpteRegisters } from './formats/pae.ts'
import { Tracer } from './frame-traces.ts'
import type { FrameTraces } from './frame-traces.ts'
import { Lifetime } from './internal/bank.ts'
import type { Bank } from './internal/bank.ts'
import { GuestTables } from './internal/guest-tables.ts'
import { PagingFormat } from './paging-mode.ts'
import type { PagingMode } from './paging-mode.ts'
import type { ShadowPolicy } from './policy.ts'
import type { SoftTlb } from './soft-tlb.ts'
import type { MmuStatistics } from './statistics.ts'
import type { PhysicalPages } from './types.ts'
import type { Walk } from './walk.ts'

/** Guest tables that are traced at most. */
const LARGEST_TABLES = 1024
/** A table that was written between so many loads of CR3, and that no walk used meanwhile, is no table any longer. */
const LARGEST_IDLE = 4

/** An address space: a value of CR3, and what was translated under it. */
interface Context {
  readonly bank: Bank
  /** Its bit in `GuestTables`. */
  readonly bit: number
  /** Page number of the root table; -1: none. */
  root: number
  readonly pdptes: Int32Array
  lastUse: number
}

export interface CachingParts {
  readonly tlb: SoftTlb
  readonly mode: PagingMode
  readonly pdptes: PdpteRegisters
  readonly pages: PhysicalPages
  readonly words: Int32Array
  readonly traces: FrameTraces
  readonly statistics: MmuStatistics
  readonly contexts: number
}

/**
 * Keeps a context for each of the last roots. Between two loads of CR3 it behaves as a TLB: entries may be older than the tables. At a load, every
 * table that was written since is looked through, and what it no longer says is dropped from all contexts; so nothing old is ever taken up again.
 */
export class Caching implements ShadowPolicy {
  readonly #parts: CachingParts
  readonly #tables: GuestTables
  readonly #contexts: Context[]
  #current: Context
  #clock = 0
  /** Word in memory of the entry that the last walk ended at. */
  #leafWord = 0

  constructor(parts: CachingParts) {
    this.#parts = parts
    this.#tables = new GuestTables(parts.traces.frames, LARGEST_TABLES)
    this.#current = this.#context(0, parts.tlb.shown)
    this.#contexts = [this.#current]
  }

  rootLoaded(): void {
    const { tlb, mode, statistics } = this.#parts
    this.#settle()
    tlb.flushVolatile()
    if (this.#current.root !== mode.root) {
      const known = this.#contexts.find(({ root }) => root === mode.root)
      this.#current = known ?? this.#take()
      this.#current.root = mode.root
      tlb.show(this.#current.bank)
    }
    this.pdptesLoaded()
    this.#current.lastUse = ++this.#clock
    statistics.recalls += this.#current.bank.filled
  }

  pdptesLoaded(): void {
    if (this.#parts.mode.format !== PagingFormat.Pae) return
    if (!this.#parts.pdptes.copyTo(this.#current.pdptes)) this.#empty(this.#current)
  }

  /** What other contexts keep of the page is only taken up after a load of CR3, which looks at the tables. */
  pageInvalidated(linear: number): void {
    this.#parts.tlb.invalidatePage(linear)
  }

  everythingInvalidated(): void {
    this.#parts.tlb.flush()
    for (const context of this.#contexts) {
      context.root = -1
      this.#tables.dropUser(context.bit, (id) => this.#release(id))
    }
    this.#current.root = this.#parts.mode.root
    this.pdptesLoaded()
  }

  lifetimeOf(walk: Walk): Lifetime {
    if (this.#note(walk)) return Lifetime.Kept
    return Lifetime.Context
  }

  filled(slot: number, { low, high }: Walk): void {
    this.#current.bank.setOrigin(slot, this.#leafWord, low, high)
  }

  forgotten(ppn: number): void {
    const id = this.#tables.ofPage(ppn)
    if (id === 0) return
    this.#dropAllFrom(id)
    if (this.#tables.ofPage(ppn) === id) this.#release(id)
  }

  written(frame: number): void {
    this.#parts.traces.set(frame, Tracer.Tables, false)
    this.#tables.open(this.#tables.ofFrame(frame))
  }

  /** Remembers each table that a walk visited. False if one cannot be watched: not memory, a shared frame. */
  #note(walk: Walk): boolean {
    const tables = this.#tables
    const { pages, mode } = this.#parts
    const isWide = mode.format !== PagingFormat.TwoLevel
    const leaf = walk.depth - 1
    for (let level = 0, restarts = 0; level <= leaf; level++) {
      const ppn = walk.tables[level]! & mode.pageMask
      const address = pages.readAddress(ppn)
      if (address < 0) return false
      if (tables.isFull) this.#dropEverything()
      const id = tables.at(address >>> 12, ppn)
      if (id === 0) return false
      const word = walk.offsets[level]! >>> 2
      if (level === leaf) {
        tables.endsIn(id, this.#current.bit)
        this.#leafWord = (address >>> 2) + word
      } else if (!tables.passes(id, this.#current.bit, word, walk.lows[level]!, walk.highs[level]!, isWide)) {
        if (++restarts > 1) return false
        this.#dropUsers(tables.upperUsers(id))
        level = -1
      }
    }
    return true
  }

  /** Drops what open tables no longer say, and traces what is left. */
  #settle(): void {
    const { words, mode, traces, tlb, statistics } = this.#parts
    const tables = this.#tables
    const isWide = mode.format !== PagingFormat.TwoLevel
    tables.settle((id) => {
      statistics.resyncs++
      this.#dropStale(id, isWide)
      if (tables.upperUsers(id) !== 0 && !tables.passesAsBefore(id, words, isWide))
        this.#dropUsers(tables.upperUsers(id))
      if (tables.countIdle(id) > LARGEST_IDLE) this.#dropAllFrom(id)
      const frame = tables.frameOf(id)
      if (tables.ofFrame(frame) !== id) return
      if ((tables.leafUsers(id) | tables.upperUsers(id)) === 0) return this.#release(id)
      traces.set(frame, Tracer.Tables, true)
      tlb.dropWritesTo(frame)
    })
  }

  /** Drops translations that end in a table and of which it says something else now. */
  #dropStale(id: number, isWide: boolean): void {
    const { words, tlb } = this.#parts
    const users = this.#tables.leafUsers(id)
    const frame = this.#tables.frameOf(id)
    for (const { bank, bit } of this.#contexts) {
      if ((users & bit) === 0) continue
      let slot = bank.findOfTable(frame)
      while (slot >= 0) {
        const next = bank.nextOfTable(slot)
        if (!bank.isCurrent(slot, words, isWide)) tlb.drop(bank, slot)
        slot = next
      }
      if (bank.findOfTable(frame) < 0) this.#tables.leaves(id, bit)
    }
  }

  /** Drops every translation that a table had to do with. */
  #dropAllFrom(id: number): void {
    const frame = this.#tables.frameOf(id)
    const leafUsers = this.#tables.leafUsers(id)
    for (const { bank, bit } of this.#contexts) {
      if ((leafUsers & bit) === 0) continue
      for (let slot = bank.findOfTable(frame); slot >= 0; slot = bank.findOfTable(frame))
        this.#parts.tlb.drop(bank, slot)
      this.#tables.leaves(id, bit)
    }
    this.#dropUsers(this.#tables.upperUsers(id))
  }

  #dropUsers(users: number): void {
    for (const context of this.#contexts) if ((users & context.bit) !== 0) this.#empty(context)
  }

  #dropEverything(): void {
    for (const context of this.#contexts) this.#empty(context)
  }

  #empty(context: Context): void {
    this.#parts.tlb.empty(context.bank)
    this.#tables.dropUser(context.bit, (id) => this.#release(id))
  }

  #release(id: number): void {
    this.#parts.traces.set(this.#tables.frameOf(id), Tracer.Tables, false)
    this.#tables.release(id)
  }

  /** A context for a new root: a fresh one, or the one that was not used for longest. */
  #take(): Context {
    const { tlb, contexts } = this.#parts
    if (this.#contexts.length < contexts) {
      const fresh = this.#context(this.#contexts.length, tlb.addBank())
      this.#contexts.push(fresh)
      return fresh
    }
    const oldest = this.#contexts.reduce((a, b) => (b.lastUse < a.lastUse ? b : a))
    this.#empty(oldest)
    return oldest
  }

  #context(index: number, bank: Bank): Context {
    return { bank, bit: 1 << index, root: -1, pdptes: new Int32Array(8), lastUse: 0 }
  }
}
