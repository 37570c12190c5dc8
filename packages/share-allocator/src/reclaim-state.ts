import { requireFraction, requireNatural } from './internal/require.ts'

/** How short of memory a host is. */
export const ReclaimLevel = { High: 'high', Soft: 'soft', Hard: 'hard', Low: 'low' } as const
export type ReclaimLevel = (typeof ReclaimLevel)[keyof typeof ReclaimLevel]

/** What a host does about it. In this order, since what comes first costs guests least: share, balloon, swap, block. */
export interface ReclaimActions {
  /** Look for equal pages among those that are to be taken. */
  readonly share: boolean
  /** Ask guests to give pages up. */
  readonly balloon: boolean
  /** `no-balloon`: only of clients whose guest does not give pages up. `always`: of all that are above their target. */
  readonly swap: 'never' | 'no-balloon' | 'always'
  /** Let nobody run who is above target. */
  readonly block: boolean
}

const ACTIONS: Readonly<Record<ReclaimLevel, ReclaimActions>> = {
  high: { share: false, balloon: false, swap: 'never', block: false },
  soft: { share: true, balloon: true, swap: 'no-balloon', block: false },
  hard: { share: true, balloon: true, swap: 'always', block: false },
  low: { share: true, balloon: true, swap: 'always', block: true },
}

export function actionsOf(level: ReclaimLevel): ReclaimActions {
  return ACTIONS[level]
}

/** From plenty to none. */
const LEVELS: readonly ReclaimLevel[] = [ReclaimLevel.High, ReclaimLevel.Soft, ReclaimLevel.Hard, ReclaimLevel.Low]

export interface ReclaimStateOptions {
  /** Fractions of memory that belong to the states, falling. Defaults: 0.06, 0.04, 0.02, 0.01. */
  readonly high?: number
  readonly soft?: number
  readonly hard?: number
  readonly low?: number
  /** How far above a state's threshold free memory must be for a return to it: a factor from 1. Default 1.1, so 6.6 % for `high`. */
  readonly riseFactor?: number
}

/** The options of `ReclaimState` for who gives none: the thresholds of ESX Server, and 6.6 % of memory for a return to `high`. */
export const DEFAULT_RECLAIM: Required<ReclaimStateOptions> = {
  high: 0.06,
  soft: 0.04,
  hard: 0.02,
  low: 0.01,
  riseFactor: 1.1,
}

/**
 * Which of four states a host is in, by its free memory, with hysteresis: it falls to a state when less is free than that state's
 * threshold, and rises to one when clearly more is free than its threshold. Between the two it stays where it is.
 *
 * ```ts
 * const state = new ReclaimState()
 * state.update(50, 1000) // 'high': not below 4 %
 * state.update(30, 1000) // 'soft'
 * state.update(50, 1000) // 'soft': not above 6 %
 * state.update(70, 1000) // 'high'
 * ```
 */
export class ReclaimState {
  readonly #thresholds: readonly number[]
  readonly #riseFactor: number
  #index = 0
  #changes = 0

  constructor({
    high = DEFAULT_RECLAIM.high,
    soft = DEFAULT_RECLAIM.soft,
    hard = DEFAULT_RECLAIM.hard,
    low = DEFAULT_RECLAIM.low,
    riseFactor = DEFAULT_RECLAIM.riseFactor,
  }: ReclaimStateOptions = {}) {
    const thresholds = { high, soft, hard, low }
    let above = 1
    for (const [name, threshold] of Object.entries(thresholds)) {
      requireFraction(name, threshold)
      if (threshold > above)
        throw new RangeError(`${name} is ${threshold}; must be at most the threshold above it, ${above}`)
      above = threshold
    }
    if (!(riseFactor >= 1 && high * riseFactor < 1))
      throw new RangeError(`riseFactor is ${riseFactor}; must be from 1, and below ${1 / high} for a high of ${high}`)
    this.#thresholds = LEVELS.map((level) => thresholds[level])
    this.#riseFactor = riseFactor
  }

  get level(): ReclaimLevel {
    return LEVELS[this.#index]!
  }

  get actions(): ReclaimActions {
    return ACTIONS[this.level]
  }

  /** Times that the state has changed. */
  get changes(): number {
    return this.#changes
  }

  /** Of `total` pages, `free` are free now: the state that follows from it. */
  update(free: number, total: number): ReclaimLevel {
    requireFree(free, total)
    const before = this.#index
    while (this.#index > 0 && free > total * this.#riseLevel(this.#index - 1)) this.#index--
    while (this.#index < LEVELS.length - 1 && free < total * this.#thresholds[this.#index + 1]!) this.#index++
    if (this.#index !== before) this.#changes++
    return this.level
  }

  /** How many more of `total` pages must become free for the state to be `high`, when `free` are. */
  shortfall(free: number, total: number): number {
    requireFree(free, total)
    if (this.#index === 0) return 0
    return Math.max(0, Math.floor(total * this.#riseLevel(0)) + 1 - free)
  }

  #riseLevel(index: number): number {
    return this.#thresholds[index]! * this.#riseFactor
  }
}

function requireFree(free: number, total: number): void {
  requireNatural('free', free)
  requireNatural('total', total)
  if (free > total) throw new RangeError(`free is ${free}; must be at most total, which is ${total}`)
}
