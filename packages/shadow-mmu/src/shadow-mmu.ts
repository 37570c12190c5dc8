import { Caching } from './caching.ts'
import { walkFourLevel } from './formats/four-level.ts'
import { PdpteLoad, PdpteRegisters, walkPae } from './formats/pae.ts'
import { walkTwoLevel } from './formats/two-level.ts'
import { FrameTraces, Tracer } from './frame-traces.ts'
import { Lifetime } from './internal/bank.ts'
import { PagingFormat, PagingMode, formatOf } from './paging-mode.ts'
import { faultCode, isPermitted } from './permissions.ts'
import { Noncaching } from './policy.ts'
import type { ShadowPolicy } from './policy.ts'
import { CR0, CR4, EFER, ENTRY, PageFault } from './registers.ts'
import { SoftTlb, TRACED_TAG } from './soft-tlb.ts'
import { MmuStatistics } from './statistics.ts'
import { Access, Outcome, Privilege } from './types.ts'
import type {
  ControlRegisters,
  Exclusion,
  PhysicalPages,
  PolicyName,
  ProcessorFeatures,
  ShadowMmuOptions,
} from './types.ts'
import { Walk, WalkStatus } from './walk.ts'

/** Registers of a processor after reset. */
const AFTER_RESET: ControlRegisters = { cr0: 0, cr3: 0, cr4: 0, efer: 0, a20: true }

/** Bits of which a change makes every cached translation doubtful. */
const CR0_PAGING: number = CR0.PG | CR0.WP
const CR4_PAGING: number = CR4.PSE | CR4.PAE | CR4.PGE | CR4.SMEP | CR4.SMAP
const EFER_PAGING: number = EFER.LME | EFER.NXE

/** Bits of which a change loads the PDPTEs, SDM vol. 3 section 4.4.1. */
const CR0_PDPTE: number = CR0.PG | CR0.CD | CR0.NW
const CR4_PDPTE: number = CR4.PAE | CR4.PGE | CR4.PSE | CR4.SMEP

/** Contexts have a bit each. */
const LARGEST_CONTEXTS = 30

/**
 * Guest page tables composed with a map of guest pages to host frames, into soft TLB arrays.
 *
 * ```ts
 * const outcome = mmu.access(linear, Access.Write, Privilege.User)
 * if (outcome === Outcome.Direct) bytes[mmu.host] = value
 * else if (outcome === Outcome.Fault) raisePageFault(linear, mmu.errorCode)
 * ```
 */
export class ShadowMmu {
  /** After Direct and Traced: host byte address of the linear address. */
  host = 0
  /** After Direct, Device and Traced: guest-physical address, A20 applied. */
  physical = 0
  /** After `configure` has answered false: it is to be tried again after reclaiming. */
  outOfMemory = false
  /** After Fault: the code that the page fault pushes. */
  errorCode = 0
  /** Called with each page that was given to `sample`, when the processor touches it for the first time since. */
  onTouched: (ppn: number) => void = () => {}
  readonly statistics: MmuStatistics = new MmuStatistics()
  readonly tlb: SoftTlb

  readonly #pages: PhysicalPages
  readonly #features: ProcessorFeatures
  readonly #policy: ShadowPolicy
  readonly #words: Int32Array
  readonly #mode: PagingMode = new PagingMode()
  readonly #pdptes: PdpteRegisters = new PdpteRegisters()
  readonly #walk: Walk
  readonly #traces: FrameTraces
  readonly #entryUpdated: (host: number) => void
  /** Guest pages whose next touch is waited for. */
  readonly #sampled: Set<number> = new Set()
  #registers: ControlRegisters = AFTER_RESET
  #userDataAllowed = false
  #exclusion: Exclusion | null = null
  /** Page number in `physical`: an integer where that is a double. */
  #ppn = 0

  constructor({ memory, base, layout, pages, features, policy, contexts = 8, onTracedUpdate }: ShadowMmuOptions) {
    this.#features = { physicalAddressBits: 36, pse36: true, gigabytePages: false, ...features }
    const bits = this.#features.physicalAddressBits
    if (!Number.isInteger(bits) || bits < 32 || bits > 43)
      throw new RangeError(`physicalAddressBits is ${bits}; must be an integer from 32 to 43`)
    if (!Number.isInteger(contexts) || contexts < 1 || contexts > LARGEST_CONTEXTS)
      throw new RangeError(`contexts is ${contexts}; must be an integer from 1 to ${LARGEST_CONTEXTS}`)
    this.tlb = new SoftTlb(memory, base, layout)
    this.#pages = pages
    this.#words = new Int32Array(memory.buffer)
    this.#walk = new Walk(this.#mode, this.#words, pages)
    this.#traces = new FrameTraces(memory.buffer.byteLength)
    this.#policy = this.#createPolicy(policy, contexts)
    this.#entryUpdated = (host) => {
      this.statistics.entryUpdates++
      if (onTracedUpdate !== undefined && this.isTraced(host)) onTracedUpdate(host, 4)
    }
    this.#mode.update(AFTER_RESET, this.#features)
  }

  #createPolicy(policy: PolicyName = 'noncaching', contexts: number): ShadowPolicy {
    const tlb = this.tlb
    if (policy === 'noncaching') return new Noncaching(tlb)
    const parts = {
      mode: this.#mode,
      pdptes: this.#pdptes,
      pages: this.#pages,
      words: this.#words,
      traces: this.#traces,
    }
    return new Caching({ ...parts, tlb, statistics: this.statistics, contexts })
  }

  /**
   * Takes over the registers and drops what the architecture drops. A call with another `cr3`, and one that changes nothing, is a
   * CR3 load. False: a PDPTE has reserved bits set, so the guest's MOV raises #GP(0), or, with `outOfMemory`, the host has no frame for them;
   * nothing has changed.
   */
  configure(registers: ControlRegisters): boolean {
    const old = this.#registers
    const cr0 = registers.cr0 ^ old.cr0
    const cr4 = registers.cr4 ^ old.cr4
    const efer = registers.efer ^ old.efer
    const isA20Changed = registers.a20 !== old.a20
    const isRootLoaded = registers.cr3 !== old.cr3 || ((cr0 | cr4 | efer) === 0 && !isA20Changed)
    const isPae = formatOf(registers.cr0, registers.cr4, registers.efer) === PagingFormat.Pae
    let arePdptesLoaded = false
    if (isPae && (isRootLoaded || (cr0 & CR0_PDPTE) !== 0 || (cr4 & CR4_PDPTE) !== 0 || (efer & EFER.LME) !== 0)) {
      const mask = registers.a20 ? -1 : ~0x100
      const { physicalAddressBits: bits } = this.#features
      const load = this.#pdptes.load(registers.cr3, this.#words, this.#pages, mask, bits)
      this.outOfMemory = load === PdpteLoad.OutOfMemory
      if (load !== PdpteLoad.Loaded) return false
      arePdptesLoaded = true
    }
    this.#registers = { ...registers }
    this.#mode.update(registers, this.#features)
    if ((cr0 & CR0_PAGING) !== 0 || (cr4 & CR4_PAGING) !== 0 || (efer & EFER_PAGING) !== 0 || isA20Changed) this.flush()
    else if (isRootLoaded && this.#mode.format !== PagingFormat.Off) this.flushNonGlobal()
    else if (arePdptesLoaded) this.#policy.pdptesLoaded()
    return true
  }

  /**
   * What takes back all that `configure` does from now on. It reads no memory: PDPTEs are what they were, even if the page that they were
   * loaded from holds others by now, or cannot be read.
   */
  checkpoint(): () => void {
    const registers = this.#registers
    const pdptes = new Int32Array(8)
    this.#pdptes.copyTo(pdptes)
    return () => {
      this.#registers = registers
      this.#mode.update(registers, this.#features)
      this.#pdptes.set(pdptes)
      this.flush()
    }
  }

  /** MOV to CR3, also with the value that it has. False as with `configure`. */
  loadCr3(cr3: number): boolean {
    const { cr0, cr4, efer, a20 } = this.#registers
    return this.configure({ cr0, cr3, cr4, efer, a20 })
  }

  /** EFLAGS.AC as the supervisor has it: lets it reach user pages in spite of SMAP. */
  setUserDataAllowed(allowed: boolean): void {
    if (this.#userDataAllowed && !allowed) this.tlb.flushUserData()
    this.#userDataAllowed = allowed
  }

  /**
   * What the arrays must not hold from now on, such as pages with breakpoints: entries of these are dropped, and no access fills one.
   * It replaces what was excluded before.
   */
  exclude({ data, code, userData }: Exclusion): void {
    if (userData && !this.#exclusion?.userData) this.#policy.everythingInvalidated()
    for (const page of [...data, ...code]) this.tlb.invalidateEverywhere(page)
    const isEmpty = data.length === 0 && code.length === 0 && !userData
    this.#exclusion = isEmpty ? null : { data: [...data], code: [...code], userData }
  }

  /**
   * Translates as the processor does, sets accessed and dirty bits, and caches the page where the arrays may serve it next time.
   * `linear` counts modulo 2^32; `high` is the upper half of a canonical address in 64-bit mode.
   */
  access(linear: number, kind: Access, privilege: Privilege, high = 0): Outcome {
    const statistics = this.statistics
    statistics.accesses++
    const slot = high === 0 ? this.#findCached(linear, kind, privilege) : -1
    if (slot >= 0) return this.#useCached(slot, linear)
    if (!this.#translate(linear, kind, privilege, high)) return this.#refused()
    const isPaged = this.#mode.format !== PagingFormat.Off
    if (isPaged) statistics.hiddenFaults++
    if (isPaged && !this.#walk.setBits(kind === Access.Write, this.#entryUpdated)) {
      statistics.outOfMemory++
      this.physical = -1
      return Outcome.OutOfMemory
    }
    let outcome = this.#resolve(linear, kind)
    if (kind === Access.Write && outcome === Outcome.Direct) outcome = this.#noteWrite()
    if (outcome === Outcome.Direct || outcome === Outcome.Traced) {
      const tag = outcome === Outcome.Traced ? TRACED_TAG : 0
      if (this.#sampled.size > 0) this.#touch(this.#ppn)
      if (high === 0 && !this.#isExcluded(linear, kind, privilege)) this.#fill(linear, kind, privilege, tag)
    } else if (outcome === Outcome.Device) statistics.deviceAccesses++
    else statistics.outOfMemory++
    return outcome
  }

  /** The outcome of an access that could not be translated. */
  #refused(): Outcome {
    if (!this.#walk.isStarved) {
      this.statistics.trueFaults++
      return Outcome.Fault
    }
    this.statistics.outOfMemory++
    this.physical = -1
    return Outcome.OutOfMemory
  }

  /** The slot that serves an access from the arrays, or -1. EFLAGS.AC has softened SMAP for some that an implicit access must not use. */
  #findCached(linear: number, kind: Access, privilege: Privilege): number {
    if (privilege === Privilege.ImplicitSupervisor && this.#mode.smap) return -1
    return this.tlb.find(linear, kind, privilege === Privilege.User)
  }

  #useCached(slot: number, linear: number): Outcome {
    const tlb = this.tlb
    this.statistics.hits++
    this.host = tlb.hostOf(slot, linear)
    this.physical = tlb.ppnOf(slot) * 4096 + (linear & 0xfff)
    if (!tlb.isTracedAt(slot)) return Outcome.Direct
    this.statistics.traces++
    return Outcome.Traced
  }

  /** A write to `host` is about to happen: tells the policy if it traces the frame. Traced if somebody else does, too. */
  #noteWrite(): Outcome {
    const frame = this.host >>> 12
    if (this.#traces.has(frame, Tracer.Tables)) {
      this.statistics.tableTraces++
      this.#policy.written(frame)
    }
    if (!this.#traces.has(frame, Tracer.Client)) return Outcome.Direct
    this.statistics.traces++
    return Outcome.Traced
  }

  /** The outcome that `access` would have, without a trace in guest memory or in the TLB. A write may give its page a frame. */
  probe(linear: number, kind: Access, privilege: Privilege, high = 0): Outcome {
    if (!this.#translate(linear, kind, privilege, high))
      return this.#walk.isStarved ? Outcome.OutOfMemory : Outcome.Fault
    const outcome = this.#resolve(linear, kind)
    return outcome === Outcome.Direct && kind === Access.Write && this.isTraced(this.host) ? Outcome.Traced : outcome
  }

  /** INVLPG. */
  invalidatePage(linear: number): void {
    this.statistics.pageInvalidations++
    this.#policy.pageInvalidated(linear)
  }

  /** Drops all entries, global ones too. */
  flush(): void {
    this.statistics.flushes++
    this.#policy.everythingInvalidated()
  }

  /** Drops all entries but the global ones. */
  flushNonGlobal(): void {
    this.statistics.nonGlobalFlushes++
    this.#policy.rootLoaded()
  }

  /**
   * Starts or ends a write trace of the frame that holds a host byte address: writes to it are `Traced`, from the next one on. The
   * entries that they fill have `TRACED_TAG` in their tags.
   */
  trace(host: number, on: boolean): void {
    const frame = this.#frameOf(host)
    this.#traces.set(frame, Tracer.Client, on)
    this.tlb.dropWritesTo(frame)
  }

  isTraced(host: number): boolean {
    return this.#traces.has(this.#frameOf(host), Tracer.Client)
  }

  /** The map changed behind a guest page: drops every entry that leads there. */
  forget(ppn: number): void {
    this.statistics.forgets++
    this.tlb.dropPage(ppn)
    this.#policy.forgotten(ppn)
  }

  /** Somebody else than the processor wrote guest memory, at a host byte address and not beyond the end of its frame. */
  written(host: number): void {
    const frame = this.#frameOf(host)
    if (this.#traces.has(frame, Tracer.Tables)) this.#policy.written(frame)
  }

  /**
   * Asks for the processor's next touch of a guest page: a read, write or fetch of any linear address that leads there calls
   * `onTouched` once. Page walks do not count, nor do devices. To be called between instructions.
   */
  sample(ppn: number): void {
    this.#sampled.add(ppn)
    this.tlb.dropPage(ppn)
  }

  /** No page is waited for any longer. */
  endSampling(): void {
    this.#sampled.clear()
  }

  #touch(ppn: number): void {
    if (!this.#sampled.delete(ppn)) return
    this.statistics.touches++
    this.onTouched(ppn)
  }

  #frameOf(host: number): number {
    const frame = Math.floor(host / 4096)
    const { frames } = this.#traces
    if (!(frame >= 0 && frame < frames))
      throw new RangeError(`host address is ${host}; must be from 0 to ${frames * 4096 - 1}`)
    return frame
  }

  /** Sets `physical` and its page number, or `errorCode` and answers false. */
  #translate(linear: number, kind: Access, privilege: Privilege, high: number): boolean {
    const mode = this.#mode
    let ppn = linear >>> 12
    if (mode.format !== PagingFormat.Off) {
      const status = this.#walkTables(linear, high)
      if (status !== WalkStatus.Mapped) {
        this.errorCode = faultCode(
          status === WalkStatus.Reserved ? PageFault.P | PageFault.RSVD : 0,
          mode,
          kind,
          privilege,
        )
        return false
      }
      if (!isPermitted(this.#walk, mode, kind, privilege, this.#userDataAllowed)) {
        this.errorCode = faultCode(PageFault.P, mode, kind, privilege)
        return false
      }
      ppn = this.#walk.ppn
    }
    ppn &= mode.pageMask
    this.#ppn = ppn
    this.physical = ppn * 4096 + (linear & 0xfff)
    return true
  }

  #walkTables(linear: number, high: number): WalkStatus {
    switch (this.#mode.format) {
      case PagingFormat.TwoLevel:
        return walkTwoLevel(this.#walk, linear)
      case PagingFormat.Pae:
        return walkPae(this.#walk, this.#pdptes, linear)
      default:
        return walkFourLevel(this.#walk, linear, high)
    }
  }

  /** From `physical` to the frame. */
  #resolve(linear: number, kind: Access): Outcome {
    const address = kind === Access.Write ? this.#pages.writeAddress(this.#ppn) : this.#pages.readAddress(this.#ppn)
    if (address < 0) return address === -2 ? Outcome.OutOfMemory : Outcome.Device
    this.host = address + (linear & 0xfff)
    return Outcome.Direct
  }

  #isExcluded(linear: number, kind: Access, privilege: Privilege): boolean {
    const exclusion = this.#exclusion
    if (exclusion === null) return false
    const page = (linear & -4096) >>> 0
    if (kind === Access.Fetch) return exclusion.code.includes(page)
    return exclusion.data.includes(page) || (exclusion.userData && privilege === Privilege.User)
  }

  #fill(linear: number, kind: Access, privilege: Privilege, tag: number): void {
    const mode = this.#mode
    const walk = this.#walk
    const isUser = privilege === Privilege.User
    let lifetime: Lifetime = Lifetime.Context
    let sizeShift = 12
    if (mode.format !== PagingFormat.Off) {
      sizeShift = walk.sizeShift
      if (mode.smap && !isUser && kind !== Access.Fetch && (walk.rights & ENTRY.US) !== 0) lifetime = Lifetime.UserData
      else if (mode.globalPages && walk.isGlobal) lifetime = Lifetime.Global
      else lifetime = this.#policy.lifetimeOf(walk)
    }
    this.statistics.refills++
    const slot = this.tlb.fill(linear, kind, isUser, this.host, this.#ppn, lifetime, sizeShift, tag)
    if (lifetime === Lifetime.Kept) this.#policy.filled(slot, walk)
  }
}
