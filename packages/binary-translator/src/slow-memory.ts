import type { CodeCache } from './cache/code-cache.ts'
import type { CpuState } from './state/cpu-state.ts'
import { Layout } from './state/layout.ts'
import { GuestFault, Vector } from './system/guest-fault.ts'
import type { LinearMemory } from './system/types.ts'
import { MmuOutcome, type IoSpace, type Mmu } from './types.ts'

const pageBytes = 4096

/** Why a slow access could not be done. */
export const AccessFailure = {
  None: 0,
  /** A page fault: CR2 and `SlowMemory.errorCode` tell which. */
  Fault: 1,
  /** It would overwrite cached code: the instruction must run alone. */
  Code: 2,
  /** The host has no frame for the page. */
  OutOfMemory: 3,
} as const
export type AccessFailure = (typeof AccessFailure)[keyof typeof AccessFailure]

/** Thrown through system instructions when the host has no frame; caught at the callout's entry. */
export class HostOutOfMemory {}

/**
 * Guest memory accesses that the soft TLB does not serve: misses, devices, page-crossing operands, writes to traced
 * frames. All by linear address, through paging.
 */
export class SlowMemory implements LinearMemory {
  readonly #state: CpuState
  readonly #mmu: Mmu
  readonly #io: IoSpace
  readonly #cache: CodeCache
  readonly #u8: Uint8Array
  readonly #u32: Uint32Array
  /** Whether writes may hit cached code, which is dropped first: while one instruction runs alone. */
  mayWriteCode = false
  /** Page-fault error code of the last failure. */
  errorCode = 0
  /** What kept the last access from being done. */
  failure: AccessFailure = AccessFailure.None

  constructor(state: CpuState, mmu: Mmu, io: IoSpace, cache: CodeCache) {
    this.#state = state
    this.#mmu = mmu
    this.#io = io
    this.#cache = cache
    this.#u8 = state.u8
    this.#u32 = state.u32
  }

  /** Host address of `size` bytes to read at `linear`: memory, or the bounce buffer; -1 on failure. */
  readable(linear: number, size: number, user: 0 | 1): number {
    if ((linear & 0xfff) + size > pageBytes) return this.#gather(linear, size, user, false)
    const outcome = this.#mmu.access(linear, 0, user)
    if (outcome === MmuOutcome.Direct) return this.#mmu.host
    if (outcome !== MmuOutcome.Device) return this.#fail(outcome, linear)
    this.#readDevice(this.#mmu.physical, size)
    return this.#state.base + Layout.bounce
  }

  /** Host address of `size` bytes to read and write at `linear`; the bounce buffer is to be committed. -1 on failure. */
  updatable(linear: number, size: number, user: 0 | 1): number {
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
  commit(user: 0 | 1): void {
    const size = this.#state.get(Layout.bounceSize)
    const linear = this.#state.get(Layout.bounceLinear)
    const bounce = this.#state.base + Layout.bounce
    const step = size > 4 && size % 4 === 0 ? 4 : size > 4 ? 1 : size
    for (let i = 0; i < size; i += step) this.store(linear + i, step as 1 | 2 | 4, this.#load(bounce + i, step), user)
  }

  /** Writes `size` (1, 2 or 4) bytes; false on failure, with nothing written. */
  store(linear: number, size: 1 | 2 | 4, value: number, user: 0 | 1): boolean {
    if ((linear & 0xfff) + size > pageBytes) return this.#scatter(linear, size, value, user)
    const outcome = this.#mmu.access(linear, 1, user)
    if (outcome === MmuOutcome.Device) {
      this.#io.writeMmio(this.#mmu.physical, size, size === 4 ? value >>> 0 : value & ((1 << (8 * size)) - 1))
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

  read(linear: number, size: 1 | 2 | 4, user: 0 | 1): number {
    const host = this.readable(linear >>> 0, size, user)
    if (host < 0) this.#throw()
    return this.#load(host, size) >>> 0
  }

  write(linear: number, size: 1 | 2 | 4, value: number, user: 0 | 1): void {
    const before = this.mayWriteCode
    this.mayWriteCode = true
    const written = this.store(linear >>> 0, size, value, user)
    this.mayWriteCode = before
    if (!written) this.#throw()
  }

  #throw(): never {
    if (this.failure === AccessFailure.OutOfMemory) throw new HostOutOfMemory()
    throw new GuestFault(Vector.PF, this.errorCode)
  }

  // ---- parts -------------------------------------------------------------------------------------------------

  #fail(outcome: number, linear: number): -1 {
    if (outcome === MmuOutcome.Fault) {
      this.errorCode = this.#mmu.errorCode
      this.#state.set(Layout.cr2, linear)
      this.failure = AccessFailure.Fault
    } else this.failure = AccessFailure.OutOfMemory
    return -1
  }

  /** Whether a write must not happen now because it hits cached code; where it may, drops that code. */
  #writesCode(host: number, size: number): boolean {
    if (!this.#cache.overlaps(host, size)) return false
    if (this.mayWriteCode) {
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
    for (let i = 0; i < size; i += step) this.#put(bounce + i, step, this.#io.readMmio(physical + i, step))
  }

  /** Collects an operand that crosses a page into the bounce buffer, byte by byte. */
  #gather(linear: number, size: number, user: 0 | 1, checked: boolean): number {
    const bounce = this.#state.base + Layout.bounce
    const boundary = (linear | 0xfff) + 1
    if (!checked && !this.#isReadable(linear, boundary, user)) return -1
    for (let i = 0; i < size; i++) {
      const at = (linear + i) >>> 0
      const outcome = this.#mmu.access(at, checked ? 1 : 0, user)
      const value = outcome === MmuOutcome.Device ? this.#io.readMmio(this.#mmu.physical, 1) : this.#u8[this.#mmu.host]!
      this.#u8[bounce + i] = value
    }
    return bounce
  }

  #isReadable(linear: number, boundary: number, user: 0 | 1): boolean {
    for (const at of [linear, boundary >>> 0]) {
      const outcome = this.#mmu.access(at, 0, user)
      if (outcome === MmuOutcome.Direct || outcome === MmuOutcome.Device) continue
      this.#fail(outcome, at)
      return false
    }
    return true
  }

  /** Checks both pages of a crossing write before a byte of it is written. */
  #checkWrite(linear: number, size: number, user: 0 | 1): boolean {
    const boundary = ((linear | 0xfff) + 1) >>> 0
    const first = pageBytes - (linear & 0xfff)
    for (const [at, bytes] of [
      [linear, first],
      [boundary, size - first],
    ] as const) {
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

  #scatter(linear: number, size: number, value: number, user: 0 | 1): boolean {
    if (!this.#checkWrite(linear, size, user)) return false
    for (let i = 0; i < size; i++) {
      const outcome = this.#mmu.access((linear + i) >>> 0, 1, user)
      const byte = (value >>> (8 * i)) & 0xff
      if (outcome === MmuOutcome.Device) this.#io.writeMmio(this.#mmu.physical, 1, byte)
      else this.#u8[this.#mmu.host] = byte
    }
    return true
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
