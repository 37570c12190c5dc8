import { Host, type BootSource, type VirtualMachine } from '@mica-vm/vmm'
import { DebianGuest } from '../frame/debian-guest.ts'
import { Timeline } from '../frame/timeline.ts'

const mib = 2 ** 20
export const memoryMiB = 64
/** Of the host's memory, for each machine: what it has besides its own, and what the host keeps free. */
const slackMiB = 16
/** Of a guest's time, which is a nanosecond per instruction. */
export const periodNs = 100e6
/** Steps of the working set, and how many periods each one lasts. */
export const stepsMiB = [8, 22, 34, 10, 32, 20, 8] as const
export const periodsPerStep = 6
/** The part of all pages that is touched at once only when a period begins. */
const leap = 0.02
/** Instructions of the toucher's loop for a page. */
const instructionsPerTouch = 4
const pagesOf = (sizeMiB: number): number => sizeMiB * 256

export interface Moment {
  readonly guestNs: number
  /** The estimate: a part of all pages. */
  readonly active: number
  /** Watched pages that were touched, since the machine was switched on. */
  readonly touches: number
}

export interface Step {
  readonly sizeMiB: number
  readonly beginNs: number
  readonly endNs: number
}

/** Of one machine. */
export interface Run {
  readonly pages: number
  readonly steps: readonly Step[]
  readonly moments: readonly Moment[]
}

/**
 * Boots guests that do the very same, side by side on one host, and lets their working sets step up and down. `samplePages` pages of each are
 * watched at a time, drawn for each by itself.
 */
export async function observe(boot: BootSource, machines: number, samplePages: number): Promise<Run[]> {
  const host = new Host({
    memory: machines * (memoryMiB + slackMiB) * mib,
    maximumVms: machines,
    memoryPolicy: { sharing: false, samplePages, samplePeriodNs: periodNs },
  })
  const vms = Array.from({ length: machines }, () => {
    return host.createVm({ memory: memoryMiB * mib, boot, clock: 'instructions' })
  })
  const runs = await Promise.all(vms.map(observeOne))
  host.destroy()
  return runs
}

async function observeOne(vm: VirtualMachine): Promise<Run> {
  const timeline = new Timeline<Moment>(() => {
    const { time, mmu } = vm.statistics
    return { guestNs: time.guestNs, active: vm.memory.active, touches: mmu.touches }
  })
  const rounds = (sizeMiB: number): number =>
    Math.ceil((periodsPerStep * periodNs) / (pagesOf(sizeMiB) * instructionsPerTouch))
  const guest = new DebianGuest(vm)
  const measured = await guest.measureAll(stepsMiB.map((size) => `toucher ${rounds(size)} ${pagesOf(size)}`))
  timeline.end()
  const steps = measured.map(({ status, before, after }, i) => {
    if (status !== 0) throw new Error(`the toucher of ${stepsMiB[i]} MiB ended with status ${status}`)
    return { sizeMiB: stepsMiB[i]!, beginNs: before.time.guestNs, endNs: after.time.guestNs }
  })
  return { pages: vm.statistics.memory.pages, steps, moments: timeline.moments }
}

/** What was seen last up to a time. */
export function at(moments: readonly Moment[], guestNs: number): Moment {
  return moments.findLast((moment) => moment.guestNs <= guestNs) ?? moments[0]!
}

/**
 * The part of all pages that is touched in a period, when a step has settled. Each page is watched, and counts once in a period; nearly all are touched
 * as soon as it has begun, so where touches leap is where one begins: the host may look late, and periods are not all of one length.
 */
export function truthOf({ pages, moments }: Run, { beginNs, endNs }: Step): number {
  const within = moments.filter(({ guestNs }) => guestNs >= beginNs + periodNs && guestNs <= endNs)
  const leaps = (i: number): boolean => i > 0 && within[i]!.touches - within[i - 1]!.touches > pages * leap
  // What is seen in the middle of a leap belongs to the same one.
  const begins = within.flatMap((_, i) => (leaps(i) && !leaps(i - 1) ? [within[i - 1]!.touches] : []))
  if (begins.length < 2) throw new Error('the host looked too seldom to see two periods begin in one step; try again')
  return (begins.at(-1)! - begins[0]!) / (begins.length - 1) / pages
}

/** Most watched pages that were touched within any time as long as a period. */
export function mostTouches({ moments }: Run): number {
  let most = 0
  for (const { guestNs, touches } of moments) {
    const before = at(moments, guestNs - periodNs)
    // Looks are not exactly a period apart: what is counted in more than one is put down to one.
    const periods = Math.max(1, Math.ceil((guestNs - before.guestNs) / periodNs))
    most = Math.max(most, (touches - before.touches) / periods)
  }
  return most
}
