import type { Host } from '../../host.ts'
import type { VirtualMachine } from '../../virtual-machine.ts'
import type { VmMemoryCounters } from '../../vm-memory.ts'

const pageBytes = 4096

/** Where a machine stands, in a word for the table. */
export type MachineState = 'ready' | 'running' | 'blocked' | 'defiant' | 'paused' | 'off' | 'died' | 'destroyed'

/** A machine at one moment. Sizes in bytes, counters in pages since it was made. */
export interface VmSample extends VmMemoryCounters {
  readonly name: string
  readonly state: MachineState
  readonly size: number
  readonly min: number
  readonly max: number
  readonly shares: number
  readonly target: number
  /** The part of its memory that it uses, 0 to 1. */
  readonly active: number
  readonly resident: number
  readonly shared: number
  readonly zero: number
  readonly ballooned: number
  readonly swapped: number
  /** Shares for each page that it holds, at the price of idle ones; 0 if it holds none. */
  readonly sharesPerPage: number
  readonly cpuShares: number
  readonly cpuSeconds: number
  readonly waitSeconds: number
  readonly instructions: number
}

/** A host and its machines at one moment. */
export interface HostSample {
  /** Of the host's time since it began. */
  readonly seconds: number
  readonly memory: { readonly size: number; readonly free: number; readonly used: number; readonly state: string }
  readonly swap: { readonly size: number; readonly used: number; readonly reserved: number }
  readonly vms: readonly VmSample[]
}

const noSwap = { size: 0, used: 0, reserved: 0 }

/** What became of machines: by name. */
export type Fates = ReadonlyMap<string, 'died'>

/** Looks at a host. */
export function sampleOf(host: Host, seconds: number, fates: Fates): HostSample {
  const { frames, free, used } = host.statistics
  const { state = 'high', swap = noSwap } = host.memory ?? {}
  return {
    seconds,
    memory: { size: (frames - 1) * pageBytes, free: free * pageBytes, used: used * pageBytes, state },
    swap,
    vms: host.vms.map((vm) => vmSample(vm, fates.get(vm.name))),
  }
}

function vmSample(vm: VirtualMachine, fate: 'died' | undefined): VmSample {
  const { name, memory, cpuShares } = vm
  const { resident, shared, zero, ballooned, swapped } = memory.statistics
  const { instructions, time } = vm.statistics
  return {
    name,
    state: fate ?? stateOf(vm),
    size: memory.size,
    min: memory.min,
    max: memory.max,
    shares: memory.shares,
    target: memory.target,
    active: memory.active,
    resident,
    shared,
    zero,
    ballooned,
    swapped,
    sharesPerPage: memory.sharesPerPage,
    ...memory.counters,
    cpuShares,
    cpuSeconds: time.runNs / 1e9,
    waitSeconds: time.waitedNs / 1e9,
    instructions,
  }
}

function stateOf({ state, memory }: VirtualMachine): MachineState {
  if (state !== 'running') return state
  if (memory.isBlocked) return 'blocked'
  return memory.isCompliant ? 'running' : 'defiant'
}
