import type { I8254 } from '../i8254/device.ts'
import type { AccessSize, Line, PortDevice, Stateful, Timers } from '../types.ts'
import { PortA, PortB, REFRESH_PERIOD_NS, RESET_CONTROL, ResetControl } from './registers.ts'
import type { PortAState, PortBState, ResetControlState } from './state.ts'

/** The part of the timer that port 61h touches. */
export type Counter2 = Pick<I8254, 'setGate2' | 'out' | 'toneHz'>

export interface SystemPortBOptions {
  timers: Timers
  counter2: Counter2
  /** Called with the frequency when the speaker starts a tone or changes it, with 0 when it falls silent. */
  onTone?: (hz: number) => void
}

/** Port 61h: gate of counter 2, speaker, refresh toggle. */
export class SystemPortB implements PortDevice, Stateful<PortBState> {
  readonly portWidth = 1
  readonly #timers: Timers
  readonly #counter2: Counter2
  readonly #onTone: (hz: number) => void
  #state: PortBState = { written: 0 }
  #toneHz = 0

  constructor({ timers, counter2, onTone = () => {} }: SystemPortBOptions) {
    this.#timers = timers
    this.#counter2 = counter2
    this.#onTone = onTone
  }

  readPort(): number {
    const refresh = Math.floor(this.#timers.nowNs() / REFRESH_PERIOD_NS) & 1
    return this.#state.written | (refresh ? PortB.REFRESH_TOGGLE : 0) | (this.#counter2.out(2) ? PortB.TIMER_2_OUT : 0)
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.#state.written = value & PortB.WRITABLE
    this.#counter2.setGate2((value & PortB.TIMER_2_GATE) !== 0)
    const hz = value & PortB.SPEAKER_DATA ? this.#counter2.toneHz() : 0
    if (hz !== this.#toneHz) this.#onTone(hz)
    this.#toneHz = hz
  }

  snapshot(): PortBState {
    return { ...this.#state }
  }

  /** The gate itself is part of the timer's state. */
  restore(state: PortBState): void {
    this.#state = { written: state.written & PortB.WRITABLE }
  }

  reset(): void {
    this.writePort(0, 1, 0)
  }
}

export interface SystemPortAOptions {
  /** Bit 1: address line 20 not forced to zero. */
  a20: Line
  onReset: () => void
}

/** Port 92h: alternate A20 gate and fast CPU reset. */
export class SystemPortA implements PortDevice, Stateful<PortAState> {
  readonly portWidth = 1
  readonly #options: SystemPortAOptions
  #state: PortAState = { written: 0 }

  constructor(options: SystemPortAOptions) {
    this.#options = options
  }

  readPort(): number {
    return this.#state.written
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    const rose = value & ~this.#state.written
    this.#state.written = value & (PortA.FAST_RESET | PortA.A20)
    this.#options.a20((value & PortA.A20) !== 0)
    if (rose & PortA.FAST_RESET) this.#options.onReset()
  }

  snapshot(): PortAState {
    return { ...this.#state }
  }

  restore(state: PortAState): void {
    this.#state = { ...state }
    this.#options.a20((state.written & PortA.A20) !== 0)
  }

  reset(): void {
    this.restore({ written: 0 })
  }
}

export interface ResetControlOptions {
  /** `hard`: the whole machine, not the CPU alone. */
  onReset: (hard: boolean) => void
}

/** Port CF9h. */
export class ResetControlPort implements PortDevice, Stateful<ResetControlState> {
  readonly portWidth = 1
  readonly #options: ResetControlOptions
  #state: ResetControlState = { written: 0 }

  constructor(options: ResetControlOptions) {
    this.#options = options
  }

  readPort(port: number): number {
    return port === RESET_CONTROL ? this.#state.written : 0xff
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port !== RESET_CONTROL) return
    const rose = value & ~this.#state.written
    this.#state.written = value & (ResetControl.SRST | ResetControl.FULL)
    if (rose & ResetControl.RCPU) this.#options.onReset((value & (ResetControl.SRST | ResetControl.FULL)) !== 0)
  }

  snapshot(): ResetControlState {
    return { ...this.#state }
  }

  restore(state: ResetControlState): void {
    this.#state = { ...state }
  }

  reset(): void {
    this.#state = { written: 0 }
  }
}
