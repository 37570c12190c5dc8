/** Numbers of 64 bits are hexadecimal text: they must survive JSON. */
export interface HpetTimerState {
  configuration: number
  comparator: string
  period: string
}

export interface HpetState {
  configuration: number
  status: number
  /** The counter's value at `sinceNs`, or while it stands. */
  counter: string
  sinceNs: number
  /** When each timer fired last. */
  lastEdgeNs: number[]
  timers: HpetTimerState[]
}
