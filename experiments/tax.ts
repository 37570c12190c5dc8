/** Experiment `tax`: an idle machine beside one that works, on a host too small for both, without and with a tax on idle memory. */
import { MemorySwapStore } from '@mica-vm/machine-memory'
import { Host, type BlockStore, type BootSource } from '@mica-vm/vmm'
import { median } from '../bench/table.ts'
import { debianBoot, DebianGuest } from './frame/debian-guest.ts'
import type { Experiment, Report } from './frame/experiment.ts'
import { percent } from './frame/percent.ts'
import { textDisk } from './frame/text-disk.ts'
import { Timeline } from './frame/timeline.ts'

const mib = 2 ** 20
const sizeMiB = 128
const hostMiB = 182
/** More than a machine can have of the host, even when the other one idles: who works always wants more. */
const diskMiB = 96
/** Blocks of 64 KiB of the disk, drawn at random, over and over. */
const demand = `random-read 500 ${diskMiB * 16}`
/** Of the disk, what has room in more than half of the host, and not in half of it. */
const repeatedMiB = 66
const repetition = `reread 1 ${repeatedMiB}`
/** Repetitions that do not count, for the guest to find out what is worth to be kept, and those that do, at least. */
const firstRepetitions = 3
const leastRepetitions = 5
const taxes = [0, 0.75] as const
const samplePeriodMs = 10_000
const rebalanceMs = 2_000
/** More than the hundred that are watched by default: what is measured is the division, not the luck of a draw. */
const samplePages = 400
/** How long one machine asks for memory alone, until that has moved and then; how long it repeats itself; how long both work then. */
const settleMs = 3 * samplePeriodMs
const watchMs = 3 * samplePeriodMs
const repeatMs = 20_000
const wakeMs = 2 * samplePeriodMs
const tolerance = 0.05

/** Of one machine. */
export interface Machine {
  readonly residentMiB: number
  readonly active: number
}

interface Moment {
  readonly ms: number
  readonly idle: Machine
  readonly working: Machine
  readonly swappedMiB: number
}

interface Run {
  readonly tax: number
  readonly moments: readonly Moment[]
  /** When the memory had moved to who works, how long that was watched, and when the other one had been awake for its time. */
  readonly settledMs: number
  readonly watchedMs: number
  readonly endMs: number
  /** Processor time and instructions of each repetition. */
  readonly repetitions: readonly Effort[]
}

interface Effort {
  readonly cpuMs: number
  readonly instructions: number
}

/** Does the same again and again, for a time and so many times at least. */
async function work(guest: DebianGuest, command: string, forMs: number, least: number = 1): Promise<Effort[]> {
  const efforts: Effort[] = []
  const endMs = performance.now() + forMs
  while (performance.now() < endMs || efforts.length < least) {
    const { status, cpuMs, before, after } = await guest.measure(command)
    if (status !== 0) throw new Error(`a guest cannot read its disk: status ${status}`)
    efforts.push({ cpuMs, instructions: after.instructions - before.instructions })
  }
  return efforts
}

async function observe(tax: number, boot: BootSource, disk: BlockStore): Promise<Run> {
  const host = new Host({
    memory: hostMiB * mib,
    maximumVms: 2,
    memoryPolicy: {
      idleTax: tax,
      sharing: false,
      swap: new MemorySwapStore(2 * (sizeMiB + 1) * 256),
      samplePages,
      samplePeriodNs: samplePeriodMs * 1e6,
      rebalanceNs: rebalanceMs * 1e6,
    },
  })
  const guests = ['idle', 'working'].map((name) => {
    const virtio = { balloon: true, blk: [{ store: disk }] }
    return new DebianGuest(host.createVm({ name, memory: sizeMiB * mib, boot, virtio }), { keepsRunning: true })
  })
  const [idle, working] = guests as [DebianGuest, DebianGuest]
  // Both have had all the memory they could get before one falls idle.
  for (const guest of guests) {
    await guest.ready()
    await guest.measure('reread 1')
  }
  const startMs = performance.now()
  const nowMs = (): number => performance.now() - startMs
  const machine = ({ vm }: DebianGuest): Machine => {
    return { residentMiB: vm.memory.statistics.resident / mib, active: vm.memory.active }
  }
  const timeline = new Timeline<Moment>(() => {
    const swappedMiB = (host.memory?.swap.used ?? 0) / mib
    return { ms: nowMs(), idle: machine(idle), working: machine(working), swappedMiB }
  }, 250)
  await work(working, demand, settleMs)
  const settledMs = nowMs()
  await work(working, demand, watchMs)
  const watchedMs = nowMs()
  const repetitions = await work(working, repetition, repeatMs, firstRepetitions + leastRepetitions)
  await Promise.all(guests.map((guest) => work(guest, demand, wakeMs)))
  const endMs = nowMs()
  timeline.end()
  await Promise.all(guests.map(({ vm }) => vm.pause()))
  host.destroy()
  return {
    tax,
    moments: timeline.moments,
    settledMs,
    watchedMs,
    endMs,
    repetitions: repetitions.slice(firstRepetitions),
  }
}

/**
 * What each of two machines with equal shares is to have: n pages cost n * (f + k * (1 - f)), k = 1 / (1 - tax), f the part in use, and both
 * pay the same (Waldspurger, "Memory Resource Management in VMware ESX Server", OSDI 2002, section 5.2). None has more than its size. What is divided is what both have: between 4 % and
 * 6.6 % of the host's memory are free, wherever it came to rest.
 */
export function formula(
  tax: number,
  { idle, working }: Pick<Moment, 'idle' | 'working'>,
): { idle: number; working: number } {
  const price = ({ active }: Machine): number => active + (1 - active) / (1 - tax)
  const capacity = idle.residentMiB + working.residentMiB
  const worker = (capacity * price(idle)) / (price(idle) + price(working))
  const most = Math.min(sizeMiB, Math.max(capacity - sizeMiB, worker))
  return { idle: capacity - most, working: most }
}

interface Division {
  readonly tax: number
  readonly when: string
  readonly idle: number
  readonly working: number
  readonly idleByFormula: number
  readonly workingByFormula: number
  readonly idleActive: number
  readonly workingActive: number
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Who had how much between two times, on average, and should have had. */
function divisionOf({ tax, moments }: Run, when: string, fromMs: number, toMs: number): Division {
  const within = moments.filter(({ ms }) => ms >= fromMs && ms <= toMs)
  const average = (of: (moment: Moment) => number): number => mean(within.map(of))
  return {
    tax,
    when,
    idle: average(({ idle }) => idle.residentMiB),
    working: average(({ working }) => working.residentMiB),
    idleByFormula: average((moment) => formula(tax, moment).idle),
    workingByFormula: average((moment) => formula(tax, moment).working),
    idleActive: average(({ idle }) => idle.active),
    workingActive: average(({ working }) => working.active),
  }
}

const worstDeviation = (division: Division): number =>
  Math.max(
    Math.abs(division.idle / division.idleByFormula - 1),
    Math.abs(division.working / division.workingByFormula - 1),
  )

function chartOf(runs: readonly Run[]) {
  const values = runs.flatMap(({ tax, moments }) =>
    moments.flatMap((moment) =>
      (['idle', 'working'] as const).flatMap((who) => {
        const seconds = Number((moment.ms / 1000).toFixed(2))
        const is = { tax: `tax ${tax}`, seconds, who }
        return [
          { ...is, what: 'has', mib: Number(moment[who].residentMiB.toFixed(1)) },
          { ...is, what: 'by the formula', mib: Number(formula(tax, moment)[who].toFixed(1)) },
        ]
      }),
    ),
  )
  return {
    data: { values },
    facet: { row: { field: 'tax', type: 'nominal' as const, title: null } },
    spec: {
      width: 600,
      height: 220,
      mark: 'line' as const,
      encoding: {
        x: { field: 'seconds', type: 'quantitative' as const, title: 'seconds' },
        y: { field: 'mib', type: 'quantitative' as const, title: 'MiB in frames' },
        color: { field: 'who', type: 'nominal' as const, title: null },
        strokeDash: { field: 'what', type: 'nominal' as const, title: null, sort: ['has', 'by the formula'] },
      },
    },
  }
}

function reportOf(runs: readonly Run[]): Report {
  const settled = runs.map((run) => divisionOf(run, 'one idle', run.settledMs, run.watchedMs))
  const woken = runs.map((run) => divisionOf(run, 'both work', run.endMs - 2000, run.endMs))
  const taxed = woken.at(-1)!
  const cpuMs = runs.map(({ repetitions }) => median(repetitions.map((each) => each.cpuMs)))
  const instructions = runs.map(({ repetitions }) => median(repetitions.map((each) => each.instructions)))
  const gain = cpuMs[0]! / cpuMs[1]! - 1
  const peakSwap = Math.max(...runs.flatMap(({ moments }) => moments.map(({ swappedMiB }) => swappedMiB)))
  return {
    text: [
      `Two machines of ${sizeMiB} MiB with equal shares, on a host of ${hostMiB} MiB. Both fill their memory; then one idles, and the other reads blocks of a disk of ${diskMiB} MiB at`,
      'random. That is more than its file cache ever holds, so that it always wants more memory, and gets what the policy lets it have. Without a tax on idle memory the two have equal',
      `parts; with it, an idle page costs its owner four times as much as one in use. Then the working machine reads the first ${repeatedMiB} MiB of its disk over and over: too much for`,
      'the file cache of a machine with half of the host, and not too much for what it has with the tax. At last the idle machine begins to read at random, too. The disks lie in memory and answer',
      'at once, so that what is gained is processor time alone. Memory moves by balloons; the host swaps when they are too slow.',
    ].join(' '),
    claims: [
      ...settled.map((division) => ({
        text: `with a tax of ${division.tax} each machine has its part of what both have as the formula says, within 5 % (worst: ${percent(worstDeviation(division))})`,
        holds: worstDeviation(division) <= tolerance,
      })),
      { text: `with the tax, the working machine gains over 30 % (here ${percent(gain)})`, holds: gain > 0.3 },
      {
        text: `two periods after it woke up, the idle machine has its memory back, within 5 % of the formula (${taxed.idle.toFixed(0)} of ${taxed.idleByFormula.toFixed(0)} MiB)`,
        holds: taxed.idle >= taxed.idleByFormula * (1 - tolerance),
      },
    ],
    tables: [
      {
        title: 'Who has how much',
        header: [
          'tax',
          'when',
          'idle one: in use',
          'by the formula, MiB',
          'has, MiB',
          'working one: in use',
          'by the formula, MiB',
          'has, MiB',
        ],
        rows: [...settled, ...woken].map((division) => [
          String(division.tax),
          division.when,
          percent(division.idleActive),
          division.idleByFormula.toFixed(1),
          division.idle.toFixed(1),
          percent(division.workingActive),
          division.workingByFormula.toFixed(1),
          division.working.toFixed(1),
        ]),
      },
      {
        title: `Reading ${repeatedMiB} MiB once more, beside an idle machine`,
        header: ['tax', 'repetitions', 'M instructions', 'ms of processor time', 'speed'],
        rows: runs.map(({ tax, repetitions }, i) => [
          String(tax),
          String(repetitions.length),
          (instructions[i]! / 1e6).toFixed(1),
          cpuMs[i]!.toFixed(0),
          (cpuMs[0]! / cpuMs[i]!).toFixed(2),
        ]),
      },
    ],
    charts: [{ name: '', title: 'An idle and a working machine', spec: chartOf(runs) }],
    parameters: {
      guest: 'guest-linux, i386',
      machines: `2 of ${sizeMiB} MiB, with balloons, on a host of ${hostMiB} MiB`,
      work: `\`${demand}\` again and again, on a disk of ${diskMiB} MiB; for the gain \`${repetition}\``,
      'sampling period': `${samplePeriodMs / 1000} s`,
      'pages watched': samplePages,
      'targets computed': `every ${rebalanceMs / 1000} s at least`,
      'one works alone for': `${settleMs / 1000} s until memory has moved, ${watchMs / 1000} s more, and ${repeatMs / 1000} s for the gain`,
      'both work for': `${wakeMs / 1000} s`,
      'most in swap': `${peakSwap.toFixed(1)} MiB`,
    },
  }
}

export const experiment: Experiment = {
  title: 'Tax: idle memory goes to who works',
  async run() {
    const boot = await debianBoot()
    const disk = textDisk(diskMiB * mib)
    const runs: Run[] = []
    for (const tax of taxes) {
      console.error(`a tax of ${tax}`)
      runs.push(await observe(tax, boot, disk))
    }
    return reportOf(runs)
  },
}
