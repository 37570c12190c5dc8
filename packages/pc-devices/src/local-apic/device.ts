import { DeliveryMode, type ApicBus, type ApicMessage, type ApicReceiver, type Shorthand } from '../apic-bus.ts'
import { copyOf } from '../internal/copy.ts'
import type { AccessSize, MmioDevice, Stateful, Timers } from '../types.ts'
import { Esr, FIRST_VECTOR, Icr, Lvt, LVT_WRITABLE, LvtIndex, Register, Svr } from './registers.ts'
import { initialApicState, type LocalApicState } from './state.ts'
import { STORED_REGISTERS } from './stored-registers.ts'
import { encodeBase, decodeBase } from './base-msr.ts'
import { matchesDestination } from './destination.ts'
import { ApicTimer } from './timer.ts'
import { clearVector, hasVector, highestVector, setVector } from './vectors.ts'

export interface LocalApicOptions {
  timers: Timers
  bus: ApicBus
  /** Physical APIC ID, 0..254. Default 0. */
  id?: number
  /** Whether this is the bootstrap processor's APIC. Default true. */
  bootstrap?: boolean
  /** Nanoseconds per tick of the timer's clock. Default 1: a bus of 1 GHz. */
  timerTickNs?: number
  /** Periodic expiries that come faster are folded into one. Default 0. */
  shortestEdgeNs?: number
  /** Time stamp counter for TSC-deadline mode. */
  tsc?: { toNs: (tsc: number) => number } | undefined
  onNmi?: () => void
  onInit?: () => void
  onStartup?: (vector: number) => void
  /** IA32_APIC_BASE moved the page, or turned it off (-1). */
  onBase?: (base: number) => void
}

const SHORTHANDS: readonly Shorthand[] = ['none', 'self', 'all', 'others']

/** A local APIC (xAPIC). Attach it as a page of memory; give the CPU `pending` and `acknowledge`. */
export class LocalApic implements MmioDevice, ApicReceiver, Stateful<LocalApicState> {
  /** Called whenever `pending` or `acceptsPic` may have changed. */
  onChange: () => void = () => {}
  readonly #options: LocalApicOptions
  readonly #timer: ApicTimer
  #state: LocalApicState

  constructor(options: LocalApicOptions) {
    const { id = 0, timerTickNs = 1 } = options
    if (!(id >= 0 && id < 255)) throw new RangeError(`APIC ID must lie in 0..254, got ${id}`)
    if (!(timerTickNs > 0)) throw new RangeError(`timerTickNs must be positive, got ${timerTickNs}`)
    this.#options = options
    this.#state = initialApicState(id)
    this.#timer = new ApicTimer(
      {
        timers: options.timers,
        tickNs: timerTickNs,
        shortestEdgeNs: options.shortestEdgeNs ?? 0,
        tsc: options.tsc,
        onExpire: () => this.#raiseLvt(LvtIndex.Timer),
      },
      this.#state.timer,
    )
    options.bus.addLocal(this)
  }

  /** A fixed interrupt outranks the processor's priority. */
  get pending(): boolean {
    const state = this.#state
    return state.globallyEnabled && highestVector(state.irr) >> 4 > this.processorPriority >> 4
  }

  /** The PIC's interrupts reach the CPU. */
  get acceptsPic(): boolean {
    const lint0 = this.#state.lvt[LvtIndex.Lint0]!
    if (!this.#state.globallyEnabled) return true
    return !(lint0 & Lvt.MASK) && ((lint0 >> Lvt.MODE_SHIFT) & 7) === DeliveryMode.ExtInt
  }

  /** An interrupt waits whose vector the PIC has: a message of mode ExtINT. */
  get externalPending(): boolean {
    return this.#state.external
  }

  /** The processor asks the PIC for that vector. */
  takeExternal(): void {
    this.#state.external = false
  }

  get enabled(): boolean {
    return this.#state.globallyEnabled && (this.#state.svr & Svr.ENABLE) !== 0
  }

  /** When the timer expires, if it does so once (one-shot and TSC-deadline modes); null: never, or periodically. */
  get oneShotDueNs(): number | null {
    return this.#timer.oneShotDueNs
  }

  /** PPR (SDM vol. 3, 11.8.3.1). */
  get processorPriority(): number {
    const { tpr, isr } = this.#state
    const inService = Math.max(0, highestVector(isr))
    return tpr >> 4 >= inService >> 4 ? tpr : inService & 0xf0
  }

  /** CR8 is bits 7..4 of the task priority. */
  get taskPriority(): number {
    return this.#state.tpr
  }

  set taskPriority(value: number) {
    this.#state.tpr = value & 0xff
    this.onChange()
  }

  /** IA32_APIC_BASE. */
  readBase(): { low: number; high: number } {
    return encodeBase(this.#state, this.#options.bootstrap ?? true)
  }

  /** Writes IA32_APIC_BASE. False for reserved bits: the CPU raises #GP. Turning the APIC off resets it. */
  writeBase(low: number, high: number): boolean {
    const decoded = decodeBase(low, high)
    if (decoded === undefined) return false
    if (!decoded.globallyEnabled && this.#state.globallyEnabled) this.reset()
    Object.assign(this.#state, decoded)
    this.#options.onBase?.(decoded.globallyEnabled ? decoded.base : -1)
    this.onChange()
    return true
  }

  /** Writes IA32_TSC_DEADLINE, in ticks of the time-stamp counter; 0 disarms. */
  writeTscDeadline(low: number, high: number): void {
    this.#timer.setTscDeadline(low, high)
  }

  readTscDeadline(): { low: number; high: number } {
    return { ...this.#state.timer.tscDeadline }
  }

  /** What firmware does: software-enabled, PIC through LINT0, NMI through LINT1 (SDM vol. 3, 11.5.1, virtual wire). */
  enterVirtualWire(): void {
    this.#writeRegister(Register.SVR, Svr.ENABLE | 0xff)
    this.#writeRegister(Register.LVT_LINT0, DeliveryMode.ExtInt << Lvt.MODE_SHIFT)
    this.#writeRegister(Register.LVT_LINT1, DeliveryMode.Nmi << Lvt.MODE_SHIFT)
  }

  /** The level of pin LINT0 or LINT1. */
  setLint(pin: 0 | 1, level: boolean): void {
    const state = this.#state
    const rose = level && !state.lint[pin]
    state.lint[pin] = level
    const index = pin === 0 ? LvtIndex.Lint0 : LvtIndex.Lint1
    if (!state.globallyEnabled) {
      // With the APIC off the pins are INTR and NMI of old.
      if (rose && pin === 1) this.#options.onNmi?.()
    } else if (rose || (level && this.#isLevel(index))) {
      this.#raiseLvt(index)
    }
  }

  acknowledge(): number {
    const state = this.#state
    if (!this.pending) return state.svr & Svr.VECTOR
    const vector = highestVector(state.irr)
    clearVector(state.irr, vector)
    setVector(state.isr, vector)
    this.onChange()
    return vector
  }

  matches(destination: number, logical: boolean): boolean {
    return this.#state.globallyEnabled && matchesDestination(this.#state, destination, logical)
  }

  accept({ mode, vector, levelTriggered }: ApicMessage): boolean {
    switch (mode) {
      case DeliveryMode.Fixed:
      case DeliveryMode.LowestPriority:
        return this.#acceptFixed(vector, levelTriggered)
      case DeliveryMode.Nmi:
        this.#options.onNmi?.()
        return true
      case DeliveryMode.Init:
        this.init()
        this.#options.onInit?.()
        return true
      case DeliveryMode.Startup:
        this.#options.onStartup?.(vector)
        return true
      case DeliveryMode.ExtInt:
        return this.#acceptExternal()
      default:
        return false
    }
  }

  readMmio(offset: number, size: AccessSize): number {
    // Registers are 32 bits at multiples of 16; the rest of each line reads as zero.
    const value = (offset & 0xc) === 0 ? this.#readRegister(offset & 0xff0) : 0
    return size === 4 && (offset & 3) === 0 ? value : (value >>> (8 * (offset & 3))) >>> 0
  }

  writeMmio(offset: number, size: AccessSize, value: number): void {
    if (size === 4 && (offset & 0xf) === 0) this.#writeRegister(offset & 0xff0, value)
  }

  snapshot(): LocalApicState {
    return copyOf(this.#state)
  }

  restore(state: LocalApicState): void {
    this.#state = copyOf(state)
    const lvt = this.#state.lvt[LvtIndex.Timer]!
    this.#timer.restore(this.#state.timer, (lvt >> Lvt.TIMER_MODE_SHIFT) & 3, (lvt & Lvt.MASK) !== 0)
    this.#options.onBase?.(state.globallyEnabled ? state.base : -1)
    this.onChange()
  }

  /** Power-up: software-disabled, everything masked. */
  reset(): void {
    this.restore({ ...initialApicState(this.#options.id ?? 0), lint: this.#state.lint })
  }

  /** INIT of its processor: as at power-up, but for its ID and its page (SDM vol. 3, 11.4.7.3). */
  init(): void {
    const { id, base, globallyEnabled, lint } = this.#state
    this.restore({ ...initialApicState(id), base, globallyEnabled, lint })
  }

  #acceptFixed(vector: number, level: boolean): boolean {
    if (!this.enabled) return false
    if (vector < FIRST_VECTOR) {
      this.#error(Esr.RECEIVE_ILLEGAL_VECTOR)
      return false
    }
    const state = this.#state
    setVector(state.irr, vector)
    if (level) setVector(state.tmr, vector)
    else clearVector(state.tmr, vector)
    this.onChange()
    return true
  }

  #acceptExternal(): boolean {
    if (!this.enabled) return false
    this.#state.external = true
    this.onChange()
    return true
  }

  #isLevel(index: number): boolean {
    const entry = this.#state.lvt[index]!
    return (entry & Lvt.LEVEL) !== 0 && ((entry >> Lvt.MODE_SHIFT) & 7) === DeliveryMode.Fixed
  }

  /** A local source fires. ExtINT is no message: the PIC's own output counts then. */
  #raiseLvt(index: number): void {
    const state = this.#state
    const entry = state.lvt[index]!
    if (entry & Lvt.MASK) return
    const plain = index === LvtIndex.Timer || index === LvtIndex.Error
    const mode = plain ? DeliveryMode.Fixed : (entry >> Lvt.MODE_SHIFT) & 7
    const level = this.#isLevel(index) && !plain
    if (level && entry & Lvt.REMOTE_IRR) return
    if (mode === DeliveryMode.Startup || mode === DeliveryMode.LowestPriority || mode === DeliveryMode.ExtInt) return
    const taken = this.accept({
      destination: 0,
      logical: false,
      mode,
      vector: entry & Lvt.VECTOR,
      levelTriggered: level,
    })
    if (taken && level) state.lvt[index] = entry | Lvt.REMOTE_IRR
  }

  #error(bit: number): void {
    // An error that is reported already raises nothing more: an illegal error vector cannot feed itself.
    if (this.#state.errors & bit) return
    this.#state.errors |= bit
    this.#raiseLvt(LvtIndex.Error)
  }

  #endOfInterrupt(): void {
    const state = this.#state
    const vector = highestVector(state.isr)
    if (vector < 0) return
    clearVector(state.isr, vector)
    this.onChange()
    if (!hasVector(state.tmr, vector)) return
    this.#options.bus.broadcastEoi(vector)
    for (const pin of [0, 1] as const) {
      const index = pin === 0 ? LvtIndex.Lint0 : LvtIndex.Lint1
      const entry = state.lvt[index]!
      if (!(entry & Lvt.REMOTE_IRR) || (entry & Lvt.VECTOR) !== vector) continue
      state.lvt[index] = entry & ~Lvt.REMOTE_IRR
      if (state.lint[pin]) this.#raiseLvt(index)
    }
  }

  #readRegister(register: number): number {
    const stored = STORED_REGISTERS.get(register)
    if (stored) return stored(this.#state)
    if (register === Register.PPR) return this.processorPriority
    if (register === Register.TIMER_CURRENT) return this.#timer.current()
    this.#error(Esr.ILLEGAL_REGISTER)
    return 0
  }

  #writeRegister(register: number, value: number): void {
    const state = this.#state
    if (register >= Register.LVT_TIMER && register <= Register.LVT_ERROR) {
      return this.#writeLvt((register - Register.LVT_TIMER) >> 4, value)
    }
    switch (register) {
      case Register.ID:
        state.id = value >>> 24
        return
      case Register.TPR:
        this.taskPriority = value
        return
      case Register.EOI:
        return this.#endOfInterrupt()
      case Register.LDR:
        state.ldr = (value & 0xff00_0000) >>> 0
        return this.#options.bus.retry()
      case Register.DFR:
        state.dfr = (value | 0x0fff_ffff) >>> 0
        return this.#options.bus.retry()
      case Register.SVR:
        return this.#writeSvr(value)
      case Register.ESR:
        state.esr = state.errors
        state.errors = 0
        return
      case Register.ICR_LOW:
        state.icrLow = value & Icr.LOW_WRITABLE
        return this.#sendIpi()
      case Register.ICR_HIGH:
        state.icrHigh = (value & 0xff00_0000) >>> 0
        return
      case Register.TIMER_INITIAL:
        return this.#timer.setInitial(value)
      case Register.TIMER_DIVIDE:
        return this.#timer.setDivide(value)
      default:
        if (!this.#readOnly(register)) this.#error(Esr.ILLEGAL_REGISTER)
    }
  }

  #readOnly(register: number): boolean {
    if (register >= Register.ISR && register < Register.ESR) return true
    return (
      register === Register.VERSION ||
      register === Register.TIMER_CURRENT ||
      (register >= Register.APR && register <= Register.RRD)
    )
  }

  #writeLvt(index: number, value: number): void {
    const state = this.#state
    const forced = this.enabled ? 0 : Lvt.MASK
    const entry = (value & LVT_WRITABLE[index]!) | forced | (state.lvt[index]! & Lvt.REMOTE_IRR)
    state.lvt[index] = entry & Lvt.LEVEL ? entry : entry & ~Lvt.REMOTE_IRR
    if (index === LvtIndex.Timer) {
      this.#timer.configure((entry >> Lvt.TIMER_MODE_SHIFT) & 3, (entry & Lvt.MASK) !== 0)
    } else if (index === LvtIndex.Lint0 || index === LvtIndex.Lint1) {
      const pin = index === LvtIndex.Lint0 ? 0 : 1
      if (state.lint[pin] && this.#isLevel(index)) this.#raiseLvt(index)
    }
    this.onChange()
  }

  /** Software-disabling masks all local sources; what is pending stays (SDM vol. 3, 11.4.7.2). */
  #writeSvr(value: number): void {
    const state = this.#state
    const was = this.enabled
    state.svr = value & Svr.WRITABLE
    if (!this.enabled) for (let index = 0; index < state.lvt.length; index++) this.#writeLvt(index, state.lvt[index]!)
    if (this.enabled && !was) this.#options.bus.retry()
    this.onChange()
  }

  #sendIpi(): void {
    const { icrLow, icrHigh } = this.#state
    const mode = (icrLow >> Lvt.MODE_SHIFT) & 7
    const vector = icrLow & 0xff
    const fixed = mode === DeliveryMode.Fixed || mode === DeliveryMode.LowestPriority
    // Reserved in this register (SDM vol. 3, figure 10-12).
    if (mode === DeliveryMode.ExtInt) return
    if (fixed && vector < FIRST_VECTOR) return this.#error(Esr.SEND_ILLEGAL_VECTOR)
    // INIT level de-assert only synchronizes arbitration IDs, which no longer exist.
    if (mode === DeliveryMode.Init && icrLow & Icr.LEVEL && !(icrLow & Icr.ASSERT)) return
    const logical = (icrLow & Icr.LOGICAL) !== 0
    const message = { destination: icrHigh >>> 24, logical, mode, vector, levelTriggered: false }
    this.#options.bus.sendIpi(this, SHORTHANDS[(icrLow >> Icr.SHORTHAND_SHIFT) & 3]!, message)
  }
}
