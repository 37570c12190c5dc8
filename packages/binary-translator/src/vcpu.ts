import { Operation } from '@mica-vm/x86-decoder'
import { Flow } from './emit/families/family.ts'
import { DecodedCode } from './fetch.ts'
import { type Engine, tlbOffsets, vcpuBytes } from './engine.ts'
import { Site } from './emit/record.ts'
import { AccessFailure, HostOutOfMemory, SlowMemory } from './slow-memory.ts'
import { CpuState } from './state/cpu-state.ts'
import { ExitCode, Flag, Layout, Mode, Segment } from './state/layout.ts'
import { Vector } from './system/guest-fault.ts'
import { CalloutResult, SystemUnit } from './system/system-unit.ts'
import {
  SystemRequest,
  type CpuModel,
  type EntryState,
  type InterruptController,
  type TlbAddresses,
} from './system/types.ts'
import { TimeStamp } from './time-stamp.ts'
import { MmuOutcome, type IoSpace, type Mmu } from './types.ts'

const pageBytes = 4096

const softwareInterrupts = new Set<number>([Operation.Int, Operation.Int1, Operation.Int3, Operation.Into])

/** How to make a `Vcpu`. */
export interface VcpuOptions {
  readonly engine: Engine
  /** Address of `vcpuBytes` bytes of the engine's memory, at a page boundary. */
  readonly base: number
  readonly mmu: Mmu
  readonly io: IoSpace
  readonly interrupts: InterruptController
  readonly model: CpuModel
  /** Told of each new value of IA32_APIC_BASE. */
  readonly apicBaseChanged?: (low: number, high: number) => void
}

/** Why `Vcpu.run` returned. */
export const VcpuExit = {
  /** The budget of instructions is used up. */
  Budget: 0,
  /** HLT with nothing to wake the processor. */
  Halt: 1,
  /** Triple fault: only a reset helps. */
  Shutdown: 2,
  /** The host has no memory for a page that the guest touched; the instruction will run again. */
  OutOfMemory: 3,
  /** `requestExit` was called. */
  Requested: 4,
} as const
export type VcpuExit = (typeof VcpuExit)[keyof typeof VcpuExit]

/** Counters of one vCPU; all only grow. */
export interface VcpuStatistics {
  /** Instructions retired, and how many of them belonged to units that the interpreter ran; the rest was translated. */
  retired: number
  interpreted: number
  /** Times that TypeScript was entered, by reason. */
  needUnit: number
  budget: number
  faults: number
  hot: number
  single: number
  /** Slow accesses: misses of the soft TLB and device accesses. */
  slowReads: number
  slowWrites: number
  slowUpdates: number
  /** Callouts by their number. */
  readonly callouts: number[]
  /** Exceptions by vector. */
  readonly exceptions: number[]
  /** External interrupts taken. */
  interrupts: number
}

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
  readonly statistics: VcpuStatistics
  readonly #engine: Engine
  readonly #mmu: Mmu
  readonly #memory: SlowMemory
  readonly #fetch: DecodedCode
  readonly #base: number
  readonly #single: number
  #granted = 0
  #retired = 0
  /** Instructions of the running unit that have not retired, while TypeScript acts for one of them. */
  #remaining = 0
  #exitRequested = false
  #failed: AccessFailure = AccessFailure.None

  constructor({ engine, base, mmu, io, interrupts, model, apicBaseChanged }: VcpuOptions) {
    this.#engine = engine
    this.#base = base
    this.#mmu = mmu
    this.#single = base + vcpuBytes - pageBytes
    this.state = new CpuState(engine.memory, base)
    this.#memory = new SlowMemory(this.state, mmu, io, engine.cache)
    this.#fetch = new DecodedCode(this.state, mmu, io, engine.shapes)
    this.timeStamp = new TimeStamp(this.state, () => this.#budgetLeft())
    this.statistics = {
      retired: 0,
      interpreted: 0,
      needUnit: 0,
      budget: 0,
      faults: 0,
      hot: 0,
      single: 0,
      slowReads: 0,
      slowWrites: 0,
      slowUpdates: 0,
      callouts: Array.from({ length: 64 }, () => 0),
      exceptions: Array.from({ length: 32 }, () => 0),
      interrupts: 0,
    }
    this.system = new SystemUnit({
      state: this.state,
      memory: this.#memory,
      paging: mmu,
      ports: io,
      interrupts,
      model,
      timeStamp: this.timeStamp,
      tlb: tlbAddresses(base),
      ...(apicBaseChanged && { apicBaseChanged }),
    })
    engine.attach(this)
    this.system.reset()
  }

  /** Instructions retired since the vCPU was made; exact also while a device is being accessed. */
  get retired(): number {
    return this.#retired + this.#granted - this.#budgetLeft()
  }

  #budgetLeft(): number {
    return (this.state.get(Layout.budget) | 0) + this.#remaining
  }

  /** Tells the vCPU whether its interrupt controller asserts INTR. */
  setInterruptLine(asserted: boolean): void {
    this.state.set(Layout.interruptPending, asserted ? 1 : 0)
    if (asserted && this.state.systemFlags & Flag.IF) this.state.set(Layout.attention, 0x8000_0000)
  }

  /** Makes `run` return at the next unit boundary. */
  requestExit(): void {
    this.#exitRequested = true
    this.state.set(Layout.attention, 0x8000_0000)
  }

  /** Starts a write trace of a frame that holds cached code. */
  traceFrame(frame: number): void {
    this.#mmu.trace(frame, true)
  }

  /** Runs at most `budget` instructions (1 to 2^30). */
  run(budget: number): VcpuExit {
    if (!(budget >= 1 && budget <= 0x4000_0000)) throw new RangeError(`budget is ${budget}; must be from 1 to 2^30`)
    const { state } = this
    this.#engine.current = this
    this.#granted = budget
    state.set(Layout.budget, budget)
    this.timeStamp.begin(budget)
    state.set(Layout.interpreted, 0)
    const exit = this.#loop()
    this.#engine.translateQueued()
    this.statistics.interpreted += state.get(Layout.interpreted)
    this.#retired += budget - (state.get(Layout.budget) | 0)
    this.statistics.retired = this.#retired
    this.#granted = 0
    state.set(Layout.budget, 0)
    this.timeStamp.end()
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
      this.#remaining = 0
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
    if (!state.get(Layout.interruptPending)) return state.get(Layout.halted) ? VcpuExit.Halt : -1
    if (!(state.systemFlags & Flag.IF)) return state.get(Layout.halted) ? VcpuExit.Halt : -1
    if (state.get(Layout.interruptShadow)) return -1
    this.#dropNextUnit()
    this.statistics.interrupts++
    return this.#event(() => this.system.acceptInterrupt())
  }

  /** Delivers an event; where the host has no memory for that, nothing has happened and it is tried again later. */
  #event(deliver: () => SystemRequest): number {
    try {
      return this.#requested(deliver())
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
    return this.#room()
  }

  /** Makes room in the translation cache; units that the state names are forgotten with it. */
  #room(): number {
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
    const awake = state.get(Layout.interruptPending) && state.systemFlags & Flag.IF
    return awake ? -1 : VcpuExit.Halt
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
    this.#remaining = 0
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
    if (this.#failed === AccessFailure.OutOfMemory) {
      this.#failed = AccessFailure.None
      return VcpuExit.OutOfMemory
    }
    return this.#deliver(state.get(Layout.faultVector), state.get(Layout.faultError) | 0)
  }

  #deliver(vector: number, errorCode: number): number {
    this.#dropNextUnit()
    this.#countException(vector)
    this.state.set(Layout.interruptShadow, 0)
    return this.#event(() => this.system.deliver(vector, errorCode))
  }

  #countException(vector: number): void {
    this.statistics.exceptions[vector & 31]!++
  }

  /** Leaves the unit at the site's instruction, which has not retired: RIP and budget are set back to it. */
  #leaveAt(site: number, code: ExitCode): 0 {
    const { state } = this
    state.set(Layout.site, site)
    state.eip = state.get(Layout.ripPage) + Site.offset(site)
    state.set(Layout.budget, state.get(Layout.budget) + Site.remaining(site))
    state.set(Layout.exit, code)
    return 0
  }

  #leaveFailed(site: number): 0 {
    const failure = this.#memory.failure
    this.#failed = failure
    if (failure === AccessFailure.Code) return this.#leaveAt(site, ExitCode.Single)
    this.state.set(Layout.faultVector, Vector.PF)
    this.state.set(Layout.faultError, this.#memory.errorCode)
    return this.#leaveAt(site, ExitCode.Fault)
  }

  // ---- called from emitted code --------------------------------------------------------------------------------

  get #user(): 0 | 1 {
    return this.state.get(Layout.mode) & Mode.user ? 1 : 0
  }

  /** Host address of `size` bytes to read at `linear`, 0 to leave. */
  slowRead(linear: number, size: number, site: number): number {
    this.statistics.slowReads++
    this.#remaining = Site.remaining(site)
    const host = this.#memory.readable(linear >>> 0, size, this.#user)
    return host < 0 ? this.#leaveFailed(site) : host
  }

  /** Host address of `size` bytes to read and write at `linear`, 0 to leave. */
  slowUpdate(linear: number, size: number, site: number): number {
    this.statistics.slowUpdates++
    this.#remaining = Site.remaining(site)
    const host = this.#memory.updatable(linear >>> 0, size, this.#user)
    return host < 0 ? this.#leaveFailed(site) : host
  }

  commitUpdate(): void {
    this.#memory.commit(this.#user)
  }

  /** Writes `size` bytes; 0 to leave. */
  slowWrite(linear: number, size: number, site: number, value: number): number {
    this.statistics.slowWrites++
    this.#remaining = Site.remaining(site)
    const written = this.#memory.store(linear >>> 0, size as 1 | 2 | 4, value, this.#user)
    return written ? 1 : this.#leaveFailed(site)
  }

  /** The exact segment check: 1, or 0 to leave. `packed`: segment | size << 8 | write << 16. */
  checkSegment(packed: number, offset: number, site: number): number {
    const vector = this.system.checkSegment(packed & 0xff, offset, (packed >>> 8) & 0xff, packed >= 0x1_0000)
    if (vector < 0) return 1
    this.state.set(Layout.faultVector, vector)
    this.state.set(Layout.faultError, 0)
    this.#failed = AccessFailure.Fault
    return this.#leaveAt(site, ExitCode.Fault)
  }

  /** Runs a system instruction and ends the unit; returns the exit code. */
  callout(id: number, x: number, y: number, site: number): number {
    const { state } = this
    const remaining = Site.remaining(site)
    const eip = state.get(Layout.ripPage) + Site.offset(site)
    state.eip = eip
    state.nextEip = eip + Site.length(site)
    this.#remaining = remaining
    this.statistics.callouts[id]!++
    this.#failed = AccessFailure.None
    const result = this.#system(id, x, y)
    if (result === CalloutResult.Fault) {
      state.set(Layout.budget, state.get(Layout.budget) + remaining)
      return ExitCode.Fault
    }
    state.set(Layout.budget, state.get(Layout.budget) + remaining - 1)
    if (result === CalloutResult.Request) return ExitCode.Callout
    return this.#afterCallout()
  }

  #system(id: number, x: number, y: number): CalloutResult {
    try {
      return this.system.callout(id, x, y)
    } catch (thrown) {
      if (!(thrown instanceof HostOutOfMemory)) throw thrown
      this.#failed = AccessFailure.OutOfMemory
      return CalloutResult.Fault
    }
  }

  /** What a system instruction may have changed: IF, TF, the interrupt shadow. */
  #afterCallout(): ExitCode {
    const { state } = this
    const flags = state.systemFlags
    if (flags & Flag.IF && state.get(Layout.interruptPending)) state.set(Layout.attention, 0x8000_0000)
    if (flags & Flag.TF || state.get(Layout.interruptShadow)) return ExitCode.Single
    return ExitCode.Continue
  }

  /** Enters a kernel as its boot protocol asks. */
  load(entry: EntryState): void {
    this.system.loadState(entry)
    this.#dropNextUnit()
  }

  /** RESET. */
  reset(): void {
    this.system.reset()
    this.#dropNextUnit()
  }
}

function tlbAddresses(base: number): TlbAddresses {
  const { entries: _, ...offsets } = tlbOffsets
  const add = (offset: number): number => base + offset
  return {
    readUser: add(offsets.readUser),
    readSupervisor: add(offsets.readSupervisor),
    writeUser: add(offsets.writeUser),
    writeSupervisor: add(offsets.writeSupervisor),
    fetchUser: add(offsets.fetchUser),
    fetchSupervisor: add(offsets.fetchSupervisor),
  }
}
