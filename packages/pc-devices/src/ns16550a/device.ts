import { copyOf } from '../internal/copy.ts'
import { NO_LINE } from '../line.ts'
import type { AccessSize, Line, PortDevice, Stateful, TimerHandle, Timers } from '../types.ts'
import { characterNs, modemStatus, type ModemLines } from './framing.ts'
import { Fcr, FIFO_BYTES, Ier, Iir, Lcr, Lsr, Mcr, Msr, Register, TRIGGER_LEVELS } from './registers.ts'
import { initialUartState, type Ns16550aState } from './state.ts'

export interface Ns16550aOptions {
  timers: Timers
  irq?: Line
  /** Takes a byte that the guest sent. */
  transmit?: (byte: number) => void
  /** Called when the input queue was full and has room again, with the number of free bytes. */
  onInputRoom?: (freeBytes: number) => void
  /** Bytes that `receive` queues at most. Default 4096. */
  inputCapacityBytes?: number
  /** `instant`: the transmitter is always empty. `baud`: a byte takes the time of its bits. Default `instant`. */
  pacing?: 'instant' | 'baud'
}

/** A 16550A serial port. */
export class Ns16550a implements PortDevice, Stateful<Ns16550aState> {
  readonly portWidth = 1
  readonly #timers: Timers
  readonly #irq: Line
  readonly #transmit: (byte: number) => void
  readonly #onInputRoom: (freeBytes: number) => void
  readonly #capacity: number
  readonly #instant: boolean
  #state: Ns16550aState = initialUartState()
  #sendTimer: TimerHandle | undefined
  #timeoutTimer: TimerHandle | undefined

  constructor(options: Ns16550aOptions) {
    this.#timers = options.timers
    this.#irq = options.irq ?? NO_LINE
    this.#transmit = options.transmit ?? (() => {})
    this.#onInputRoom = options.onInputRoom ?? (() => {})
    this.#capacity = options.inputCapacityBytes ?? 4096
    this.#instant = options.pacing !== 'baud'
    if (!(this.#capacity >= 1)) throw new RangeError(`inputCapacityBytes must be at least 1, got ${this.#capacity}`)
  }

  /** Bytes that `receive` would take now. */
  get inputRoom(): number {
    return Math.max(0, this.#capacity - this.#state.input.length)
  }

  /** Queues input for the guest. Returns how many bytes were taken; offer the rest again at `onInputRoom`. */
  receive(bytes: ArrayLike<number>): number {
    const count = Math.min(bytes.length, this.inputRoom)
    for (let i = 0; i < count; i++) this.#state.input.push(bytes[i]! & 0xff)
    this.#fill()
    this.#settle()
    return count
  }

  /** The far end holds the line in the break state: a zero byte with the break error. */
  receiveBreak(): void {
    this.#push(0)
    this.#state.lineErrors |= Lsr.BI
    this.#settle()
  }

  /** The modem's lines; at first CTS, DSR and DCD are asserted. */
  setModemLines(lines: ModemLines): void {
    this.#state.modem = modemStatus(lines)
    this.#updateModem()
    this.#settle()
  }

  readPort(port: number, _size: AccessSize): number {
    const state = this.#state
    switch (port & 7) {
      case Register.RBR_THR:
        return state.lcr & Lcr.DLAB ? state.divisor & 0xff : this.#readReceiver()
      case Register.IER:
        return state.lcr & Lcr.DLAB ? state.divisor >> 8 : state.ier
      case Register.IIR_FCR:
        return this.#readIir()
      case Register.LCR:
        return state.lcr
      case Register.MCR:
        return state.mcr
      case Register.LSR:
        return this.#readLsr()
      case Register.MSR:
        return this.#readMsr()
      default:
        return state.scr
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const state = this.#state
    const register = port & 7
    if (register === Register.RBR_THR) {
      if (state.lcr & Lcr.DLAB) state.divisor = (state.divisor & 0xff00) | value
      else this.#writeTransmitter(value)
    } else if (register === Register.IER) {
      if (state.lcr & Lcr.DLAB) state.divisor = (state.divisor & 0xff) | (value << 8)
      else this.#writeIer(value & 0x0f)
    } else if (register === Register.IIR_FCR) {
      this.#writeFcr(value)
    } else if (register === Register.LCR) {
      state.lcr = value
    } else if (register === Register.MCR) {
      state.mcr = value & Mcr.WRITABLE
      this.#updateModem()
      this.#fill()
    } else if (register === Register.SCR) {
      state.scr = value
    }
    this.#settle()
  }

  snapshot(): Ns16550aState {
    return copyOf(this.#state)
  }

  restore(state: Ns16550aState): void {
    this.#state = copyOf(state)
    this.#sendTimer?.cancel()
    this.#sendTimer = undefined
    if (state.sending !== null) this.#sendTimer = this.#timers.schedule(state.sentAtNs, () => this.#sent())
    this.#armTimeout(state.timeoutAtNs)
    this.#settle()
  }

  /** Master reset. What the host queued as input stays. */
  reset(): void {
    const { input, modem, scr } = this.#state
    this.restore({ ...initialUartState(), input, modem, msr: modem, scr })
  }

  #readReceiver(): number {
    const state = this.#state
    const value = state.received.shift() ?? 0
    state.timedOut = false
    this.#armTimeout(state.received.length > 0 && this.#fifos() ? this.#silenceAtNs() : null)
    // The request falls with the byte that was read, even if another waits outside.
    this.#settle()
    this.#fill()
    this.#settle()
    return value
  }

  #readIir(): number {
    const source = this.#source()
    if (source === Iir.TransmitterEmpty) this.#state.transmitterEmpty = false
    this.#settle()
    return source | (this.#fifos() ? Iir.FIFOS_ENABLED : 0)
  }

  #readLsr(): number {
    const state = this.#state
    const empty = state.transmitting.length === 0
    const value =
      state.lineErrors |
      (state.received.length > 0 ? Lsr.DR : 0) |
      (empty ? Lsr.THRE : 0) |
      (empty && state.sending === null ? Lsr.TEMT : 0)
    state.lineErrors = 0
    this.#settle()
    return value
  }

  #readMsr(): number {
    const value = this.#state.msr
    this.#state.msr &= 0xf0
    this.#settle()
    return value
  }

  #writeIer(value: number): void {
    const state = this.#state
    const enabled = value & ~state.ier
    state.ier = value
    // Enabling the interrupt while the holding register is empty raises it at once.
    if (enabled & Ier.ETBEI && state.transmitting.length === 0) state.transmitterEmpty = true
  }

  #writeFcr(value: number): void {
    const state = this.#state
    const toggled = ((value ^ state.fcr) & Fcr.ENABLE) !== 0
    if (toggled || (value & Fcr.ENABLE && value & Fcr.RESET_RECEIVER)) {
      state.received = []
      state.timedOut = false
      this.#armTimeout(null)
    }
    if (toggled || (value & Fcr.ENABLE && value & Fcr.RESET_TRANSMITTER)) {
      if (state.transmitting.length > 0) state.transmitterEmpty = true
      state.transmitting = []
    }
    state.fcr = value & Fcr.ENABLE ? value & 0xc9 : 0
    this.#fill()
  }

  #writeTransmitter(value: number): void {
    const state = this.#state
    state.transmitterEmpty = false
    // The request falls before it may rise again.
    this.#settle()
    if (this.#instant) {
      this.#emit(value)
      state.transmitterEmpty = true
      return
    }
    if (state.transmitting.length < this.#depth()) state.transmitting.push(value)
    else if (!this.#fifos()) state.transmitting[0] = value
    if (state.sending === null) this.#send()
  }

  /** Moves the next byte into the shift register. */
  #send(): void {
    const state = this.#state
    const byte = state.transmitting.shift()
    state.sending = byte ?? null
    if (byte === undefined) return
    if (state.transmitting.length === 0) state.transmitterEmpty = true
    state.sentAtNs = this.#timers.nowNs() + characterNs(state.lcr, state.divisor)
    this.#sendTimer = this.#timers.schedule(state.sentAtNs, () => this.#sent())
  }

  #sent(): void {
    this.#sendTimer = undefined
    if (this.#state.sending !== null) this.#emit(this.#state.sending)
    this.#send()
    this.#settle()
  }

  #emit(byte: number): void {
    if (this.#state.mcr & Mcr.LOOP) this.#push(byte)
    else this.#transmit(byte)
  }

  /** A byte arrives at the receiver. */
  #push(byte: number): void {
    const state = this.#state
    if (state.received.length >= this.#depth()) {
      state.lineErrors |= Lsr.OE
      if (!this.#fifos()) state.received[0] = byte
    } else {
      state.received.push(byte)
    }
    this.#armTimeout(this.#fifos() ? this.#silenceAtNs() : null)
  }

  /** The timeout comes when nothing was received or read for four characters. */
  #silenceAtNs(): number {
    return this.#timers.nowNs() + 4 * characterNs(this.#state.lcr, this.#state.divisor)
  }

  /** Takes queued input as far as there is room, so that nothing is lost. Loopback cuts the receiver off. */
  #fill(): void {
    const state = this.#state
    if (state.mcr & Mcr.LOOP || state.input.length === 0) return
    const wasFull = this.inputRoom === 0
    const taken = Math.min(this.#depth() - state.received.length, state.input.length)
    if (taken <= 0) return
    for (const byte of state.input.splice(0, taken)) this.#push(byte)
    if (wasFull) this.#onInputRoom(this.inputRoom)
  }

  #armTimeout(atNs: number | null): void {
    this.#state.timeoutAtNs = atNs
    this.#timeoutTimer?.cancel()
    this.#timeoutTimer = undefined
    if (atNs === null) return
    this.#timeoutTimer = this.#timers.schedule(atNs, () => {
      this.#timeoutTimer = undefined
      this.#state.timeoutAtNs = null
      this.#state.timedOut = this.#state.received.length > 0
      this.#settle()
    })
  }

  /** The modem's lines, or in loopback the modem control outputs; differences set the delta bits. */
  #updateModem(): void {
    const state = this.#state
    const { mcr } = state
    const lines =
      mcr & Mcr.LOOP
        ? modemStatus({
            cts: (mcr & Mcr.RTS) !== 0,
            dsr: (mcr & Mcr.DTR) !== 0,
            ri: (mcr & Mcr.OUT1) !== 0,
            dcd: (mcr & Mcr.OUT2) !== 0,
          })
        : state.modem
    const changed = (state.msr ^ lines) & 0xf0
    // RI counts only when it ends.
    const deltas = ((changed & (Msr.CTS | Msr.DSR | Msr.DCD)) >> 4) | (changed & ~lines & Msr.RI ? Msr.TERI : 0)
    state.msr = lines | (state.msr & 0x0f) | deltas
  }

  #fifos(): boolean {
    return (this.#state.fcr & Fcr.ENABLE) !== 0
  }

  #depth(): number {
    return this.#fifos() ? FIFO_BYTES : 1
  }

  #source(): number {
    const { ier, lineErrors, received, fcr, timedOut, transmitterEmpty, msr } = this.#state
    const trigger = this.#fifos() ? TRIGGER_LEVELS[(fcr >> Fcr.TRIGGER_SHIFT) as 0 | 1 | 2 | 3] : 1
    if (ier & Ier.ELSI && lineErrors & Lsr.ERRORS) return Iir.ReceiverLineStatus
    if (ier & Ier.ERBFI && received.length >= trigger) return Iir.ReceivedDataAvailable
    if (ier & Ier.ERBFI && timedOut) return Iir.CharacterTimeout
    if (ier & Ier.ETBEI && transmitterEmpty) return Iir.TransmitterEmpty
    if (ier & Ier.EDSSI && msr & 0x0f) return Iir.ModemStatus
    return Iir.NoInterrupt
  }

  /** In a PC, OUT2 gates the interrupt; loopback takes the pin away. */
  #settle(): void {
    const gated = (this.#state.mcr & (Mcr.OUT2 | Mcr.LOOP)) === Mcr.OUT2
    this.#irq(gated && this.#source() !== Iir.NoInterrupt)
  }
}
