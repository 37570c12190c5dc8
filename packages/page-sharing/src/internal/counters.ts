import type { ClientStatistics } from '../types.ts'

/** `ClientStatistics` in the making. */
export class Counters implements ClientStatistics {
  scanned = 0
  hinted = 0
  merged = 0
  zeroed = 0
  falseMatches = 0

  copy(): ClientStatistics {
    return { ...this }
  }
}
