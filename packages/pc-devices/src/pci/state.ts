export interface PciDeviceState {
  /** 256 bytes of configuration space. */
  config: number[]
  interrupt: boolean
}

export interface PciHostState {
  address: number
}
