export interface FloppyDriveState {
  cylinder: number
  /** The disk change line. */
  changed: boolean
}

export interface I82077State {
  dor: number
  tdr: number
  ccr: number
  drives: FloppyDriveState[]
  /** Bytes of the command so far, and of the result still to be read. */
  command: number[]
  result: number[]
  /** Programmed I/O: the sector that goes through the FIFO, and its direction. */
  sector: number[]
  position: number
  phase: 'command' | 'to-host' | 'from-host' | 'result'
  /** Status bytes that SENSE INTERRUPT STATUS has to tell. */
  pending: number[]
  interrupt: boolean
  specify: [number, number]
  configure: [number, number, number]
  perpendicular: number
  locked: boolean
}
