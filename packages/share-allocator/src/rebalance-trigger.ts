import { requirePositive } from './internal/require.ts'

/** Why targets are to be computed again. */
export const RebalanceCause = {
  /** Shares, min, max or tax of somebody were changed. */
  Parameters: 'parameters',
  Arrival: 'arrival',
  Departure: 'departure',
  /** The reclaim state has changed. */
  Threshold: 'threshold',
  /** It was long ago. */
  Period: 'period',
} as const
export type RebalanceCause = (typeof RebalanceCause)[keyof typeof RebalanceCause]

const SECOND_NS = 1e9

/**
 * Says when targets are due: at once after a change, and otherwise once per period.
 *
 * ```ts
 * const trigger = new RebalanceTrigger()
 * trigger.note('arrival')
 * trigger.take(nowNs)   // ['arrival']: compute targets now
 * trigger.take(nowNs)   // []
 * ```
 */
export class RebalanceTrigger {
  readonly #periodNs: number
  readonly #causes = new Set<RebalanceCause>()
  #lastNs = -Infinity

  /** The period is 15 s by default. */
  constructor({ periodNs = 15 * SECOND_NS }: { readonly periodNs?: number } = {}) {
    requirePositive('periodNs', periodNs)
    this.#periodNs = periodNs
  }

  /** Something happened after which targets are due. */
  note(cause: Exclude<RebalanceCause, 'period'>): void {
    this.#causes.add(cause)
  }

  /**
   * Why targets are due now, in the order in which it happened; empty if they are not. Whoever gets an answer computes them, and the period
   * begins anew. `nowNs` are nanoseconds since any moment. The first call is due.
   */
  take(nowNs: number): RebalanceCause[] {
    if (Number.isNaN(nowNs)) throw new RangeError('nowNs is NaN; must be a number of nanoseconds')
    const causes: RebalanceCause[] = [...this.#causes]
    if (nowNs - this.#lastNs >= this.#periodNs) causes.push(RebalanceCause.Period)
    if (causes.length > 0) this.#lastNs = nowNs
    this.#causes.clear()
    return causes
  }
}
