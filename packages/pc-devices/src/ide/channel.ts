import type { AccessSize, DmaMemory, Line, PortDevice, Stateful, TimerHandle, Timers } from '../types.ts'
import type { AtaDisk } from './ata-disk.ts'
import type { AtapiCd } from './atapi-cd.ts'
import { BusMasterChannel, initialBusMaster } from './bus-master.ts'
import type { Drive } from './drive.ts'
import { Command, Control, DeviceBit, Register } from './registers.ts'
import type { AtaDiskState, AtapiCdState, ChannelState } from './state.ts'

export type IdeDrive = AtaDisk | AtapiCd

/** Blocks (64 KiB each at most) that one access moves; a longer transfer goes on by timer. */
const BLOCKS_AT_ONCE = 4
const PAUSE_NS = 500_000

export interface ChannelOptions {
  timers: Timers
  memory: DmaMemory
  irq: Line
  /** Device 0 and device 1. */
  drives: readonly (IdeDrive | null | undefined)[]
  /** Whether the function may master the bus now. */
  busMaster: () => boolean
}

/** One IDE cable: command and control block, two drives, a bus master. */
export class IdeChannel implements PortDevice, Stateful<ChannelState> {
  readonly drives: readonly (IdeDrive | null)[]
  readonly master: BusMasterChannel
  readonly #timers: Timers
  readonly #irq: Line
  readonly #mayMaster: () => boolean
  #selected = 0
  #control = 0
  #asserted = false
  #nextDmaNs: number | null = null
  #timer: TimerHandle | undefined

  constructor({ timers, memory, irq, drives, busMaster }: ChannelOptions) {
    this.#timers = timers
    this.#irq = irq
    this.#mayMaster = busMaster
    this.drives = [drives[0] ?? null, drives[1] ?? null]
    this.master = new BusMasterChannel(memory, (on) => (on ? this.#pump() : this.#schedule(null)))
    for (const drive of this.drives) if (drive) drive.onChange = () => this.#settle()
  }

  /** `port` is the offset in the command block. */
  readPort(port: number, size: AccessSize): number {
    if (port === Register.DATA) return this.#current?.readData(size) ?? 0xffff_ffff
    let value = 0
    for (let i = 0; i < size; i++) value |= this.#readByte(port + i) << (8 * i)
    return value >>> 0
  }

  writePort(port: number, size: AccessSize, value: number): void {
    if (port === Register.DATA) this.#current?.writeData(size, value)
    else for (let i = 0; i < size; i++) this.#writeByte(port + i, (value >>> (8 * i)) & 0xff)
    this.#pump()
  }

  /** Port 3F6h or 376h. */
  readonly controlPort: PortDevice = {
    portWidth: 1,
    readPort: () => this.#status(),
    writePort: (_port, _size, value) => {
      const resets = (value & Control.SRST) !== 0 && !(this.#control & Control.SRST)
      this.#control = value & (Control.HOB | Control.SRST | Control.NIEN)
      if (resets) {
        this.#selected = 0
        this.#schedule(null)
        for (const drive of this.drives) drive?.softReset()
      }
      this.#settle()
    },
  }

  snapshot(): ChannelState {
    return {
      drives: this.drives.map((drive) => drive?.snapshot() ?? null),
      selected: this.#selected,
      control: this.#control,
      busMaster: { ...this.master.state },
      nextDmaNs: this.#nextDmaNs,
    }
  }

  /** Drives of another kind than those saved keep their state. */
  restore(state: ChannelState): void {
    this.#selected = state.selected
    this.#control = state.control
    this.#schedule(null)
    this.drives.forEach((drive, index) => {
      const saved = state.drives[index]
      if (drive && saved) (drive as Drive<AtaDiskState | AtapiCdState>).restore(saved)
    })
    this.#schedule(state.nextDmaNs)
    this.#settle()
    // The lines' moves above are no news for the bus master.
    this.master.state = { ...state.busMaster }
  }

  reset(): void {
    this.#schedule(null)
    this.#selected = 0
    this.#control = 0
    this.master.state = initialBusMaster()
    for (const drive of this.drives) drive?.reset()
    this.#settle()
  }

  /** Bus mastering may have been turned on. */
  pump(): void {
    this.#pump()
  }

  get #current(): IdeDrive | null {
    return this.drives[this.#selected]!
  }

  /** Device 0 answers for an absent device 1, with status 0. A cable without drives floats. */
  #status(): number {
    const drive = this.#current
    if (drive) return this.#control & Control.SRST ? 0x80 : drive.readRegister(Register.STATUS_COMMAND, 0)
    return this.drives[0] || this.drives[1] ? 0 : 0xff
  }

  #readByte(register: number): number {
    if (register === Register.STATUS_COMMAND) {
      const status = this.#status()
      this.#current?.acknowledge()
      return status
    }
    const drive = this.#current ?? this.drives[0] ?? this.drives[1]
    if (!drive) return 0xff
    const value = drive.readRegister(register, this.#control)
    if (register !== Register.DEVICE) return value
    return (value & ~DeviceBit.DEV) | (this.#selected ? DeviceBit.DEV : 0)
  }

  #writeByte(register: number, value: number): void {
    this.#control &= ~Control.HOB
    if (register !== Register.STATUS_COMMAND) {
      for (const drive of this.drives) drive?.writeRegister(register, value)
      if (register !== Register.DEVICE) return
      this.#selected = value & DeviceBit.DEV ? 1 : 0
      return this.#settle()
    }
    if (value === Command.EXECUTE_DIAGNOSTIC) {
      this.#selected = 0
      for (const drive of this.drives) drive?.softReset()
      return (this.#current ?? this.drives[1])?.announce()
    }
    this.#schedule(null)
    this.#current?.command(value)
  }

  #settle(): void {
    const drive = this.#current
    const level = drive?.interrupt === true && !(this.#control & Control.NIEN)
    if (level && !this.#asserted) this.master.interrupt()
    this.#asserted = level
    this.#irq(level)
  }

  /** Moves what drive and bus master have ready, up to a bound. */
  #pump(): void {
    if (this.#nextDmaNs !== null) return
    this.#transfer()
  }

  #transfer(): void {
    for (let blocks = 0; ; blocks++) {
      const drive = this.#current
      if (!drive?.dma || !this.master.active || !this.#mayMaster()) return
      if (blocks === BLOCKS_AT_ONCE) return this.#schedule(this.#timers.nowNs() + PAUSE_NS)
      const { bytes, outcome } = this.master.move(drive.dmaBlock, drive.dma === 'dma-in')
      if (outcome === 'no-memory') return drive.dmaFailed()
      drive.dmaMoved(bytes)
      if (outcome === 'table-ended') return
    }
  }

  #schedule(deadlineNs: number | null): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#nextDmaNs = deadlineNs
    if (deadlineNs === null) return
    this.#timer = this.#timers.schedule(deadlineNs, () => {
      this.#nextDmaNs = null
      this.#transfer()
    })
  }
}
