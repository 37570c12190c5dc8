import type { MsixState } from './msix.ts'

export interface PciDeviceState {
  /** 256 bytes of configuration space. */
  config: number[]
  interrupt: boolean
  /** Of functions that have MSI-X. */
  msix?: MsixState
}

export interface PciHostState {
  address: number
}
