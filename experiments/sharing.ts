/** Experiment `sharing`: how much memory machines with the same guest have in common. */
import { Host, type SharingRates } from '@mica-vm/vmm'
import { debianBoot, DebianGuest } from './frame/debian-guest.ts'
import type { Experiment, Report } from './frame/experiment.ts'
import { percent } from './frame/percent.ts'
import { textDisk } from './frame/text-disk.ts'
import { Timeline } from './frame/timeline.ts'
import { byTurns, center, quantile, ratios } from './frame/turns.ts'
import { fleetVms, sumOf, warmUpPace, type FleetOptions, type Work } from './sharing/fleet.ts'
import { FleetProcess } from './sharing/fleet-process.ts'
import { addMachine, diskMiB, memoryMiB, type Image } from './sharing/machine.ts'

const mib = 2 ** 20
const pageBytes = 4096
const mostVms = 10
/** Rounds of work at each number of machines, and at the last one. */
const rounds = 1
const lastRounds = 2
const rates: SharingRates = { pagesPerSecond: 2500, pagesPerSecondPerVm: 2500 }
/** What a round of `work` does, with a turn for each: the shorter turns are, the less the machine around changes between those that are compared. */
const commands = ['md5sum /dev/vda', 'compile 3', 'sh -c "tar -cf - /tmp/compile | gzip -1 >/tmp/work.tar.gz"']
/** Rounds of a fleet. Translating what is new has faded after those that do not count. */
const fleetRounds = { warmUps: 3, counted: 6 }
/** Where in memory a fleet and its code lie makes a difference of some per cent: so often all are made anew, each time in another order. */
const generations = 6

/** Pages of all machines at a time. */
interface Moment {
  readonly seconds: number
  readonly vms: number
  /** All but those that no guest has ever written. */
  readonly used: number
  readonly untouched: number
  /** In frames that others share, and found to be zero. */
  readonly shared: number
  readonly zero: number
  /** Frames that are not needed thanks to that. */
  readonly reclaimed: number
  readonly copies: number
}

function momentOf(host: Host, startMs: number): Moment {
  const maps = host.vms.map(({ statistics }) => statistics.memory)
  const sum = (of: (map: (typeof maps)[number]) => number): number => maps.reduce((total, map) => total + of(map), 0)
  const zero = sum((map) => map.zero)
  const untouched = sum((map) => map.untouched) - zero
  const { savedPages = 0 } = host.memory?.sharing ?? {}
  return {
    seconds: (performance.now() - startMs) / 1000,
    vms: maps.length,
    used: sum((map) => map.pages) - untouched,
    untouched,
    shared: sum((map) => map.shared) + zero,
    zero,
    reclaimed: savedPages + zero,
    copies: sum((map) => map.copyOnWriteBreaks),
  }
}

interface Growth {
  /** With one machine, two, and so on, each after its work. */
  readonly stages: readonly Moment[]
  readonly moments: readonly Moment[]
  readonly metadataBytes: number
  readonly hostBytes: number
  /** What the guests printed: the same in each. */
  readonly outputs: ReadonlySet<string>
}

/** Boots one machine after the other on a host that shares pages. After each boot, all machines work. Real clocks: no two boots are the same. */
async function grow(image: Image): Promise<Growth> {
  const hostBytes = (mostVms + 1) * memoryMiB * mib
  const host = new Host({ memory: hostBytes, maximumVms: mostVms, memoryPolicy: { sharing: rates } })
  const startMs = performance.now()
  const timeline = new Timeline(() => momentOf(host, startMs), 500)
  const guests: DebianGuest[] = []
  const stages: Moment[] = []
  const outputs = new Set<string>()
  while (guests.length < mostVms) {
    const guest = new DebianGuest(addMachine(host, image, 'real'))
    guests.push(guest)
    await guest.ready()
    const command = `work ${guests.length === mostVms ? lastRounds : rounds}`
    const worked = await Promise.all(guests.map((each) => each.measure(command)))
    for (const { status, output } of worked) outputs.add(`${status}: ${new Set(output.match(/[0-9a-f]{32}/g))}`)
    const stage = momentOf(host, startMs)
    stages.push(stage)
    console.error(
      `${guests.length} machines: ${partOf(stage.shared, stage)} shared, ${partOf(stage.reclaimed, stage)} reclaimed`,
    )
  }
  timeline.end()
  const { metadataBytes = NaN } = host.memory?.sharing ?? {}
  host.destroy()
  return { stages, moments: timeline.moments, metadataBytes, hostBytes, outputs }
}

/** Two of each: how much they differ is how exact the measurement is. */
const fleetKinds: readonly (readonly [name: string, options: FleetOptions])[] = [
  ['off', { sharing: false }],
  ['on', { sharing: true }],
  ['on, again', { sharing: true }],
  ['off, again', { sharing: false }],
]

/** What each kind of fleet takes for equal work. */
async function costOfSharing(): Promise<Cost[]> {
  const works: Work[][] = fleetKinds.map(() => [])
  for (let generation = 0; generation < generations; generation++) {
    const each = await worksOf(generation)
    each.forEach((rounds, kind) => works[kind]!.push(...rounds))
  }
  const times = works.map((rounds) => rounds.map(({ cpuNs }) => cpuNs))
  const [first, again] = [times[0]!, times.at(-1)!]
  const without = first.map((ns, round) => (ns + again[round]!) / 2)
  return fleetKinds.map(([name, { sharing }], kind) => {
    return { name, sharing, rounds: works[kind]!, ratios: ratios(times[kind]!, without) }
  })
}

/** The rounds of each kind of fleet that count. */
async function worksOf(generation: number): Promise<Work[][]> {
  const { warmUps, counted } = fleetRounds
  const rounds = Array.from({ length: warmUps + counted }, () => commands).flat()
  const orders = { commands: ['hold', ...rounds], warmUps: 1 + warmUps * commands.length }
  const order = fleetKinds.map((_, place) => (place + generation) % fleetKinds.length)
  const fleets = order.map((kind) => new FleetProcess(fleetKinds[kind]![0], fleetKinds[kind]![1], orders))
  try {
    await Promise.all(fleets.map((fleet) => fleet.turns(orders.warmUps)))
    const turns = await byTurns(fleets, { warmUps: 0, rounds: counted * commands.length }, async (fleet) => {
      const [work] = await fleet.turns(1)
      console.error(`sharing ${fleet.name}: ${(work!.cpuNs / 1e9).toFixed(2)} s of the processor`)
      return work!
    })
    return fleetKinds.map((_, kind) => roundsOf(turns[order.indexOf(kind)]!))
  } finally {
    for (const fleet of fleets) fleet.end()
  }
}

/** Of turns with a command each. */
function roundsOf(turns: readonly Work[]): Work[] {
  const count = turns.length / commands.length
  return Array.from({ length: count }, (_, round) => {
    return sumOf(turns.slice(round * commands.length, (round + 1) * commands.length))
  })
}

interface Cost {
  readonly name: string
  readonly sharing: boolean
  readonly rounds: readonly Work[]
  /** Processor time as a part of that without sharing, the mean of both fleets, in the same round. */
  readonly ratios: readonly number[]
}

const partOf = (pages: number, { used }: Moment): string => percent(pages / used)
const inMiB = (pages: number): string => ((pages * pageBytes) / mib).toFixed(1)

function lines(moments: readonly Moment[], x: 'vms' | 'seconds', title: string) {
  const values = moments.flatMap((moment) =>
    (['used', 'shared', 'reclaimed', 'zero'] as const).map((what) => {
      return { [x]: Number(moment[x].toFixed(1)), mib: Number(inMiB(moment[what])), what }
    }),
  )
  return {
    width: 560,
    height: 280,
    data: { values },
    mark: { type: 'line' as const, point: x === 'vms' },
    encoding: {
      x: { field: x, type: 'quantitative' as const, title },
      y: { field: 'mib', type: 'quantitative' as const, title: 'MiB' },
      color: { field: 'what', type: 'nominal' as const, title: null, sort: ['used', 'shared', 'reclaimed', 'zero'] },
    },
  }
}

const meanOf = (rounds: readonly Work[], of: (work: Work) => number): number =>
  rounds.reduce((sum, work) => sum + of(work), 0) / rounds.length

/** Rows of the table of costs. */
function costRow({ name, rounds, ratios: parts }: Cost): string[] {
  const millions = (of: (work: Work) => number): string => (meanOf(rounds, of) / 1e6).toFixed(1)
  const mean = (of: (work: Work) => number): string => meanOf(rounds, of).toFixed(0)
  return [
    name,
    center(parts).toFixed(3),
    ...[0.25, 0.75].map((part) => quantile(parts, part).toFixed(3)),
    millions(({ instructions }) => instructions),
    millions(({ interpreted }) => interpreted),
    mean(({ decodedUnits }) => decodedUnits),
    mean(({ translatedRegions }) => translatedRegions),
    inMiB(rounds.at(-1)!.savedPages),
    mean(({ copies }) => copies),
  ]
}

/** Whether all fleets retired the same instructions in each round. */
function sameWork(costs: readonly Cost[]): boolean {
  const retired = costs.map(({ rounds }) => rounds.map(({ instructions }) => instructions).join())
  return retired.every((each) => each === retired[0])
}

function reportOf(growth: Growth, costs: readonly Cost[]): Report {
  const { stages, moments, metadataBytes, hostBytes, outputs } = growth
  const last = stages.at(-1)!
  const metadata = metadataBytes / hostBytes
  const sharing = costs.filter((cost) => cost.sharing).flatMap((cost) => cost.ratios)
  return {
    text: [
      `Up to ${mostVms} machines with the same Debian guest boot one after the other, each for itself and at its own pace. After each boot all machines work: they read a`,
      'disk, start many short programs, write files and pack them. Meanwhile the host looks for equal pages. _Used_ are all pages but those that a guest has never',
      'written, which cost the host nothing anyway; _shared_ are those of them in frames that others use, too, or found to be zero; _reclaimed_ are the frames that',
      'nobody needs any more thanks to that.\n\nWhat that costs is measured with fleets of guests whose clock counts instructions, and which so do the same to the last instruction: two without sharing, and two with it, at the rates that',
      'hosts have if nothing is said. Each fleet is a process, as hosts are: within one, the runtime keeps once what it has compiled of equal modules,',
      'so two fleets that do the very same would share that work, and one that has nobody like it would seem slow. Fleets work by turns of a command, each turn beginning with another fleet, after rounds that do not',
      'count, in which equal pages are found and most code is translated. The processor time is that of all threads of the process, so what looks for pages and what compiles code is part of it.',
      'It is told as a part of what the fleets without sharing took in the same round: the Hodges-Lehmann estimate, which is the median of the means of all pairs of rounds, and the quartiles. By how much two fleets that are alike differ',
      'is how exact that is. A host that shares pages shares also what it has decoded and translated of the code in them: less is decoded, less interpreted until it is found to run often, and less translated, which sharing gains in the',
      'beginning.',
    ].join(' '),
    claims: [
      {
        text: `with ${mostVms} machines at least 67 % of the memory in use is shared (here ${partOf(last.shared, last)})`,
        holds: last.shared / last.used >= 0.67,
      },
      {
        text: `and at least 60 % reclaimed (here ${partOf(last.reclaimed, last)})`,
        holds: last.reclaimed / last.used >= 0.6,
      },
      {
        text: `what the host remembers of pages takes less than 0.5 % of memory (here ${(metadata * 100).toFixed(2)} %)`,
        holds: metadata < 0.005,
      },
      {
        text: `equal work takes at most 2 % more processor time with sharing than without (over ${sharing.length} rounds: ${percent(center(sharing) - 1)})`,
        holds: center(sharing) <= 1.02,
      },
      { text: 'guests retire the same instructions whether their host shares pages or not', holds: sameWork(costs) },
      {
        text: 'all guests print the same checksums in every round',
        holds: outputs.size === 1 && [...outputs][0]!.startsWith('0: '),
      },
    ],
    tables: [
      {
        title: 'By number of machines, after their work',
        header: [
          'machines',
          'used, MiB',
          'shared, MiB',
          'zero, MiB',
          'reclaimed, MiB',
          'shared',
          'reclaimed',
          'never written, MiB',
          'unshared by writes',
        ],
        rows: stages.map((stage) => [
          String(stage.vms),
          ...[stage.used, stage.shared, stage.zero, stage.reclaimed].map(inMiB),
          partOf(stage.shared, stage),
          partOf(stage.reclaimed, stage),
          inMiB(stage.untouched),
          String(stage.copies),
        ]),
      },
      {
        title: 'Equal work without sharing, and with it, in a round',
        header: [
          'sharing',
          'processor time',
          'first quartile',
          'third quartile',
          'million instructions',
          'of them interpreted',
          'units decoded',
          'regions translated',
          'reclaimed, MiB',
          'unshared by writes',
        ],
        rows: costs.map(costRow),
      },
    ],
    charts: [
      { name: '', title: 'Memory by number of machines', spec: lines(stages, 'vms', 'machines') },
      { name: 'time', title: 'Memory over time', spec: lines(moments, 'seconds', 'seconds') },
    ],
    parameters: {
      guest: 'guest-linux, i386',
      machines: `${mostVms} of ${memoryMiB} MiB, each with a virtio disk of ${diskMiB} MiB, the same for all`,
      work: `\`work ${rounds}\` after each boot, \`work ${lastRounds}\` after the last`,
      'pages looked at': `${rates.pagesPerSecond} a second at most, of all machines and of each`,
      clocks: 'real; for the cost of sharing instructions',
      'cost of sharing': `fleets of ${fleetVms} machines, each a process, made ${generations} times; ${fleetRounds.warmUps} rounds that do not count, ${fleetRounds.counted} that do, of ${commands.length} turns each; pages are looked at ${warmUpPace} times as often in the former`,
    },
  }
}

export const experiment: Experiment = {
  title: 'Sharing: what equal guests have in common',
  async run() {
    const image = { boot: await debianBoot(), disk: textDisk(diskMiB * mib) }
    return reportOf(await grow(image), await costOfSharing())
  },
}
