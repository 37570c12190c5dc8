import type { Line } from '../types.ts'

/** A line that remembers its level and counts its edges. */
export interface RecordedLine {
  readonly line: Line
  readonly level: boolean
  readonly rises: number
}

export function recordedLine(): RecordedLine {
  let level = false
  let rises = 0
  return {
    line: (next) => {
      if (next && !level) rises++
      level = next
    },
    get level() {
      return level
    },
    get rises() {
      return rises
    },
  }
}
