import { Layout, Segment } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { SystemType, fetchDescriptor, isNull, markBusy, raiseSelector } from './descriptors.ts'
import { Vector, raise } from './guest-fault.ts'
import { requireProtectedMode, requireSupervisor } from './privilege.ts'
import { setFromDescriptor, setNull, setSegment } from './segments.ts'
import { Privilege } from './types.ts'

function loadTable(system: SystemContext, x: number, operandSize: number, base: number, limit: number): Flow {
  const { state, memory } = system
  requireSupervisor(state)
  const linear = x >>> 0
  const newLimit = memory.read(linear, 2, 0)
  const address = memory.read((linear + 2) >>> 0, 4, 0)
  state.set(limit, newLimit)
  state.set(base, operandSize === 2 ? address & 0x00ff_ffff : address)
  return Flow.Next
}

/** LGDT. A 16-bit operand size takes 24 bits of the base. SDM vol. 2, LGDT. */
export function loadGlobalTable(system: SystemContext, x: number, operandSize: number): Flow {
  return loadTable(system, x, operandSize, Layout.gdtrBase, Layout.gdtrLimit)
}

/** LIDT. */
export function loadInterruptTable(system: SystemContext, x: number, operandSize: number): Flow {
  return loadTable(system, x, operandSize, Layout.idtrBase, Layout.idtrLimit)
}

/** LLDT. */
export function loadLocalTable(system: SystemContext, x: number): Flow {
  const { state } = system
  const selector = x & 0xffff
  requireProtectedMode(state)
  requireSupervisor(state)
  if (isNull(selector)) {
    setNull(state, Segment.LDTR, selector)
    return Flow.Next
  }
  if (selector & 4) raiseSelector(system, Vector.GP, selector)
  const descriptor = fetchDescriptor(system, selector)
  if (descriptor.systemType !== SystemType.Ldt) raiseSelector(system, Vector.GP, selector)
  if (!descriptor.present) raiseSelector(system, Vector.NP, selector)
  setFromDescriptor(state, Segment.LDTR, selector, descriptor)
  return Flow.Next
}

/** LTR: the task becomes busy, nothing else is switched. */
export function loadTask(system: SystemContext, x: number): Flow {
  const { state, memory } = system
  const selector = x & 0xffff
  requireProtectedMode(state)
  requireSupervisor(state)
  if (isNull(selector)) raise(Vector.GP, 0)
  if (selector & 4) raiseSelector(system, Vector.GP, selector)
  const task = fetchDescriptor(system, selector)
  const type = task.systemType
  if (type !== SystemType.Tss16 && type !== SystemType.Tss32) raiseSelector(system, Vector.GP, selector)
  if (!task.present) raiseSelector(system, Vector.NP, selector)
  markBusy(task, true, (linear, size, value) => memory.write(linear, size, value, Privilege.Implicit))
  setSegment(state, Segment.TR, selector, task.rights | 2, task.base, task.limit)
  return Flow.Next
}
