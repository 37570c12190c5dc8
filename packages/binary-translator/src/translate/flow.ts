import type { Label, Local } from '../wasm/function-writer.ts'

/** How the region continues after an instruction that transfers control; offsets count from the code page's start. */
export interface RegionFlow {
  /** Emits the transfer to the unit at `offset`. */
  go(offset: number): void
  /** Emits comparisons of the EIP in `at` with the places in the region where it is likely to go, and the transfers there. */
  tryLikely(at: Local): void
}

/** Labels of a region's ways out, in nesting order; flat code has no `limit`. */
export interface Exits {
  callout: Label
  indirect: Label
  chain: Label
  leave: Label
  limit: Label | null
  budget: Label
}
