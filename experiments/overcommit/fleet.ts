import type { BlockStore } from '@mica-vm/vmm'
import { textDisk } from '../frame/text-disk.ts'
import { built, digested, mixed, sumOfDisk } from './expected.ts'

const mib = 2 ** 20
const pagesPerMiB = 256

/** A command of the guest's shell, and what it has to print. */
export interface Job {
  readonly command: string
  readonly expected: string
}

/** A machine of the fleet, and what it does. */
export interface Member {
  readonly name: string
  readonly what: string
  readonly sizeMiB: number
  /** Of memory; absent: by its size. */
  readonly shares?: number
  readonly cpuShares?: number
  /** Machines with different salts share no page. */
  readonly salt?: string
  readonly disk?: BlockStore
  /** Before the others work. */
  readonly prepare?: string
  /** Done one after the other while all work; none: the machine idles. */
  readonly jobs: readonly Job[]
  /** When all have done their work. */
  readonly last?: Job
}

const times = (count: number, job: Job): Job[] => Array.from({ length: count }, () => job)

function reader(name: string, sizeMiB: number, diskMiB: number, seed: number): Member {
  const disk = textDisk(diskMiB * mib, seed)
  const jobs = times(2, { command: 'sums 2', expected: sumOfDisk(disk) })
  return { name, what: `reads a disk of ${diskMiB} MiB`, sizeMiB, disk, jobs }
}

function mixer(name: string, sizeMiB: number, mixedMiB: number): Member {
  const [passes, pages] = [12, mixedMiB * pagesPerMiB]
  const jobs = times(2, { command: `mix ${passes} ${pages}`, expected: mixed(passes, pages) })
  return { name, what: `rewrites ${mixedMiB} MiB`, sizeMiB, jobs }
}

function keeper(name: string, sizeMiB: number, keptMiB: number, seed: number): Member {
  const disk = textDisk(keptMiB * mib, seed)
  return {
    name,
    what: `keeps ${keptMiB} MiB and idles`,
    sizeMiB,
    disk,
    prepare: 'keep',
    jobs: [],
    last: { command: 'md5sum </tmp/kept', expected: sumOfDisk(disk) },
  }
}

/** Eight machines of different sizes, shares and work. */
export function mixedFleet(): Member[] {
  return [
    { ...reader('files', 96, 64, 1), shares: 2000 },
    reader('archive', 64, 32, 2),
    { ...mixer('database', 96, 60), shares: 2000, cpuShares: 2000 },
    mixer('cache', 64, 28),
    {
      name: 'build',
      what: 'starts short programs',
      sizeMiB: 64,
      jobs: times(2, { command: 'build 10', expected: built(10) }),
    },
    {
      name: 'batch',
      what: 'needs the processor alone',
      sizeMiB: 48,
      cpuShares: 500,
      jobs: times(2, { command: 'digest 48', expected: digested(48) }),
    },
    keeper('idle', 96, 56, 3),
    { ...keeper('tenant', 80, 44, 4), shares: 400, salt: 'another tenant' },
  ]
}
