import { tlbOffsets } from '../state/vcpu-memory.ts'
import type { Exclusion } from '../system/types.ts'
import { MmuOutcome, tracedTag, type Mmu } from '../types.ts'

const pageBytes = 4096
const invalidTag = 0xffff_ffff
const tlbBytes = 6 * tlbOffsets.entries * 8

/** What lies behind a linear page. */
export interface FakePage {
  /** Page of the RAM; -1: device memory at the linear address itself; -2: not present. */
  readonly frame: number
  readonly writable: boolean
  readonly user: boolean
}

/** Where a `FakeMmu` finds memory. */
export interface FakeMmuOptions {
  readonly memory: WebAssembly.Memory
  /** The vCPU's state block: the soft TLB lies behind it. */
  readonly base: number
  /** Host address and size in bytes of the guest's RAM. */
  readonly ram: number
  readonly ramBytes: number
}

/**
 * An MMU without page tables: linear addresses are RAM addresses unless a page was given other rights or another
 * place. It fills the soft TLB as the real one does, so that both the inline probe and the slow path are exercised.
 */
export class FakeMmu implements Mmu {
  host = 0
  physical = 0
  errorCode = 0
  /** Accesses that came here: misses of the soft TLB. */
  accesses = 0
  /** Makes the next writes to RAM report that the host is out of frames. */
  outOfMemory = false
  readonly #words: Int32Array
  readonly #base: number
  readonly #ram: number
  readonly #ramPages: number
  #isIdentity = true
  readonly #pages = new Map<number, FakePage>()
  readonly #traced = new Set<number>()
  #exclusion: Exclusion = { data: [], code: [], userData: false }
  /** What the vCPU said of EFLAGS.AC last. */
  userDataAllowed = false

  constructor({ memory, base, ram, ramBytes }: FakeMmuOptions) {
    this.#words = new Int32Array(memory.buffer)
    this.#base = base
    this.#ram = ram
    this.#ramPages = ramBytes / pageBytes
    this.flush()
  }

  /** Changes what lies behind linear page `page`. */
  map(page: number, change: Partial<FakePage>): void {
    this.#pages.set(page, { ...this.#pageOf(page), ...change })
    this.invalidatePage(page * pageBytes)
  }

  /** Makes the linear addresses the RAM's again, and forgets all traces. */
  reset(): void {
    this.#pages.clear()
    this.#traced.clear()
    this.#isIdentity = true
    this.outOfMemory = false
    this.flush()
  }

  /** Leaves no page present but those that `map` names from now on. */
  clear(): void {
    this.reset()
    this.#isIdentity = false
  }

  flush(): void {
    const first = (this.#base + tlbOffsets.readUser) >>> 2
    this.#words.fill(-1, first, first + tlbBytes / 4)
  }

  invalidatePage(linear: number): void {
    const at = ((linear >>> 12) & (tlbOffsets.entries - 1)) * 8
    for (const array of arrays) this.#words[(this.#base + array + at) >>> 2] = invalidTag | 0
  }

  configure(): boolean {
    this.flush()
    return true
  }

  checkpoint(): () => void {
    return () => this.flush()
  }

  exclude({ data, code, userData }: Exclusion): void {
    this.#exclusion = { data: [...data], code: [...code], userData }
    this.flush()
  }

  setUserDataAllowed(allowed: boolean): void {
    this.userDataAllowed = allowed
  }

  trace(frame: number, on: boolean): void {
    if (on) this.#traced.add(frame)
    else this.#traced.delete(frame)
    for (const array of [tlbOffsets.writeUser, tlbOffsets.writeSupervisor]) this.#dropFrame(array, frame)
  }

  access(linear: number, kind: 0 | 1 | 2, privilege: 0 | 1 | 2): number {
    this.accesses++
    const page = this.#pageOf(linear >>> 12)
    const user = privilege === 1
    const protection = (user && !page.user) || (kind === 1 && !page.writable)
    if (page.frame === -2 || protection) {
      this.errorCode = (page.frame === -2 ? 0 : 1) | (kind === 1 ? 2 : 0) | (user ? 4 : 0)
      return MmuOutcome.Fault
    }
    this.physical = (page.frame < 0 ? linear : page.frame * pageBytes + (linear & 0xfff)) >>> 0
    if (page.frame === -1) return MmuOutcome.Device
    if (kind === 1 && this.outOfMemory) return MmuOutcome.OutOfMemory
    const frame = this.#ram + page.frame * pageBytes
    this.host = frame + (linear & 0xfff)
    const isTraced = kind === 1 && this.#traced.has(frame)
    if (!this.#isExcluded(linear, kind, user)) this.#fill(arrays[kind * 2 + (user ? 0 : 1)]!, linear, frame, isTraced)
    return isTraced ? MmuOutcome.Traced : MmuOutcome.Direct
  }

  #isExcluded(linear: number, kind: 0 | 1 | 2, user: boolean): boolean {
    const { data, code, userData } = this.#exclusion
    const page = (linear & ~0xfff) >>> 0
    return kind === 2 ? code.includes(page) : data.includes(page) || (user && userData)
  }

  #pageOf(page: number): FakePage {
    const known = this.#pages.get(page)
    if (known) return known
    const frame = this.#isIdentity && page < this.#ramPages ? page : -2
    return { frame, writable: true, user: true }
  }

  #fill(array: number, linear: number, frame: number, isTraced: boolean): void {
    const tag = linear & ~0xfff
    const word = (this.#base + array + ((linear >>> 12) & (tlbOffsets.entries - 1)) * 8) >>> 2
    this.#words[word] = isTraced ? tag | tracedTag : tag
    this.#words[word + 1] = frame - tag
  }

  #dropFrame(array: number, frame: number): void {
    const first = (this.#base + array) >>> 2
    for (let word = first; word < first + tlbOffsets.entries * 2; word += 2) {
      if (this.#words[word] === -1) continue
      if (((this.#words[word]! & ~tracedTag) + this.#words[word + 1]!) >>> 0 === frame)
        this.#words[word] = invalidTag | 0
    }
  }
}

/** The TLB arrays by kind of access, user first. */
const arrays: readonly number[] = [
  tlbOffsets.readUser,
  tlbOffsets.readSupervisor,
  tlbOffsets.writeUser,
  tlbOffsets.writeSupervisor,
  tlbOffsets.fetchUser,
  tlbOffsets.fetchSupervisor,
]
