export interface DmaChannelState {
  baseAddress: number
  baseCount: number
  address: number
  count: number
  page: number
  mode: number
  masked: boolean
}

export interface DmaChipState {
  channels: DmaChannelState[]
  command: number
  /** Terminal counts since the last read, by channel. */
  terminal: number
  requests: number
  /** The next byte of an address or count is the high one. */
  high: boolean
}

export interface I8237State {
  chips: DmaChipState[]
  /** Page registers 80h..8Fh, those without a channel included. */
  pages: number[]
}
