import { Operation } from '@mica-vm/x86-decoder'
import { Flow } from './emit/families/family.ts'
import { DecodedCode } from './fetch.ts'
import { type Engine, vcpuBytes } from './engine.ts'
import { AccessFailure, HostOutOfMemory, SlowMemory } from './slow-memory.ts'
import { CpuState } from './state/cpu-state.ts'
import { ExitCode, Flag, Layout, Mode, Segment } from './state/layout.ts'
import { Vector } from './system/guest-fault.ts'
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

const softwareInterrupts = new Set<number>([Operation.Int, Operation.Int1, Operation.Int3, Operation.Into])

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
  readonly #fetch: DecodedCode
  readonly #upcalls: Upcalls
  readonly #base: number
  readonly #single: number
  #granted = 0
  #retired = 0
  #exitRequested = false

  constructor({ engine, base, mmu, io, interrupts, model, apicBaseChanged, random }: VcpuOptions) {
    this.#engine = engine
    this.#base = base
    this.#mmu = mmu
    this.#single = base + vcpuBytes - pageBytes
    this.state = new CpuState(engine.memory, base)
    this.#memory = new SlowMemory(this.state, mmu, io, engine.cache)
    this.#fetch = new DecodedCode(this.state, mmu, io, engine.shapes)
    this.timeStamp = new TimeStamp(this.state, () => this.#budgetLeft())
    this.system = new SystemUnit({
      state: this.state,
      memory: this.#memory,
      paging: mmu,
      ports: io,
      interrupts,
      model,
      timeStamp: this.timeStamp,
      tlb: tlbAddresses(base),
      instructionSet: engine.shapes.modeOf(model),
      ...(apicBaseChanged && { apicBaseChanged }),
      ...(random && { random }),
    })
    const { state, statistics, system } = this
    this.#upcalls = new Upcalls({ state, memory: this.#memory, system, statistics })
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
    const exit = this.#loop()
    this.timeStamp.end()
    this.#engine.translateQueued()
    this.statistics.interpreted += state.get(Layout.interpreted)
    this.#retired += budget - (state.get(Layout.budget) | 0)
    this.statistics.retired = this.#retired
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
      const stepwise = state.systemFlags & Flag.TF || state.get(Layout.interruptShadow)
      const code = stepwise ? ExitCode.Single : dispatcher.run(cpu)
      this.#upcalls.remaining = 0
      this.trail.add(state.eip)
      const exit = this.#afterExit(code)
      if (exit >= 0) return exit as VcpuExit
    }
  }

  /** Handles what asks for attention between two instructions; -1 to go on. */
  #takeEvents(): number {
    const { state } = this
    state.set(Layout.attention, 0)
    if (this.#trapPending) return this.#deliverTrap()
    if (this.#exitRequested) {
      this.#exitRequested = false
      return VcpuExit.Requested
    }
    const isShadowed = state.get(Layout.interruptShadow) !== 0
    if (this.#upcalls.nmiPending && !this.system.nmiBlocked && !isShadowed)
      return this.#takeEvent(() => this.#takeNmi())
    if (state.get(Layout.interruptPending) && state.systemFlags & Flag.IF)
      return isShadowed ? -1 : this.#takeEvent(() => this.#takeInterrupt())
    return state.get(Layout.halted) ? VcpuExit.Halt : -1
  }

  #takeEvent(take: () => number): number {
    if ((this.state.get(Layout.budget) | 0) <= 0) return VcpuExit.Budget
    this.#spend()
    return take()
  }

  /** Takes one instruction from the budget for the delivery of an event. */
  #spend(): void {
    this.state.set(Layout.budget, this.state.get(Layout.budget) - 1)
  }

  #takeInterrupt(): number {
    this.#dropNextUnit()
    this.statistics.interrupts++
    return this.#event(() => this.system.acceptInterrupt())
  }

  #takeNmi(): number {
    this.#dropNextUnit()
    const exit = this.#event(() => this.system.nonMaskableInterrupt())
    this.#upcalls.nmiPending = exit === VcpuExit.OutOfMemory
    return exit
  }

  /** Delivers an event; where the host has no memory for that, nothing has happened and it is tried again later. */
  #event(deliver: () => SystemRequest): number {
    const { state } = this
    try {
      const request = deliver()
      // A trap gate, or a task of its own flags: the next interrupt may come at once.
      if (state.get(Layout.interruptPending) && state.systemFlags & Flag.IF) state.set(Layout.attention, 0x8000_0000)
      return this.#requested(request)
    } catch (thrown) {
      if (!(thrown instanceof HostOutOfMemory)) throw thrown
      return VcpuExit.OutOfMemory
    }
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
    return request === SystemRequest.Shutdown ? VcpuExit.Shutdown : -1
  }

  /** HLT: waits, unless an interrupt is there to be taken. */
  #halt(): number {
    const { state } = this
    const isAwake = state.get(Layout.interruptPending) && state.systemFlags & Flag.IF
    return isAwake || this.#upcalls.nmiPending ? -1 : VcpuExit.Halt
  }

  /** The budget does not cover the next unit, or attention was asked for. */
  #budgetExit(): number {
    if (this.state.get(Layout.attention)) return -1
    if ((this.state.get(Layout.budget) | 0) <= 0) return VcpuExit.Budget
    return this.#alone()
  }

  // ---- instructions that run alone -----------------------------------------------------------------------------

  /** Runs one instruction, and raises the single-step trap that TF asks for after it. */
  #alone(): number {
    const { state } = this
    if ((state.get(Layout.budget) | 0) <= 0) return VcpuExit.Budget
    this.statistics.single++
    this.#dropNextUnit()
    const trap = state.systemFlags & Flag.TF
    state.set(Layout.interruptShadow, 0)
    const exit = this.#step()
    if (exit >= 0 || !trap || this.#faulted) return exit
    const { operation } = this.#fetch.unit.instructions[0]!
    // INT and its like clear TF without trapping. A load of SS holds the trap off as it does interrupts; STI does not.
    if (softwareInterrupts.has(operation) && !(state.systemFlags & Flag.TF)) return exit
    if (state.get(Layout.interruptShadow) && operation !== Operation.Sti) return exit
    return this.#stepTrap()
  }

  /** #DB after a single step. SDM vol. 3, section 17.3.1.4. */
  #stepTrap(): number {
    this.state.set(Layout.interruptShadow, 0)
    this.#countException(Vector.DB)
    this.#trapPending = true
    return this.#deliverTrap()
  }

  #deliverTrap(): number {
    const exit = this.#event(() => this.system.singleStepTrap())
    this.#trapPending = exit === VcpuExit.OutOfMemory
    return exit
  }

  #faulted = false
  /** A single-step trap that could not be delivered yet. */
  #trapPending = false

  #step(): number {
    const { state } = this
    this.#faulted = false
    this.#engine.makeRoom()
    if (!this.#fetch.at()) return this.#fetchFailed()
    const { unit } = this.#fetch
    state.set(Layout.ripPage, state.eip - unit.offset)
    this.#engine.writeSingle(this.#single, unit)
    state.set(Layout.budget, state.get(Layout.budget) - 1)
    state.set(Layout.exit, ExitCode.Continue)
    this.#memory.mayWriteCode = true
    const code = this.#engine.dispatcher.interpret(this.#base, this.#single)
    this.#memory.mayWriteCode = false
    this.#upcalls.remaining = 0
    this.#faulted = code === ExitCode.Fault
    if (code !== ExitCode.Continue && code !== ExitCode.Single) return this.#afterExit(code)
    // After STI the next instruction runs before an interrupt is taken.
    if (unit.described[0]!.family.flow === Flow.Shadow) state.set(Layout.interruptShadow, 1)
    return -1
  }

  #fetchFailed(): number {
    const { failure } = this.#fetch
    this.#faulted = true
    if (failure === AccessFailure.OutOfMemory) return VcpuExit.OutOfMemory
    return this.#deliver(this.#fetch.vector, this.#fetch.errorCode)
  }

  // ---- units ---------------------------------------------------------------------------------------------------

  /** Decodes the unit at RIP, or runs its first instruction alone. */
  #needUnit(): number {
    const { state } = this
    this.#dropNextUnit()
    this.#engine.makeRoom()
    const mode = state.get(Layout.mode)
    const linear = (state.segmentBase(Segment.CS) + state.eip) >>> 0
    const outcome = this.#mmu.access(linear, 2, mode & Mode.user ? 1 : 0)
    if (outcome !== MmuOutcome.Direct) return this.#alone()
    const host = this.#mmu.host
    const unit = this.#engine.ensureUnit(host, mode)
    if (unit === null) return this.#crossing(host, mode)
    if (!(mode & Mode.flat) && state.eip + unit.length - 1 > state.limit(Segment.CS)) return this.#alone()
    return -1
  }

  /** An instruction that ends in the next page is cached under both pages, if both are memory. */
  #crossing(host: number, mode: number): number {
    if (!this.#fetch.at() || this.#fetch.secondHost < 0) return this.#alone()
    this.#engine.crossingUnit(host, mode, this.#fetch.unit, this.#fetch.secondHost)
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
    return this.#deliver(state.get(Layout.faultVector), state.get(Layout.faultError) | 0)
  }

  #deliver(vector: number, errorCode: number): number {
    this.#dropNextUnit()
    this.#countException(vector)
    this.#spend()
    this.state.set(Layout.interruptShadow, 0)
    return this.#event(() => this.system.deliver(vector, errorCode))
  }

  #countException(vector: number): void {
    this.statistics.exceptions[vector & 31]!++
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
    this.#trapPending = false
    this.#dropNextUnit()
  }
}
