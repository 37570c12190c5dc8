export interface AcpiPmState {
  status: number
  enable: number
  control: number
  gpeStatus: number
  gpeEnable: number
  /** Half periods of the PM timer (changes of its top bit) that have been accounted for. */
  seenHalves: number
  apm: [number, number]
  /** Suspended to memory. Absent in older snapshots. */
  sleeping?: boolean
}
