/** Experiment `sharing`: how much memory machines with the same guest have in common. */
import { Host, type BlockStore, type BootSource, type SharingRates, type VirtualMachine } from '@mica-vm/vmm'
import { median } from '../bench/table.ts'
import { debianBoot, DebianGuest } from './frame/debian-guest.ts'
import type { Experiment, Report } from './frame/experiment.ts'
import { textDisk } from './frame/text-disk.ts'
import { Timeline } from './frame/timeline.ts'

const mib = 2 ** 20
const pageBytes = 4096
const mostVms = 10
const memoryMiB = 64
const diskMiB = 8
/** Rounds of work at each number of machines, and at the last one. */
const rounds = 1
const lastRounds = 2
const rates: SharingRates = { pagesPerSecond: 2500, pagesPerSecondPerVm: 2500 }
/** Rounds of work without and with sharing, by turns. */
const pairs = 8
const pairVms = 2

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

const boots = (host: Host, boot: BootSource, disk: BlockStore, clock: 'real' | 'instructions'): VirtualMachine =>
  host.createVm({ memory: memoryMiB * mib, boot, clock, virtio: { blk: [{ store: disk }] } })

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
async function grow(boot: BootSource, disk: BlockStore): Promise<Growth> {
  const hostBytes = (mostVms + 1) * memoryMiB * mib
  const host = new Host({ memory: hostBytes, maximumVms: mostVms, memoryPolicy: { sharing: rates } })
  const startMs = performance.now()
  const timeline = new Timeline(() => momentOf(host, startMs), 500)
  const guests: DebianGuest[] = []
  const stages: Moment[] = []
  const outputs = new Set<string>()
  while (guests.length < mostVms) {
    const guest = new DebianGuest(boots(host, boot, disk, 'real'))
    guests.push(guest)
    await guest.ready()
    const command = `work ${guests.length === mostVms ? lastRounds : rounds}`
    const worked = await Promise.all(guests.map((each) => each.measure(command)))
    for (const { status, output } of worked) outputs.add(`${status}: ${new Set(output.match(/[0-9a-f]{32}/g))}`)
    const stage = momentOf(host, startMs)
    stages.push(stage)
    console.error(
      `${guests.length} machines: ${part(stage.shared, stage)} shared, ${part(stage.reclaimed, stage)} reclaimed`,
    )
  }
  timeline.end()
  const { metadataBytes = NaN } = host.memory?.sharing ?? {}
  host.destroy()
  return { stages, moments: timeline.moments, metadataBytes, hostBytes, outputs }
}

/** Processor time that equal work takes with sharing, as a part of what it takes without: the same instructions, by turns. */
async function costOfSharing(boot: BootSource, disk: BlockStore): Promise<number[]> {
  const clock = { nowNs: cpuNs, unixMs: Date.now }
  const fleets = await Promise.all(
    [false, rates].map(async (sharing) => {
      const host = new Host({
        memory: (pairVms + 1) * memoryMiB * mib,
        maximumVms: pairVms,
        clock,
        memoryPolicy: { sharing },
      })
      const guests = Array.from({ length: pairVms }, () => new DebianGuest(boots(host, boot, disk, 'instructions')))
      return { host, guests }
    }),
  )
  const work = async ({ guests }: (typeof fleets)[number]): Promise<number> => {
    const from = cpuNs()
    for (const guest of guests) await guest.measure('work 1')
    return cpuNs() - from
  }
  // The runtime compiles what it runs often: not before the second round are both as fast as they get.
  for (const fleet of [...fleets, ...fleets]) await work(fleet)
  const ratios: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    // Who goes first changes.
    const order = pair % 2 === 0 ? [0, 1] : [1, 0]
    const times = [0, 0]
    for (const i of order) times[i] = await work(fleets[i]!)
    ratios.push(times[1]! / times[0]!)
    console.error(`with sharing, equal work takes ${(ratios.at(-1)! * 100).toFixed(1)} % of the time without`)
  }
  for (const { host } of fleets) host.destroy()
  return ratios
}

function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

const part = (pages: number, { used }: Moment): string => `${((pages / used) * 100).toFixed(1)} %`
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

function reportOf({ stages, moments, metadataBytes, hostBytes, outputs }: Growth, ratios: readonly number[]): Report {
  const last = stages.at(-1)!
  const metadata = metadataBytes / hostBytes
  const ratio = median([...ratios])
  return {
    text: [
      `Up to ${mostVms} machines with the same Debian guest boot one after the other, each for itself and at its own pace. After each boot all machines work: they read a`,
      'disk, start many short programs, write files and pack them. Meanwhile the host looks for equal pages. _Used_ are all pages but those that a guest has never',
      'written, which cost the host nothing anyway; _shared_ are those of them in frames that others use, too, or found to be zero; _reclaimed_ are the frames that',
      'nobody needs any more thanks to that.',
    ].join(' '),
    claims: [
      {
        text: `with ${mostVms} machines at least 67 % of the memory in use is shared (here ${part(last.shared, last)})`,
        holds: last.shared / last.used >= 0.67,
      },
      {
        text: `and at least 60 % reclaimed (here ${part(last.reclaimed, last)})`,
        holds: last.reclaimed / last.used >= 0.6,
      },
      {
        text: `what the host remembers of pages takes less than 0.5 % of memory (here ${(metadata * 100).toFixed(2)} %)`,
        holds: metadata < 0.005,
      },
      {
        text: `equal work takes at most 2 % more processor time with sharing than without (median of ${ratios.length} pairs: ${((ratio - 1) * 100).toFixed(1)} %)`,
        holds: ratio <= 1.02,
      },
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
          part(stage.shared, stage),
          part(stage.reclaimed, stage),
          inMiB(stage.untouched),
          String(stage.copies),
        ]),
      },
      {
        title: 'Processor time with sharing, as a part of that without',
        header: ['least', 'median', 'most'],
        rows: [[Math.min(...ratios), ratio, Math.max(...ratios)].map((each) => each.toFixed(3))],
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
      clocks: `real; for the cost of sharing instructions, ${pairVms} machines each`,
    },
  }
}

export const experiment: Experiment = {
  title: 'Sharing: what equal guests have in common',
  async run() {
    const boot = await debianBoot()
    const disk = textDisk(diskMiB * mib)
    return reportOf(await grow(boot, disk), await costOfSharing(boot, disk))
  },
}
