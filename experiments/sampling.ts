/** Experiment `sampling`: what the host thinks a guest uses, from a hundred of its pages, beside what it does use. */
import { Host, type BootSource } from '@mica-vm/vmm'
import { debianBoot, DebianGuest } from './frame/debian-guest.ts'
import type { Experiment, Report, Table } from './frame/experiment.ts'
import { Timeline } from './frame/timeline.ts'

const mib = 2 ** 20
const memoryMiB = 64
/** Of the guest's time, which is a nanosecond per instruction. */
const periodNs = 100e6
const samplePages = 100
/** Steps of the working set, and how many periods each one lasts. */
const stepsMiB = [8, 22, 34, 10, 32, 20, 8] as const
const periodsPerStep = 6
/** The part of all pages that is touched at once only when a period begins. */
const leap = 0.02
/** How far the estimate may be from the truth, and after how many periods. */
const tolerance = 0.1
const patiencePeriods = 2
/** Instructions of the toucher's loop for a page. */
const instructionsPerTouch = 4
const pagesOf = (sizeMiB: number): number => sizeMiB * 256

export interface Moment {
  readonly guestNs: number
  readonly active: number
  /** Watched pages that were touched, since the machine was switched on. */
  readonly touches: number
}

export interface Step {
  readonly sizeMiB: number
  readonly beginNs: number
  readonly endNs: number
}

export interface Run {
  readonly pages: number
  readonly steps: readonly Step[]
  readonly moments: readonly Moment[]
}

/** Boots a guest, of whose pages `watchedPages` are watched at a time, and lets its working set step up and down. */
async function observe(boot: BootSource, watchedPages: number): Promise<Run> {
  const memoryPolicy = { sharing: false, samplePages: watchedPages, samplePeriodNs: periodNs }
  const host = new Host({ memory: (memoryMiB + 32) * mib, maximumVms: 1, memoryPolicy })
  const vm = host.createVm({ memory: memoryMiB * mib, boot, clock: 'instructions' })
  const timeline = new Timeline<Moment>(() => {
    const { time, mmu } = vm.statistics
    return { guestNs: time.guestNs, active: vm.memory.active, touches: mmu.touches }
  })
  const rounds = (sizeMiB: number): number =>
    Math.ceil((periodsPerStep * periodNs) / (pagesOf(sizeMiB) * instructionsPerTouch))
  const guest = new DebianGuest(vm)
  const measured = await guest.measureAll(stepsMiB.map((size) => `toucher ${rounds(size)} ${pagesOf(size)}`))
  timeline.end()
  const { pages } = vm.statistics.memory
  host.destroy()
  measured.forEach(({ status }, i) => {
    if (status !== 0) throw new Error(`the toucher of ${stepsMiB[i]} MiB ended with status ${status}`)
  })
  const steps = measured.map(({ before, after }, i) => {
    return { sizeMiB: stepsMiB[i]!, beginNs: before.time.guestNs, endNs: after.time.guestNs }
  })
  return { pages, steps, moments: timeline.moments }
}

/** What was seen last up to a time. */
function at(moments: readonly Moment[], guestNs: number): Moment {
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

interface Finding extends Step {
  readonly isUp: boolean
  readonly truth: number
  /** Estimates after one period, two, and at the end. */
  readonly estimates: readonly [one: number, two: number, end: number]
}

function findingsOf(sampled: Run, whole: Run): Finding[] {
  return sampled.steps.map((step, i) => {
    const estimate = (ns: number): number => at(sampled.moments, Math.min(ns, step.endNs)).active
    return {
      ...step,
      isUp: i > 0 && step.sizeMiB > stepsMiB[i - 1]!,
      truth: truthOf(whole, whole.steps[i]!),
      estimates: [
        estimate(step.beginNs + periodNs),
        estimate(step.beginNs + patiencePeriods * periodNs),
        estimate(step.endNs),
      ],
    }
  })
}

/** Most watched pages that were touched within any time as long as a period. */
function mostTouches({ moments }: Run): number {
  let most = 0
  for (const { guestNs, touches } of moments) {
    const before = at(moments, guestNs - periodNs)
    // Looks are not exactly a period apart: what is counted in more than one is put down to one.
    const periods = Math.max(1, Math.ceil((guestNs - before.guestNs) / periodNs))
    most = Math.max(most, (touches - before.touches) / periods)
  }
  return most
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`

function tableOf(findings: readonly Finding[]): Table {
  return {
    title: 'Step by step',
    header: [
      'working set',
      'direction',
      'truth',
      'after 1 period',
      'after 2 periods',
      'at its end',
      'points off after 2',
    ],
    rows: findings.map(({ sizeMiB, isUp, truth, estimates: [one, two, end] }, i) => [
      `${sizeMiB} MiB`,
      i === 0 ? 'first' : isUp ? 'up' : 'down',
      percent(truth),
      percent(one),
      percent(two),
      percent(end),
      ((two - truth) * 100).toFixed(1),
    ]),
  }
}

function reportOf(sampled: Run, whole: Run): Report {
  const findings = findingsOf(sampled, whole)
  const up = findings.filter(({ isUp }) => isUp)
  const error = ({ truth, estimates: [, two] }: Finding): number => Math.abs(two - truth)
  const [startNs, endNs] = [sampled.steps[0]!.beginNs, sampled.steps.at(-1)!.endNs]
  const inPeriods = (ns: number): number => Number(((ns - startNs) / periodNs).toFixed(3))
  const estimates = sampled.moments
    .filter(({ guestNs }) => guestNs >= startNs && guestNs <= endNs)
    .map(({ guestNs, active }) => ({ period: inPeriods(guestNs), part: active * 100, what: 'estimate' }))
  const truths = findings.flatMap(({ beginNs, endNs, truth }) =>
    [beginNs, endNs].map((ns) => ({ period: inPeriods(ns), part: truth * 100, what: 'truth' })),
  )
  const faults = mostTouches(sampled)
  const isUnequal = sampled.steps.some((step, i) => step.beginNs !== whole.steps[i]!.beginNs)
  return {
    text: [
      'A program in a Debian guest touches all pages of its working set over and over, and the set steps up and down. The host watches',
      `${samplePages} pages of the guest at a time, drawn anew each period of the guest’s time, and makes of it the estimate that its policy goes by: the greatest`,
      'of a slow moving average, a fast one, and the fast one with the period under way. The truth is from a second machine that does the same, instruction by',
      'instruction, and of which _every_ page is watched. The estimate is meant to rise at once and to sink slowly. Drawing a hundred pages is itself good for a standard',
      'deviation of five points where half of the memory is in use.',
    ].join(' '),
    claims: [
      {
        text: `two periods after each step up the estimate is within ${tolerance * 100} points of the truth (worst: ${(Math.max(...up.map(error)) * 100).toFixed(1)})`,
        holds: up.length > 0 && up.every((finding) => error(finding) <= tolerance),
      },
      {
        text: `sampling costs at most ${samplePages} faults per period (most: ${faults})`,
        holds: faults > 0 && faults <= samplePages,
      },
      {
        text: 'the guest cannot tell how many of its pages are watched: both machines take each step at the same instruction',
        holds: !isUnequal,
      },
    ],
    tables: [tableOf(findings)],
    charts: [
      {
        name: '',
        title: 'Memory in use: estimate and truth',
        spec: {
          width: 640,
          height: 300,
          data: { values: [...truths, ...estimates] },
          mark: 'line',
          encoding: {
            x: { field: 'period', type: 'quantitative', title: 'sampling periods' },
            y: { field: 'part', type: 'quantitative', title: '% of the guest’s memory', scale: { domain: [0, 100] } },
            color: { field: 'what', type: 'nominal', title: null, sort: ['truth', 'estimate'] },
          },
        },
      },
    ],
    parameters: {
      guest: 'guest-linux, i386',
      memory: `${memoryMiB} MiB`,
      clock: 'instructions',
      'sampling period': `${periodNs / 1e6} ms of the guest's time`,
      'pages watched': samplePages,
      'working sets': `${stepsMiB.join(', ')} MiB, ${periodsPerStep} periods each`,
    },
  }
}

export const experiment: Experiment = {
  title: 'Sampling: how much memory a guest uses',
  async run() {
    const boot = await debianBoot()
    console.error(`${samplePages} pages watched`)
    const sampled = await observe(boot, samplePages)
    console.error('all pages watched')
    const whole = await observe(boot, sampled.pages)
    return reportOf(sampled, whole)
  },
}
