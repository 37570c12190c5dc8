import { tlbOffsets } from './state/vcpu-memory.ts'
import type { TlbAddresses } from './system/types.ts'

/** Where the soft TLB arrays of the vCPU at `base` lie. */
export function tlbAddresses(base: number): TlbAddresses {
  const { entries: _, ...offsets } = tlbOffsets
  const add = (offset: number): number => base + offset
  return {
    readUser: add(offsets.readUser),
    readSupervisor: add(offsets.readSupervisor),
    writeUser: add(offsets.writeUser),
    writeSupervisor: add(offsets.writeSupervisor),
    fetchUser: add(offsets.fetchUser),
    fetchSupervisor: add(offsets.fetchSupervisor),
  }
}
