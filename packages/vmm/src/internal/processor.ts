import { VmmError } from '../errors.ts'
import type { HostClock } from '../types.ts'
import { StrideScheduler, type StrideClient } from './stride.ts'

/** Host time after which another machine may run, and the event loop gets a turn. */
const quantumNs = 4e6
/** Shares of a machine that asked for none. */
export const defaultCpuShares = 1000
const mostShares = 1_000_000

/** The processor of the host, which its machines take turns on, in proportion to their shares. */
export class HostProcessor {
  readonly #clock: HostClock
  readonly #turn: () => Promise<void>
  readonly #scheduler = new StrideScheduler<ProcessorClaim>()
  /** Tells a claim that waits that the processor is its own. */
  readonly #grants = new Map<ProcessorClaim, () => void>()
  #isTaken = false
  #quantumEndNs = 0
  #turnedAtNs = -Infinity

  /** `turn` lets the event loop run once. */
  constructor(clock: HostClock, turn: () => Promise<void>) {
    this.#clock = clock
    this.#turn = turn
  }

  /** A claim for one more machine. */
  join(shares: number = defaultCpuShares): ProcessorClaim {
    return new ProcessorClaim(this, shares)
  }

  /** @internal Resolves when `claim` has the processor. */
  enter(claim: ProcessorClaim): Promise<void> {
    this.#scheduler.enter(claim)
    return this.#wait(claim)
  }

  /** @internal */
  leave(claim: ProcessorClaim): void {
    this.#scheduler.leave(claim)
    this.#release()
  }

  /** @internal */
  used(claim: ProcessorClaim, ns: number): void {
    this.#scheduler.charge(claim, ns)
  }

  /** @internal */
  get isOver(): boolean {
    return this.#clock.nowNs() >= this.#quantumEndNs
  }

  /** @internal Lets the event loop and others go first. */
  yield(claim: ProcessorClaim): Promise<void> {
    this.#turnedAtNs = -Infinity
    this.#isTaken = false
    return this.#wait(claim)
  }

  #wait(claim: ProcessorClaim): Promise<void> {
    const granted = new Promise<void>((resolve) => void this.#grants.set(claim, resolve))
    if (!this.#isTaken) void this.#dispatch()
    return granted
  }

  #release(): void {
    this.#isTaken = false
    if (this.#grants.size > 0) void this.#dispatch()
  }

  /** Gives the processor to whoever is next. It counts as taken while that is found out. */
  async #dispatch(): Promise<void> {
    this.#isTaken = true
    // However often machines hand over to each other or sleep for a moment, the event loop gets its turns.
    if (this.#clock.nowNs() - this.#turnedAtNs >= quantumNs) {
      await this.#turn()
      this.#turnedAtNs = this.#clock.nowNs()
    }
    // All who want to run wait here: nobody has the processor.
    const next = this.#scheduler.pick()
    const grant = next && this.#grants.get(next)
    if (!grant) {
      this.#isTaken = false
      return
    }
    this.#grants.delete(next)
    this.#quantumEndNs = this.#clock.nowNs() + quantumNs
    grant()
  }
}

/** One machine's claim to the processor. */
export class ProcessorClaim implements StrideClient {
  /** Time that the machine got, divided by its shares. */
  pass = 0
  readonly #processor: HostProcessor
  #shares: number
  #has = false

  /** @internal */
  constructor(processor: HostProcessor, shares: number) {
    this.#processor = processor
    this.#shares = requireShares(shares)
  }

  /** Weight beside the other machines. */
  get shares(): number {
    return this.#shares
  }

  set shares(shares: number) {
    this.#shares = requireShares(shares)
  }

  /** Resolves when the machine may run. */
  async enter(): Promise<void> {
    await this.#processor.enter(this)
    this.#has = true
  }

  /** The machine has nothing to do for now. */
  leave(): void {
    if (!this.#has) return
    this.#has = false
    this.#processor.leave(this)
  }

  /** A slice took `ns` of the host's time. */
  used(ns: number): void {
    this.#processor.used(this, ns)
  }

  /** The quantum has passed, and the machine is to yield. */
  get isOver(): boolean {
    return this.#processor.isOver
  }

  /** Lets the event loop have a turn, and whoever is before this machine; resolves when it may run again. */
  yield(): Promise<void> {
    return this.#processor.yield(this)
  }
}

function requireShares(shares: number): number {
  if (Number.isInteger(shares) && shares >= 1 && shares <= mostShares) return shares
  throw new VmmError('bad-option', `cpuShares is ${shares}; must be an integer from 1 to ${mostShares}`)
}
