/** Experiment `balloon`: machines that have been ballooned to a size, beside machines of that size, and beside machines that the host swaps. */
import type { BootSource } from '@mica-vm/vmm'
import { median } from '../bench/table.ts'
import {
  aheadPages,
  files,
  kinds,
  makeImage,
  mib,
  pageBytes,
  storage,
  Subject,
  timeNs,
  total,
  useOf,
  type Kind,
  type Order,
  type Result,
  type Size,
} from './balloon/subject.ts'
import { debianBoot } from './frame/debian-guest.ts'
import type { Chart, Claim, Experiment, Report, Table } from './frame/experiment.ts'
import { percent } from './frame/percent.ts'
import { storageNs } from './frame/storage-ledger.ts'
import { byTurns, center } from './frame/turns.ts'

interface Part {
  readonly part: number
  readonly name: string
  /** How much longer a ballooned machine may take. */
  readonly most: number
}
const parts: readonly Part[] = [
  { part: 1 / 2, name: 'half', most: 0.044 },
  { part: 5 / 8, name: '5/8', most: 0.044 },
  { part: 3 / 4, name: '3/4', most: 0.044 },
  { part: 7 / 8, name: '7/8', most: 0.014 },
]

/** A machine of one size is one draw: where in its memory things come to lie, and what its clients do. So there are several, chosen beforehand. */
interface Draw {
  readonly fullMiB: number
  /** At first until memory is as full as it gets; then as measured. */
  readonly warmUp: Order
  readonly rounds: readonly Order[]
}
const draws: readonly Draw[] = [118, 120, 122, 124, 126, 128, 130, 132, 134, 136, 138].map((fullMiB, i) => {
  const [warmUp, ...rounds] = [1, 2, 3].map((round) => ({ operations: 300, seed: 10 * (i + 1) + round }))
  return { fullMiB, warmUp: warmUp!, rounds }
})
/** The one that is swapped, too: that costs so much more than draws differ that one is enough. */
const middle = draws[5]!
/** The tighter the bound, the more of them it takes to tell on which side of it their centre lies. */
const drawsOf = ({ most }: Part): readonly Draw[] =>
  most < 0.02 ? draws : draws.filter(({ fullMiB }) => fullMiB % 8 === 0)
/** Linux frees 4 MiB ahead when it had to mix kinds of pages in a block (admin-guide/sysctl/vm.rst of its documentation); not with that. */
const unboost = "sh -c 'echo 0 >/proc/sys/vm/watermark_boost_factor'"

const inMs = (ns: number): string => (ns / 1e6).toFixed(0)
const sizeOf = ({ fullMiB }: Draw, part: number): Size => ({ fullMiB, sizeMiB: fullMiB * part })

/** A native and a ballooned machine of one size that did the same. */
export interface Pair {
  readonly native: Result
  readonly ballooned: Result
}

/** How much longer the ballooned one took. */
const slowdownOf = ({ native, ballooned }: Pair): number => timeNs(ballooned) / timeNs(native) - 1

/** What came of a part of the memory. */
export interface Finding {
  readonly part: Part
  /** One of each draw that this part was tried with. */
  readonly pairs: readonly Pair[]
  /** The middle draw. */
  readonly swapped: Result
}

export interface Findings {
  readonly byPart: readonly Finding[]
  /** The middle draw with all its memory. */
  readonly full: Result
  /** The middle draw with the largest part, in guests that do not boost their watermarks. */
  readonly unboosted: Pair
}

const middleOf = ({ pairs }: Finding): Pair => pairs.find(({ native }) => native.fullMiB === middle.fullMiB)!

/** Runs one machine of each kind, a round of each by turns. */
async function compare(
  wanted: readonly Kind[],
  draw: Draw,
  part: number,
  { boot, image, setup }: { readonly boot: BootSource; readonly image: Uint8Array; readonly setup?: string },
): Promise<Partial<Record<Kind, Result>>> {
  const size = sizeOf(draw, part)
  const subjects: Subject[] = []
  for (const kind of wanted) {
    const subject = new Subject(kind, size, boot, image)
    await subject.prepare(draw.warmUp, setup)
    subjects.push(subject)
  }
  const measured = await byTurns(subjects, { warmUps: 0, rounds: draw.rounds.length }, (subject, round) =>
    subject.measure(draw.rounds[round]!),
  )
  const results = subjects.map(({ kind }, i) => ({ kind, ...size, rounds: measured[i]! }))
  for (const subject of subjects) subject.destroy()
  for (const result of results)
    console.error(`${size.sizeMiB} of ${size.fullMiB} MiB, ${result.kind}: ${inMs(timeNs(result))} ms`)
  return Object.fromEntries(results.map((result) => [result.kind, result]))
}

const boundText = ({ part: { name, most }, pairs }: Finding): string => {
  const slowdowns = pairs.map(slowdownOf)
  const range = [Math.min(...slowdowns), Math.max(...slowdowns)].map(percent).join(' to ')
  return `with ${name} of its memory, a ballooned machine takes at most ${percent(most)} longer than a native one (here ${percent(center(slowdowns))}; ${pairs.length} pairs: ${range})`
}

function claimsOf({ byPart, full }: Findings): Claim[] {
  const factors = byPart.map((finding) => timeNs(finding.swapped) / timeNs(middleOf(finding).ballooned))
  const pairs = byPart.flatMap((finding) => finding.pairs)
  const widest = Math.max(...pairs.map((pair) => Math.abs(slowdownOf(pair))))
  const doublePaged = byPart.map(({ swapped }) => useOf(swapped).doublePaged)
  const held = pairs.flatMap(({ native, ballooned }) =>
    [native, ballooned].flatMap(({ sizeMiB, rounds }) => rounds.map(({ residentMiB }) => residentMiB - sizeMiB)),
  )
  const isUnnoticed = byPart.every(({ swapped }) =>
    swapped.rounds.every(({ instructions, storage: { diskRequests } }, i) => {
      const round = full.rounds[i]!
      return instructions === round.instructions && diskRequests === round.storage.diskRequests
    }),
  )
  return [
    ...byPart.map((finding) => ({
      text: boundText(finding),
      holds: center(finding.pairs.map(slowdownOf)) <= finding.part.most,
    })),
    {
      text: `where the host swaps, a machine takes at least half as long again as a ballooned one with half of the memory (here ${factors[0]!.toFixed(2)} times as long)`,
      holds: factors[0]! >= 1.5,
    },
    {
      text: `and longer with each part of it, by more than twice what native and ballooned machines differ in any pair (least: ${percent(Math.min(...factors) - 1)}; they: ${percent(widest)})`,
      holds: Math.min(...factors) - 1 > 2 * widest,
    },
    {
      text: `and pages are paged twice: the host reads them back because the guest moves them from or to its own disk (least: ${Math.min(...doublePaged)})`,
      holds: doublePaged.every((count) => count > 0),
    },
    {
      text: 'no guest can tell that its host swaps: it runs the same instructions, and asks the same of its disk, as one that has all its memory',
      holds: isUnnoticed,
    },
    {
      text: `after no round does a native or a ballooned machine have more than its size in frames`,
      holds: held.every((excess) => excess <= 0),
    },
  ]
}

function slowdownTable({ byPart, unboosted }: Findings): Table {
  const cells = (of: (pairs: readonly Pair[]) => number | undefined): string[] =>
    byPart.map(({ pairs }) => of(pairs)).map((slowdown) => (slowdown === undefined ? '' : percent(slowdown)))
  return {
    title: 'How much longer a ballooned machine takes than a native one',
    header: ['machine', ...byPart.map(({ part }) => `with ${part.name}`)],
    rows: [
      ...draws.map(({ fullMiB }) => [
        `${fullMiB} MiB`,
        ...cells((pairs) => pairs.filter(({ native }) => native.fullMiB === fullMiB).map(slowdownOf)[0]),
      ]),
      ['centre', ...cells((pairs) => center(pairs.map(slowdownOf)))],
      [`${middle.fullMiB} MiB, not boosted`, ...byPart.slice(1).map(() => ''), percent(slowdownOf(unboosted))],
    ],
  }
}

const middleResults = ({ byPart, full }: Findings): { readonly result: Result; readonly native: Result }[] => [
  ...byPart.flatMap((finding) => {
    const { native, ballooned } = middleOf(finding)
    return [native, ballooned, finding.swapped].map((result) => ({ result, native }))
  }),
  { result: full, native: full },
]

function timeTable(findings: Findings): Table {
  return {
    title: `Time, of ${middle.fullMiB} MiB`,
    header: [
      'memory',
      'machine',
      'in frames, MiB',
      'M instructions',
      'disk and swap, ms',
      'in all, ms',
      'slower than native',
      'processor time of Mica, beside native',
    ],
    rows: middleResults(findings).map(({ result, native }) => {
      const ratios = result.rounds.map(({ cpuMs }, i) => cpuMs / native.rounds[i]!.cpuMs)
      const isNative = result === native
      return [
        `${result.sizeMiB} MiB`,
        result.kind,
        (total(result, (round) => round.residentMiB) / result.rounds.length).toFixed(1),
        (total(result, (round) => round.instructions) / 1e6).toFixed(0),
        inMs(storageNs(useOf(result), storage)),
        inMs(timeNs(result)),
        isNative ? '' : percent(timeNs(result) / timeNs(native) - 1),
        isNative ? '' : median(ratios).toFixed(2),
      ]
    }),
  }
}

function storageTable(findings: Findings): Table {
  return {
    title: `Disk and swap, of ${middle.fullMiB} MiB`,
    header: [
      'memory',
      'machine',
      'requests to the disk',
      'MiB from and to it',
      'pages swapped out',
      'swapped in',
      'of those, for the disk',
    ],
    rows: middleResults(findings).map(({ result }) => {
      const { diskRequests, diskBytes, swapReads, swapWrites, doublePaged } = useOf(result)
      const numbers = [diskRequests, (diskBytes / mib).toFixed(0), swapWrites, swapReads, doublePaged]
      return [`${result.sizeMiB} MiB`, result.kind, ...numbers.map(String)]
    }),
  }
}

function chartOf({ byPart, full }: Findings): Chart {
  const point = (machine: Kind, result: Result): object => ({
    sizeMiB: result.sizeMiB,
    machine,
    seconds: timeNs(result) / 1e9,
  })
  const values = byPart.flatMap(({ pairs, swapped }) => [
    ...pairs.flatMap(({ native, ballooned }) => [point('native', native), point('ballooned', ballooned)]),
    point('swapped', swapped),
  ])
  return {
    name: '',
    title: 'The same work with less memory',
    spec: {
      width: 560,
      height: 280,
      // With all its memory, each machine is the same.
      data: { values: [...values, ...kinds.map((machine) => point(machine, full))] },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'sizeMiB', type: 'quantitative', title: 'MiB of memory', scale: { zero: false } },
        y: { field: 'seconds', type: 'quantitative', title: 'seconds' },
        color: { field: 'machine', type: 'nominal', title: null, sort: [...kinds] },
      },
    },
  }
}

export function reportOf(findings: Findings): Report {
  const [least, most] = [draws[0]!.fullMiB, draws.at(-1)!.fullMiB]
  const [{ operations }] = middle.rounds as [Order]
  return {
    text: [
      'Forty clients in a Debian guest read and overwrite pages of files, delete and make files, of which there are more than fit into its file cache.',
      'A _native_ machine of each size does that beside a _ballooned_ one, whose guest gave up to its balloon what it has more, and so can use as much;',
      `and beside a _swapped_ one without a balloon, on a host that has no more than that size for it and swaps pages drawn at random. All do the same things in`,
      'the same order. What the ballooned guest has too much is what its kernel has set up for the whole: descriptions of pages that it gave up, and free memory kept for more',
      'of it. Time is reckoned, not taken: a nanosecond for each instruction, and for each request to the disk or to swap what a disk of flash takes, one after the other. So it',
      'is the same on every machine that this runs on, but for the pages that the host draws. The processor time that Mica took is beside it.',
      `A pair of machines is one draw, so there are several, of ${least} to ${most} MiB and each with other things to do, more of them where the bound is tighter, and what counts is their centre.`,
      'With 7/8, much of what they differ in is how often Linux boosts its watermarks: when it has to put pages of one kind into a block of another, it frees a block of 4 MiB, mostly',
      'from the cache. That depends on where in memory things came to lie, and happens to native machines as well. A pair in which Linux is told not to is in the table, too.',
      'What it costs that a host swaps grows with the pages that it lacks, so that it is least with 7/8.',
      'Mostly the clients read: with many more writes, Linux finds mostly dirty pages when it has to give some up, and one pair has differed by 9 % with half.',
    ].join(' '),
    claims: claimsOf(findings),
    tables: [slowdownTable(findings), timeTable(findings), storageTable(findings)],
    charts: [chartOf(findings)],
    parameters: {
      guest: 'guest-linux, i386, with ext4',
      files: `${files} of 128 KiB for each of 40 clients, on ext2`,
      'what clients do':
        'of 256 things they read a page of a file 224 times, overwrite one 31 times, delete a file and make it anew once',
      measured: `${middle.rounds.length} rounds of ${operations} things by each client, by turns; before that all files are read once, and there is a round of ${operations}`,
      draws: `${parts.map((part) => `${drawsOf(part).length} with ${part.name}`).join(', ')}; swapped only ${middle.fullMiB} MiB`,
      centre: 'the Hodges-Lehmann estimate',
      'a request takes': `${storage.requestNs / 1000} us, and its data ${storage.bytesPerSecond / 1e6} MB/s; one that goes on where the last one ended is a part of it`,
      'the swapping host': `has ${(aheadPages * pageBytes) / mib} MiB more, since it frees that much ahead`,
      clock: 'instructions',
    },
  }
}

export const experiment: Experiment = {
  title: 'Balloon: as good as a smaller machine',
  async run() {
    const boot = await debianBoot({ extraModules: ['ext4', 'crc32c_generic'] })
    const disk = { boot, image: await makeImage(boot, middle.fullMiB) }
    const byPart: Finding[] = []
    for (const part of parts) {
      const results: Partial<Record<Kind, Result>>[] = []
      for (const draw of drawsOf(part))
        results.push(await compare(draw === middle ? kinds : ['native', 'ballooned'], draw, part.part, disk))
      byPart.push({ part, pairs: results as Pair[], swapped: results.find(({ swapped }) => swapped)!.swapped! })
    }
    const { native: full } = await compare(['native'], middle, 1, disk)
    const unboosted = await compare(['native', 'ballooned'], middle, parts.at(-1)!.part, { ...disk, setup: unboost })
    return reportOf({ byPart, full: full!, unboosted: unboosted as Pair })
  },
}
