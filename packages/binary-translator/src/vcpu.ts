import type { Engine } from './engine.ts'
import { LoneStep } from './lone-step.ts'
import { AccessFailure, SlowMemory } from './slow-memory.ts'
import { CpuState } from './state/cpu-state.ts'
import { Activity, ExitCode, Flag, Layout, Mode, Segment, Shadow } from './state/layout.ts'
import { vcpuBytes } from './state/vcpu-memory.ts'
import { Breakpoints } from './system/breakpoints.ts'
import { HostOutOfMemory, Vector } from './system/guest-fault.ts'
import { SystemUnit } from './system/system-unit.ts'
import { SystemRequest, type EntryState } from './system/types.ts'
import { newVcpuStatistics, type VcpuStatistics } from './stats.ts'
import { TimeStamp } from './time-stamp.ts'
import { tlbAddresses } from './tlb-addresses.ts'
import { Trail } from './trail.ts'
import { MmuOutcome, type Mmu } from './types.ts'
import { Upcalls } from './upcalls.ts'
import { VcpuExit, type VcpuOptions } from './vcpu-options.ts'

const pageBytes = 4096

/**
 * A virtual processor: runs guest code from its state block until something needs the monitor.
 *
 * ```ts
 * const exit = vcpu.run(100_000)
 * if (exit === VcpuExit.Halt) waitForInterrupt()
 * ```
 */
export class Vcpu {
  readonly state: CpuState
  readonly system: SystemUnit
  readonly timeStamp: TimeStamp
  readonly statistics: VcpuStatistics = newVcpuStatistics()
  /** Where guest code was lately. */
  readonly trail: Trail = new Trail()
  readonly #engine: Engine
  readonly #mmu: Mmu
  readonly #memory: SlowMemory
  readonly #breakpoints = new Breakpoints()
  readonly #lone: LoneStep
  readonly #upcalls: Upcalls
  readonly #base: number
  #granted = 0
  #retired = 0
  #exitRequested = false
  #initPending = false

  constructor(options: VcpuOptions) {
    const { engine, base, mmu, io, model } = options
    this.#engine = engine
    this.#base = base
    this.#mmu = mmu
    this.state = new CpuState(engine.memory, base)
    this.#memory = new SlowMemory(this.state, mmu, io, engine.cache, this.#breakpoints)
    this.timeStamp = new TimeStamp(this.state, () => this.#budgetLeft())
    this.system = new SystemUnit({
      ...options,
      state: this.state,
      memory: this.#memory,
      paging: mmu,
      ports: io,
      timeStamp: this.timeStamp,
      tlb: tlbAddresses(base),
      instructionSet: engine.shapes.modeOf(model),
      breakpoints: this.#breakpoints,
    })
    const { state, statistics, system } = this
    const parts = { state, memory: this.#memory, breakpoints: this.#breakpoints }
    const upcalls = (this.#upcalls = new Upcalls({ ...parts, system, statistics }))
    this.#lone = new LoneStep({ ...parts, engine, mmu, io, upcalls, records: base + vcpuBytes - pageBytes })
    engine.attach(this)
    this.system.reset()
  }

  /** Instructions retired since the vCPU was made; exact also while a device is being accessed. */
  get retired(): number {
    return this.#retired + this.#granted - this.#budgetLeft()
  }

  #budgetLeft(): number {
    return (this.state.get(Layout.budget) | 0) + this.#upcalls.remaining
  }

  /** Tells the vCPU whether its interrupt controller asserts INTR. */
  setInterruptLine(asserted: boolean): void {
    this.state.set(Layout.interruptPending, asserted ? 1 : 0)
    if (asserted && this.state.systemFlags & Flag.IF) this.state.set(Layout.attention, 0x8000_0000)
  }

  /** Asserts NMI: it is taken at the next unit boundary, or when the handler of an earlier one has returned. */
  raiseNmi(): void {
    this.#upcalls.nmiPending = true
    this.state.set(Layout.attention, 0x8000_0000)
  }

  /**
   * INIT: at the next unit boundary the processor goes to its reset vector, or, if IA32_APIC_BASE does not name it the
   * bootstrap processor, waits for `startup`. Memory, x87, vector and model-specific registers stay.
   */
  init(): void {
    this.#initPending = true
    this.state.set(Layout.attention, 0x8000_0000)
  }

  /** A start-up message: a processor that waits for one since INIT begins at `vector` * 4096; others ignore it. */
  startup(vector: number): void {
    if (this.#initPending) this.#initialize()
    this.system.startup(vector)
  }

  /** Whether the processor waits for a start-up message. */
  get waitsForStartup(): boolean {
    return this.state.get(Layout.waitingForStartup) !== 0
  }

  /** IGNNE#: x87 instructions go on in spite of an error until that is cleared. */
  ignoreNumericError(): void {
    this.state.set(Layout.ignoreNumericError, 1)
  }

  /** Makes `run` return at the next unit boundary. */
  requestExit(): void {
    this.#exitRequested = true
    this.state.set(Layout.attention, 0x8000_0000)
  }

  /** What the engine's helper functions call. */
  get upcalls(): Upcalls {
    return this.#upcalls
  }

  /** Starts or ends the write trace of a frame, as long as it holds cached code. */
  traceFrame(frame: number, on: boolean): void {
    this.#mmu.trace(frame, on)
  }

  /**
   * Runs at most `budget` instructions (1 to 2^30). An exception or interrupt counts as one, so that a guest whose
   * handlers never retire an instruction ends its run, too, and time goes on for it.
   */
  run(budget: number): VcpuExit {
    if (!(budget >= 1 && budget <= 0x4000_0000)) throw new RangeError(`budget is ${budget}; must be from 1 to 2^30`)
    const { state } = this
    this.#engine.current = this
    this.#granted = budget
    state.set(Layout.budget, budget)
    this.timeStamp.begin(budget)
    state.set(Layout.interpreted, 0)
    this.#upcalls.resumedAt = budget
    const exit = this.#loop()
    this.#settleResumeFlag()
    this.timeStamp.end()
    this.#engine.translateQueued()
    this.statistics.interpreted += state.get(Layout.interpreted)
    this.#retired += budget - (state.get(Layout.budget) | 0)
    Object.assign(this.statistics, { retired: this.#retired, userEntries: this.system.userEntries })
    this.#granted = 0
    state.set(Layout.budget, 0)
    return exit
  }

  #loop(): VcpuExit {
    const { state } = this
    const cpu = this.#base
    const { dispatcher } = this.#engine
    for (;;) {
      const event = this.#takeEvents()
      if (event >= 0) return event as VcpuExit
      state.set(Layout.exit, ExitCode.Continue)
      const stepwise = state.isStepwise
      const code = stepwise ? ExitCode.Single : dispatcher.run(cpu)
      this.#upcalls.remaining = 0
      this.trail.add(state.eip)
      // An instruction that has set TF has perhaps set IF, too.
      const exit = code === ExitCode.Single && !stepwise && state.isStepwise ? -1 : this.#afterExit(code)
      if (exit >= 0) return exit as VcpuExit
    }
  }

  /** Handles what asks for attention between two instructions, in the order of SDM vol. 3, table 6-2; -1 to go on. */
  #takeEvents(): number {
    const { state } = this
    state.set(Layout.attention, 0)
    if (this.#initPending) this.#initialize()
    if (this.waitsForStartup) return VcpuExit.Halt
    if (state.get(Layout.heldException)) return this.#event(state.get(Layout.heldCost), () => this.system.resume())
    const shadow = state.get(Layout.interruptShadow)
    if (state.get(Layout.pendingDebug) && shadow !== Shadow.Everything) return this.#takeTrap()
    if (this.#exitRequested) {
      this.#exitRequested = false
      return VcpuExit.Requested
    }
    if (this.#upcalls.nmiPending && !this.system.nmiBlocked && !shadow) return this.#takeEvent(() => this.#takeNmi())
    const activity = state.get(Layout.halted)
    if (activity === Activity.Shutdown) return VcpuExit.Shutdown
    const isInterrupted = state.get(Layout.interruptPending) && state.systemFlags & Flag.IF
    if (isInterrupted && !shadow) return this.#takeEvent(() => this.#takeInterrupt())
    if (this.system.virtualInterruptDue) return this.#takeEvent(() => this.#deliver(Vector.GP, 0))
    return isInterrupted || activity !== Activity.Halted ? -1 : VcpuExit.Halt
  }

  #initialize(): void {
    this.#initPending = false
    this.system.init()
    this.#upcalls.nmiPending = false
    this.#dropNextUnit()
  }

  #takeEvent(take: () => number): number {
    if ((this.state.get(Layout.budget) | 0) <= 0) return VcpuExit.Budget
    this.#settleResumeFlag()
    this.#dropNextUnit()
    return take()
  }

  /** #DB after an instruction, for all of its causes at once, or before one with a breakpoint. */
  #takeTrap(): number {
    const { state } = this
    const causes = state.get(Layout.pendingDebug)
    this.#settleResumeFlag()
    this.#dropNextUnit()
    this.statistics.exceptions[Vector.DB]!++
    state.set(Layout.pendingDebug, 0)
    const postpone = (): void => state.set(Layout.pendingDebug, causes)
    return this.#event(0, () => this.system.debugTrap(causes), postpone)
  }

  #takeInterrupt(): number {
    this.statistics.interrupts++
    return this.#event(1, () => this.system.acceptInterrupt())
  }

  #takeNmi(): number {
    this.#upcalls.nmiPending = false
    const postpone = (): void => this.raiseNmi()
    return this.#event(1, () => this.system.nonMaskableInterrupt(), postpone)
  }

  /**
   * Delivers an event, which takes `cost` instructions from the budget. Where the host has no memory for that, nothing has happened and it is
   * tried again later, as `postpone` sees to; an exception that it has led to is held instead.
   */
  #event(cost: number, deliver: () => SystemRequest, postpone: () => void = () => {}): number {
    const { state } = this
    state.set(Layout.budget, state.get(Layout.budget) - cost)
    let exit: number = VcpuExit.OutOfMemory
    try {
      const request = deliver()
      this.#upcalls.noteDebugTraps()
      exit = this.#requested(request)
      if (state.systemFlags & Flag.RF && exit !== VcpuExit.OutOfMemory)
        this.#upcalls.resumedAt = state.get(Layout.budget)
      // A trap gate, or a task of its own flags: the next interrupt may come at once.
      if (state.get(Layout.interruptPending) && state.systemFlags & Flag.IF) state.set(Layout.attention, 0x8000_0000)
    } catch (thrown) {
      if (!(thrown instanceof HostOutOfMemory)) throw thrown
      this.#breakpoints.hits = 0
      postpone()
    }
    if (exit !== VcpuExit.OutOfMemory) return exit
    state.set(Layout.budget, state.get(Layout.budget) + cost)
    state.set(Layout.heldCost, cost)
    return exit
  }

  /** RIP counts, not the unit that a chain stopped at. */
  #dropNextUnit(): void {
    this.state.set(Layout.nextUnit, 0)
  }

  #afterExit(code: number): number {
    const { statistics } = this
    switch (code) {
      case ExitCode.NeedUnit:
        statistics.needUnit++
        return this.#needUnit()
      case ExitCode.Budget:
        statistics.budget++
        return this.#budgetExit()
      case ExitCode.Fault:
        statistics.faults++
        return this.#deliverFault()
      case ExitCode.Hot:
        statistics.hot++
        return this.#translateHot()
      case ExitCode.Single:
        return this.#alone()
      default:
        return this.#requested(this.system.request)
    }
  }

  #translateHot(): number {
    const address = this.state.get(Layout.nextUnit)
    this.#dropNextUnit()
    this.#engine.queue(address)
    this.#engine.makeRoom()
    return -1
  }

  #requested(request: SystemRequest): number {
    if (request === SystemRequest.Halt) return this.#halt()
    if (request === SystemRequest.OutOfMemory) return VcpuExit.OutOfMemory
    return request === SystemRequest.Shutdown ? VcpuExit.Shutdown : -1
  }

  /** HLT: waits, unless an interrupt is there to be taken. */
  #halt(): number {
    const { state } = this
    const isAwake = state.get(Layout.interruptPending) && state.systemFlags & Flag.IF
    return isAwake || this.#upcalls.nmiPending || state.get(Layout.pendingDebug) ? -1 : VcpuExit.Halt
  }

  /** The budget does not cover the next unit, or attention was asked for. */
  #budgetExit(): number {
    return this.state.get(Layout.attention) ? -1 : this.#alone()
  }

  // ---- instructions that run alone -----------------------------------------------------------------------------

  #alone(): number {
    if ((this.state.get(Layout.budget) | 0) <= 0) return VcpuExit.Budget
    this.statistics.single++
    this.#dropNextUnit()
    this.#settleResumeFlag()
    const code = this.#lone.run()
    return code === ExitCode.Continue || code === ExitCode.Single ? -1 : this.#afterExit(code)
  }

  /** EFLAGS.RF ends with the instruction that it was set for. */
  #settleResumeFlag(): void {
    const { state } = this
    const flags = state.systemFlags
    if (!(flags & Flag.RF) || state.get(Layout.budget) === this.#upcalls.resumedAt) return
    state.set(Layout.eflags, flags & ~Flag.RF)
  }

  // ---- units ---------------------------------------------------------------------------------------------------

  /** Decodes the unit at RIP, or runs its first instruction alone. */
  #needUnit(): number {
    const { state } = this
    this.#dropNextUnit()
    if (state.get(Layout.attention)) return -1
    this.#engine.makeRoom()
    const mode = state.get(Layout.mode)
    const linear = (state.segmentBase(Segment.CS) + state.eip) >>> 0
    if (this.#breakpoints.guardsCode(linear)) return this.#alone()
    const outcome = this.#mmu.access(linear, 2, mode & Mode.user ? 1 : 0)
    if (outcome !== MmuOutcome.Direct) return this.#alone()
    const host = this.#mmu.host
    const unit = this.#engine.ensureUnit(host, mode)
    if (unit === null)
      return this.#breakpoints.guardsCode(linear + pageBytes) ? this.#alone() : this.#crossing(host, mode)
    return state.codeHolds(unit.length) ? -1 : this.#alone()
  }

  /** An instruction that ends in the next page is cached under both pages, if both are memory. */
  #crossing(host: number, mode: number): number {
    const { fetch } = this.#lone
    if (!fetch.at() || fetch.secondHost < 0 || !this.state.codeHolds(fetch.unit.length)) return this.#alone()
    this.#engine.crossingUnit(host, mode, fetch.unit, fetch.secondHost)
    return -1
  }

  // ---- faults --------------------------------------------------------------------------------------------------

  /** Delivers the fault that an access or callout left in the state, at the instruction of the site. */
  #deliverFault(): number {
    const { state } = this
    if (this.#upcalls.failed === AccessFailure.OutOfMemory) {
      this.#upcalls.failed = AccessFailure.None
      return VcpuExit.OutOfMemory
    }
    this.#settleResumeFlag()
    return this.#deliver(state.get(Layout.faultVector), state.get(Layout.faultError) | 0)
  }

  #deliver(vector: number, errorCode: number): number {
    this.#dropNextUnit()
    this.statistics.exceptions[vector & 31]!++
    this.state.set(Layout.interruptShadow, Shadow.None)
    return this.#event(1, () => this.system.deliver(vector, errorCode))
  }

  /** Enters a kernel as its boot protocol asks. */
  load(entry: EntryState): void {
    this.system.loadState(entry)
    this.#dropNextUnit()
  }

  /** RESET. */
  reset(): void {
    this.system.reset()
    this.#upcalls.nmiPending = false
    this.#initPending = false
    this.#dropNextUnit()
  }
}
