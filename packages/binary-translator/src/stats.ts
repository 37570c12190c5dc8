/** Counters of one vCPU; all only grow. */
export interface VcpuStatistics {
  /** Instructions retired, and how many of them belonged to units that the interpreter ran; the rest was translated. */
  retired: number
  interpreted: number
  /** Times that TypeScript was entered, by reason. */
  needUnit: number
  budget: number
  faults: number
  hot: number
  single: number
  /** Slow accesses: misses of the soft TLB and device accesses. */
  slowReads: number
  slowWrites: number
  slowUpdates: number
  /** Callouts by their number. */
  readonly callouts: number[]
  /** Exceptions by vector. */
  readonly exceptions: number[]
  /** External interrupts taken. */
  interrupts: number
  /** Times that the processor went to CPL 3. */
  userEntries: number
}

/** All counters at zero. */
export const newVcpuStatistics = (): VcpuStatistics => ({
  retired: 0,
  interpreted: 0,
  needUnit: 0,
  budget: 0,
  faults: 0,
  hot: 0,
  single: 0,
  slowReads: 0,
  slowWrites: 0,
  slowUpdates: 0,
  callouts: Array.from({ length: 64 }, () => 0),
  exceptions: Array.from({ length: 32 }, () => 0),
  interrupts: 0,
  userEntries: 0,
})
