/** Experiment `overcommit`: eight machines of different sizes, shares and work, on hosts with less and less memory for them. */
import { debianBoot } from './frame/debian-guest.ts'
import type { Claim, Experiment, Report, Table } from './frame/experiment.ts'
import { percent } from './frame/percent.ts'
import { mixedFleet, type Member } from './overcommit/fleet.ts'
import {
  runFleet,
  SAMPLE_PERIOD_SECONDS,
  SHARING,
  STATES,
  type Moment,
  type Run,
  type State,
} from './overcommit/run.ts'

const levels = [0.2, 0.6, 1] as const
/** The level that is asked for. */
const wanted = 0.6
/** A host that is in the lowest state for a longer part of the time does little but reclaim. */
const mostLow = 0.1

/** From when to when a host was in which state. */
export function spansOf({
  states,
  seconds,
}: Pick<Run, 'states' | 'seconds'>): { state: State; from: number; to: number }[] {
  return states.map(({ state, seconds: from }, i) => ({ state, from, to: states[i + 1]?.seconds ?? seconds }))
}

/** The part of a run that was spent in a state. */
export function partIn(run: Pick<Run, 'states' | 'seconds'>, state: State): number {
  const spans = spansOf(run).filter((span) => span.state === state)
  return spans.reduce((sum, { from, to }) => sum + to - from, 0) / run.seconds
}

/** Points of each line in the chart at most. */
const mostPoints = 250

const nameOf = ({ overcommit }: Run): string => `${(overcommit * 100).toFixed(0)} %`
const most = (run: Run, what: Exclude<keyof Moment, 'seconds'>): number =>
  run.moments.reduce((peak, moment) => Math.max(peak, moment[what]), 0)

function claimsOf(runs: readonly Run[]): Claim[] {
  const asked = runs.find(({ overcommit }) => overcommit === wanted)!
  return [
    ...runs.map((run): Claim => {
      const failures = run.fates.flatMap(({ member, failures }) =>
        failures.map((failure) => `${member.name}: ${failure}`),
      )
      const expected = run.fates.reduce((sum, { member }) => sum + member.jobs.length + (member.last ? 1 : 0), 0)
      const jobs = run.fates.reduce((sum, fate) => sum + fate.jobs, 0)
      const failed = failures.length > 0 ? ` (${failures.join('; ').replaceAll(/\s+/g, ' ').slice(0, 500)})` : ''
      return {
        text: `${nameOf(run)}: every guest finishes its work with the checksums that the host has worked out, and none has killed a process (${jobs} of ${expected} jobs)${failed}`,
        holds: failures.length === 0 && jobs === expected,
      }
    }),
    {
      text: `${nameOf(asked)}: memory is really short: the host shares, balloons and swaps (at most ${(['shared', 'ballooned', 'swapped'] as const).map((what) => `${most(asked, what).toFixed(0)} MiB ${what}`).join(', ')})`,
      holds: (['shared', 'ballooned', 'swapped'] as const).every((what) => most(asked, what) > 1),
    },
    ...runs.map((run) => ({
      text: `${nameOf(run)}: the lowest state, in which machines stand still, lasts for less than ${percent(mostLow)} of the time (here ${percent(partIn(run, 'low'))})`,
      holds: partIn(run, 'low') < mostLow,
    })),
    {
      text: `swap holds all that was promised: nothing failed (peaks: ${runs.map(({ swap }) => `${swap.peakMiB.toFixed(0)} MiB`).join(', ')})`,
      holds: runs.every(({ swap }) => swap.failures === 0 && swap.peakMiB <= swap.sizeMiB),
    },
  ]
}

function tablesOf(runs: readonly Run[]): Table[] {
  const asked = runs.find(({ overcommit }) => overcommit === wanted)!
  return [
    {
      title: 'By overcommitment',
      header: [
        'sizes over memory',
        'host, MiB',
        ...STATES.map((state) => `in ${state}`),
        'most shared, MiB',
        'most ballooned, MiB',
        'most swapped, MiB',
        'pages out',
        'pages in',
        'most blocked',
        'seconds',
        'processor s',
      ],
      rows: runs.map((run) => [
        nameOf(run),
        String(run.hostMiB),
        ...STATES.map((state) => percent(partIn(run, state))),
        ...(['shared', 'ballooned', 'swapped'] as const).map((what) => most(run, what).toFixed(0)),
        String(run.swapOuts),
        String(run.swapIns),
        String(most(run, 'blocked')),
        run.seconds.toFixed(0),
        run.cpuSeconds.toFixed(0),
      ]),
    },
    {
      title: `The fleet at ${nameOf(asked)}`,
      header: [
        'machine',
        'size, MiB',
        'shares',
        'work',
        'most ballooned, MiB',
        'most swapped, MiB',
        ...runs.map((run) => `done, s (${nameOf(run)})`),
      ],
      rows: asked.fates.map(({ member, peakBalloonedMiB, peakSwappedMiB }, i) => [
        member.name,
        String(member.sizeMiB),
        String(member.shares ?? member.sizeMiB * 10),
        member.what,
        peakBalloonedMiB.toFixed(0),
        peakSwappedMiB.toFixed(0),
        ...runs.map(({ fates }) => fates[i]!.finishedSeconds.toFixed(0)),
      ]),
    },
  ]
}

const rounded = (number: number): number => Number(number.toFixed(2))

function chartOf(runs: readonly Run[]) {
  const kinds = ['shared', 'ballooned', 'swapped'] as const
  const amounts = runs.flatMap((run) =>
    run.moments
      .filter((_, i) => i % Math.ceil(run.moments.length / mostPoints) === 0)
      .flatMap((moment) =>
        kinds.map((what) => {
          return { level: nameOf(run), seconds: rounded(moment.seconds), what, mib: rounded(moment[what]) }
        }),
      ),
  )
  const states = runs.flatMap((run) =>
    spansOf(run).map(({ state, from, to }) => ({ level: nameOf(run), from: rounded(from), to: rounded(to), state })),
  )
  const x = { type: 'quantitative' as const, title: 'seconds' }
  return {
    data: { values: [...states, ...amounts] },
    facet: { row: { field: 'level', type: 'nominal' as const, title: null, sort: runs.map(nameOf) } },
    spec: {
      width: 640,
      height: 180,
      layer: [
        {
          transform: [{ filter: 'isValid(datum.state)' }],
          mark: { type: 'rect' as const, opacity: 0.35 },
          encoding: {
            x: { ...x, field: 'from' },
            x2: { field: 'to' },
            color: {
              field: 'state',
              type: 'nominal' as const,
              title: 'state',
              scale: { domain: [...STATES], range: ['#ffffff', '#ffe9a8', '#ffb347', '#e5484d'] },
            },
          },
        },
        {
          transform: [{ filter: 'isValid(datum.what)' }],
          mark: 'line' as const,
          encoding: {
            x: { ...x, field: 'seconds' },
            y: { field: 'mib', type: 'quantitative' as const, title: 'MiB' },
            color: {
              field: 'what',
              type: 'nominal' as const,
              title: 'reclaimed',
              scale: { domain: [...kinds], range: ['#4c78a8', '#2e8b57', '#7a3fbf'] },
            },
          },
        },
      ],
      resolve: { scale: { color: 'independent' as const } },
    },
  }
}

/** What the runs of a fleet at all levels come to. */
export function reportOf(fleet: readonly Member[], runs: readonly Run[]): Report {
  return {
    text: [
      `${fleet.length} Debian guests of different sizes, shares and work boot at once on hosts whose memory is less and less than the sum of their sizes. Then all work at the same time:`,
      'two read their disks over and over, two rewrite memory that no other machine has, one starts short programs, one needs the processor alone, and two have taken',
      'much memory and idle, one of them with a salt of its own, so that it shares no page with the others. When all are done, the idle ones look whether they still have what they kept.',
      'Each guest compares what its programs print with what the host has worked out, and its kernel is asked whether it has killed a process. _Shared_ are frames that sharing',
      'saves, zeros among them; _ballooned_ and _swapped_ are pages that were given up and written out. Colours behind the lines are states of the host.',
    ].join(' '),
    claims: claimsOf(runs),
    tables: tablesOf(runs),
    charts: [{ name: '', title: 'Reclaimed memory, by sizes over memory', spec: chartOf(runs) }],
    parameters: {
      guest: 'guest-linux, i386',
      machines: `${fleet.length} of ${fleet.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0)} MiB together, with balloons; nothing is guaranteed`,
      swap: 'a file',
      'pages looked at': `${SHARING.pagesPerSecond} a second at most`,
      'sampling period': `${SAMPLE_PERIOD_SECONDS} s`,
      jobs: [
        ...new Set(
          fleet.flatMap(({ prepare, jobs, last }) => [prepare, ...jobs.map(({ command }) => command), last?.command]),
        ),
      ]
        .filter((command) => command !== undefined)
        .map((command) => `\`${command}\``)
        .join(', '),
    },
  }
}

export const experiment: Experiment = {
  title: 'Overcommit: a fleet that was promised more than there is',
  async run() {
    const boot = await debianBoot()
    const fleet = mixedFleet()
    const runs: Run[] = []
    for (const level of levels) {
      const run = await runFleet(boot, fleet, level)
      runs.push(run)
      const failures = run.fates.flatMap(({ failures: each }) => each)
      console.error(
        `${nameOf(run)}: ${run.seconds.toFixed(0)} s, ${failures.length === 0 ? 'all right' : failures.join('\n')}`,
      )
    }
    return reportOf(fleet, runs)
  },
}
