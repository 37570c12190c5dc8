import type { PciDeviceState } from '../pci/state.ts'

/** What the drive waits for. */
export type Phase = 'idle' | 'in' | 'out' | 'packet' | 'dma-in' | 'dma-out'

export interface DriveState {
  features: number
  /** Registers with their previous contents in bits 15:8. */
  count: number
  lbaLow: number
  lbaMid: number
  lbaHigh: number
  device: number
  status: number
  error: number
  phase: Phase
  /** Bytes of the block that goes over the data register, and how many went. */
  buffer: number[]
  position: number
  /** Of the sectors still to transfer. */
  lba: number
  remaining: number
  /** Sectors of a block of the command that runs. */
  blockSectors: number
  /** The command addressed 48 bits. */
  wide: boolean
  interrupt: boolean
}

export interface AtaDiskState extends DriveState {
  kind: 'disk'
  multiple: number
  /** The translation that INITIALIZE DEVICE PARAMETERS set. */
  heads: number
  sectorsPerTrack: number
  transferMode: number
  writeCache: boolean
}

export interface AtapiCdState extends DriveState {
  kind: 'cd'
  sense: number
  unitAttention: boolean
  /** See `MediaEvent`. */
  event: number
  locked: boolean
  /** What is left of the answer, or of the sectors read ahead, after the block in `buffer`. */
  reply: number[]
  byteLimit: number
  dma: boolean
  transferMode: number
}

export interface BusMasterState {
  command: number
  status: number
  /** Address of the descriptor table as written, and of the next descriptor. */
  table: number
  next: number
  /** The rest of the descriptor in use. */
  address: number
  left: number
  /** That descriptor ends the table. */
  last: boolean
}

export interface ChannelState {
  drives: (AtaDiskState | AtapiCdState | null)[]
  selected: number
  control: number
  busMaster: BusMasterState
  /** When the next part of a long transfer is due, null if none. */
  nextDmaNs: number | null
}

export interface PiixIdeState extends PciDeviceState {
  channels: ChannelState[]
}
