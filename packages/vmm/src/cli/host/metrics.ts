import type { HostSample, VmSample } from './sample.ts'

type MetricType = 'gauge' | 'counter'

interface VmMetric {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly value: (vm: VmSample) => number
}

interface HostMetric {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly value: (host: HostSample) => number
}

const hostMetrics: readonly HostMetric[] = [
  { name: 'mica_host_memory_bytes', type: 'gauge', help: 'Memory for all guests.', value: ({ memory }) => memory.size },
  {
    name: 'mica_host_memory_free_bytes',
    type: 'gauge',
    help: 'Memory in free frames.',
    value: ({ memory }) => memory.free,
  },
  {
    name: 'mica_host_swap_bytes',
    type: 'gauge',
    help: 'Size of the swap space.',
    value: ({ swap }) => swap.size,
  },
  {
    name: 'mica_host_swap_used_bytes',
    type: 'gauge',
    help: 'Swap space in use.',
    value: ({ swap }) => swap.used,
  },
  {
    name: 'mica_host_swap_reserved_bytes',
    type: 'gauge',
    help: 'Swap space reserved by guests.',
    value: ({ swap }) => swap.reserved,
  },
]

const gauge = (name: string, help: string, value: (vm: VmSample) => number): VmMetric => ({
  name: `mica_vm_${name}`,
  type: 'gauge',
  help,
  value,
})
const counter = (name: string, help: string, value: (vm: VmSample) => number): VmMetric => ({
  ...gauge(name, help, value),
  type: 'counter',
})

const vmMetrics: readonly VmMetric[] = [
  gauge('memory_size_bytes', 'What the guest takes for its memory.', ({ size }) => size),
  gauge('memory_min_bytes', 'Guaranteed memory.', ({ min }) => min),
  gauge('memory_max_bytes', 'The most that the guest may hold.', ({ max }) => max),
  gauge('memory_shares', 'Weight of the claim to memory.', ({ shares }) => shares),
  gauge('memory_target_bytes', 'What the guest shall hold now.', ({ target }) => target),
  gauge('memory_active_ratio', 'Part of its memory that the guest uses, as estimated.', ({ active }) => active),
  gauge('memory_resident_bytes', 'Guest memory in frames.', ({ resident }) => resident),
  gauge('memory_shared_bytes', 'Guest memory in frames that others share.', ({ shared }) => shared),
  gauge('memory_zero_bytes', 'Guest memory that was found to be zero.', ({ zero }) => zero),
  gauge('memory_ballooned_bytes', 'Guest memory in the balloon.', ({ ballooned }) => ballooned),
  gauge('memory_swapped_bytes', 'Guest memory in the swap space.', ({ swapped }) => swapped),
  gauge(
    'memory_shares_per_page',
    'Shares per page held, adjusted for idle pages.',
    ({ sharesPerPage }) => sharesPerPage,
  ),
  counter('memory_swap_ins_total', 'Pages read back from the swap space.', ({ swapIns }) => swapIns),
  counter('memory_swap_outs_total', 'Pages written to the swap space.', ({ swapOuts }) => swapOuts),
  counter('memory_merges_total', 'Pages put into the frame of an equal one.', ({ merges }) => merges),
  counter('memory_zero_merges_total', 'Pages that were found to be zero.', ({ zeroMerges }) => zeroMerges),
  counter(
    'memory_copy_on_write_breaks_total',
    'Pages in shared frames that were written, and so copied.',
    ({ copyOnWriteBreaks }) => copyOnWriteBreaks,
  ),
  counter(
    'memory_balloon_inflations_total',
    "Pages given up by the guest's balloon.",
    ({ balloonInflations }) => balloonInflations,
  ),
  counter(
    'memory_balloon_deflations_total',
    "Pages given back to the guest's balloon.",
    ({ balloonDeflations }) => balloonDeflations,
  ),
  counter(
    'memory_balloon_pops_total',
    'Pages that the guest touched while they were in its balloon.',
    ({ balloonPops }) => balloonPops,
  ),
  gauge('cpu_shares', 'Weight of the claim to the processor.', ({ cpuShares }) => cpuShares),
  counter('cpu_seconds_total', "The host's time in guest code and devices.", ({ cpuSeconds }) => cpuSeconds),
  counter('cpu_wait_seconds_total', 'Time spent waiting for other guests to run.', ({ waitSeconds }) => waitSeconds),
  counter('instructions_total', 'Instructions retired.', ({ instructions }) => instructions),
]

const memoryStates = ['high', 'soft', 'hard', 'low']
const machineStates = ['ready', 'running', 'blocked', 'defiant', 'paused', 'off', 'died']

/** A host in the text format of Prometheus, version 0.0.4. */
export function metricsOf(sample: HostSample): string {
  return [
    ...hostMetrics.flatMap(({ value, ...metric }) => [...heading(metric), `${metric.name} ${value(sample)}`]),
    ...stateSet('mica_host_memory_state', 'Whether this is the state of reclamation.', memoryStates, [
      { labels: {}, is: sample.memory.state },
    ]),
    ...vmMetrics.flatMap(({ value, ...metric }) => [
      ...heading(metric),
      ...sample.vms.map((vm) => `${metric.name}${labelsText({ vm: vm.name })} ${value(vm)}`),
    ]),
    ...stateSet(
      'mica_vm_state',
      'Whether this is the state of the guest.',
      machineStates,
      sample.vms.map(({ name, state }) => ({ labels: { vm: name }, is: state })),
    ),
    '',
  ].join('\n')
}

function heading({ name, help, type }: { name: string; help: string; type: MetricType }): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

/** A series for each state, 1 for the one that is. */
function stateSet(
  name: string,
  help: string,
  states: readonly string[],
  subjects: readonly { readonly labels: Readonly<Record<string, string>>; readonly is: string }[],
): string[] {
  const series = subjects.flatMap(({ labels, is }) =>
    states.map((state) => `${name}${labelsText({ ...labels, state })} ${state === is ? 1 : 0}`),
  )
  return [...heading({ name, help, type: 'gauge' }), ...series]
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    return `${name}="${escaped}"`
  })
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
