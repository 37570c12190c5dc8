import {
  allocate,
  DEFAULT_RECLAIM,
  DEFAULT_TAX,
  RebalanceTrigger,
  ReclaimState,
  type ReclaimActions,
  type ReclaimLevel,
} from '@mica-vm/share-allocator'
import { ActivityWatch } from './activity.ts'
import { balloonTarget, takeFrom, takePages } from './reclaim.ts'
import type { MemoryPolicyOptions, PolicyClient, PolicyFrames, PolicySharing } from './types.ts'

/** Pages taken at a time at most: writing them out takes some milliseconds. */
const mostAtOnce = 512
/** Pages taken at least when a machine stands still for want of one. */
const leastForRelief = 64
/** Balloons are looked after so often: a guest answers each time with its statistics. */
const pollNs = 1e9
/** Pages that one look at the host may scan; the sharer's caps say how many a second. */
const scanPages = 256

export interface MemoryPolicyParts {
  readonly frames: PolicyFrames
  readonly options: MemoryPolicyOptions
  /** Null: no frames are shared. */
  readonly sharing: PolicySharing | null
  /** Numbers from 0 to below 1 that no guest can foresee. */
  readonly random: () => number
  /** The state of reclamation has changed. */
  readonly onLevel: (level: ReclaimLevel) => void
}

/**
 * Who gets how much of the host's memory. It looks at the host now and then (`look`), between slices of its machines: estimates what each
 * uses, computes targets by min-funding revocation, and takes pages as the state of reclamation says: nothing while there is plenty
 * (`high`), by balloons (`soft`), by swapping (`hard`), and by letting nobody run who holds more than its target (`low`).
 */
export class MemoryPolicy {
  readonly #frames: PolicyFrames
  readonly #options: MemoryPolicyOptions
  readonly #sharing: PolicySharing | null
  readonly #random: () => number
  readonly #onLevel: (level: ReclaimLevel) => void
  readonly #state: ReclaimState
  readonly #trigger: RebalanceTrigger
  readonly #clients = new Map<PolicyClient, ActivityWatch>()
  #polledAtNs = -Infinity

  constructor({ frames, options, sharing, random, onLevel }: MemoryPolicyParts) {
    this.#frames = frames
    this.#options = options
    this.#sharing = sharing
    this.#random = random
    this.#onLevel = onLevel
    this.#state = new ReclaimState(options.thresholds)
    this.#trigger = new RebalanceTrigger(options.rebalanceNs === undefined ? {} : { periodNs: options.rebalanceNs })
  }

  get level(): ReclaimLevel {
    return this.#state.level
  }

  add(client: PolicyClient): void {
    this.#clients.set(client, new ActivityWatch(client, this.#random, this.#options))
    this.#trigger.note('arrival')
  }

  remove(client: PolicyClient): void {
    this.#clients.get(client)?.end()
    this.#clients.delete(client)
    this.#trigger.note('departure')
  }

  /** Limits of a machine were changed. */
  changed(): void {
    this.#trigger.note('parameters')
  }

  /** Looks at the host and does what is due at `nowNs`, of any clock that never goes back. Returns whether more is to be done at once. */
  look(nowNs: number): boolean {
    for (const watch of this.#clients.values()) watch.update()
    this.#sharing?.scan(scanPages)
    this.#updateLevel()
    if (this.#trigger.take(nowNs).length > 0) this.#rebalance()
    this.#inflate(this.#state.actions)
    if (nowNs - this.#polledAtNs >= pollNs) this.#poll(nowNs)
    const freed = this.#swap(this.#state.actions)
    this.#updateLevel()
    this.#block(this.#state.actions)
    return freed > 0 && this.#shortfall > 0
  }

  /** A machine needs a frame and there is none: takes some at once. False if there are none to be had. */
  relieve(): boolean {
    this.#updateLevel()
    if (this.#frames.freeFrames === 0) this.#take([...this.#clients.keys()], Math.max(leastForRelief, this.#shortfall))
    this.#updateLevel()
    return this.#frames.freeFrames > 0
  }

  get #shortfall(): number {
    return this.#state.shortfall(this.#frames.freeFrames, this.#frames.usableFrames)
  }

  #updateLevel(): void {
    const before = this.#state.level
    const level = this.#state.update(this.#frames.freeFrames, this.#frames.usableFrames)
    if (level === before) return
    this.#trigger.note('threshold')
    this.#onLevel(level)
  }

  /** Targets: what is not kept free, and what sharing has saved, is there to be had. */
  #rebalance(): void {
    const clients = [...this.#clients.keys()]
    const { usableFrames, freeFrames } = this.#frames
    const resident = clients.reduce((sum, { pages }) => sum + pages.residentPages, 0)
    const saved = Math.max(0, resident - (usableFrames - freeFrames))
    const capacity = usableFrames - reservedFrames(usableFrames, this.#options) + saved
    const wants = clients.map(({ claim: { shares, active, minPages, maxPages } }) => {
      return { shares, active, min: minPages, max: maxPages }
    })
    const guaranteed = wants.reduce((sum, { min }) => sum + min, 0)
    const targets = allocate(wants, Math.max(guaranteed, capacity), { tax: this.#tax })
    clients.forEach(({ claim }, i) => (claim.targetPages = targets[i]!))
  }

  /** While there is plenty, balloons only shrink, but for a machine that holds more than its limit. */
  #inflate({ balloon: inflates }: ReclaimActions): void {
    for (const client of this.#clients.keys()) {
      const { balloon, claim, pages } = client
      if (balloon === null) continue
      const wanted = balloonTarget(client)
      const mayGrow = inflates || pages.residentPages > claim.maxPages
      balloon.setTarget(mayGrow ? wanted : Math.min(wanted, balloon.actual))
    }
  }

  #poll(nowNs: number): void {
    this.#polledAtNs = nowNs
    for (const client of this.#clients.keys()) {
      const { balloon, claim } = client
      if (balloon === null) continue
      balloon.poll()
      const isCompliant = balloon.state !== 'stalled' && balloon.state !== 'lying'
      if (isCompliant === claim.isCompliant) continue
      claim.isCompliant = isCompliant
      client.complianceChanged(isCompliant)
    }
  }

  /** Swaps out what balloons do not give, as far as the state asks for it, and what is above a machine's own limit. */
  #swap({ swap }: ReclaimActions): number {
    const clients = [...this.#clients.keys()]
    const unreliable = clients.filter(({ balloon }) => !balloon?.isCompliant)
    let freed = 0
    for (const client of unreliable) {
      const excess = client.pages.residentPages - client.claim.maxPages
      if (excess > 0) freed += takeFrom(client, Math.min(excess, mostAtOnce), this.#random)
    }
    if (swap === 'never') return freed
    return freed + this.#take(swap === 'always' ? clients : unreliable, this.#shortfall)
  }

  #take(clients: readonly PolicyClient[], wanted: number): number {
    if (clients.length === 0 || wanted <= 0) return 0
    return takePages(clients, Math.min(wanted, mostAtOnce), { tax: this.#tax, random: this.#random })
  }

  #block({ block }: ReclaimActions): void {
    for (const { claim, pages, setBlocked } of this.#clients.keys()) {
      const isBlocked = block && pages.residentPages > claim.targetPages
      if (isBlocked === claim.isBlocked) continue
      claim.isBlocked = isBlocked
      setBlocked(isBlocked)
    }
  }

  get #tax(): number {
    return this.#options.idleTax ?? DEFAULT_TAX
  }
}

/** Frames that are kept free, and so are nobody's: what the highest state begins with. */
export function reservedFrames(usableFrames: number, { thresholds }: MemoryPolicyOptions): number {
  const { high, riseFactor } = { ...DEFAULT_RECLAIM, ...thresholds }
  return Math.ceil(usableFrames * high * riseFactor) + 1
}
