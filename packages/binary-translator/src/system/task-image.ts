import { Layout, Segment } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import type { Descriptor } from './descriptors.ts'
import { Privilege, type Write } from './types.ts'

/** Where a task-state segment keeps what. SDM vol. 3, figures 7-2 and 7-10. */
interface TaskLayout {
  readonly size: 2 | 4
  readonly minimumLimit: number
  readonly eip: number
  readonly flags: number
  readonly registers: number
  readonly segments: number
  readonly segmentCount: number
  readonly ldt: number
}

export const taskOffsets = { link: 0, cr3: 0x1c, trap: 0x64 } as const

const layout32: TaskLayout = {
  size: 4,
  minimumLimit: 0x67,
  eip: 0x20,
  flags: 0x24,
  registers: 0x28,
  segments: 0x48,
  segmentCount: 6,
  ldt: 0x60,
}

const layout16: TaskLayout = {
  size: 2,
  minimumLimit: 0x2b,
  eip: 0x0e,
  flags: 0x10,
  registers: 0x12,
  segments: 0x22,
  segmentCount: 4,
  ldt: 0x2a,
}

/** A task's registers as its TSS holds them. */
export interface TaskImage {
  /** From a 32-bit TSS. */
  readonly wide: boolean
  readonly cr3: number
  readonly eip: number
  readonly flags: number
  readonly registers: readonly number[]
  readonly selectors: readonly number[]
  readonly ldt: number
  /** The T bit: #DB once the task has been entered. */
  readonly trap: boolean
}

const layoutOf = (type: number): TaskLayout => (type & 8 ? layout32 : layout16)

/** The smallest limit of a TSS of this type. */
export const minimumLimit = (type: number): number => layoutOf(type).minimumLimit

/** Reads a task's state. A 16-bit TSS leaves the high halves of the registers set and has no FS, GS and CR3. */
export function loadImage(system: SystemContext, task: Descriptor): TaskImage {
  const { memory } = system
  const layout = layoutOf(task.systemType)
  const { size, segmentCount } = layout
  const field = (offset: number, bytes: 2 | 4): number =>
    memory.read((task.base + offset) >>> 0, bytes, Privilege.Implicit)
  const high = size === 2 ? 0xffff_0000 : 0
  const registers: number[] = []
  for (let index = 0; index < 8; index++) registers.push((field(layout.registers + index * size, size) | high) >>> 0)
  const selectors: number[] = []
  for (let index = 0; index < 6; index++) {
    selectors.push(index < segmentCount ? field(layout.segments + index * size, 2) : 0)
  }
  return {
    wide: size === 4,
    cr3: size === 4 ? field(taskOffsets.cr3, 4) : 0,
    eip: field(layout.eip, size),
    flags: field(layout.flags, size) & 0x3f_7fd7,
    registers,
    selectors,
    ldt: field(layout.ldt, 2),
    trap: size === 4 && (field(taskOffsets.trap, 2) & 1) !== 0,
  }
}

/** Writes the current task's changing state to its TSS. */
export function saveImage({ state }: SystemContext, eip: number, flags: number, write: Write): void {
  const base = state.segmentBase(Segment.TR)
  const { size, ...layout } = layoutOf(state.attributes(Segment.TR) & 15)
  const put = (offset: number, value: number): void => {
    write(base + offset, size, size === 2 ? value & 0xffff : value)
  }
  put(layout.eip, eip)
  put(layout.flags, flags)
  for (let index = 0; index < 8; index++) put(layout.registers + index * size, state.get(Layout.gpr + index * 8))
  for (let index = 0; index < layout.segmentCount; index++) put(layout.segments + index * size, state.selector(index))
}
