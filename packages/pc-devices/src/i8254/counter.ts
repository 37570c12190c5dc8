import { copyOf } from '../internal/copy.ts'
import type { Stateful } from '../types.ts'
import { Access, Mode, ReadBack, Status } from './registers.ts'
import { initialCounterState, type CounterState } from './state.ts'

/**
 * One counter of the 8254, by events: `advance` jumps over any number of CLK pulses in constant time. The caller advances
 * before it reads, writes or moves the gate.
 */
export class Counter implements Stateful<CounterState> {
  #state: CounterState
  #rose = false

  constructor(gate: boolean) {
    this.#state = initialCounterState(gate)
  }

  get out(): boolean {
    return this.#state.out
  }

  get gate(): boolean {
    return this.#state.gate
  }

  get mode(): number {
    return this.#state.mode
  }

  /** The count in CR, 1..65536. */
  get reload(): number {
    return this.#state.reload
  }

  /** Whether OUT rose since the last call. */
  takeRise(): boolean {
    const rose = this.#rose
    this.#rose = false
    return rose
  }

  /** Goes on to CLK pulse `tick`; earlier ones are ignored. */
  advance(tick: number): void {
    const state = this.#state
    if (tick <= state.tick) return
    if (state.loadPending) {
      state.tick++
      this.#load()
    }
    const pulses = tick - state.tick
    state.tick = tick
    if (state.loaded && pulses > 0) this.#run(pulses)
  }

  /** The pulse at which OUT will rise next if nothing is written, `Infinity` if never. */
  nextRise(): number {
    const state = this.#state
    const { tick, mode, reload, gate, count } = state
    if (mode === Mode.RateGenerator || mode === Mode.SquareWave) return this.#nextPeriodicRise()
    const strobe = mode === Mode.SoftwareTriggeredStrobe || mode === Mode.HardwareTriggeredStrobe
    if (strobe && !state.out) return tick + 1
    const gated = mode === Mode.InterruptOnTerminalCount || mode === Mode.SoftwareTriggeredStrobe
    if (gated && !gate) return Infinity
    if (state.loadPending) return tick + 1 + reload + (strobe ? 1 : 0)
    if (!state.loaded || !state.armed) return Infinity
    return tick + count + (strobe ? 1 : 0)
  }

  setGate(level: boolean): void {
    const state = this.#state
    if (level === state.gate) return
    state.gate = level
    const periodic = state.mode === Mode.RateGenerator || state.mode === Mode.SquareWave
    if (level) {
      const triggered =
        periodic || state.mode === Mode.HardwareRetriggerableOneShot || state.mode === Mode.HardwareTriggeredStrobe
      if (triggered && state.programmed) state.loadPending = true
    } else if (periodic) {
      this.#setOut(true)
    }
  }

  writeControl(control: number): void {
    const state = this.#state
    const mode = (control >> 1) & 7
    state.mode = mode > 5 ? mode - 4 : mode
    state.access = (control >> 4) & 3
    state.bcd = (control & 1) !== 0
    state.programmed = state.loaded = state.loadPending = state.armed = false
    state.nullCount = true
    state.lowByte = state.latchedCount = state.latchedStatus = -1
    state.readHigh = false
    this.#setOut(state.mode !== Mode.InterruptOnTerminalCount)
  }

  writeByte(value: number): void {
    const state = this.#state
    if (state.access === Access.LeastSignificant) return this.#writeCount(value)
    if (state.access === Access.MostSignificant) return this.#writeCount(value << 8)
    if (state.lowByte >= 0) {
      const count = (value << 8) | state.lowByte
      state.lowByte = -1
      return this.#writeCount(count)
    }
    state.lowByte = value
    if (state.mode === Mode.InterruptOnTerminalCount) {
      // The first byte stops the count and lowers OUT at once.
      state.loaded = state.loadPending = state.armed = false
      this.#setOut(false)
    }
  }

  readByte(): number {
    const state = this.#state
    if (state.latchedStatus >= 0) {
      const status = state.latchedStatus
      state.latchedStatus = -1
      return status
    }
    const count = state.latchedCount >= 0 ? state.latchedCount : this.#visibleCount()
    const two = state.access === Access.LeastThenMost
    const high = two ? state.readHigh : state.access === Access.MostSignificant
    if (two) state.readHigh = !high
    if (!two || high) state.latchedCount = -1
    return high ? count >> 8 : count & 0xff
  }

  latchCount(): void {
    if (this.#state.latchedCount < 0) this.#state.latchedCount = this.#visibleCount()
  }

  /** The part of the read-back command that concerns one counter. */
  readBack(command: number): void {
    if (!(command & ReadBack.NOT_COUNT)) this.latchCount()
    if (!(command & ReadBack.NOT_STATUS)) this.#latchStatus()
  }

  snapshot(): CounterState {
    return copyOf(this.#state)
  }

  restore(state: CounterState): void {
    this.#state = copyOf(state)
    this.#rose = false
  }

  #latchStatus(): void {
    const state = this.#state
    if (state.latchedStatus >= 0) return
    state.latchedStatus =
      (state.out ? Status.OUTPUT : 0) |
      (state.nullCount ? Status.NULL_COUNT : 0) |
      (state.access << 4) |
      (state.mode << 1) |
      (state.bcd ? 1 : 0)
  }

  #writeCount(raw: number): void {
    const state = this.#state
    const first = !state.programmed
    const count = state.bcd ? fromBcd(raw) : raw
    state.reload = count === 0 ? this.#modulus() : count
    state.programmed = true
    state.nullCount = true
    if (state.mode === Mode.InterruptOnTerminalCount) {
      this.#setOut(false)
      state.loadPending = true
    } else if (state.mode === Mode.SoftwareTriggeredStrobe) {
      state.loadPending = true
    } else if (state.mode === Mode.RateGenerator || state.mode === Mode.SquareWave) {
      // Later counts wait for the end of the (half) period or for the gate.
      if (first) state.loadPending = true
    }
  }

  #load(): void {
    const state = this.#state
    state.loadPending = false
    state.loaded = true
    this.#loadCount()
    state.armed = true
    this.#setOut(
      state.mode === Mode.InterruptOnTerminalCount ? state.out : state.mode !== Mode.HardwareRetriggerableOneShot,
    )
  }

  #loadCount(): void {
    const state = this.#state
    state.loadedCount = state.reload
    state.count = state.mode === Mode.SquareWave ? state.reload & ~1 : state.reload
    state.nullCount = false
  }

  #run(pulses: number): void {
    const { mode, gate } = this.#state
    if (mode === Mode.RateGenerator) {
      if (gate) this.#runRate(pulses)
    } else if (mode === Mode.SquareWave) {
      if (gate) this.#runSquare(pulses)
    } else if (mode === Mode.InterruptOnTerminalCount || mode === Mode.HardwareRetriggerableOneShot) {
      if (gate || mode === Mode.HardwareRetriggerableOneShot) this.#runDown(pulses, false)
    } else {
      this.#setOut(true)
      if (gate || mode === Mode.HardwareTriggeredStrobe) this.#runDown(pulses, true)
    }
  }

  /** Modes 0, 1, 4, 5: counts down and around; the terminal count comes once per load. */
  #runDown(pulses: number, strobe: boolean): void {
    const state = this.#state
    if (state.armed && pulses >= state.count) {
      state.armed = false
      if (!strobe) {
        this.#setOut(true)
      } else {
        state.out = false
        if (pulses > state.count) this.#setOut(true)
      }
    }
    const modulus = this.#modulus()
    state.count = (((state.count - pulses) % modulus) + modulus) % modulus
  }

  /** Mode 2: OUT is low while CE is 1. A count of 1 is illegal; OUT then stays high. */
  #runRate(pulses: number): void {
    const state = this.#state
    if (pulses < state.count) {
      state.count -= pulses
    } else {
      const rest = pulses - state.count
      if (state.loadedCount > 1 || (state.reload > 1 && rest >= state.reload)) this.#rose = true
      this.#loadCount()
      state.count = state.reload - (rest % state.reload)
    }
    this.#setOut(state.count !== 1 || state.loadedCount === 1)
  }

  /** Mode 3: CE goes down by two; the high half of an odd count is one pulse longer. A count of 1 stays high. */
  #runSquare(pulses: number): void {
    const state = this.#state
    let rest = pulses
    let left = this.#leftInHalf()
    if (rest >= left) {
      rest -= left
      this.#endHalf()
      if (rest >= state.reload) {
        rest %= state.reload
        if (state.reload > 1) this.#rose = true
      }
      left = this.#leftInHalf()
      for (let halves = 0; rest >= left && halves < 2; halves++) {
        rest -= left
        this.#endHalf()
        left = this.#leftInHalf()
      }
    }
    state.count -= 2 * rest
  }

  #leftInHalf(): number {
    const { count, out, loadedCount } = this.#state
    return count / 2 + (out && (loadedCount & 1) === 1 ? 1 : 0)
  }

  #endHalf(): void {
    const state = this.#state
    this.#loadCount()
    if (state.reload > 1) this.#setOut(!state.out)
    else this.#setOut(true)
  }

  #nextPeriodicRise(): number {
    const { tick, mode, reload, gate, count, loaded, loadPending, loadedCount, out } = this.#state
    if (!gate || (!loaded && !loadPending)) return Infinity
    if (loadPending) return reload > 1 ? tick + 1 + reload : Infinity
    if (mode === Mode.RateGenerator) {
      if (loadedCount > 1) return tick + count
      return reload > 1 ? tick + count + reload : Infinity
    }
    const end = tick + this.#leftInHalf()
    if (!out) return end
    return reload > 1 ? end + (reload >> 1) : Infinity
  }

  #setOut(level: boolean): void {
    if (level && !this.#state.out) this.#rose = true
    this.#state.out = level
  }

  #modulus(): number {
    return this.#state.bcd ? 10_000 : 0x10000
  }

  #visibleCount(): number {
    const count = this.#state.count % this.#modulus()
    return this.#state.bcd ? toBcd(count) : count
  }
}

/** Digits above nine, which the data sheet leaves open, carry into the next digit. */
function fromBcd(raw: number): number {
  return ((raw >> 12) * 1000 + ((raw >> 8) & 15) * 100 + ((raw >> 4) & 15) * 10 + (raw & 15)) % 10_000
}

function toBcd(count: number): number {
  const thousands = Math.floor(count / 1000)
  const hundreds = Math.floor(count / 100) % 10
  const tens = Math.floor(count / 10) % 10
  return (thousands << 12) | (hundreds << 8) | (tens << 4) | (count % 10)
}
