import type { CpuState } from '../state/cpu-state.ts'
import { Activity, Layout } from '../state/layout.ts'
import { Callout } from './callouts.ts'
import { Flow, type SystemContext } from './context.ts'
import type { Breakpoints } from './breakpoints.ts'
import { armBreakpoints, noteDebugCauses } from './debug-registers.ts'
import { deliverDebugTrap, deliverException, deliverInterrupt, resumeException } from './exceptions.ts'
import { type Features, featuresOf } from './features.ts'
import { GuestFault, Vector } from './guest-fault.ts'
import { handlers } from './handlers.ts'
import { configurePaging, refreshAll, refreshMode } from './mode.ts'
import { enterKernel, initializeProcessor, resetProcessor, startProcessor } from './reset.ts'
import { checkSegment } from './segment-check.ts'
import { setReal, setVirtual8086 } from './segments.ts'
import {
  type CpuModel,
  type EntryState,
  type InterruptController,
  type LinearMemory,
  type PagingControl,
  type DeadlineTimer,
  type PortSpace,
  type RandomSource,
  SystemRequest,
  type TimeStampCounter,
  type TlbAddresses,
} from './types.ts'
import { virtualInterruptDue } from './virtual-interrupts.ts'

/** The surroundings of a `SystemUnit`. */
export interface SystemUnitOptions {
  readonly state: CpuState
  readonly memory: LinearMemory
  readonly paging: PagingControl
  readonly ports: PortSpace
  readonly interrupts: InterruptController
  readonly model: CpuModel
  readonly timeStamp: TimeStampCounter
  /** Must be there for a model with RDRAND or RDSEED. */
  readonly random?: RandomSource
  /** Must be there for a model with TSC_DEADLINE. */
  readonly deadlineTimer?: DeadlineTimer
  readonly tlb: TlbAddresses
  /** See `SystemContext`. Default: the set that has everything. */
  readonly instructionSet?: number
  readonly breakpoints: Breakpoints
  /** See `SystemContext`. */
  readonly numericError?: () => void
  /** Told of each new value of IA32_APIC_BASE. */
  readonly apicBaseChanged?: (low: number, high: number) => void
}

/** How a callout ended. */
export const CalloutResult = {
  /** RIP is the next instruction to run. */
  Done: 0,
  /** A fault was found at RIP: its vector and error code are in the state. */
  Fault: 1,
  /** Done, and the monitor is asked for `SystemUnit.request`. */
  Request: 2,
} as const
export type CalloutResult = (typeof CalloutResult)[keyof typeof CalloutResult]

const ignore = (): void => undefined

/** A source that nobody asks. */
function requireNoRandom({ name }: CpuModel, { random }: Features): RandomSource {
  if (random) throw new RangeError(`model ${name} has RDRAND or RDSEED: give the vCPU \`random\`, a source of numbers`)
  return { next: () => 0 }
}

/** A timer that nobody reaches. */
function requireNoDeadlines({ name }: CpuModel, { deadlineTimer }: Features): DeadlineTimer {
  if (deadlineTimer)
    throw new RangeError(`model ${name} has TSC_DEADLINE: give the vCPU \`deadlineTimer\`, a local APIC`)
  return { readTscDeadline: () => ({ low: 0, high: 0 }), writeTscDeadline: ignore }
}

/** The part of the processor that is not arithmetic: system instructions, and the delivery of events. */
export class SystemUnit {
  readonly #system: SystemContext
  readonly #interrupts: InterruptController

  constructor(options: SystemUnitOptions) {
    const { state, memory, paging, ports, model, timeStamp, tlb, breakpoints } = options
    this.#interrupts = options.interrupts
    const features = featuresOf(model)
    this.#system = {
      state,
      memory,
      paging,
      ports,
      model,
      features,
      timeStamp,
      deadlineTimer: options.deadlineTimer ?? requireNoDeadlines(model, features),
      random: options.random ?? requireNoRandom(model, features),
      tlb,
      instructionSet: options.instructionSet ?? 0,
      breakpoints,
      userEntries: 0,
      userDataAllowed: false,
      numericError: options.numericError ?? ignore,
      apicBaseChanged: options.apicBaseChanged ?? ignore,
      request: SystemRequest.None,
      external: 0,
    }
  }

  /** Times that the processor went to CPL 3. */
  get userEntries(): number {
    return this.#system.userEntries
  }

  /** What the last callout that ended with `CalloutResult.Request` asked for. */
  get request(): SystemRequest {
    return this.#system.request
  }

  /**
   * Runs system instruction `id`. RIP is at the instruction and the next RIP after it, see `Callout` for x and y.
   * A `GuestFault` ends here.
   */
  callout(id: number, x: number, y: number): CalloutResult {
    const system = this.#system
    const handler = handlers[id]
    if (!handler) throw new RangeError(`there is no callout ${id}: they go from 0 to ${handlers.length - 1}`)
    system.request = SystemRequest.None
    system.external = 0
    try {
      if (handler(system, x, y) === Flow.Next) system.state.eip = system.state.nextEip
      return system.request === SystemRequest.None ? CalloutResult.Done : CalloutResult.Request
    } catch (thrown) {
      if (!(thrown instanceof GuestFault)) throw thrown
      system.state.set(Layout.faultVector, thrown.vector)
      system.state.set(Layout.faultError, thrown.errorCode)
      return CalloutResult.Fault
    }
  }

  /** Delivers an exception at RIP. CR2 is set before, and RIP is past the instruction for a trap. */
  deliver(vector: number, errorCode: number): SystemRequest {
    return this.#wake(deliverException(this.#system, vector, errorCode))
  }

  /** Goes on with the delivery of an exception, after `SystemRequest.OutOfMemory`. Nothing else must happen before. */
  resume(): SystemRequest {
    return this.#wake(resumeException(this.#system))
  }

  /** Delivers external interrupt `vector` between two instructions. */
  interrupt(vector: number): SystemRequest {
    return this.#wake(deliverInterrupt(this.#system, vector))
  }

  /**
   * Takes the pending interrupt from the controller and delivers it. An interrupt cannot be acknowledged twice, so one
   * whose delivery the surroundings broke off by throwing is kept, and pending, for the next call.
   */
  acceptInterrupt(): SystemRequest {
    const { state } = this.#system
    const held = state.get(Layout.heldVector)
    const vector = held === 0 ? this.#interrupts.acknowledge() : held - 1
    state.set(Layout.heldVector, vector + 1)
    state.set(Layout.interruptPending, 1)
    const request = this.interrupt(vector)
    state.set(Layout.heldVector, 0)
    state.set(Layout.interruptPending, this.#interrupts.pending ? 1 : 0)
    return request
  }

  /** Delivers a non-maskable interrupt; further ones are to wait while `nmiBlocked`. */
  nonMaskableInterrupt(): SystemRequest {
    const request = this.interrupt(Vector.NMI)
    this.#system.state.set(Layout.nmiBlocked, 1)
    return request
  }

  /** Whether an NMI handler is running: it ends with IRET. */
  get nmiBlocked(): boolean {
    return this.#system.state.get(Layout.nmiBlocked) !== 0
  }

  /** Whether the next instruction is a #GP(0) for a virtual interrupt that is due. */
  get virtualInterruptDue(): boolean {
    return virtualInterruptDue(this.#system)
  }

  /**
   * Delivers #DB between two instructions, for the causes that DR6 is to name: a trap after the last one, or an
   * instruction breakpoint before the next one.
   */
  debugTrap(causes: number): SystemRequest {
    noteDebugCauses(this.#system, causes)
    return this.#wake(deliverDebugTrap(this.#system))
  }

  /** INT n and its like, see `InterruptKind`, as if executed at RIP. */
  softwareInterrupt(vector: number, kind: number): CalloutResult {
    return this.callout(Callout.Int, vector, kind)
  }

  /** The exact check of an access of `size` bytes: -1, or the vector to raise with error code 0. */
  checkSegment(segment: number, offset: number, size: number, write: boolean): number {
    return checkSegment(this.#system.state, segment, offset >>> 0, size, write)
  }

  /** Power-up or RESET. */
  reset(): void {
    resetProcessor(this.#system)
  }

  /** INIT. */
  init(): void {
    initializeProcessor(this.#system)
  }

  /** A start-up message with `vector`, for a processor that waits for one since INIT. */
  startup(vector: number): void {
    if (this.#system.state.get(Layout.waitingForStartup)) startProcessor(this.#system, vector & 0xff)
  }

  /** Enters a kernel as its boot protocol asks. */
  loadState(entry: EntryState): void {
    enterKernel(this.#system, entry)
  }

  /** Loads a segment register as an instruction does in real or virtual-8086 mode: for firmware that runs outside of the guest. */
  loadRealSegment(segment: number, selector: number): void {
    const { state } = this.#system
    if (state.virtual8086) setVirtual8086(state, segment, selector & 0xffff)
    else setReal(state, segment, selector & 0xffff)
    refreshMode(this.#system)
  }

  /** Recomputes what is derived from the architectural state, after that was changed from outside. */
  refresh(): void {
    configurePaging(this.#system)
    armBreakpoints(this.#system)
    refreshAll(this.#system)
  }

  /** Opens or closes the A20 gate. */
  setA20(open: boolean): void {
    this.#system.state.set(Layout.a20Masked, open ? 0 : 1)
    configurePaging(this.#system)
  }

  #wake(request: SystemRequest): SystemRequest {
    const isShutdown = request === SystemRequest.Shutdown
    this.#system.state.set(Layout.halted, isShutdown ? Activity.Shutdown : Activity.Running)
    return request
  }
}
