export interface PortAState {
  written: number
}

export interface PortBState {
  written: number
}

export interface ResetControlState {
  written: number
}
