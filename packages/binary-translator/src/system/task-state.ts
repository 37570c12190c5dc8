import { Segment } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import { type Descriptor, raiseSelector } from './descriptors.ts'
import { Vector, raise } from './guest-fault.ts'
import { fetchStack, taskStack } from './segments.ts'
import { Privilege } from './types.ts'

/** Offset of the I/O map base in a 32-bit TSS. SDM vol. 3, figure 7-2. */
const ioMapBase = 0x66
const minimumLimit32 = 0x67

/** The stack of an inner privilege level, as the current task names it. */
export interface InnerStack {
  readonly selector: number
  readonly descriptor: Descriptor
  readonly pointer: number
}

const isTask32 = (rights: number): boolean => (rights & 0x1d) === 0x09

/** Reads the stack for privilege level `cpl` (0-2) from the TSS and checks its segment. SDM vol. 3, section 7.2.1. */
export function innerStack(system: SystemContext, cpl: number): InnerStack {
  const { state, memory } = system
  const wide = isTask32(state.attributes(Segment.TR))
  const offset = wide ? 4 + cpl * 8 : 2 + cpl * 4
  const size = wide ? 4 : 2
  if (offset + size + 1 > state.limit(Segment.TR)) raiseSelector(system, Vector.TS, state.selector(Segment.TR))
  const address = state.segmentBase(Segment.TR) + offset
  const pointer = memory.read(address >>> 0, size, Privilege.Implicit)
  const selector = memory.read((address + size) >>> 0, 2, Privilege.Implicit)
  return { selector, descriptor: fetchStack(system, selector, cpl, taskStack), pointer }
}

/** Bytes of the software interrupt redirection bitmap, which ends where the I/O permission bitmap begins. */
const redirectionBytes = 32

/** Whether the TSS sends software interrupt `vector` to the handler of the 8086 program. SDM vol. 3, section 20.3.3. */
export function interruptRedirected(system: SystemContext, vector: number): boolean {
  const { state, memory } = system
  const limit = state.limit(Segment.TR)
  if (!isTask32(state.attributes(Segment.TR)) || limit < minimumLimit32) raise(Vector.GP, 0)
  const base = state.segmentBase(Segment.TR)
  const map = memory.read((base + ioMapBase) >>> 0, 2, Privilege.Implicit) - redirectionBytes
  const offset = map + (vector >>> 3)
  if (offset > limit) raise(Vector.GP, 0)
  return ((memory.read((base + offset) >>> 0, 1, Privilege.Implicit) >>> (vector & 7)) & 1) === 0
}

/** Whether the TSS's I/O permission bitmap allows `size` ports from `port`. SDM vol. 1, section 19.5.2. */
export function ioPermitted(system: SystemContext, port: number, size: number): boolean {
  const { state, memory } = system
  const limit = state.limit(Segment.TR)
  if (!isTask32(state.attributes(Segment.TR)) || limit < minimumLimit32) return false
  const base = state.segmentBase(Segment.TR)
  const offset = memory.read((base + ioMapBase) >>> 0, 2, Privilege.Implicit) + (port >>> 3)
  // Two bytes are always read, so the map needs a byte after its last one.
  if (offset + 1 > limit) return false
  const bits = memory.read((base + offset) >>> 0, 2, Privilege.Implicit)
  return ((bits >>> (port & 7)) & ((1 << size) - 1)) === 0
}
