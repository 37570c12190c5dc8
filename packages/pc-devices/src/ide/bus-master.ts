import type { AccessSize, DmaMemory } from '../types.ts'
import { BusMaster, BusMasterCommand, BusMasterStatus } from './registers.ts'
import type { BusMasterState } from './state.ts'

/** A descriptor: address, byte count (0: 64 KiB), bit 31 of the second word ends the table. */
const DESCRIPTOR_BYTES = 8
/** The table must not cross 64 KiB; a walk takes no more descriptors than that in a row. */
const MOST_DESCRIPTORS = 8192

export function initialBusMaster(): BusMasterState {
  return { command: 0, status: 0, table: 0, next: 0, address: 0, left: 0, last: false }
}

/** What became of a block. */
export type Moved = { bytes: number; outcome: 'moved' | 'table-ended' | 'no-memory' }

/** One channel's bus master: its registers, and scatter/gather by descriptor table. */
export class BusMasterChannel {
  state: BusMasterState = initialBusMaster()
  readonly #memory: DmaMemory
  readonly #onStart: (on: boolean) => void

  constructor(memory: DmaMemory, onStart: (on: boolean) => void) {
    this.#memory = memory
    this.#onStart = onStart
  }

  get active(): boolean {
    return (this.state.status & BusMasterStatus.ACTIVE) !== 0
  }

  readByte(offset: number): number {
    const { state } = this
    if (offset === BusMaster.COMMAND) return state.command
    if (offset === BusMaster.STATUS) return state.status
    if (offset >= BusMaster.TABLE) return (state.table >>> (8 * (offset - BusMaster.TABLE))) & 0xff
    return 0
  }

  write(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff)
  }

  /** Moves a block between the drive and where the descriptors say. */
  move(block: Uint8Array, toMemory: boolean): Moved {
    const { state } = this
    let bytes = 0
    for (let count = 0; bytes < block.length;) {
      if (state.left === 0) {
        if (state.last || count++ === MOST_DESCRIPTORS) {
          state.status &= ~BusMasterStatus.ACTIVE
          return { bytes, outcome: 'table-ended' }
        }
        if (!this.#fetch()) return this.#fail(bytes)
      }
      const piece = block.subarray(bytes, bytes + state.left)
      const done = toMemory ? this.#memory.write(state.address, piece) : this.#memory.read(state.address, piece)
      if (!done) return this.#fail(bytes)
      bytes += piece.length
      state.address += piece.length
      state.left -= piece.length
    }
    return { bytes, outcome: 'moved' }
  }

  /** The drive's interrupt: the transfer is over; it leaves the master active if the table had more room. */
  interrupt(): void {
    const { state } = this
    state.status |= BusMasterStatus.INTERRUPT
    if (state.left === 0 && state.last) state.status &= ~BusMasterStatus.ACTIVE
  }

  #fail(bytes: number): Moved {
    this.state.status = (this.state.status & ~BusMasterStatus.ACTIVE) | BusMasterStatus.ERROR
    return { bytes, outcome: 'no-memory' }
  }

  #fetch(): boolean {
    const { state } = this
    const descriptor = new Uint8Array(DESCRIPTOR_BYTES)
    if (!this.#memory.read(state.next, descriptor)) return false
    const view = new DataView(descriptor.buffer)
    state.next += DESCRIPTOR_BYTES
    state.address = (view.getUint32(0, true) & ~1) >>> 0
    state.left = view.getUint16(4, true) & ~1 || 0x1_0000
    state.last = (descriptor[7]! & 0x80) !== 0
    return true
  }

  #writeByte(offset: number, value: number): void {
    const { state } = this
    if (offset === BusMaster.COMMAND) {
      const starts = (value & BusMasterCommand.START) !== 0
      const was = (state.command & BusMasterCommand.START) !== 0
      state.command = value & (BusMasterCommand.START | BusMasterCommand.TO_MEMORY)
      if (starts === was) return
      if (starts) {
        Object.assign(state, { next: state.table, address: 0, left: 0, last: false })
        state.status |= BusMasterStatus.ACTIVE
      } else {
        state.status &= ~BusMasterStatus.ACTIVE
      }
      this.#onStart(starts)
    } else if (offset === BusMaster.STATUS) {
      const kept = state.status & ~(value & (BusMasterStatus.ERROR | BusMasterStatus.INTERRUPT))
      state.status = (kept & ~BusMasterStatus.DRIVE_DMA) | (value & BusMasterStatus.DRIVE_DMA)
    } else if (offset >= BusMaster.TABLE && offset < BusMaster.TABLE + 4) {
      const shift = 8 * (offset - BusMaster.TABLE)
      state.table = ((state.table & ~(0xff << shift)) | (value << shift)) >>> 0
      state.table = (state.table & ~3) >>> 0
    }
  }
}
