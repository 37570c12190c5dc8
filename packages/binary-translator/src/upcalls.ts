import { Site } from './emit/record.ts'
import { AccessFailure, type SlowMemory } from './slow-memory.ts'
import { HostOutOfMemory } from './system/guest-fault.ts'
import type { CpuState } from './state/cpu-state.ts'
import { ExitCode, Flag, Layout, Mode, Shadow } from './state/layout.ts'
import type { Breakpoints } from './system/breakpoints.ts'
import type { VcpuStatistics } from './stats.ts'
import { CalloutResult, type SystemUnit } from './system/system-unit.ts'

/** The parts of a vCPU that emitted code reaches. */
export interface UpcallParts {
  readonly state: CpuState
  readonly memory: SlowMemory
  readonly system: SystemUnit
  readonly statistics: VcpuStatistics
  readonly breakpoints: Breakpoints
}

/**
 * What emitted code calls: slow memory accesses, segment checks and callouts. Each either does its work and lets the
 * code go on, or records why not and makes the code leave with the guest at the instruction of the site.
 */
export class Upcalls {
  readonly #state: CpuState
  readonly #memory: SlowMemory
  readonly #unit: SystemUnit
  readonly #statistics: VcpuStatistics
  readonly #breakpoints: Breakpoints
  /** Instructions of the running unit that have not retired, while one of them is being acted for. */
  remaining = 0
  /** An NMI waits to be taken. */
  nmiPending = false
  /**
   * The budget that was left when EFLAGS.RF was set: it holds for the instruction that runs next, so until something
   * has been taken from the budget. Nothing has to clear it in emitted code. SDM vol. 3, section 17.3.1.1.
   */
  resumedAt = -1
  /** What kept the last access from being done. */
  failed: AccessFailure = AccessFailure.None

  constructor({ state, memory, system, statistics, breakpoints }: UpcallParts) {
    this.#state = state
    this.#memory = memory
    this.#unit = system
    this.#statistics = statistics
    this.#breakpoints = breakpoints
  }

  /** Leaves the unit at the site's instruction, which has not retired: RIP and budget are set back to it. */
  #leaveAt(site: number, code: ExitCode): 0 {
    const state = this.#state
    state.set(Layout.site, site)
    state.eip = state.get(Layout.ripPage) + Site.offset(site)
    state.set(Layout.budget, state.get(Layout.budget) + Site.remaining(site))
    state.set(Layout.exit, code)
    return 0
  }

  #leaveFailed(site: number): 0 {
    const failure = this.#memory.failure
    this.failed = failure
    if (failure !== AccessFailure.Fault) this.#keepShadow(site)
    if (failure === AccessFailure.Code) return this.#leaveAt(site, ExitCode.Single)
    this.#state.set(Layout.faultVector, this.#memory.vector)
    this.#state.set(Layout.faultError, this.#memory.errorCode)
    return this.#leaveAt(site, ExitCode.Fault)
  }

  /** The instruction of the site is tried again later, and what the STI before it holds off must still wait for it. */
  #keepShadow(site: number): void {
    if (Site.covered(site)) this.#state.set(Layout.interruptShadow, Shadow.Interrupts)
  }

  get #user(): 0 | 1 {
    return this.#state.get(Layout.mode) & Mode.user ? 1 : 0
  }

  /** Host address of `size` bytes to read at `linear`, 0 to leave. */
  slowRead(linear: number, size: number, site: number): number {
    this.#statistics.slowReads++
    this.remaining = Site.remaining(site)
    const host = this.#memory.readable(linear >>> 0, size, this.#user)
    return host < 0 ? this.#leaveFailed(site) : host
  }

  /** Host address of `size` bytes to read and write at `linear`, 0 to leave. */
  slowUpdate(linear: number, size: number, site: number): number {
    this.#statistics.slowUpdates++
    this.remaining = Site.remaining(site)
    const host = this.#memory.updatable(linear >>> 0, size, this.#user)
    return host < 0 ? this.#leaveFailed(site) : host
  }

  commitUpdate(): void {
    this.#memory.commit(this.#user)
  }

  /** Writes `size` bytes; 0 to leave. */
  slowWrite(linear: number, size: number, site: number, value: number): number {
    this.#statistics.slowWrites++
    this.remaining = Site.remaining(site)
    const written = this.#memory.store(linear >>> 0, size as 1 | 2 | 4, value, this.#user)
    return written ? 1 : this.#leaveFailed(site)
  }

  /** The exact segment check: 1, or 0 to leave. `packed`: segment | size << 8 | write << 16. */
  checkSegment(packed: number, offset: number, site: number): number {
    const vector = this.#unit.checkSegment(packed & 0xff, offset, (packed >>> 8) & 0xff, packed >= 0x1_0000)
    if (vector < 0) return 1
    this.#state.set(Layout.faultVector, vector)
    this.#state.set(Layout.faultError, 0)
    this.failed = AccessFailure.Fault
    return this.#leaveAt(site, ExitCode.Fault)
  }

  /** Runs a system instruction and ends the unit; returns the exit code. */
  callout(id: number, x: number, y: number, site: number): number {
    const state = this.#state
    const remaining = Site.remaining(site)
    const eip = state.get(Layout.ripPage) + Site.offset(site)
    state.eip = eip
    state.nextEip = eip + Site.length(site)
    this.remaining = remaining
    this.#statistics.callouts[id]!++
    this.failed = AccessFailure.None
    const flags = state.systemFlags
    if (flags & Flag.RF) state.set(Layout.eflags, flags & ~Flag.RF)
    const result = this.#system(id, x, y)
    if (result === CalloutResult.Fault) {
      this.#breakpoints.hits = 0
      // The instruction is still to come.
      if ((this.failed as AccessFailure) === AccessFailure.OutOfMemory) {
        state.set(Layout.eflags, state.systemFlags | (flags & Flag.RF))
        this.#keepShadow(site)
      }
      state.set(Layout.budget, state.get(Layout.budget) + remaining)
      return ExitCode.Fault
    }
    state.set(Layout.budget, state.get(Layout.budget) + remaining - 1)
    this.noteDebugTraps()
    if (result === CalloutResult.Request) return ExitCode.Callout
    return this.#afterCallout()
  }

  #system(id: number, x: number, y: number): CalloutResult {
    try {
      return this.#unit.callout(id, x, y)
    } catch (thrown) {
      if (!(thrown instanceof HostOutOfMemory)) throw thrown
      this.failed = AccessFailure.OutOfMemory
      return CalloutResult.Fault
    }
  }

  /** Debug traps that a completed instruction has met are taken before the next one. */
  noteDebugTraps(): void {
    const state = this.#state
    if (this.#breakpoints.hits === 0) return
    state.set(Layout.pendingDebug, state.get(Layout.pendingDebug) | this.#breakpoints.take())
    state.set(Layout.attention, 0x8000_0000)
  }

  /** What a system instruction may have changed: IF, VIF, TF, RF, the interrupt shadow. */
  #afterCallout(): ExitCode {
    const state = this.#state
    const flags = state.systemFlags
    const isInterrupted = flags & Flag.IF && state.get(Layout.interruptPending)
    if (flags & Flag.RF) this.resumedAt = state.get(Layout.budget)
    if (isInterrupted || this.nmiPending || this.#unit.virtualInterruptDue) state.set(Layout.attention, 0x8000_0000)
    if (flags & Flag.TF || state.get(Layout.interruptShadow)) return ExitCode.Single
    return ExitCode.Continue
  }
}
