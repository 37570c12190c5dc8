import { VmmError } from '../../errors.ts'
import type { Host } from '../../host.ts'
import { defaultCpuShares } from '../../internal/processor.ts'
import type { VirtualMachine } from '../../virtual-machine.ts'
import { claimOf } from '../../vm-memory.ts'
import { nameOf, type Path } from './host-file.ts'
import type { HostFile, HostFileVm } from './host-schema.ts'

const pageBytes = 4096

/** What a machine may get while it runs. Sizes in bytes. */
export interface RunningLimits {
  readonly min: number
  readonly max: number
  readonly shares: number
  readonly cpuShares: number
}

/** What came of a host file that was read again. */
export interface Reload {
  /** Machines that have other limits now. */
  readonly changed: readonly { readonly vm: string; readonly limits: RunningLimits }[]
  /** What else is not as it was, by its path in the file, and limits that the host could not keep: nothing was done about it. */
  readonly refused: readonly string[]
}

/**
 * Gives running machines the limits that their host's file has now: `min`, `max` and `shares` of memory, and `cpuShares`. All else counts when
 * the host is started again.
 */
export function applyLimits(host: Host, started: HostFile, now: HostFile): Reload {
  const names = ({ vms }: HostFile): string => JSON.stringify(vms.map(({ name }) => name))
  if (names(now) !== names(started))
    return { changed: [], refused: ['vms: machines come and go when the host is started again; nothing was changed'] }
  const refused = differences(fixedPart(started), fixedPart(now)).map(
    (path) => `${nameOf(path)}: counts when the host is started again`,
  )
  const changed: Reload['changed'][number][] = []
  for (const [index, { name }] of started.vms.entries()) {
    const vm = host.vms.find((each) => each.name === name)
    if (!vm) continue
    // What a guest takes for its memory stays as it was.
    const memory = { ...now.vms[index]!.memory, size: started.vms[index]!.memory.size }
    try {
      const limits = limitsOf({ ...now.vms[index]!, memory }, started.swap !== undefined)
      if (isEqual(limits, limitsNow(vm))) continue
      vm.memory.update({ min: limits.min, max: limits.max, shares: limits.shares })
      vm.cpuShares = limits.cpuShares
      changed.push({ vm: name, limits })
    } catch (error) {
      if (!(error instanceof VmmError)) throw error
      refused.push(`vms[${index}] (${name}): ${error.message}`)
    }
  }
  return { changed, refused }
}

/** With what is not said filled in, as for a machine that starts. */
function limitsOf({ memory, cpuShares = defaultCpuShares }: HostFileVm, hasSwap: boolean): RunningLimits {
  const { size, min, max, shares } = memory
  const limits = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
  const claim = claimOf({ size, ...limits, ...(shares !== undefined && { shares }) }, hasSwap ? 0 : size)
  return { min: claim.minPages * pageBytes, max: claim.maxPages * pageBytes, shares: claim.shares, cpuShares }
}

function limitsNow({ memory: { min, max, shares }, cpuShares }: VirtualMachine): RunningLimits {
  return { min, max, shares, cpuShares }
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The file without what can be changed. */
function fixedPart(file: HostFile): object {
  const vms = file.vms.map(({ cpuShares: _, memory: { size }, ...fixed }) => ({ ...fixed, memory: { size } }))
  return { ...file, vms }
}

/** Paths of the innermost values that differ. */
function differences(a: unknown, b: unknown, path: Path = []): Path[] {
  if (isEqual(a, b)) return []
  const isOpen = (value: unknown): value is object => typeof value === 'object' && value !== null
  if (!isOpen(a) || !isOpen(b) || Array.isArray(a) !== Array.isArray(b)) return [path]
  const key = (name: string): string | number => (Array.isArray(a) ? Number(name) : name)
  const at = (object: object, name: string): unknown => (object as Record<string, unknown>)[name]
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return names.flatMap((name) => differences(at(a, name), at(b, name), [...path, key(name)]))
}
