import { copyOf } from '../internal/copy.ts'
import { TickGrid } from '../internal/tick-grid.ts'
import { NO_LINE } from '../line.ts'
import type { AccessSize, Line, PortDevice, Stateful, TimerHandle, Timers } from '../types.ts'
import {
  ACPI_DISABLE,
  ACPI_ENABLE,
  APM_CONTROL,
  PM1_ENABLES,
  Pm1Control,
  Pm1Status,
  PM_TIMER_HZ,
  Register,
} from './registers.ts'
import type { AcpiPmState } from './state.ts'

export interface AcpiPmOptions {
  timers: Timers
  sci?: Line
  /** The guest wrote the sleep type of soft-off (S5). */
  onPowerOff?: () => void
  /** Values of SLP_TYP that mean soft-off, as the firmware's \_S5 object tells the guest. Default 0 and 5. */
  softOffTypes?: readonly number[]
  /** The guest wrote a sleep type of suspend to memory (S3): the machine sleeps until `wake`. */
  onSuspend?: () => void
  /** Values of SLP_TYP that suspend to memory. Default none: such a sleep ends at once. */
  suspendTypes?: readonly number[]
  /** Something woke the machine up. */
  onWake?: (source: WakeSource) => void
  /** Width of the PM timer. Default 24. */
  timerBits?: 24 | 32
  /** SCI_EN after reset: firmware hands over in ACPI mode, so that the FADT needs no SMI command. Default true. */
  sciEnabledAtReset?: boolean
}

/** What wakes a machine up: the power button, the clock's alarm, a key, or its owner. */
export type WakeSource = 'power-button' | 'alarm' | 'keyboard' | 'host'

/** The status bit that each source leaves for the guest to find. */
const WAKE_STATUS: Readonly<Record<WakeSource, number>> = {
  'power-button': Pm1Status.PWRBTN_STS,
  alarm: Pm1Status.RTC_STS,
  keyboard: 0,
  host: 0,
}

const GRID: TickGrid = new TickGrid(PM_TIMER_HZ)

/** The fixed hardware of ACPI: events, control, PM timer, general-purpose events; and the APM command ports. */
export class AcpiPm implements PortDevice, Stateful<AcpiPmState> {
  readonly #timers: Timers
  readonly #sci: Line
  readonly #onPowerOff: () => void
  readonly #softOffTypes: readonly number[]
  readonly #onSuspend: () => void
  readonly #suspendTypes: readonly number[]
  readonly #onWake: (source: WakeSource) => void
  readonly #timerBits: number
  readonly #initialControl: number
  #state: AcpiPmState
  #timer: TimerHandle | undefined

  constructor(options: AcpiPmOptions) {
    this.#timers = options.timers
    this.#sci = options.sci ?? NO_LINE
    this.#onPowerOff = options.onPowerOff ?? (() => {})
    this.#softOffTypes = options.softOffTypes ?? [0, 5]
    this.#onSuspend = options.onSuspend ?? (() => {})
    this.#suspendTypes = options.suspendTypes ?? []
    this.#onWake = options.onWake ?? (() => {})
    this.#timerBits = options.timerBits ?? 24
    this.#initialControl = (options.sciEnabledAtReset ?? true) ? Pm1Control.SCI_EN : 0
    this.#state = this.#initial()
  }

  /** Suspended to memory: everything but what can wake the machine stands still. */
  get sleeping(): boolean {
    return this.#state.sleeping === true
  }

  /** The user pressed the power button: the guest is asked to shut down, or woken up. */
  pressPowerButton(): void {
    if (this.sleeping) return this.wake('power-button')
    this.#state.status |= Pm1Status.PWRBTN_STS
    this.#settle()
  }

  /** The clock's alarm rang: an event, which wakes the machine up if the guest enabled it. */
  ringAlarm(): void {
    if (this.sleeping && this.#state.enable & Pm1Status.RTC_STS) return this.wake('alarm')
    this.#state.status |= Pm1Status.RTC_STS
    this.#settle()
  }

  /** Ends a suspend to memory; nothing happens to a machine that is awake. */
  wake(source: WakeSource): void {
    const state = this.#state
    if (!state.sleeping) return
    state.sleeping = false
    state.status |= Pm1Status.WAK_STS | WAKE_STATUS[source]
    this.#settle()
    this.#onWake(source)
  }

  /** Raises general-purpose event 0..15. */
  raiseGpe(event: number): void {
    if (!(event >= 0 && event < 16)) throw new RangeError(`event must lie in 0..15, got ${event}`)
    this.#state.gpeStatus |= 1 << event
    this.#settle()
  }

  /** `port` is the offset in the block. */
  readPort(port: number, size: AccessSize): number {
    const ticks = GRID.ticksAt(this.#timers.nowNs())
    this.#catchUp(ticks)
    let value = 0
    for (let i = 0; i < size; i++) value |= this.#readByte(port + i, ticks) << (8 * i)
    return value >>> 0
  }

  writePort(port: number, size: AccessSize, value: number): void {
    this.#catchUp()
    for (let i = 0; i < size; i++) this.#writeByte(port + i, (value >>> (8 * i)) & 0xff)
    this.#settle()
  }

  /** Ports B2h and B3h. */
  readonly apm: PortDevice = {
    portWidth: 1,
    readPort: (port) => this.#state.apm[port === APM_CONTROL ? 0 : 1],
    writePort: (port, _size, value) => {
      const state = this.#state
      state.apm[port === APM_CONTROL ? 0 : 1] = value
      if (port !== APM_CONTROL) return
      if (value === ACPI_ENABLE) state.control |= Pm1Control.SCI_EN
      else if (value === ACPI_DISABLE) state.control &= ~Pm1Control.SCI_EN
      this.#settle()
    },
  }

  snapshot(): AcpiPmState {
    return copyOf(this.#state)
  }

  restore(state: AcpiPmState): void {
    this.#state = copyOf(state)
    this.#settle()
  }

  reset(): void {
    this.#state = this.#initial()
    this.#settle()
  }

  /** The rest of the machine lost its power, the registers that can wake it did not. */
  suspend(): void {
    this.#state.control = this.#initialControl
    this.#settle()
  }

  #initial(): AcpiPmState {
    const seenHalves = this.#halves(GRID.ticksAt(this.#timers.nowNs()))
    const control = this.#initialControl
    return { status: 0, enable: 0, control, gpeStatus: 0, gpeEnable: 0, seenHalves, apm: [0, 0], sleeping: false }
  }

  #readByte(offset: number, ticks: number): number {
    const { status, enable, control, gpeStatus, gpeEnable } = this.#state
    const shift = 8 * (offset & 1)
    switch (offset & ~1) {
      case Register.PM1_STS:
        return (status >> shift) & 0xff
      case Register.PM1_EN:
        return (enable >> shift) & 0xff
      case Register.PM1_CNT:
        return (control >> shift) & 0xff
      case Register.PM_TMR:
      case Register.PM_TMR + 2:
        return Math.floor((ticks % 2 ** this.#timerBits) / 2 ** (8 * (offset & 3))) & 0xff
      case Register.GPE0_STS:
        return (gpeStatus >> shift) & 0xff
      case Register.GPE0_EN:
        return (gpeEnable >> shift) & 0xff
      default:
        return 0
    }
  }

  #writeByte(offset: number, value: number): void {
    const state = this.#state
    const shift = 8 * (offset & 1)
    const keep = 0xff00 >> shift
    const bits = value << shift
    switch (offset & ~1) {
      case Register.PM1_STS:
        state.status &= ~bits
        break
      case Register.PM1_EN:
        state.enable = (state.enable & keep) | (bits & PM1_ENABLES)
        break
      case Register.PM1_CNT:
        state.control = (state.control & keep) | (bits & Pm1Control.WRITABLE)
        if (bits & Pm1Control.SLP_EN) this.#sleep()
        break
      case Register.GPE0_STS:
        state.gpeStatus &= ~bits
        break
      case Register.GPE0_EN:
        state.gpeEnable = (state.gpeEnable & keep) | bits
    }
  }

  /** Sleep states that there are not end at once: the guest finds itself woken. */
  #sleep(): void {
    const type = (this.#state.control & Pm1Control.SLP_TYP) >> Pm1Control.SLP_TYP_SHIFT
    if (this.#softOffTypes.includes(type)) return this.#onPowerOff()
    if (!this.#suspendTypes.includes(type)) {
      this.#state.status |= Pm1Status.WAK_STS
      return
    }
    this.#state.sleeping = true
    this.#onSuspend()
  }

  #halves(ticks: number): number {
    return Math.floor(ticks / 2 ** (this.#timerBits - 1))
  }

  /** TMR_STS is set whenever the timer's top bit changes. */
  #catchUp(ticks: number = GRID.ticksAt(this.#timers.nowNs())): void {
    const halves = this.#halves(ticks)
    if (halves > this.#state.seenHalves) this.#state.status |= Pm1Status.TMR_STS
    this.#state.seenHalves = halves
  }

  #settle(): void {
    const { status, enable, control, gpeStatus, gpeEnable, seenHalves } = this.#state
    const event = (status & enable) !== 0 || (gpeStatus & gpeEnable) !== 0
    this.#sci(event && (control & Pm1Control.SCI_EN) !== 0)
    this.#timer?.cancel()
    this.#timer = undefined
    if (!(enable & ~status & Pm1Status.TMR_STS)) return
    this.#timer = this.#timers.schedule(GRID.nsAt((seenHalves + 1) * 2 ** (this.#timerBits - 1)), () => {
      this.#catchUp()
      this.#settle()
    })
  }
}
