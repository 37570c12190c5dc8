import type { CodeCache } from './cache/code-cache.ts'
import type { CpuState } from './state/cpu-state.ts'
import { Layout } from './state/layout.ts'
import type { Breakpoints } from './system/breakpoints.ts'
import { GuestFault, HostOutOfMemory, Vector } from './system/guest-fault.ts'
import { Privilege, type LinearMemory } from './system/types.ts'
import { MmuOutcome, type IoSpace, type Mmu } from './types.ts'

const pageBytes = 4096
/** What an access to device memory takes off the elements that a string instruction may still handle. */
const elementsPerDeviceAccess = 64

/** Why a slow access could not be done. */
export const AccessFailure = {
  None: 0,
  /** An exception: `SlowMemory.vector` and `errorCode` tell which, and CR2 where it is a page fault. */
  Fault: 1,
  /** It would overwrite cached code, or meets a data breakpoint: the instruction must run alone. */
  Code: 2,
  /** The host has no frame for the page. */
  OutOfMemory: 3,
} as const
export type AccessFailure = (typeof AccessFailure)[keyof typeof AccessFailure]

/** Where an access begins in each page that it touches. */
function pagesOf(linear: number, size: number): readonly number[] {
  return (linear & 0xfff) + size > pageBytes ? [linear, ((linear | 0xfff) + 1) >>> 0] : [linear]
}

/**
 * Whether #AC asks for another address. Operands that are not listed consist of 4-byte parts; unaligned vectors of 16
 * bytes are never refused, as by the processors that the table was taken from. SDM vol. 3, table 6-7.
 */
const isMisaligned = (linear: number, size: number): boolean => (linear & (alignments[size] ?? 3)) !== 0
const alignments: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 3, 8: 7, 10: 7, 16: 0 }

/**
 * Guest memory accesses that the soft TLB does not serve: misses, devices, page-crossing operands, writes to traced
 * frames. All by linear address, through paging.
 */
export class SlowMemory implements LinearMemory {
  readonly #state: CpuState
  readonly #mmu: Mmu
  readonly #io: IoSpace
  readonly #cache: CodeCache
  readonly #breakpoints: Breakpoints
  readonly #u8: Uint8Array
  readonly #u32: Uint32Array
  /** One instruction runs alone: writes may hit cached code, which is dropped first, and breakpoints may be met. */
  alone = false
  /** EFLAGS.AC, CR0.AM and CPL 3 ask for aligned operands. */
  aligned = false
  /** Exception of the last failure. */
  vector = 0
  errorCode = 0
  /** What kept the last access from being done. */
  failure: AccessFailure = AccessFailure.None

  constructor(state: CpuState, mmu: Mmu, io: IoSpace, cache: CodeCache, breakpoints: Breakpoints) {
    this.#state = state
    this.#mmu = mmu
    this.#io = io
    this.#cache = cache
    this.#breakpoints = breakpoints
    this.#u8 = state.u8
    this.#u32 = state.u32
  }

  /** Host address of `size` bytes to read at `linear`: memory, or the bounce buffer; -1 on failure. */
  readable(linear: number, size: number, user: Privilege): number {
    if (this.#isGuarded && this.#isStopped(linear, size, user, false)) return -1
    if ((linear & 0xfff) + size > pageBytes) return this.#gather(linear, size, user, false)
    const outcome = this.#mmu.access(linear, 0, user)
    if (outcome === MmuOutcome.Direct) return this.#mmu.host
    if (outcome !== MmuOutcome.Device) return this.#fail(outcome, linear)
    this.#readDevice(this.#mmu.physical, size)
    return this.#state.base + Layout.bounce
  }

  /** Host address of `size` bytes to read and write at `linear`; the bounce buffer is to be committed. -1 on failure. */
  updatable(linear: number, size: number, user: Privilege): number {
    if (this.#isGuarded && this.#isStopped(linear, size, user, true)) return -1
    if ((linear & 0xfff) + size > pageBytes) {
      if (!this.#checkWrite(linear, size, user)) return -1
      return this.#note(linear, size, this.#gather(linear, size, user, true))
    }
    const outcome = this.#mmu.access(linear, 1, user)
    if (outcome === MmuOutcome.Direct) return this.#mmu.host
    if (outcome === MmuOutcome.Traced) return this.#writesCode(this.#mmu.host, size) ? -1 : this.#mmu.host
    if (outcome !== MmuOutcome.Device) return this.#fail(outcome, linear)
    this.#readDevice(this.#mmu.physical, size)
    return this.#note(linear, size, this.#state.base + Layout.bounce)
  }

  /** Writes back what `updatable` put into the bounce buffer; the write was checked then. */
  commit(user: Privilege): void {
    const size = this.#state.get(Layout.bounceSize)
    const linear = this.#state.get(Layout.bounceLinear)
    const bounce = this.#state.base + Layout.bounce
    const step = size > 4 && size % 4 === 0 ? 4 : size > 4 ? 1 : size
    for (let i = 0; i < size; i += step) this.store(linear + i, step as 1 | 2 | 4, this.#load(bounce + i, step), user)
  }

  /** Writes `size` (1, 2 or 4) bytes; false on failure, with nothing written. */
  store(linear: number, size: 1 | 2 | 4, value: number, user: Privilege): boolean {
    if (this.#isGuarded && this.#isStopped(linear, size, user, true)) return false
    if ((linear & 0xfff) + size > pageBytes) return this.#scatter(linear, size, value, user)
    const outcome = this.#mmu.access(linear, 1, user)
    if (outcome === MmuOutcome.Device) {
      this.#writeMmio(this.#mmu.physical, size, size === 4 ? value >>> 0 : value & ((1 << (8 * size)) - 1))
      return true
    }
    if (outcome === MmuOutcome.Traced) {
      if (this.#writesCode(this.#mmu.host, size)) return false
    } else if (outcome !== MmuOutcome.Direct) {
      this.#fail(outcome, linear)
      return false
    }
    this.#put(this.#mmu.host, size, value)
    return true
  }

  // ---- for system instructions -------------------------------------------------------------------------------

  read(linear: number, size: 1 | 2 | 4, user: Privilege): number {
    const before = this.alone
    this.alone = true
    const host = this.readable(linear >>> 0, size, user)
    this.alone = before
    if (host < 0) this.#throw()
    return this.#load(host, size) >>> 0
  }

  write(linear: number, size: 1 | 2 | 4, value: number, user: Privilege): void {
    const before = this.alone
    this.alone = true
    const written = this.store(linear >>> 0, size, value, user)
    this.alone = before
    if (!written) this.#throw()
  }

  replace(linear: number, size: 1 | 2 | 4, value: number, user: Privilege): () => void {
    const hosts: number[] = []
    for (let i = 0; i < size; i++) {
      const outcome = this.#mmu.access((linear + i) >>> 0, 1, user)
      if (outcome === MmuOutcome.Direct || outcome === MmuOutcome.Traced) hosts.push(this.#mmu.host)
    }
    const before = hosts.map((host) => this.#u8[host]!)
    this.write(linear, size, value, user)
    return () => {
      hosts.forEach((host, i) => {
        this.#u8[host] = before[i]!
        this.#cache.invalidate(host, 1)
      })
    }
  }

  #throw(): never {
    if (this.failure === AccessFailure.OutOfMemory) throw new HostOutOfMemory()
    throw new GuestFault(this.vector, this.errorCode)
  }

  // ---- parts -------------------------------------------------------------------------------------------------

  get #isGuarded(): boolean {
    return this.aligned || this.#breakpoints.armed
  }

  /** Whether an access must not be done now: its operand is not aligned, or it meets a breakpoint and is not alone. */
  #isStopped(linear: number, size: number, user: Privilege, write: boolean): boolean {
    if (user === Privilege.Implicit) return false
    if (this.aligned && user === Privilege.User && isMisaligned(linear, size)) {
      // A page fault goes before. SDM vol. 3, table 6-2.
      if (write ? this.#checkWrite(linear, size, user) : this.#isReadable(linear, size, user)) {
        this.#fault(Vector.AC, 0)
      }
      return true
    }
    const hits = this.#breakpoints.armed ? this.#breakpoints.access(linear, size, write) : 0
    if (hits === 0) return false
    if (this.alone) this.#breakpoints.hits |= hits
    else this.failure = AccessFailure.Code
    return !this.alone
  }

  #fail(outcome: number, linear: number): -1 {
    if (outcome !== MmuOutcome.Fault) {
      this.failure = AccessFailure.OutOfMemory
      return -1
    }
    this.#state.set(Layout.cr2, linear)
    return this.#fault(Vector.PF, this.#mmu.errorCode)
  }

  #fault(vector: number, errorCode: number): -1 {
    this.vector = vector
    this.errorCode = errorCode
    this.failure = AccessFailure.Fault
    return -1
  }

  /** Whether a write must not happen now because it hits cached code; where it may, drops that code. */
  #writesCode(host: number, size: number): boolean {
    if (!this.#cache.overlaps(host, size)) return false
    if (this.alone) {
      this.#cache.invalidate(host, size)
      return false
    }
    this.failure = AccessFailure.Code
    return true
  }

  #note(linear: number, size: number, host: number): number {
    this.#state.set(Layout.bounceLinear, linear)
    this.#state.set(Layout.bounceSize, size)
    return host
  }

  /** Reads `size` bytes of device memory into the bounce buffer. */
  #readDevice(physical: number, size: number): void {
    const bounce = this.#state.base + Layout.bounce
    const step = size > 4 ? 4 : (size as 1 | 2 | 4)
    for (let i = 0; i < size; i += step) this.#put(bounce + i, step, this.#readMmio(physical + i, step))
  }

  /** Collects an operand that crosses a page into the bounce buffer, byte by byte. */
  #gather(linear: number, size: number, user: Privilege, checked: boolean): number {
    const bounce = this.#state.base + Layout.bounce
    if (!checked && !this.#isReadable(linear, size, user)) return -1
    for (let i = 0; i < size; i++) {
      const at = (linear + i) >>> 0
      const outcome = this.#mmu.access(at, checked ? 1 : 0, user)
      const value = outcome === MmuOutcome.Device ? this.#readMmio(this.#mmu.physical, 1) : this.#u8[this.#mmu.host]!
      this.#u8[bounce + i] = value
    }
    return bounce
  }

  #isReadable(linear: number, size: number, user: Privilege): boolean {
    for (const at of pagesOf(linear, size)) {
      const outcome = this.#mmu.access(at, 0, user)
      if (outcome === MmuOutcome.Direct || outcome === MmuOutcome.Device) continue
      this.#fail(outcome, at)
      return false
    }
    return true
  }

  /** Checks both pages of a crossing write before a byte of it is written. */
  #checkWrite(linear: number, size: number, user: Privilege): boolean {
    for (const at of pagesOf(linear, size)) {
      const bytes = at === linear ? Math.min(size, pageBytes - (linear & 0xfff)) : (linear + size) & 0xfff
      const outcome = this.#mmu.access(at, 1, user)
      if (outcome === MmuOutcome.Direct || outcome === MmuOutcome.Device) continue
      if (outcome === MmuOutcome.Traced) {
        if (this.#writesCode(this.#mmu.host, bytes)) return false
        continue
      }
      this.#fail(outcome, at)
      return false
    }
    return true
  }

  #scatter(linear: number, size: number, value: number, user: Privilege): boolean {
    if (!this.#checkWrite(linear, size, user)) return false
    for (let i = 0; i < size; i++) {
      const outcome = this.#mmu.access((linear + i) >>> 0, 1, user)
      const byte = (value >>> (8 * i)) & 0xff
      if (outcome === MmuOutcome.Device) this.#writeMmio(this.#mmu.physical, 1, byte)
      // A device that was written before may have taken the frame away; then there is no address to write to.
      else if (outcome === MmuOutcome.Direct || outcome === MmuOutcome.Traced) this.#u8[this.#mmu.host] = byte
    }
    return true
  }

  #readMmio(physical: number, size: 1 | 2 | 4): number {
    this.#shortenPortion()
    return this.#io.readMmio(physical, size)
  }

  #writeMmio(physical: number, size: 1 | 2 | 4, value: number): void {
    this.#shortenPortion()
    this.#io.writeMmio(physical, size, value)
  }

  #shortenPortion(): void {
    this.#state.set(Layout.stringPortion, this.#state.get(Layout.stringPortion) - elementsPerDeviceAccess)
  }

  #load(host: number, size: number): number {
    if (size === 4 && (host & 3) === 0) return this.#u32[host >>> 2]!
    let value = 0
    for (let i = 0; i < size; i++) value |= this.#u8[host + i]! << (8 * i)
    return value
  }

  #put(host: number, size: number, value: number): void {
    for (let i = 0; i < size; i++) this.#u8[host + i] = value >>> (8 * i)
  }
}
