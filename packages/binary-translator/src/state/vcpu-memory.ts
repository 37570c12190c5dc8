import type { TlbOffsets } from '../types.ts'
import { Layout } from './layout.ts'

const pageBytes = 4096
/** Entries of each soft TLB array. */
const tlbEntries = 8192
const tlbArray = (n: number): number => Layout.bytes + n * tlbEntries * 8

/** Where the soft TLB lies behind each vCPU's state block. */
export const tlbOffsets: TlbOffsets = {
  entries: tlbEntries,
  readUser: tlbArray(0),
  readSupervisor: tlbArray(1),
  writeUser: tlbArray(2),
  writeSupervisor: tlbArray(3),
  fetchUser: tlbArray(4),
  fetchSupervisor: tlbArray(5),
}

/** Bytes of linear memory that one vCPU needs: state block, soft TLB and a page for records that run alone. */
export const vcpuBytes: number = tlbArray(6) + pageBytes
