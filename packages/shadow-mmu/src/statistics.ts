/** Counts since construction. Plain numbers in one object, so that counting is one addition. */
export class MmuStatistics {
  /** Calls of `access`: soft TLB misses, whatever is never cached, and what does not probe the arrays before. */
  accesses = 0
  /** Accesses that the arrays served all the same. */
  hits = 0
  /** Entries put into the soft TLB. */
  refills = 0
  /** Accesses that the guest's tables allow and that ended in a walk all the same: the guest never learns of them. */
  hiddenFaults = 0
  /** Accesses that the guest's tables forbid: page faults for the guest. */
  trueFaults = 0
  /** Writes to frames that a client traces. */
  traces = 0
  /** Writes to guest tables that the caching policy traced: one per table and load of CR3 at most. */
  tableTraces = 0
  /** Entries that were there again after a load of CR3: each would have been a hidden fault when it is used. */
  recalls = 0
  /** Tables that a load of CR3 looked through because they were new or written. */
  resyncs = 0
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
