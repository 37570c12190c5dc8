/** How often alternatives are tried. */
export interface Turns {
  /** Rounds at the beginning that do not count: a runtime compiles what it runs often. */
  readonly warmUps: number
  /** Rounds that count. A multiple of the number of alternatives, so that each has each place in a round as often as the others. */
  readonly rounds: number
}

/**
 * Tries alternatives by turns, in rounds, each of which begins with another one; those that do not count have numbers below 0. Returns what each try of
 * each alternative gave.
 */
export async function byTurns<Alternative, Result>(
  alternatives: readonly Alternative[],
  { warmUps, rounds }: Turns,
  attempt: (alternative: Alternative, round: number) => Promise<Result>,
): Promise<Result[][]> {
  const results: Result[][] = alternatives.map(() => [])
  for (let round = -warmUps; round < rounds; round++) {
    for (let place = 0; place < alternatives.length; place++) {
      const which = (round + warmUps + place) % alternatives.length
      const result = await attempt(alternatives[which]!, round)
      if (round >= 0) results[which]!.push(result)
    }
  }
  return results
}

/** What each round's try of one alternative took, as a part of the same round's try of another. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, round) => value / to[round]!)
}

/** The value below which a part of the values lies, interpolated. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!]
  return low + (high - low) * (at - Math.floor(at))
}

/** The Hodges-Lehmann estimate of what the values vary around: the median of the means of all pairs. A few wild values do not move it. */
export function center(values: readonly number[]): number {
  const means = values.flatMap((one, i) => values.slice(i).map((other) => (one + other) / 2))
  return quantile(means, 0.5)
}
