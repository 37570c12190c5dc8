/** Experiment `shadow`: the same work under both policies of the shadow MMU. */
import { Host, type BootSource, type VmStatistics } from '@mica-vm/vmm'
import { median } from '../bench/table.ts'
import { debianBoot, DebianGuest, type Measurement } from './frame/debian-guest.ts'
import type { Experiment, Report } from './frame/experiment.ts'

/**
 * With a multiple of 32 MiB, of which the TLB's arrays map each entry once, this kernel's data and its per-CPU data at the top of memory take turns in the same
 * entries: some ten hidden faults each time that it is entered, with either policy, among which the others can hardly be seen.
 */
const memoryMiB = 120
const rounds = 3
const policies = ['noncaching', 'caching'] as const
type Policy = (typeof policies)[number]

/** Commands of `experiments/guest`, by the name of what they do. */
const workloads: Readonly<Record<string, string>> = {
  forkwait: 'forkwait 400',
  'page-fault': 'page-fault 60 256',
  protect: 'protect 60 128',
  'context-switch': 'context-switch 4000 48',
  compile: 'compile 12',
}

interface Sample extends Measurement {
  readonly workload: string
  readonly policy: Policy
}

/** Boots a guest and runs all workloads. Time is counted in instructions, so that nothing but the policy differs between runs. */
async function measureAll(policy: Policy, boot: BootSource): Promise<Sample[]> {
  const host = new Host({ memory: (memoryMiB + 32) * 2 ** 20, maximumVms: 1 })
  const vm = host.createVm({ memory: memoryMiB * 2 ** 20, boot, mmu: policy, clock: 'instructions' })
  const guest = new DebianGuest(vm)
  const measured = await guest.measureAll(Object.values(workloads))
  const samples = Object.keys(workloads).map((workload, i) => ({ ...measured[i]!, workload, policy }))
  for (const { workload, cpuMs } of samples)
    console.error(`${policy}, ${workload}: ${cpuMs.toFixed(0)} ms of processor time`)
  vm.destroy()
  return samples
}

type Counter = (statistics: VmStatistics) => number

const difference = ({ before, after }: Measurement, of: Counter): number => of(after) - of(before)

/** What the table shows; all but the time are the same in each round. */
const columns: readonly (readonly [title: string, of: Counter])[] = [
  ['M instructions', ({ instructions }) => instructions / 1e6],
  ['CR3 loads', ({ mmu }) => mmu.nonGlobalFlushes],
  ['true faults', ({ mmu }) => mmu.trueFaults],
  ['hidden faults', ({ mmu }) => mmu.hiddenFaults],
  ['recalls', ({ mmu }) => mmu.recalls],
  ['table traces', ({ mmu }) => mmu.tableTraces],
]

class Results {
  readonly #samples: readonly Sample[]

  constructor(samples: readonly Sample[]) {
    this.#samples = samples
  }

  all(workload: string, policy: Policy): Sample[] {
    return this.#samples.filter((sample) => sample.workload === workload && sample.policy === policy)
  }

  count(workload: string, policy: Policy, of: Counter): number {
    return difference(this.all(workload, policy)[0]!, of)
  }

  cpuMs(workload: string, policy: Policy): number {
    return median(this.all(workload, policy).map(({ cpuMs }) => cpuMs))
  }

  /** Whether every run of a workload ended well, printed the same, and took the same number of instructions. */
  agree(workload: string): boolean {
    const facts = this.#samples
      .filter((sample) => sample.workload === workload)
      .map((sample) => `${sample.status} ${difference(sample, ({ instructions }) => instructions)} ${sample.output}`)
    return facts[0]!.startsWith('0 ') && new Set(facts).size === 1
  }
}

const hiddenFaults: Counter = ({ mmu }) => mmu.hiddenFaults
const tableTraces: Counter = ({ mmu }) => mmu.tableTraces

function reportOf(results: Results): Report {
  const names = Object.keys(workloads)
  const rows = names.flatMap((workload) =>
    policies.map((policy) => [
      `${workload}, ${policy}`,
      ...columns.map(([, of]) => results.count(workload, policy, of).toFixed(0)),
      results.cpuMs(workload, policy).toFixed(0),
      (results.cpuMs(workload, policy) / results.cpuMs(workload, 'noncaching')).toFixed(2),
    ]),
  )
  const values = names.flatMap((workload) =>
    policies.map((policy) => ({
      workload,
      policy,
      faults: results.count(workload, policy, hiddenFaults),
      ms: Math.round(results.cpuMs(workload, policy)),
    })),
  )
  const bars = (field: string, title: string, scale: { type: 'linear' } | { type: 'log'; domainMin: number }) => ({
    width: 340,
    height: 220,
    mark: 'bar' as const,
    encoding: {
      x: { field: 'workload', type: 'nominal' as const, title: null, sort: names },
      xOffset: { field: 'policy', sort: [...policies] },
      y: { field, type: 'quantitative' as const, title, scale, stack: null },
      color: { field: 'policy', type: 'nominal' as const, sort: [...policies] },
    },
  })
  const fewer = (workload: string): number =>
    results.count(workload, 'noncaching', hiddenFaults) / results.count(workload, 'caching', hiddenFaults)
  const cost = `

Counts are exact, and the same in every run. Times are not: a hidden fault costs a fraction of a microsecond, so even ${results.count('context-switch', 'noncaching', hiddenFaults)} of them
are a small part of what the guest does, and where processes live for a moment, keeping what was translated for them gains nothing. Differences of a tenth are
within what other work on the machine causes.`
  return {
    text:
      [
        'A Debian guest forks, faults, changes the protection of pages, switches between two processes, and runs many short programs, once with each policy of the',
        'shadow MMU. A _hidden fault_ is an access that the guest permits and that had to be walked for; a _true fault_ is the guest’s own; a _recall_ is a translation',
        'that a load of CR3 found again; a _table trace_ is the first write to a page table since it was last looked through.',
      ].join(' ') + cost,
    claims: [
      {
        text: 'a guest cannot tell the policies apart: every run of a workload prints the same and retires the same number of instructions',
        holds: names.every((workload) => results.agree(workload)),
      },
      {
        text: `two processes by turns cause at most half as many hidden faults with caching (here ${fewer('context-switch').toFixed(1)} times fewer)`,
        holds: fewer('context-switch') >= 2,
      },
      {
        text: 'no workload causes more hidden faults with caching than with noncaching, but for one in a hundred',
        holds: names.every((workload) => fewer(workload) >= 0.99),
      },
      {
        text: 'noncaching traces no tables; caching does wherever page tables change',
        holds:
          names.every((workload) => results.count(workload, 'noncaching', tableTraces) === 0) &&
          ['forkwait', 'protect', 'compile'].every((workload) => results.count(workload, 'caching', tableTraces) > 0),
      },
    ],
    tables: [
      { title: 'By workload', header: ['workload, policy', ...columns.map(([title]) => title), 'ms', 'ratio'], rows },
    ],
    charts: [
      {
        name: '',
        title: 'Noncaching and caching shadow translations',
        spec: {
          data: { values },
          hconcat: [
            bars('faults', 'hidden faults', { type: 'log', domainMin: 100 }),
            bars('ms', 'processor time, ms', { type: 'linear' }),
          ],
        },
      },
    ],
    parameters: {
      guest: 'guest-linux, i386',
      memory: `${memoryMiB} MiB`,
      clock: 'instructions',
      'rounds, of whose times the median counts': rounds,
      commands: Object.values(workloads)
        .map((command) => `\`${command}\``)
        .join(', '),
    },
  }
}

export const experiment: Experiment = {
  title: 'Shadow translations: noncaching and caching',
  async run() {
    const boot = await debianBoot()
    const samples: Sample[] = []
    for (let round = 0; round < rounds; round++)
      for (const policy of policies) samples.push(...(await measureAll(policy, boot)))
    return reportOf(new Results(samples))
  },
}
