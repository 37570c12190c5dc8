/**
 * A memory market without any machine: three pretended virtual machines of 256 MiB each compete for a host of 448 MiB. `share-allocator` sees
 * shares, guarantees and touches of sampled pages, and says who shall have how much. It is run twice: as pure shares, and with the idle tax.
 *
 * The script of the play: `shop` works on 60 MiB, then a rush comes and it needs 220 MiB, then the rush is over. `batch` works on 150 MiB all the
 * time. `spare` has filled its memory once and does nothing any more.
 */
import assert from 'node:assert/strict'
import {
  ActivityEstimator,
  AdmissionControl,
  allocate,
  RebalanceTrigger,
  ReclaimState,
  sharesPerPage,
} from '@mica-vm/share-allocator'
import type { ReclaimLevel } from '@mica-vm/share-allocator'

const MIB = 256 // pages
const SECOND_NS = 1e9
const host = 448 * MIB
const swap = 768 * MIB
/** What a guest can take, and what its balloon and the host's swap can take from it, in one second. */
const speed = { grow: 10 * MIB, balloon: 6 * MIB, swap: 8 * MIB }
const rush = { from: 120, to: 270 }
const lastSecond = 480

/** Any generator will do; this one makes the run the same each time. */
let state = 2002
const random = (): number => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff

class Machine {
  readonly name: string
  readonly shares = 1000
  readonly min: number
  readonly max: number = 256 * MIB
  readonly estimator: ActivityEstimator
  readonly workingSet: (second: number) => number
  held = 0
  target = 0

  constructor(name: string, minMib: number, workingSetMib: (second: number) => number) {
    this.name = name
    this.min = minMib * MIB
    this.workingSet = (second) => workingSetMib(second) * MIB
    this.estimator = new ActivityEstimator({ pages: this.max, random })
  }

  get active(): number {
    return this.estimator.active
  }

  /** A second of work: it touches a sixth of its working set, and caches files in whatever memory its balloon leaves it. */
  work(second: number, free: number): void {
    const used = this.workingSet(second)
    for (const page of this.estimator.watched) if (page < used && page % 6 === second % 6) this.estimator.touch(page)
    this.held += Math.min(speed.grow, Math.max(0, this.target - this.held), free)
    this.estimator.advance(SECOND_NS)
  }
}

const mib = (pages: number): string => String(Math.round(pages / MIB)).padStart(4)

/** What a moment looked like, for the end of the story. */
interface Moment {
  readonly targets: Record<string, number>
  readonly level: ReclaimLevel
}

function simulate(tax: number): Map<number, Moment> {
  const machines = [
    new Machine('shop', 64, (second) => (second >= rush.from && second < rush.to ? 220 : 60)),
    new Machine('batch', 64, () => 150),
    new Machine('spare', 32, () => 2),
  ]
  const admission = new AdmissionControl({ memory: host, swap })
  for (const machine of machines)
    assert.ok(admission.admit({ min: machine.min, max: machine.max, overhead: MIB }).admitted)

  const reclaim = new ReclaimState()
  const trigger = new RebalanceTrigger()
  const story = new Map<number, Moment>()
  const free = (): number => host - machines.reduce((sum, { held }) => sum + held, 0)
  // As much as leaves the host in the high state, with a little to spare.
  const capacity = Math.floor(host * 0.93)

  console.log(`\ntax ${tax}: an idle page costs ${1 / (1 - tax)} times what an active one costs`)
  console.log(
    '  s  state  free |  shop: uses  est. target  held | batch: uses  est. target  held | spare: uses  est. target  held',
  )
  for (let second = 0; second <= lastSecond; second++) {
    const level = reclaim.level
    if (reclaim.update(free(), host) !== level) trigger.note('threshold')
    if (trigger.take(second * SECOND_NS).length > 0)
      allocate(machines, capacity, { tax }).forEach((target, i) => (machines[i]!.target = target))

    const { balloon, swap, block } = reclaim.actions
    for (const machine of machines) {
      const above = Math.max(0, machine.held - machine.target)
      machine.held -= Math.min(above, (balloon ? speed.balloon : 0) + (swap === 'always' ? speed.swap : 0))
      if (!(block && above > 0)) machine.work(second, free())
    }
    if (second % 30 > 0) continue
    story.set(second, {
      level: reclaim.level,
      targets: Object.fromEntries(machines.map(({ name, target }) => [name, target])),
    })
    const cells = machines.map((machine) =>
      [mib(machine.workingSet(second)), mib(machine.active * machine.max), mib(machine.target), mib(machine.held)].join(
        '  ',
      ),
    )
    console.log(
      `${String(second).padStart(3)}  ${reclaim.level.padEnd(5)}  ${mib(free())} |        ${cells.join(' |        ')}`,
    )
  }
  for (const machine of machines)
    console.log(
      `${machine.name} pays ${(1e3 * sharesPerPage(machine, machine.target, { tax })).toFixed(1)} shares per 1000 pages`,
    )
  return story
}

console.log(
  'all amounts in MiB; est. is the estimate of what a machine uses, from 100 sampled pages per 30 s of its own time',
)
const pure = simulate(0)
const taxed = simulate(0.75)

// Without a tax everybody gets a third, whatever they do with it.
const third = Math.floor((host * 0.93) / 3)
for (const { targets } of pure.values())
  for (const target of Object.values(targets)) assert.ok(Math.abs(target - third) <= 1)

const during = taxed.get(rush.to - 30)!.targets
const before = taxed.get(rush.from)!.targets
assert.ok(during['shop']! > before['shop']! + 50 * MIB, 'the rush is noticed')
assert.ok(during['shop']! > 1.4 * third, 'and the shop has far more than a third')
assert.ok(
  during['spare']! < 0.6 * third && during['spare']! >= 32 * MIB,
  'the spare machine keeps its guarantee, not its cache',
)
const after = taxed.get(lastSecond)!.targets
assert.ok(after['shop']! < during['shop']! - 50 * MIB, 'after the rush it sinks again, slowly')
console.log(
  `\nin the rush the shop is meant to have ${mib(during['shop']!).trim()} MiB with the tax, ${mib(third).trim()} without: what others leave idle goes where it is used`,
)
