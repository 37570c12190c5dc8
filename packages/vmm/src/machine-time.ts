import { TIME_STAMP_PARTS, type Vcpu } from '@mica-vm/binary-translator'
import type { Clock } from '@mica-vm/pc-devices'
import type { HostClock } from './types.ts'

/** Time of day at which a guest with the instructions clock is switched on: 2025-01-01T00:00:00Z. */
const instructionsEpochMs = 1_735_689_600_000
const nsPerMs = 1e6
/** Weight of the newest slice in the estimate of the guest's speed. */
const newest = 1 / 2
/** Slower than this, a slice was rather interrupted than slow. */
const slowestNsPerInstruction = 1000
/** A lag of this much makes the guest's time pass twice as fast until it is gone, and so in proportion. */
const slewNs = 20e6
/**
 * A lag that is rather a suspended host than a busy one: the guest's time jumps. Ticks are lost then, and a kernel that counts them beside
 * its time-stamp counter trusts neither any more.
 */
const jumpNs = 1e9
/** Guest time of a slice, while the host is as fast as before. */
const sliceNs = 1e6
const shortestSlice = 2000
/** Instructions of every slice with the instructions clock, so that all runs have the same ones. */
const fixedSlice = 200_000
/** Instructions per slice at most with a real clock: more than a millisecond has. */
const longestSlice = 2_000_000

/** What remains after each slice of how long earlier ones ran and waited. */
const remembered = 7 / 8
/** A machine that gets less of the processor than one part in so many rather jumps. */
const mostContention = 100

/** The part of a vCPU that time follows. */
export type InstructionCounter = Pick<Vcpu, 'retired' | 'timeStamp'>

/**
 * The guest's time, one for devices and the time-stamp counter: so many nanoseconds per retired instruction. With the instructions
 * clock that is 1. With a real clock it is the measured speed in sixteenths, corrected so that the guest's time stays close
 * to the host's: while instructions run, time never jumps, and whatever the guest measures against whatever, agrees. It may
 * jump while the processor has halted. The time-stamp counter counts nanoseconds.
 */
export class MachineTime implements Clock {
  readonly #host: HostClock | null
  #counter: InstructionCounter | null = null
  #startNs = 0
  #startRetired = 0
  #nsPerInstruction = 1
  /** Host time that is the guest's time 0. */
  #originNs = 0
  #estimate = 10
  /** Host time in which the machine ran, and waited for others to, of late. */
  #ranNs = 1
  #waitedNs = 0
  /** Host time in which the guest had nothing to do. */
  #restedNs = 0
  readonly #epochMs: number

  /** `host` null: the instructions clock. */
  constructor(host: HostClock | null) {
    this.#host = host
    this.#epochMs = host === null ? instructionsEpochMs : Math.floor(host.unixMs())
  }

  /** Follows the instructions of `counter` from now on. */
  follow(counter: InstructionCounter): void {
    this.#counter = counter
    this.#startRetired = counter.retired
  }

  /** Whether time follows the host's clock. */
  get isReal(): boolean {
    return this.#host !== null
  }

  get nsPerInstruction(): number {
    return this.#nsPerInstruction
  }

  /** Nanoseconds since the machine was switched on, times in which it was paused left out. */
  nowNs(): number {
    return Math.floor(this.#exactNs())
  }

  /** Time of day for the clock chip. */
  nowMs(): number {
    // Rounded before they are added: the sum has no digits left for parts of a millisecond.
    return this.#epochMs + Math.floor(this.nowNs() / nsPerMs)
  }

  /** The machine runs again after a pause, in which its time stood still. */
  resume(): void {
    if (this.#host !== null) this.#originNs = this.#host.nowNs() - this.nowNs()
  }

  /** A slice begins: returns its first nanosecond. */
  begin(): number {
    if (this.#host !== null) {
      const lag = this.#hostNs() - this.nowNs()
      const contention = Math.min(mostContention, 1 + this.#waitedNs / this.#ranNs)
      const jumps = lag > jumpNs * contention
      this.#set(this.#exactNs() + (jumps ? Math.floor(lag) : 0))
      // Who has the processor for a third of the time must be able to go three times as fast, and to make up for lost time.
      const correction = jumps ? 1 : 1 + Math.max(-0.5, Math.min(2 * contention - 1, lag / slewNs))
      this.#nsPerInstruction =
        Math.max(1, Math.round(this.#estimate * correction * TIME_STAMP_PARTS)) / TIME_STAMP_PARTS
      this.#counter!.timeStamp.scale = this.#nsPerInstruction
    }
    return this.nowNs()
  }

  /** Instructions that the slice may have, if no deadline ends it. */
  get sliceInstructions(): number {
    if (this.#host === null) return fixedSlice
    return Math.max(shortestSlice, Math.min(longestSlice, Math.floor(sliceNs / this.#estimate)))
  }

  /** A slice of `instructions` took `ns` of the host's time. */
  measure(instructions: number, ns: number): void {
    this.#ranNs = this.#ranNs * remembered + ns
    this.#waitedNs *= remembered
    if (instructions < shortestSlice / 2) return
    const sample = Math.min(ns / instructions, slowestNsPerInstruction)
    this.#estimate += (sample - this.#estimate) * newest
  }

  /** The machine had something to do, and others ran for `ns` of the host's time. */
  waited(ns: number): void {
    this.#waitedNs += ns
  }

  /** The guest had nothing to do for `ns` of the host's time. */
  rested(ns: number): void {
    this.#restedNs += ns
  }

  /**
   * How far the guest has come: nanoseconds that each retired instruction stands for one of, and those in which it had nothing to do. Unlike the
   * guest's time it does not grow while a busy host keeps the guest from running.
   */
  progressNs(): number {
    return this.#host === null ? this.nowNs() : this.#counter!.retired + this.#restedNs
  }

  /** The processor has halted: a guest that lags arrives at the host's time. Returns the guest's time. */
  catchUp(): number {
    if (this.#host !== null) this.#set(Math.max(this.nowNs(), Math.floor(this.#hostNs())))
    return this.nowNs()
  }

  /** How far the guest's time has run ahead of a real clock. */
  aheadNs(): number {
    return this.#host === null ? 0 : this.nowNs() - this.#hostNs()
  }

  /** Lets time jump to `ns` while no instruction runs. */
  skipTo(ns: number): void {
    this.#set(Math.max(this.nowNs(), Math.ceil(ns)))
  }

  /** Fractions of a nanosecond are what the next slices go on from. */
  #exactNs(): number {
    const counter = this.#counter
    return counter === null ? 0 : this.#startNs + (counter.retired - this.#startRetired) * this.#nsPerInstruction
  }

  /** The host's clock on the guest's scale. */
  #hostNs(): number {
    return this.#host!.nowNs() - this.#originNs
  }

  #set(ns: number): void {
    const counter = this.#counter!
    this.#startNs = ns
    this.#startRetired = counter.retired
    counter.timeStamp.advanceTo(ns)
  }
}
