/** Counts since construction. Plain numbers in one object, so that counting is one addition. */
export class MmuStatistics {
  /** Calls of `access`: soft TLB misses, and whatever is never cached. */
  accesses = 0
  /** Entries put into the soft TLB. */
  refills = 0
  /** Accesses that the guest's tables allow and that ended in a walk all the same: the guest never learns of them. */
  hiddenFaults = 0
  /** Accesses that the guest's tables forbid: page faults for the guest. */
  trueFaults = 0
  /** Writes to traced frames. */
  traces = 0
  /** Accesses outside memory, and writes to memory that is read-only below the guest. */
  deviceAccesses = 0
  /** Accesses that found the host out of frames. */
  outOfMemory = 0
  /** Accessed and dirty bits written into guest tables, in entries. */
  entryUpdates = 0
  /** Flushes of everything. */
  flushes = 0
  /** Flushes that spared global entries: CR3 loads, mostly. */
  nonGlobalFlushes = 0
  /** Pages invalidated by the guest. */
  pageInvalidations = 0
  /** Pages dropped because the host changed what lies behind them. */
  forgets = 0
  /** Sampled pages that the processor touched. */
  touches = 0
}
