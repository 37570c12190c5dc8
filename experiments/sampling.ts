/** Experiment `sampling`: what the host thinks a guest uses, from a hundred of its pages, beside what it does use. */
import type { TopLevelSpec } from 'vega-lite'
import { median } from '../bench/table.ts'
import { debianBoot } from './frame/debian-guest.ts'
import type { Experiment, Report, Table } from './frame/experiment.ts'
import { percent } from './frame/percent.ts'
import {
  at,
  memoryMiB,
  mostTouches,
  observe,
  periodNs,
  periodsPerStep,
  stepsMiB,
  truthOf,
  type Run,
  type Step,
} from './sampling/run.ts'

const samplePages = 100
/** Machines whose pages are drawn independently. An odd number: one of them is in the middle. */
const machines = 9
/** How far the estimate may be from the truth, and after how many periods. */
const tolerance = 0.1
const patiencePeriods = 2
/** Of the single estimates, how many must be as near as that: draws differ. */
const mostOf = 0.9
/** Points of the chart for a period. */
const pointsPerPeriod = 10

interface Finding extends Step {
  readonly isUp: boolean
  readonly truth: number
  /** Estimates of each machine after one period, two, and at the end. */
  readonly one: readonly number[]
  readonly two: readonly number[]
  readonly end: readonly number[]
}

/** What the machines estimated at a time. */
function estimatesAt(sampled: readonly Run[], guestNs: number): number[] {
  return sampled.map(({ moments }) => at(moments, guestNs).active)
}

/** All machines take each step at the same instruction, so the steps of one are those of all. */
function findingsOf(sampled: readonly Run[], whole: Run): Finding[] {
  return whole.steps.map((step, i) => {
    const after = (periods: number): number[] =>
      estimatesAt(sampled, Math.min(step.beginNs + periods * periodNs, step.endNs))
    return {
      ...step,
      isUp: i > 0 && step.sizeMiB > stepsMiB[i - 1]!,
      truth: truthOf(whole, step),
      one: after(1),
      two: after(patiencePeriods),
      end: estimatesAt(sampled, step.endNs),
    }
  })
}

function tableOf(findings: readonly Finding[]): Table {
  return {
    title: 'Step by step: the median of the machines',
    header: [
      'working set',
      'direction',
      'truth',
      'after 1 period',
      'after 2 periods',
      'points off',
      'least and greatest',
      'at its end',
    ],
    rows: findings.map(({ sizeMiB, isUp, truth, one, two, end }, i) => [
      `${sizeMiB} MiB`,
      i === 0 ? 'first' : isUp ? 'up' : 'down',
      percent(truth),
      percent(median(one)),
      percent(median(two)),
      ((median(two) - truth) * 100).toFixed(1),
      `${percent(Math.min(...two))}, ${percent(Math.max(...two))}`,
      percent(median(end)),
    ]),
  }
}

function chartOf(sampled: readonly Run[], findings: readonly Finding[]): TopLevelSpec {
  const [startNs, endNs] = [findings[0]!.beginNs, findings.at(-1)!.endNs]
  const points = Math.floor(((endNs - startNs) / periodNs) * pointsPerPeriod)
  const estimates = Array.from({ length: points }, (_, i) => {
    const values = estimatesAt(sampled, startNs + (i / pointsPerPeriod) * periodNs).map((value) => value * 100)
    const [least, greatest] = [Math.min(...values), Math.max(...values)]
    return { period: i / pointsPerPeriod, part: median(values), least, greatest, what: 'median estimate' }
  })
  const truths = findings.flatMap(({ beginNs, endNs, truth }) =>
    [beginNs, endNs].map((ns) => {
      return { period: Number(((ns - startNs) / periodNs).toFixed(3)), part: truth * 100, what: 'truth' }
    }),
  )
  const x = { field: 'period', type: 'quantitative', title: 'sampling periods' } as const
  const scale = { domain: [0, 100] }
  const y = { type: 'quantitative', title: '% of the guest’s memory', scale } as const
  return {
    width: 640,
    height: 300,
    layer: [
      {
        data: { values: estimates },
        mark: { type: 'area', color: '#f58518', opacity: 0.2 },
        encoding: { x, y: { ...y, field: 'least' }, y2: { field: 'greatest' } },
      },
      {
        data: { values: [...truths, ...estimates] },
        mark: 'line',
        encoding: {
          x,
          y: { ...y, field: 'part' },
          color: { field: 'what', type: 'nominal', title: null, sort: ['truth', 'median estimate'] },
        },
      },
    ],
  }
}

function reportOf(sampled: readonly Run[], whole: Run): Report {
  const findings = findingsOf(sampled, whole)
  const up = findings.filter(({ isUp }) => isUp)
  const errors = up.map(({ truth, two }) => Math.abs(median(two) - truth))
  const singles = up.flatMap(({ truth, two }) => two.map((estimate) => Math.abs(estimate - truth)))
  const near = singles.filter((error) => error <= tolerance).length
  const faults = Math.max(...sampled.map(mostTouches))
  const isEqual = sampled.every(({ steps }) => steps.every(({ beginNs }, i) => beginNs === whole.steps[i]!.beginNs))
  const points = (error: number): string => (error * 100).toFixed(1)
  return {
    text: [
      'A program in a Debian guest touches all pages of its working set over and over, and the set steps up and down. The host watches',
      `${samplePages} pages of the guest at a time, drawn anew each period of the guest’s time, and makes of it the estimate that its policy goes by: the greatest`,
      'of a slow moving average, a fast one, and the fast one with the period under way. The truth is from a machine that does the same, instruction by',
      'instruction, and of which _every_ page is watched. The estimate is meant to rise at once and to sink slowly. Drawing a hundred pages is itself good for a standard',
      `deviation of five points where half of the memory is in use, so ${machines} machines do the same, with draws of their own: their median shows what the estimate tends`,
      'to, and their spread (shaded) what one machine can be off by.',
    ].join(' '),
    claims: [
      {
        text: `two periods after each step up the median estimate is within ${tolerance * 100} points of the truth (worst: ${points(Math.max(...errors))})`,
        holds: up.length > 0 && errors.every((error) => error <= tolerance),
      },
      {
        text: `so are ${mostOf * 10} of 10 single estimates (${near} of ${singles.length}; worst: ${points(Math.max(...singles))} points off)`,
        holds: near >= mostOf * singles.length,
      },
      {
        text: `sampling costs at most ${samplePages} faults per period (most: ${faults})`,
        holds: faults > 0 && faults <= samplePages,
      },
      {
        text: 'a guest cannot tell which of its pages are watched, nor how many: all machines take each step at the same instruction',
        holds: isEqual,
      },
    ],
    tables: [tableOf(findings)],
    charts: [{ name: '', title: 'Memory in use: estimate and truth', spec: chartOf(sampled, findings) }],
    parameters: {
      guest: 'guest-linux, i386',
      memory: `${memoryMiB} MiB`,
      machines,
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
    console.error(`${machines} machines, ${samplePages} pages of each watched`)
    const sampled = await observe(boot, machines, samplePages)
    console.error('all pages of one machine watched')
    const [whole] = await observe(boot, 1, sampled[0]!.pages)
    return reportOf(sampled, whole!)
  },
}
