export interface IoApicState {
  id: number
  select: number
  /** Levels of the pins, one bit each. */
  pins: number
  /** Redirection table: low and high halves. */
  low: number[]
  high: number[]
}
