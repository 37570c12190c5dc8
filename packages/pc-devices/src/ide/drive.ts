import { copyOf } from '../internal/copy.ts'
import type { AccessSize } from '../types.ts'
import { Command, Control, DeviceBit, ErrorBit, Register, Status } from './registers.ts'
import type { DriveState } from './state.ts'

export function initialDrive(): DriveState {
  return {
    features: 0,
    count: 1,
    lbaLow: 1,
    lbaMid: 0,
    lbaHigh: 0,
    device: 0,
    status: Status.DRDY | Status.DSC,
    error: ErrorBit.DIAGNOSTIC_PASSED,
    phase: 'idle',
    buffer: [],
    position: 0,
    lba: 0,
    remaining: 0,
    blockSectors: 1,
    wide: false,
    interrupt: false,
  }
}

/** What disks and CD-ROMs share: task file, data register, interrupt. */
export abstract class Drive<State extends DriveState = DriveState> {
  /** Told when the interrupt or the need for a bus master changes. Set by the channel. */
  onChange: () => void = () => {}
  protected state: State
  /** The block that goes over the data register or by bus master. */
  protected block: Uint8Array = new Uint8Array(0)

  constructor(state: State) {
    this.state = state
  }

  get interrupt(): boolean {
    return this.state.interrupt
  }

  /** The drive waits for the bus master: to take `block` to memory, or to fill it. */
  get dma(): 'dma-in' | 'dma-out' | null {
    const { phase } = this.state
    return phase === 'dma-in' || phase === 'dma-out' ? phase : null
  }

  /** The rest of the block that the bus master moves. */
  get dmaBlock(): Uint8Array {
    return this.block.subarray(this.state.position)
  }

  /** The bus master moved `bytes` of `dmaBlock`. */
  dmaMoved(bytes: number): void {
    this.state.position += bytes
    if (this.state.position >= this.block.length) this.blockDone()
  }

  /** The bus master met no memory. */
  abstract dmaFailed(): void

  readRegister(register: number, control: number): number {
    const { state } = this
    const shift = control & Control.HOB ? 8 : 0
    switch (register) {
      case Register.ERROR_FEATURES:
        return state.error
      case Register.SECTOR_COUNT:
        return (state.count >> shift) & 0xff
      case Register.LBA_LOW:
        return (state.lbaLow >> shift) & 0xff
      case Register.LBA_MID:
        return (state.lbaMid >> shift) & 0xff
      case Register.LBA_HIGH:
        return (state.lbaHigh >> shift) & 0xff
      case Register.DEVICE:
        return state.device | DeviceBit.OBSOLETE
      default:
        return state.status
    }
  }

  /** Reading the status register, unlike its alternate, ends the interrupt. */
  acknowledge(): void {
    if (!this.state.interrupt) return
    this.state.interrupt = false
    this.onChange()
  }

  writeRegister(register: number, value: number): void {
    const { state } = this
    if (register === Register.ERROR_FEATURES) state.features = ((state.features << 8) | value) & 0xffff
    else if (register === Register.SECTOR_COUNT) state.count = ((state.count << 8) | value) & 0xffff
    else if (register === Register.LBA_LOW) state.lbaLow = ((state.lbaLow << 8) | value) & 0xffff
    else if (register === Register.LBA_MID) state.lbaMid = ((state.lbaMid << 8) | value) & 0xffff
    else if (register === Register.LBA_HIGH) state.lbaHigh = ((state.lbaHigh << 8) | value) & 0xffff
    else if (register === Register.DEVICE) state.device = value
  }

  readData(size: AccessSize): number {
    const { state, block } = this
    if (state.phase !== 'in') return 0
    let value = 0
    for (let i = 0; i < size; i++) value |= (block[state.position + i] ?? 0) << (8 * i)
    state.position += size
    if (state.position >= block.length) this.blockDone()
    return value >>> 0
  }

  writeData(size: AccessSize, value: number): void {
    const { state, block } = this
    if (state.phase !== 'out' && state.phase !== 'packet') return
    for (let i = 0; i < size && state.position + i < block.length; i++) {
      block[state.position + i] = (value >>> (8 * i)) & 0xff
    }
    state.position += size
    if (state.position >= block.length) this.blockDone()
  }

  /** A command byte arrives. */
  command(code: number): void {
    const { state } = this
    state.interrupt = false
    // Only a device reset may come while the drive is busy.
    if (state.status & (Status.BSY | Status.DRQ) && code !== Command.DEVICE_RESET) {
      if (state.phase !== 'idle') this.stop()
    }
    this.execute(code)
    this.onChange()
  }

  /** Software reset, and what EXECUTE DEVICE DIAGNOSTIC does to each drive. */
  softReset(): void {
    this.stop()
    this.state.interrupt = false
    this.signature()
    this.onChange()
  }

  /** The interrupt after EXECUTE DEVICE DIAGNOSTIC. */
  announce(): void {
    this.raise()
  }

  snapshot(): State {
    return copyOf({ ...this.state, buffer: [...this.block] })
  }

  restore(state: State): void {
    this.state = copyOf(state)
    this.block = Uint8Array.from(state.buffer)
    this.state.buffer = []
    this.onChange()
  }

  abstract reset(): void
  protected abstract execute(code: number): void
  /** The whole block went over. */
  protected abstract blockDone(): void
  /** The task file's contents after a reset: what kind of drive this is. */
  protected abstract signature(): void

  protected stop(): void {
    this.state.phase = 'idle'
    this.state.remaining = 0
    this.block = new Uint8Array(0)
    this.state.position = 0
    this.state.status = Status.DRDY | Status.DSC
  }

  /** The command is over, without error. */
  protected complete(): void {
    this.stop()
    this.state.error = 0
    this.raise()
  }

  protected fail(error: number): void {
    this.stop()
    this.state.error = error
    this.state.status |= Status.ERR
    this.raise()
  }

  protected raise(): void {
    this.state.interrupt = true
    this.onChange()
  }

  /** Opens a block for transfer. */
  protected offer(phase: 'in' | 'out' | 'packet' | 'dma-in' | 'dma-out', block: Uint8Array): void {
    const { state } = this
    this.block = block
    state.position = 0
    state.phase = phase
    state.status = Status.DRDY | Status.DSC | Status.DRQ
  }
}
