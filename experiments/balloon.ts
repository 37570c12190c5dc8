/** Experiment `balloon`: machines that have been ballooned to a size, beside machines of that size, and beside machines that the host swaps. */
import { MemorySwapStore } from '@mica-vm/machine-memory'
import { Host, MemoryBlockStore, type BootSource } from '@mica-vm/vmm'
import { median } from '../bench/table.ts'
import { debianBoot, DebianGuest } from './frame/debian-guest.ts'
import type { Chart, Claim, Experiment, Report, Table } from './frame/experiment.ts'
import {
  difference,
  StorageLedger,
  storageNs,
  sumOf,
  type StorageModel,
  type StorageUse,
} from './frame/storage-ledger.ts'

const mib = 2 ** 20
const pageBytes = 4096
const fullMiB = 128
const parts = [1 / 2, 5 / 8, 3 / 4, 7 / 8] as const
const diskMiB = 224
/** Of each of the forty clients, and of 128 KiB: 200 MiB in all, half as much again as the largest machine has. */
const files = 40
interface Order {
  /** Things to do for each client, and the seed to draw them with. */
  readonly operations: number
  readonly seed: number
}
/** At first until memory is as full as it gets; then as measured. */
const warmUp: Order = { operations: 300, seed: 1 }
const rounds: readonly Order[] = [2, 3, 4].map((seed) => ({ operations: 300, seed }))
/** A disk of flash behind SATA. An instruction takes a nanosecond, as the guest's clock has it. */
const storage: StorageModel = { requestNs: 100_000, bytesPerSecond: 500e6 }
/** Of the guest's time, for its balloon to come to its target. */
const patienceSeconds = 60
/** The host that swaps frees up to so many pages ahead. It has as many more, so that its machine has at least its size in frames when it needs a frame. */
const aheadPages = 512
const thresholds = { high: 0.03, soft: 0.03, hard: 0, low: 0 }

const kinds = ['native', 'ballooned', 'swapped'] as const
type Kind = (typeof kinds)[number]

interface Round {
  readonly instructions: number
  readonly storage: StorageUse
  readonly cpuMs: number
  readonly residentMiB: number
}

/** What a machine of a kind did with `sizeMiB` of memory. */
interface Result {
  readonly kind: Kind
  readonly sizeMiB: number
  readonly rounds: readonly Round[]
}

/** The machine's size, and the host's memory. Equal is what a guest can use: its size, less what its balloon holds; or what the host has for it. */
function memoryOf(kind: Kind, sizeMiB: number): { readonly size: number; readonly host: number } {
  const [full, wanted] = [fullMiB * mib, sizeMiB * mib]
  if (kind === 'native') return { size: wanted, host: wanted + mib }
  return { size: full, host: kind === 'ballooned' ? full + mib : wanted + aheadPages * pageBytes }
}

/** A machine with a disk of its own, and what is counted of it. */
class Subject {
  readonly kind: Kind
  readonly sizeMiB: number
  readonly #host: Host
  readonly #guest: DebianGuest
  readonly #ledger = new StorageLedger()
  readonly #marks: StorageUse[] = []

  constructor(kind: Kind, sizeMiB: number, boot: BootSource, image: Uint8Array) {
    this.kind = kind
    this.sizeMiB = sizeMiB
    const { size, host } = memoryOf(kind, sizeMiB)
    const swap = this.#ledger.swap(new MemorySwapStore(fullMiB * 257))
    const memoryPolicy = { sharing: false, swap, thresholds }
    this.#host = new Host({ memory: host, maximumVms: 1, ...(kind === 'swapped' && { memoryPolicy }) })
    const disk = this.#ledger.disk(new MemoryBlockStore(image.slice()))
    const vm = this.#host.createVm({
      ...{ memory: size, boot, clock: 'instructions' },
      virtio: { blk: [{ store: disk }], balloon: kind === 'ballooned' },
    })
    this.#ledger.instructions = () => vm.processor.retired
    vm.on('debug', () => void this.#marks.push(this.#ledger.use))
    this.#guest = new DebianGuest(vm)
  }

  /** Boots, fills the memory that it has then, and works for a while. */
  async prepare(): Promise<void> {
    await this.#use('files mount')
    await this.#use('files read')
    const { balloon } = this.#guest.vm
    const pages = ((fullMiB - this.sizeMiB) * mib) / pageBytes
    balloon?.setTarget(pages)
    for (let seconds = 0; balloon !== null && balloon.actual < pages; seconds++) {
      if (seconds === patienceSeconds) throw new Error(`the guest gave up ${balloon.actual} pages of ${pages}`)
      await this.#use('sleep 1')
    }
    await this.#use(commandOf(warmUp))
  }

  measure(round: Order): Promise<Round> {
    return this.#use(commandOf(round))
  }

  destroy(): void {
    this.#host.destroy()
  }

  async #use(command: string): Promise<Round> {
    const { status, output, before, after, cpuMs } = await this.#guest.measure(command)
    if (status !== 0) throw new Error(`${command} ended with status ${status} in a ${this.kind} machine:\n${output}`)
    const [from, to] = this.#marks.splice(0, 2)
    return {
      instructions: after.instructions - before.instructions,
      storage: difference(to!, from!),
      cpuMs,
      residentMiB: (after.memory.resident * pageBytes) / mib,
    }
  }
}

const commandOf = ({ operations, seed }: Order): string => `files use ${operations} ${files} ${seed}`

/** A disk with the clients' files, as a machine of full size has made them. */
async function makeImage(boot: BootSource): Promise<Uint8Array> {
  const image = new Uint8Array(diskMiB * mib)
  const host = new Host({ memory: (fullMiB + 1) * mib, maximumVms: 1 })
  const virtio = { blk: [{ store: new MemoryBlockStore(image) }] }
  const guest = new DebianGuest(host.createVm({ memory: fullMiB * mib, boot, clock: 'instructions', virtio }))
  const { status, output } = await guest.measure(`files make ${files}`)
  host.destroy()
  if (status !== 0) throw new Error(`the files cannot be made: status ${status}\n${output}`)
  return image
}

/** Runs one machine of each kind, a round of each by turns. */
async function compare(
  wanted: readonly Kind[],
  sizeMiB: number,
  boot: BootSource,
  image: Uint8Array,
): Promise<Result[]> {
  const subjects: Subject[] = []
  for (const kind of wanted) {
    const subject = new Subject(kind, sizeMiB, boot, image)
    await subject.prepare()
    subjects.push(subject)
  }
  const results = subjects.map(({ kind }) => ({ kind, sizeMiB, rounds: [] as Round[] }))
  for (const [i, round] of rounds.entries()) {
    for (let turn = 0; turn < subjects.length; turn++) {
      // Who goes first changes.
      const at = (turn + i) % subjects.length
      results[at]!.rounds.push(await subjects[at]!.measure(round))
    }
  }
  for (const subject of subjects) subject.destroy()
  for (const result of results) console.error(`${sizeMiB} MiB, ${result.kind}: ${(timeNs(result) / 1e6).toFixed(0)} ms`)
  return results
}

const total = ({ rounds: all }: Result, of: (round: Round) => number): number =>
  all.reduce((whole, round) => whole + of(round), 0)

/** Instructions and what the stores take, one after the other. */
function timeNs(result: Result): number {
  return total(result, (round) => round.instructions + storageNs(round.storage, storage))
}

const useOf = ({ rounds: all }: Result): StorageUse => sumOf(all.map((round) => round.storage))
const percent = (part: number): string => `${(part * 100).toFixed(1)} %`
const inMs = (ns: number): string => (ns / 1e6).toFixed(0)

/** What one size came to. */
interface Comparison {
  readonly sizeMiB: number
  readonly of: Readonly<Record<Kind, Result>>
  /** How much longer a ballooned machine takes than a native one, and how many times as long as it a swapped one. */
  readonly slowdown: number
  readonly swappedFactor: number
}

function comparisonOf(results: readonly Result[]): Comparison {
  const of = Object.fromEntries(results.map((result) => [result.kind, result])) as Record<Kind, Result>
  const [native, ballooned, swapped] = kinds.map((kind) => timeNs(of[kind])) as [number, number, number]
  return {
    sizeMiB: of.native.sizeMiB,
    of,
    slowdown: ballooned / native - 1,
    swappedFactor: swapped / ballooned,
  }
}

function claimsOf(comparisons: readonly Comparison[], full: Result): Claim[] {
  const slowdowns = comparisons.map(({ sizeMiB, slowdown }) => {
    const most = sizeMiB === fullMiB * (7 / 8) ? 0.014 : 0.044
    return {
      text: `with ${sizeMiB} of ${fullMiB} MiB, the ballooned machine takes at most ${percent(most)} longer than the native one (here ${percent(slowdown)})`,
      holds: slowdown <= most,
    }
  })
  const least = Math.min(...comparisons.map(({ swappedFactor }) => swappedFactor))
  const swapped = comparisons.map(({ of }) => of.swapped)
  const doublePaged = swapped.map((result) => useOf(result).doublePaged)
  const held = comparisons.flatMap(({ sizeMiB, of: { native, ballooned } }) =>
    [native, ballooned].flatMap(({ rounds: all }) => all.map(({ residentMiB }) => residentMiB - sizeMiB)),
  )
  const isUnnoticed = swapped.every((result) =>
    result.rounds.every(({ instructions, storage: { diskRequests } }, i) => {
      const round = full.rounds[i]!
      return instructions === round.instructions && diskRequests === round.storage.diskRequests
    }),
  )
  return [
    ...slowdowns,
    {
      text: `where the host swaps, a machine takes at least half as long again as a ballooned one with half of the memory (here ${comparisons[0]!.swappedFactor.toFixed(2)} times as long)`,
      holds: comparisons[0]!.swappedFactor >= 1.5,
    },
    {
      text: `and at least a fifth longer at each size (least: ${least.toFixed(2)} times as long)`,
      holds: least >= 1.2,
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

function timeTable(comparisons: readonly Comparison[], full: Result): Table {
  const row = (result: Result, native: Result): string[] => {
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
  }
  return {
    title: 'Time',
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
    rows: [...comparisons.flatMap(({ of }) => kinds.map((kind) => row(of[kind], of.native))), row(full, full)],
  }
}

function storageTable(comparisons: readonly Comparison[], full: Result): Table {
  const all = [...comparisons.flatMap(({ of }) => kinds.map((kind) => of[kind])), full]
  return {
    title: 'Disk and swap',
    header: [
      'memory',
      'machine',
      'requests to the disk',
      'MiB from and to it',
      'pages swapped out',
      'swapped in',
      'of those, for the disk',
    ],
    rows: all.map((result) => {
      const { diskRequests, diskBytes, swapReads, swapWrites, doublePaged } = useOf(result)
      const numbers = [diskRequests, (diskBytes / mib).toFixed(0), swapWrites, swapReads, doublePaged]
      return [`${result.sizeMiB} MiB`, result.kind, ...numbers.map(String)]
    }),
  }
}

function chartOf(comparisons: readonly Comparison[], full: Result): Chart {
  const values = comparisons.flatMap(({ sizeMiB, of }) =>
    kinds.map((machine) => ({ sizeMiB, machine, seconds: timeNs(of[machine]) / 1e9 })),
  )
  // With all its memory, each machine is the same.
  const whole = kinds.map((machine) => ({ sizeMiB: fullMiB, machine, seconds: timeNs(full) / 1e9 }))
  return {
    name: '',
    title: 'The same work with less memory',
    spec: {
      width: 560,
      height: 280,
      data: { values: [...values, ...whole] },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'sizeMiB', type: 'quantitative', title: 'MiB of memory', scale: { zero: false } },
        y: { field: 'seconds', type: 'quantitative', title: 'seconds' },
        color: { field: 'machine', type: 'nominal', title: null, sort: [...kinds] },
      },
    },
  }
}

function reportOf(comparisons: readonly Comparison[], full: Result): Report {
  return {
    text: [
      'Forty clients in a Debian guest read and overwrite pages of files, delete and make files, of which there are more than fit into its file cache.',
      `A _native_ machine of each size does that beside a _ballooned_ one of ${fullMiB} MiB, whose guest gave up to its balloon what it has more, and so can use as much;`,
      `and beside a _swapped_ one of ${fullMiB} MiB without a balloon, on a host that has no more than that size for it and swaps pages drawn at random. All do the same things in`,
      'the same order. What the ballooned guest has too much is what its kernel has set up for the whole: descriptions of pages that it gave up, and free memory kept for more',
      'of it. Time is reckoned, not taken: a nanosecond for each instruction, and for each request to the disk or to swap what a disk of flash takes, one after the other. So it',
      'is the same on every machine that this runs on, but for the pages that the host draws. The processor time that Mica took is beside it.',
      'Mostly the clients read: with many more writes, Linux finds mostly dirty pages when it has to give some up, and a balloon has cost 9 % at half the size.',
    ].join(' '),
    claims: claimsOf(comparisons, full),
    tables: [timeTable(comparisons, full), storageTable(comparisons, full)],
    charts: [chartOf(comparisons, full)],
    parameters: {
      guest: 'guest-linux, i386, with ext4',
      files: `${files} of 128 KiB for each of 40 clients, on ext2`,
      'what clients do':
        'of 256 things they read a page of a file 224 times, overwrite one 31 times, delete a file and make it anew once',
      measured: `${rounds.length} rounds of ${rounds[0]!.operations} things by each client, by turns; before that all files are read once, and there is a round of ${warmUp.operations}`,
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
    const image = await makeImage(boot)
    const comparisons: Comparison[] = []
    for (const part of parts) comparisons.push(comparisonOf(await compare(kinds, part * fullMiB, boot, image)))
    const [full] = await compare(['native'], fullMiB, boot, image)
    return reportOf(comparisons, full!)
  },
}
