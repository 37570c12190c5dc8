import type { Vcpu } from '@mica-vm/binary-translator'
import type { Clock } from '@mica-vm/pc-devices'
import type { HostClock } from './types.ts'

/** Time of day at which a guest with the instructions clock is switched on: 2025-01-01T00:00:00Z. */
const instructionsEpochMs = 1_735_689_600_000
const nsPerMs = 1e6
/** Weight of a slower slice in the estimate of the guest's speed. */
const slower = 1 / 32
/** Slower than this, a slice was rather interrupted than slow. */
const slowestNsPerInstruction = 1000

/** The part of a vCPU that time follows. */
export type InstructionCounter = Pick<Vcpu, 'retired' | 'timeStamp'>

/**
 * The guest's time, one for devices and the time-stamp counter: what a slice began with, plus a whole number of nanoseconds
 * per instruction that has retired since. With the instructions clock that number is 1 and time stands still in between;
 * with a real clock it follows the measured speed, and each slice begins at the host's time. The time-stamp counter counts nanoseconds.
 */
export class MachineTime implements Clock {
  readonly #host: HostClock | null
  #counter: InstructionCounter | null = null
  #startNs = 0
  #startRetired = 0
  #nsPerInstruction = 1
  /** Host time that is the guest's time 0. */
  #originNs = 0
  #estimate = 1
  readonly #epochMs: number

  /** `host` null: the instructions clock. */
  constructor(host: HostClock | null) {
    this.#host = host
    this.#epochMs = host === null ? instructionsEpochMs : host.unixMs()
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
    const counter = this.#counter
    return counter === null ? 0 : this.#startNs + (counter.retired - this.#startRetired) * this.#nsPerInstruction
  }

  /** Time of day for the clock chip. */
  nowMs(): number {
    return Math.floor(this.#epochMs + this.nowNs() / nsPerMs)
  }

  /** The machine runs again after a pause, in which its time stood still. */
  resume(): void {
    if (this.#host !== null) this.#originNs = this.#host.nowNs() - this.nowNs()
  }

  /** A slice begins: returns its first nanosecond. */
  begin(): number {
    if (this.#host !== null) {
      this.#set(Math.max(this.nowNs(), Math.floor(this.#host.nowNs() - this.#originNs)))
      this.#nsPerInstruction = Math.max(1, Math.floor(this.#estimate))
      this.#counter!.timeStamp.scale = this.#nsPerInstruction
    }
    return this.nowNs()
  }

  /**
   * A slice of `instructions` took `ns` of the host's time. The estimate follows fast slices at once and slow ones slowly: a guest
   * whose time lags behind the host's is put right when the next slice begins; one that has run ahead has to wait.
   */
  measure(instructions: number, ns: number): void {
    if (instructions < 1000) return
    const sample = Math.min(ns / instructions, slowestNsPerInstruction)
    this.#estimate = Math.min(sample, this.#estimate + (sample - this.#estimate) * slower)
  }

  /** How far the guest's time has run ahead of a real clock. */
  aheadNs(): number {
    return this.#host === null ? 0 : this.nowNs() - (this.#host.nowNs() - this.#originNs)
  }

  /** Lets time jump to `ns` while no instruction runs. */
  skipTo(ns: number): void {
    this.#set(Math.max(this.nowNs(), Math.ceil(ns)))
  }

  #set(ns: number): void {
    const counter = this.#counter!
    this.#startNs = ns
    this.#startRetired = counter.retired
    counter.timeStamp.advanceTo(ns)
  }
}
