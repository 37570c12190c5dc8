import type { AccessSize, MmioDevice, Stateful, TimerHandle, Timers } from '../types.ts'
import { CAPABILITIES, Configuration, NS_PER_TICK, PERIOD_FS, Register, ROUTES, Timer, TIMERS } from './registers.ts'
import type { HpetState } from './state.ts'

export interface HpetOptions {
  timers: Timers
  /** Timer `timer` pulls a line: ISA interrupt 0 or 8 (legacy replacement), or a pin of the I/O APIC. */
  interrupt: (target: { isa: number } | { pin: number }, level: boolean) => void
  /** Legacy replacement goes on or off: timers 0 and 1 take the lines of PIT and clock chip. */
  onLegacy?: (on: boolean) => void
  /** Periods shorter than this are folded. Default 10 us. */
  shortestEdgeNs?: number
}

interface TimerState {
  configuration: number
  comparator: bigint
  period: bigint
}

const MASK_64 = (1n << 64n) - 1n
const MASK_32 = (1n << 32n) - 1n

/** Three timers on one counter of 100 MHz. */
export class Hpet implements MmioDevice, Stateful<HpetState> {
  readonly #options: HpetOptions
  #configuration = 0
  #status = 0
  #counter = 0n
  #sinceNs = 0
  #lastEdgeNs: number[] = [0, 0, 0]
  #timers: TimerState[] = initialTimers()
  #handles: (TimerHandle | undefined)[] = []
  #asserted: ({ isa: number } | { pin: number } | undefined)[] = []

  constructor(options: HpetOptions) {
    this.#options = options
  }

  readMmio(offset: number, size: AccessSize): number {
    const value = this.#read(offset & ~7)
    return Number((value >> BigInt(8 * (offset & 7))) & ((1n << BigInt(8 * size)) - 1n))
  }

  writeMmio(offset: number, size: AccessSize, value: number): void {
    const register = offset & ~7
    const shift = BigInt(8 * (offset & 7))
    const mask = (((1n << BigInt(8 * size)) - 1n) << shift) & MASK_64
    const bits = (BigInt(value) << shift) & mask
    if (register === Register.INTERRUPT_STATUS) this.#clearStatus(Number(bits & 7n))
    else this.#write(register, (this.#read(register) & ~mask) | bits, mask)
    this.#arm()
  }

  snapshot(): HpetState {
    return {
      configuration: this.#configuration,
      status: this.#status,
      counter: this.#counter.toString(16),
      sinceNs: this.#sinceNs,
      lastEdgeNs: [...this.#lastEdgeNs],
      timers: this.#timers.map(({ configuration, comparator, period }) => ({
        configuration,
        comparator: comparator.toString(16),
        period: period.toString(16),
      })),
    }
  }

  restore(state: HpetState): void {
    this.#configuration = state.configuration
    this.#status = state.status
    this.#counter = BigInt(`0x${state.counter}`)
    this.#sinceNs = state.sinceNs
    this.#lastEdgeNs = [...state.lastEdgeNs]
    this.#timers = state.timers.map(({ configuration, comparator, period }) => ({
      configuration,
      comparator: BigInt(`0x${comparator}`),
      period: BigInt(`0x${period}`),
    }))
    this.#options.onLegacy?.((this.#configuration & Configuration.LEGACY) !== 0)
    this.#driveLevels()
    this.#arm()
  }

  reset(): void {
    const timers = initialTimers().map(({ configuration }) => ({
      configuration,
      comparator: MASK_64.toString(16),
      period: '0',
    }))
    this.restore({ configuration: 0, status: 0, counter: '0', sinceNs: 0, lastEdgeNs: [0, 0, 0], timers })
  }

  get #enabled(): boolean {
    return (this.#configuration & Configuration.ENABLE) !== 0
  }

  #now(): bigint {
    if (!this.#enabled) return this.#counter
    const ticks = Math.floor((this.#options.timers.nowNs() - this.#sinceNs) / NS_PER_TICK)
    return (this.#counter + BigInt(Math.max(0, ticks))) & MASK_64
  }

  #read(register: number): bigint {
    if (register === Register.CAPABILITIES) return (BigInt(PERIOD_FS) << 32n) | BigInt(CAPABILITIES)
    if (register === Register.CONFIGURATION) return BigInt(this.#configuration)
    if (register === Register.INTERRUPT_STATUS) return BigInt(this.#status)
    if (register === Register.MAIN_COUNTER) return this.#now()
    const { timer, within } = this.#timerAt(register)
    if (!timer) return 0n
    if (within === 0) return (BigInt(ROUTES) << 32n) | BigInt(timer.configuration)
    return within === Register.COMPARATOR ? timer.comparator : 0n
  }

  #timerAt(register: number): { timer: TimerState | undefined; within: number } {
    const offset = register - Register.TIMER_0
    const index = Math.floor(offset / Register.TIMER_BYTES)
    return { timer: offset < 0 ? undefined : this.#timers[index], within: offset & (Register.TIMER_BYTES - 1) }
  }

  #write(register: number, value: bigint, mask: bigint): void {
    if (register === Register.CONFIGURATION) return this.#configure(Number(value & 3n))
    if (register === Register.MAIN_COUNTER) {
      this.#counter = value
      this.#sinceNs = this.#options.timers.nowNs()
      return
    }
    const { timer, within } = this.#timerAt(register)
    if (!timer) return
    if (within === 0) {
      timer.configuration = (timer.configuration & ~Timer.WRITABLE) | (Number(value & MASK_32) & Timer.WRITABLE)
      if (timer.configuration & Timer.MODE_32) timer.comparator &= MASK_32
      this.#driveLevels()
    } else if (within === Register.COMPARATOR) {
      this.#setComparator(timer, value, mask)
    }
  }

  #configure(value: number): void {
    const before = this.#configuration
    const now = this.#now()
    this.#counter = now
    this.#sinceNs = this.#options.timers.nowNs()
    this.#configuration = value
    if ((before ^ value) & Configuration.LEGACY) this.#options.onLegacy?.((value & Configuration.LEGACY) !== 0)
    this.#driveLevels()
  }

  /** A periodic timer's writes set the period, and the comparator itself only after "value set". */
  #setComparator(timer: TimerState, value: bigint, mask: bigint): void {
    const wide = timer.configuration & Timer.MODE_32 ? value & MASK_32 : value
    if (timer.configuration & Timer.PERIODIC) {
      const kept = timer.period & ~mask
      timer.period = (kept | (wide & mask)) & (timer.configuration & Timer.MODE_32 ? MASK_32 : MASK_64)
      if (!(timer.configuration & Timer.VALUE_SET)) return
    }
    timer.comparator = wide
    // The high half of a value that is written in two follows at once; it belongs to the same setting.
    if (mask >> 32n || timer.configuration & Timer.MODE_32) timer.configuration &= ~Timer.VALUE_SET
  }

  #clearStatus(bits: number): void {
    this.#status &= ~bits
    this.#driveLevels()
  }

  #target(index: number): { isa: number } | { pin: number } | undefined {
    if (this.#configuration & Configuration.LEGACY && index < 2) return { isa: index === 0 ? 0 : 8 }
    const pin = (this.#timers[index]!.configuration & Timer.ROUTE) >> 9
    return (ROUTES >>> pin) & 1 ? { pin } : undefined
  }

  #driveLevels(): void {
    for (let index = 0; index < TIMERS; index++) {
      const { configuration } = this.#timers[index]!
      const wants = configuration & Timer.INTERRUPT && this.#enabled && this.#status & (1 << index)
      const target = wants && configuration & Timer.LEVEL ? this.#target(index) : undefined
      const before = this.#asserted[index]
      if (before) this.#options.interrupt(before, false)
      this.#asserted[index] = target
      if (target) this.#options.interrupt(target, true)
    }
  }

  /** Ticks until the comparator matches: 1 up to all of its width. */
  #distance({ configuration, comparator }: TimerState, now: bigint): bigint {
    const mask = configuration & Timer.MODE_32 ? MASK_32 : MASK_64
    return ((comparator - now - 1n) & mask) + 1n
  }

  #arm(): void {
    for (let index = 0; index < TIMERS; index++) {
      this.#handles[index]?.cancel()
      this.#handles[index] = undefined
      const timer = this.#timers[index]!
      // Only a timer whose match is seen needs one: by interrupt, by status, or by its period.
      if (!this.#enabled || !(timer.configuration & (Timer.INTERRUPT | Timer.LEVEL | Timer.PERIODIC))) continue
      const due = this.#sinceNs + Number(this.#now() - this.#counter + this.#distance(timer, this.#now())) * NS_PER_TICK
      // Beyond what time can be told exactly in, nobody waits for it.
      if (due > 2 ** 53) continue
      const earliest = this.#lastEdgeNs[index]! + (this.#options.shortestEdgeNs ?? 10_000)
      const deadline = timer.configuration & Timer.PERIODIC ? Math.max(due, earliest) : due
      this.#handles[index] = this.#options.timers.schedule(deadline, () => this.#fire(index))
    }
  }

  #fire(index: number): void {
    const timer = this.#timers[index]!
    this.#lastEdgeNs[index] = this.#options.timers.nowNs()
    if (timer.configuration & Timer.PERIODIC && timer.period > 0n) {
      // The next match on the grid of the period, however late this one is.
      const mask = timer.configuration & Timer.MODE_32 ? MASK_32 : MASK_64
      const late = (this.#now() - timer.comparator) & mask
      timer.comparator = (timer.comparator + timer.period * (late / timer.period + 1n)) & mask
    }
    if (timer.configuration & Timer.LEVEL) this.#status |= 1 << index
    const target = this.#target(index)
    if (timer.configuration & Timer.LEVEL) {
      this.#driveLevels()
    } else if (timer.configuration & Timer.INTERRUPT && target) {
      this.#options.interrupt(target, true)
      this.#options.interrupt(target, false)
    }
    this.#arm()
  }
}

function initialTimers(): TimerState[] {
  const configuration = Timer.PERIODIC_CAPABLE | Timer.SIZE_64
  return Array.from({ length: TIMERS }, () => ({ configuration, comparator: MASK_64, period: 0n }))
}
