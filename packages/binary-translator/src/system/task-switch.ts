import { Flag, Layout, Segment } from '../state/layout.ts'
import { DebugStatus } from './breakpoints.ts'
import { Flow, type SystemContext } from './context.ts'
import { Cr0 } from './control-bits.ts'
import { endLocalBreakpoints } from './debug-registers.ts'
import {
  type Descriptor,
  SystemType,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  markAccessed,
  markBusy,
  raiseSelector,
  readDescriptor,
} from './descriptors.ts'
import { Vector, noErrorCode, raise } from './guest-fault.ts'
import type { InterruptEvent } from './interrupts.ts'
import { configurePaging, refreshAll, refusePaging } from './mode.ts'
import { withinLimit } from './segment-check.ts'
import {
  fetchData,
  fetchStack,
  setCode,
  setFromDescriptor,
  setNull,
  setSegment,
  setVirtual8086,
  taskStack,
} from './segments.ts'
import { currentStack } from './stack.ts'
import { type TaskImage, loadImage, minimumLimit, saveImage, taskOffsets } from './task-image.ts'
import { transact } from './transaction.ts'
import { Privilege, type Write } from './types.ts'
import { refreshVectors } from './vector-state.ts'

/** How a task is entered. SDM vol. 3, table 7-2, tells what each does to busy bits, NT and the link. */
export const TaskEntry = { Jump: 0, Call: 1, Return: 2 } as const
export type TaskEntry = (typeof TaskEntry)[keyof typeof TaskEntry]

const isAvailable = (type: number): boolean => type === SystemType.Tss16 || type === SystemType.Tss32
const isBusy = (type: number): boolean => type === SystemType.Tss16Busy || type === SystemType.Tss32Busy

/** Reads and checks the descriptor of the task to enter. SDM vol. 3, section 7.3, steps 2 to 5. */
function fetchTask(system: SystemContext, selector: number, entry: TaskEntry): Descriptor {
  const wrong = entry === TaskEntry.Return ? Vector.TS : Vector.GP
  if (selector & 4 || isNull(selector)) raiseSelector(system, wrong, selector)
  const task = fetchDescriptor(system, selector, wrong)
  const fits = entry === TaskEntry.Return ? isBusy(task.systemType) : isAvailable(task.systemType)
  if (!fits) raiseSelector(system, wrong, selector)
  if (!task.present) raiseSelector(system, Vector.NP, selector)
  if (task.limit < minimumLimit(task.systemType)) raiseSelector(system, Vector.TS, selector)
  return task
}

/** The current task's descriptor. */
function currentTask({ state }: SystemContext): number {
  return (state.get(Layout.gdtrBase) + (state.selector(Segment.TR) & 0xfff8)) >>> 0
}

/** Raises the page fault that a write at `address` would meet, before anything of the switch has been done. */
function requireWritable({ memory }: SystemContext, address: number): void {
  const at = address >>> 0
  memory.write(at, 1, memory.read(at, 1, Privilege.Implicit), Privilege.Implicit)
}

/** What a switch writes besides the old task's state has to be in memory. SDM vol. 3, section 7.3, step 5. */
function requireTablesWritable(system: SystemContext, task: Descriptor, entry: TaskEntry): void {
  if (entry !== TaskEntry.Call) requireWritable(system, currentTask(system) + 5)
  if (entry !== TaskEntry.Return) requireWritable(system, task.address + 5)
  if (entry === TaskEntry.Call) for (const offset of [0, 1]) requireWritable(system, task.base + offset)
}

/** Takes over a task's registers; its segments are unusable until they have passed their checks. */
function adoptImage(
  system: SystemContext,
  selector: number,
  task: Descriptor,
  image: TaskImage,
  nested: boolean,
): void {
  const { state } = system
  const rights = task.rights | 2
  setSegment(state, Segment.TR, selector & 0xffff, rights, task.base, task.limit)
  state.set(Layout.cr0, state.get(Layout.cr0) | 8)
  refreshVectors(system)
  state.eip = image.eip
  state.eflags = image.flags | (nested ? Flag.NT : 0)
  for (let register = 0; register < 8; register++) state.setGpr(register, image.registers[register]!)
  for (let segment = Segment.ES as number; segment <= Segment.GS; segment++) {
    setNull(state, segment, image.selectors[segment]!)
  }
  setNull(state, Segment.LDTR, image.ldt)
  state.set(Layout.cpl, image.flags & Flag.VM ? 3 : image.selectors[Segment.CS]! & 3)
}

/** Loads CR3; page-directory pointers with reserved bits are the new task's fault, and leave the old ones. */
function loadPaging(system: SystemContext, image: TaskImage): void {
  const { state } = system
  if (!image.wide || (state.get(Layout.cr0) & Cr0.PG) === 0) return
  const old = state.get(Layout.cr3)
  state.set(Layout.cr3, image.cr3)
  if (configurePaging(system)) return
  state.set(Layout.cr3, old)
  refusePaging(system, system.external)
}

function loadLdt(system: SystemContext, selector: number): void {
  if (isNull(selector)) return
  if (selector & 4) raiseSelector(system, Vector.TS, selector)
  const ldt = fetchDescriptor(system, selector, Vector.TS)
  if (ldt.systemType !== SystemType.Ldt || !ldt.present) raiseSelector(system, Vector.TS, selector)
  setFromDescriptor(system.state, Segment.LDTR, selector, ldt)
}

function loadCode(system: SystemContext, selector: number): void {
  if (isNull(selector)) raise(Vector.TS, system.external)
  const code = fetchDescriptor(system, selector, Vector.TS)
  const rpl = selector & 3
  const privilege = isConforming(code.rights) ? code.dpl <= rpl : code.dpl === rpl
  if (!isCode(code.rights) || !privilege) raiseSelector(system, Vector.TS, selector)
  if (!code.present) raiseSelector(system, Vector.NP, selector)
  markAccessed(system, code)
  setCode(system, selector, code, rpl)
}

/** Loads the new task's segments; faults from here on belong to the new task. SDM vol. 3, section 7.3, step 12. */
function loadSegments(system: SystemContext, image: TaskImage): void {
  const { state } = system
  loadLdt(system, image.ldt)
  if (image.flags & Flag.VM) {
    for (let segment = Segment.ES as number; segment <= Segment.GS; segment++) {
      setVirtual8086(state, segment, image.selectors[segment]!)
    }
    return
  }
  const { cpl } = state
  loadCode(system, image.selectors[Segment.CS]!)
  const stack = image.selectors[Segment.SS]!
  setFromDescriptor(state, Segment.SS, stack, fetchStack(system, stack, cpl, taskStack))
  for (const segment of [Segment.ES, Segment.DS, Segment.FS, Segment.GS]) {
    const selector = image.selectors[segment]!
    if (!isNull(selector)) setFromDescriptor(state, segment, selector, fetchData(system, selector, cpl, Vector.TS))
  }
}

/** What a switch saves of the old task besides its registers. */
export interface Leaving {
  readonly eip: number
  readonly flags: number
}

/**
 * Switches to the task of TSS `selector`. Its state is read before the old one is written, so a page fault on either
 * leaves the old task as it was. SDM vol. 3, section 7.3. Where the host has no frame, however late, nothing has happened.
 */
export function switchTask(system: SystemContext, selector: number, entry: TaskEntry, leaving: Leaving): void {
  transact(system, (write) => enterTask(system, selector, entry, leaving, write))
}

function enterTask(system: SystemContext, selector: number, entry: TaskEntry, leaving: Leaving, write: Write): void {
  const { state, breakpoints } = system
  const task = fetchTask(system, selector, entry)
  const image = loadImage(system, task)
  const oldSelector = state.selector(Segment.TR)
  requireTablesWritable(system, task, entry)
  saveImage(system, leaving.eip, entry === TaskEntry.Return ? leaving.flags & ~Flag.NT : leaving.flags, write)
  if (entry !== TaskEntry.Call) markBusy(readDescriptor(system, currentTask(system)), false, write)
  if (entry !== TaskEntry.Return) markBusy(task, true, write)
  if (entry === TaskEntry.Call) write(task.base, 2, oldSelector)
  adoptImage(system, selector, task, image, entry === TaskEntry.Call)
  try {
    loadPaging(system, image)
    loadSegments(system, image)
  } finally {
    endLocalBreakpoints(system)
    refreshAll(system)
  }
  if (!withinLimit(state.attributes(Segment.CS), state.limit(Segment.CS), image.eip, 1)) {
    raise(Vector.GP, system.external)
  }
  if (image.trap) breakpoints.hits |= DebugStatus.Task
}

/** The task as an instruction leaves it: RF ended when that began. */
export const leavingAfter = ({ state }: SystemContext): Leaving => ({
  eip: state.nextEip,
  flags: state.eflags & ~Flag.RF,
})

/** Through a task gate of the IDT: the error code goes to the new task's stack. */
export function switchByInterrupt(system: SystemContext, selector: number, event: InterruptEvent): void {
  const leaving = { eip: event.returnEip, flags: event.flags }
  transact(system, (write) => {
    enterTask(system, selector, TaskEntry.Call, leaving, write)
    if (event.errorCode === noErrorCode) return
    const stack = currentStack(system)
    stack.push(event.errorCode, system.state.attributes(Segment.TR) & 8 ? 4 : 2)
    stack.commit()
  })
}

/** IRET with NT set: back to the task that the link names. */
export function switchByReturn(system: SystemContext): Flow {
  const { state, memory } = system
  const link = memory.read(state.segmentBase(Segment.TR) + taskOffsets.link, 2, Privilege.Implicit)
  switchTask(system, link, TaskEntry.Return, leavingAfter(system))
  return Flow.Set
}
