import type { Engine, EngineStatistics, VcpuStatistics } from '@mica-vm/binary-translator'
import type { MapStatistics } from '@mica-vm/machine-memory'
import type { MmuStatistics } from '@mica-vm/shadow-mmu'
import { countsByVector } from './crash-report.ts'
import type { Machine } from './internal/machine.ts'
import type { RunStatistics } from './internal/run-loop.ts'

/** Counters of one virtual machine, and of the engine that it shares with the others of its host. All but `memory` only grow. */
export interface VmStatistics {
  readonly instructions: number
  /** The same by tier, up to the end of the last slice. */
  readonly tiers: { readonly interpreted: number; readonly translated: number }
  readonly time: {
    /** The guest's own time, and the host's: in guest code, asleep, and waiting for other machines to run. */
    readonly guestNs: number
    readonly runNs: number
    readonly idleNs: number
    readonly waitedNs: number
    readonly slices: number
  }
  /** Ends of slices by reason. */
  readonly exits: RunStatistics['exits']
  readonly processor: VcpuStatistics
  readonly exceptions: Readonly<Record<number, number>>
  readonly mmu: MmuStatistics
  /** Pages of guest memory by what they are. */
  readonly memory: MapStatistics
  readonly serial: readonly { readonly sent: number; readonly received: number }[]
  readonly engine: EngineStatistics & {
    readonly cacheBytes: number
    readonly units: number
    readonly handlerShapes: number
  }
}

export function statisticsOf(machine: Machine, engine: Engine, run: RunStatistics): VmStatistics {
  const { vcpu, time, mmu, pages, serial } = machine
  const { exceptions, ...rest } = vcpu.statistics
  return {
    instructions: vcpu.retired,
    tiers: { interpreted: rest.interpreted, translated: Math.max(0, vcpu.retired - rest.interpreted) },
    time: { guestNs: time.nowNs(), runNs: run.runNs, idleNs: run.idleNs, waitedNs: run.waitedNs, slices: run.slices },
    exits: { ...run.exits },
    processor: { ...rest, exceptions: [...exceptions], callouts: [...rest.callouts] },
    exceptions: countsByVector(exceptions),
    mmu: { ...mmu.statistics },
    memory: pages.statistics,
    serial: serial.map((port) => port.statistics),
    engine: {
      ...engine.statistics,
      cacheBytes: engine.cache.usedBytes,
      units: engine.cache.units,
      handlerShapes: engine.handlers.count,
    },
  }
}
