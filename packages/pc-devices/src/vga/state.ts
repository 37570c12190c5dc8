import type { PackedBytes } from '../internal/packed-bytes.ts'
import type { PciDeviceState } from '../pci/state.ts'

export interface VgaRegistersState {
  misc: number
  feature: number
  subsystemEnable: number
  sequencerIndex: number
  sequencer: number[]
  graphicsIndex: number
  graphics: number[]
  crtcIndex: number
  crtc: number[]
  /** With the palette address source in bit 5. */
  attributeIndex: number
  attribute: number[]
  /** The next write to 3C0h is data. */
  attributeData: boolean
  pelMask: number
  dacReadIndex: number
  dacWriteIndex: number
  /** 0, 1, 2: red, green, blue is next. */
  dacComponent: number
  /** 3: the last index was for reading; 0: for writing. */
  dacDirection: number
  /** 256 times red, green, blue. */
  dac: number[]
}

export interface VbeState {
  index: number
  registers: number[]
}

export interface VgaState extends PciDeviceState {
  registers: VgaRegistersState
  vbe: VbeState
  /** Of planes 0..3. */
  latches: number[]
  memory: PackedBytes
}
