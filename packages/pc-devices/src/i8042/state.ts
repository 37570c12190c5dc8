export interface KeyboardState {
  /** Answers to commands; they go before key codes. */
  replies: number[]
  keys: number[]
  scanning: boolean
  /** 1 or 2. */
  scanCodeSet: number
  leds: number
  /** The command that waits for its argument, 0 if none. */
  awaiting: number
  /** The byte sent last, for Resend. */
  last: number
}

export interface MouseState {
  replies: number[]
  packets: number[]
  reporting: boolean
  remote: boolean
  wrap: boolean
  scaling2: boolean
  resolution: number
  sampleRate: number
  /** The last three sample rates, which select the wheel protocol. */
  rates: number[]
  /** 0 plain, 3 with wheel. */
  id: number
  buttons: number
  dx: number
  dy: number
  dz: number
  awaiting: number
  last: number
}

export interface I8042State {
  /** 32 bytes; byte 0 is the command byte. */
  ram: number[]
  /** Status bits SYS and COMMAND. */
  status: number
  full: boolean
  fromAux: boolean
  data: number
  outputPort: number
  /** The controller's own answers: [value, from the auxiliary device]. */
  replies: [number, boolean][]
  /** The command that waits for its data byte, 0 if none. */
  awaiting: number
  /** The translator has seen F0h. */
  breakSeen: boolean
  keyboard: KeyboardState
  mouse: MouseState | null
}
