import { copyOf } from '../internal/copy.ts'
import { TickGrid } from '../internal/tick-grid.ts'
import { NO_LINE } from '../line.ts'
import type { AccessSize, Line, PortDevice, Stateful, TimerHandle, Timers, WallClock } from '../types.ts'
import { nextAlarm } from './alarm.ts'
import { calendarFromSeconds, dayOfWeek, secondsFromCalendar } from './calendar.ts'
import { writeMemorySize, type MemorySize } from './memory-size.ts'
import {
  CMOS_INDEX,
  DIVIDER_RESET_MS,
  NMI_MASK,
  Register,
  RegisterA,
  RegisterB,
  RegisterC,
  RTC_HZ,
  UPDATE_NS,
  VRT,
} from './registers.ts'
import type { Mc146818State } from './state.ts'
import { decodeAlarm, decodeTime, decodeWeekday, encodeTime, TIME_REGISTERS } from './time-registers.ts'

export interface Mc146818Options {
  timers: Timers
  wallClock: WallClock
  irq?: Line
  /** The alarm rang while its interrupt is enabled. */
  onAlarm?: () => void
  memory?: MemorySize
  /** Contents of further CMOS bytes: [index, value]. */
  cmos?: readonly (readonly [number, number])[]
}

const GRID: TickGrid = new TickGrid(RTC_HZ)
const INTERRUPTS = RegisterB.PIE | RegisterB.AIE | RegisterB.UIE
/** A wall clock that lags behind the timers must not make a callback spin. */
const LEAST_DELAY_NS = 1000

/** The real-time clock and CMOS RAM. Time runs with the wall clock, periodic interrupts with the timers. */
export class Mc146818 implements PortDevice, Stateful<Mc146818State> {
  readonly portWidth = 1
  readonly #timers: Timers
  readonly #wallClock: WallClock
  readonly #irq: Line
  readonly #onAlarm: () => void
  #state: Mc146818State
  #timer: TimerHandle | undefined

  constructor({ timers, wallClock, irq = NO_LINE, onAlarm = () => {}, memory, cmos = [] }: Mc146818Options) {
    this.#onAlarm = onAlarm
    this.#timers = timers
    this.#wallClock = wallClock
    this.#irq = irq
    const ram = new Array<number>(128).fill(0)
    if (memory) writeMemorySize(ram, memory)
    for (const [index, value] of cmos) ram[index & 0x7f] = value & 0xff
    // Register A: 32768 Hz, 1024 Hz periodic rate, as the PC's firmware leaves it.
    this.#state = {
      index: 0,
      nmiMasked: false,
      ram,
      a: 0x26,
      b: RegisterB.HOURS_24,
      c: 0,
      offsetMs: 0,
      weekdayOffset: 0,
      seenSecond: Math.floor(wallClock.nowMs() / 1000),
      seenTick: GRID.ticksAt(timers.nowNs()),
    }
  }

  get nmiMasked(): boolean {
    return this.#state.nmiMasked
  }

  /** A byte of CMOS RAM, as firmware's other half (the chip set, a monitor) sees it. */
  readRam(index: number): number {
    return this.#state.ram[index & 0x7f]!
  }

  /** Sets a byte of CMOS RAM: what the chip set leaves for firmware to find after a reset. */
  writeRam(index: number, value: number): void {
    this.#state.ram[index & 0x7f] = value & 0xff
  }

  readPort(port: number, _size: AccessSize): number {
    return port === CMOS_INDEX ? 0xff : this.#read(this.#state.index)
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port === CMOS_INDEX) {
      this.#state.index = value & 0x7f
      this.#state.nmiMasked = (value & NMI_MASK) !== 0
    } else {
      this.#write(this.#state.index, value)
    }
  }

  snapshot(): Mc146818State {
    return copyOf(this.#state)
  }

  restore(state: Mc146818State): void {
    this.#state = copyOf(state)
    this.#settle()
  }

  /** RESET: interrupts off, flags cleared. Time and RAM live on the battery. */
  reset(): void {
    const state = this.#state
    this.#catchUp()
    state.b &= ~(INTERRUPTS | RegisterB.SQWE)
    state.c = 0
    state.index = 0
    state.nmiMasked = false
    this.#settle()
  }

  #read(index: number): number {
    const state = this.#state
    switch (index) {
      case Register.A:
        return state.a | (this.#updateInProgress() ? RegisterA.UIP : 0)
      case Register.B:
        return state.b
      case Register.C:
        return this.#readC()
      case Register.D:
        return VRT
      default:
        if (this.#held() || !TIME_REGISTERS.includes(index)) return state.ram[index]!
        return this.#timeByte(index)
    }
  }

  #write(index: number, value: number): void {
    const state = this.#state
    this.#catchUp()
    if (index === Register.A) {
      this.#changeControl(value & ~RegisterA.UIP, state.b)
    } else if (index === Register.B) {
      this.#changeControl(state.a, value & RegisterB.SET ? value & ~RegisterB.UIE : value)
    } else if (index !== Register.C && index !== Register.D) {
      const running = !this.#held() && TIME_REGISTERS.includes(index)
      if (running) this.#setTime(new Map([[index, value]]), this.#phaseMs())
      else state.ram[index] = value
    }
    this.#settle()
  }

  #readC(): number {
    const state = this.#state
    this.#catchUp()
    const value = state.c | (this.#interrupting() ? RegisterC.IRQF : 0)
    state.c = 0
    this.#settle()
    return value
  }

  /** Holding the clock writes the time into the RAM bytes; letting it go takes the time from them. */
  #changeControl(a: number, b: number): void {
    const state = this.#state
    const wasHeld = this.#held()
    const dividerWasReset = this.#dividerReset()
    const phaseMs = this.#phaseMs()
    // What stands in the registers stays as it is, even if the format changes with the same write.
    if (!wasHeld) for (const register of TIME_REGISTERS) state.ram[register] = this.#timeByte(register)
    state.b = b
    state.a = a
    const released = dividerWasReset && !this.#dividerReset()
    if (wasHeld && !this.#held()) this.#setTime(new Map(), released ? DIVIDER_RESET_MS : phaseMs)
    if (released) state.seenTick = GRID.ticksAt(this.#timers.nowNs())
  }

  /** Sets the clock from the running (or held) time with some bytes replaced. */
  #setTime(replaced: ReadonlyMap<number, number>, phaseMs: number): void {
    const state = this.#state
    const fromRam = replaced.size === 0
    const current = fromRam ? state.ram : this.#timeBytes()
    const byteOf = (register: number): number => replaced.get(register) ?? current[register]!
    const seconds = secondsFromCalendar(decodeTime(byteOf, state.b))
    const weekday = decodeWeekday(byteOf(Register.DayOfWeek), state.b)
    state.offsetMs = seconds * 1000 + phaseMs - this.#wallClock.nowMs()
    state.weekdayOffset = (((weekday - dayOfWeek(seconds)) % 7) + 7) % 7
    state.seenSecond = seconds
  }

  #timeBytes(): number[] {
    const bytes = [...this.#state.ram]
    for (const register of TIME_REGISTERS) bytes[register] = this.#timeByte(register)
    return bytes
  }

  #timeByte(register: number): number {
    const seconds = this.#second()
    const weekday = ((dayOfWeek(seconds) - 1 + this.#state.weekdayOffset) % 7) + 1
    return encodeTime(register, calendarFromSeconds(seconds), weekday, this.#state.b) & 0xff
  }

  #held(): boolean {
    return (this.#state.b & RegisterB.SET) !== 0 || this.#dividerReset()
  }

  #dividerReset(): boolean {
    return (this.#state.a & RegisterA.DV) >= RegisterA.DV_RESET
  }

  #guestMs(): number {
    return this.#wallClock.nowMs() + this.#state.offsetMs
  }

  #second(): number {
    return Math.floor(this.#guestMs() / 1000)
  }

  /** Milliseconds since the last update. */
  #phaseMs(): number {
    return this.#guestMs() - this.#second() * 1000
  }

  #updateInProgress(): boolean {
    return !this.#held() && (1000 - this.#phaseMs()) * 1e6 <= UPDATE_NS
  }

  /** Ticks between periodic events, 0 when off. Rates 1 and 2 are those of 8 and 9 (MC146818 data sheet, table 5). */
  #periodTicks(): number {
    const rate = this.#state.a & RegisterA.RS
    if (rate === 0 || this.#dividerReset()) return 0
    return 1 << (rate < 3 ? rate + 6 : rate - 1)
  }

  /** Sets the flags of everything that happened since the last look. */
  #catchUp(): void {
    const state = this.#state
    const tick = GRID.ticksAt(this.#timers.nowNs())
    const period = this.#periodTicks()
    if (period > 0 && Math.floor(tick / period) > Math.floor(state.seenTick / period)) state.c |= RegisterC.PF
    state.seenTick = tick
    if (this.#held()) return
    const second = this.#second()
    if (second > state.seenSecond) {
      state.c |= RegisterC.UF
      if (nextAlarm(state.seenSecond, this.#alarm()) <= second) this.#ring()
    }
    state.seenSecond = second
  }

  #ring(): void {
    const state = this.#state
    const isNew = (state.c & RegisterC.AF) === 0
    state.c |= RegisterC.AF
    if (isNew && state.b & RegisterB.AIE) this.#onAlarm()
  }

  #alarm(): ReturnType<typeof decodeAlarm> {
    const { ram, b } = this.#state
    return decodeAlarm(ram[Register.SecondsAlarm]!, ram[Register.MinutesAlarm]!, ram[Register.HoursAlarm]!, b)
  }

  #interrupting(): boolean {
    return (this.#state.c & this.#state.b & INTERRUPTS) !== 0
  }

  #settle(): void {
    this.#irq(this.#interrupting())
    this.#timer?.cancel()
    this.#timer = undefined
    const deadline = this.#nextDeadline()
    if (deadline === Infinity) return
    this.#timer = this.#timers.schedule(deadline, () => {
      this.#catchUp()
      this.#settle()
    })
  }

  /** Only what would newly interrupt needs a timer: a flag that stands already waits for the guest. */
  #nextDeadline(): number {
    const { b, c, seenTick, seenSecond } = this.#state
    const wanted = b & ~c & INTERRUPTS
    const period = this.#periodTicks()
    let deadline = Infinity
    if (wanted & RegisterB.PIE && period > 0) deadline = GRID.nsAt((Math.floor(seenTick / period) + 1) * period)
    if (this.#held()) return deadline
    if (wanted & RegisterB.UIE) deadline = Math.min(deadline, this.#nsOfSecond(seenSecond + 1))
    if (wanted & RegisterB.AIE) deadline = Math.min(deadline, this.#nsOfSecond(nextAlarm(seenSecond, this.#alarm())))
    return deadline
  }

  #nsOfSecond(second: number): number {
    const delayNs = (second * 1000 - this.#guestMs()) * 1e6
    return this.#timers.nowNs() + Math.max(LEAST_DELAY_NS, Math.ceil(delayNs))
  }
}
