import { TickGrid } from '../internal/tick-grid.ts'
import { NO_LINE } from '../line.ts'
import type { AccessSize, Line, PortDevice, Stateful, TimerHandle, Timers } from '../types.ts'
import { Counter } from './counter.ts'
import { CONTROL_WORD, COUNTER_0, PIT_HZ, READ_BACK, SELECT_SHIFT } from './registers.ts'
import { initialCounterState, type CounterState, type I8254State } from './state.ts'

export interface I8254Options {
  timers: Timers
  /** OUT of counter 0. */
  out0?: Line
  /**
   * The shortest time between two timer callbacks. OUT edges that come faster are folded into one: the guest loses
   * interrupts that no CPU could serve, the host keeps its time. Default 0: every edge that the timers can resolve.
   */
  shortestEdgeNs?: number
}

const GRID: TickGrid = new TickGrid(PIT_HZ)

/** The programmable interval timer: counter 0 interrupts, counter 1 refreshed memory once, counter 2 drives the speaker. */
export class I8254 implements PortDevice, Stateful<I8254State> {
  readonly portWidth = 1
  readonly #timers: Timers
  readonly #out0: Line
  readonly #shortestEdgeNs: number
  readonly #counters: [Counter, Counter, Counter] = [new Counter(true), new Counter(true), new Counter(false)]
  #timer: TimerHandle | undefined
  /** The rise that the timer waits for, -1 when it has to be found anew. */
  #timerTick = -1
  #lastEdgeNs: number | null = null

  constructor({ timers, out0 = NO_LINE, shortestEdgeNs = 0 }: I8254Options) {
    this.#timers = timers
    this.#out0 = out0
    this.#shortestEdgeNs = shortestEdgeNs
  }

  /** OUT of a counter now. */
  out(index: 0 | 1 | 2): boolean {
    return this.#counter(index).out
  }

  gate2(): boolean {
    return this.#counters[2].gate
  }

  setGate2(level: boolean): void {
    this.#counter(2).setGate(level)
  }

  /** What the speaker plays if its data gate is open: Hz, or 0 for no tone. */
  toneHz(): number {
    const counter = this.#counter(2)
    return counter.mode === 3 && counter.gate && counter.reload > 1 ? PIT_HZ / counter.reload : 0
  }

  readPort(port: number, _size: AccessSize): number {
    if (port === CONTROL_WORD) return 0xff
    const value = this.#counter((port - COUNTER_0) & 3).readByte()
    this.#settle()
    return value
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port === CONTROL_WORD) this.#writeControl(value)
    else this.#counter((port - COUNTER_0) & 3).writeByte(value)
    this.#settle()
  }

  snapshot(): I8254State {
    this.#settle()
    const [first, second, third] = [this.#counter(0), this.#counter(1), this.#counter(2)]
    return { counters: [first.snapshot(), second.snapshot(), third.snapshot()], lastEdgeNs: this.#lastEdgeNs }
  }

  restore({ counters, lastEdgeNs }: I8254State): void {
    this.#counters.forEach((counter, index) => counter.restore(counters[index]!))
    this.#lastEdgeNs = lastEdgeNs
    this.#out0(this.#counters[0].out)
    this.#timerTick = -1
    this.#settle()
  }

  /** The data sheet leaves the state after power-on open: here OUT is low and nothing counts. */
  reset(): void {
    const tick = this.#now()
    const fresh = (gate: boolean): CounterState => ({ ...initialCounterState(gate), tick })
    this.restore({ counters: [fresh(true), fresh(true), fresh(false)], lastEdgeNs: null })
  }

  #writeControl(control: number): void {
    const select = control >> SELECT_SHIFT
    if (select === READ_BACK) {
      for (const index of [0, 1, 2]) if (control & (2 << index)) this.#counter(index).readBack(control)
      return
    }
    const counter = this.#counter(select)
    if ((control & 0x30) === 0) counter.latchCount()
    else counter.writeControl(control)
  }

  #now(): number {
    return GRID.ticksAt(this.#timers.nowNs())
  }

  #counter(index: number): Counter {
    const counter = this.#counters[index]!
    counter.advance(this.#now())
    return counter
  }

  /** Brings the interrupt line and the timer in step with counter 0. */
  #settle(): void {
    const counter = this.#counter(0)
    if (counter.takeRise()) {
      // An edge is shown even if OUT has fallen meanwhile: the line falls at the next access or edge.
      this.#out0(false)
      this.#out0(true)
      this.#lastEdgeNs = this.#timers.nowNs()
    } else {
      this.#out0(counter.out)
    }
    const tick = counter.nextRise()
    if (tick === this.#timerTick) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerTick = tick
    if (tick === Infinity) return
    const earliest = this.#lastEdgeNs === null ? 0 : this.#lastEdgeNs + this.#shortestEdgeNs
    const deadline = Math.max(GRID.nsAt(tick), earliest)
    this.#timer = this.#timers.schedule(deadline, () => {
      this.#timerTick = -1
      this.#settle()
    })
  }
}
