import { Flag } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import {
  type Descriptor,
  SystemType,
  findDescriptor,
  isConforming,
  isNull,
  isReadable,
  isWritableData,
} from './descriptors.ts'
import { requireProtectedMode } from './privilege.ts'

/** System descriptors that have a limit, and the gates of which LAR tells the rights as well. SDM vol. 2, LSL and LAR. */
const withLimit: readonly number[] = [
  SystemType.Tss16,
  SystemType.Ldt,
  SystemType.Tss16Busy,
  SystemType.Tss32,
  SystemType.Tss32Busy,
]
const withRights: readonly number[] = [...withLimit, SystemType.CallGate16, SystemType.TaskGate, SystemType.CallGate32]

function setZero(system: SystemContext, value: boolean): Flow {
  const { state } = system
  state.eflags = value ? state.eflags | Flag.ZF : state.eflags & ~Flag.ZF
  return Flow.Next
}

/** The descriptor that `x` names, if it exists and the program may see it. */
function visible(system: SystemContext, x: number): Descriptor | undefined {
  const selector = x & 0xffff
  requireProtectedMode(system.state)
  if (isNull(selector)) return undefined
  const descriptor = findDescriptor(system, selector)
  if (!descriptor || isConforming(descriptor.rights)) return descriptor
  const privilege = Math.max(system.state.cpl, selector & 3)
  return descriptor.dpl >= privilege ? descriptor : undefined
}

function store(system: SystemContext, y: number, value: number): void {
  const { state } = system
  const register = y & 0xff
  const wide = y >>> 8 !== 2
  state.setGpr(register, wide ? value : (state.gpr(register) & 0xffff_0000) | (value & 0xffff))
}

/** LAR: access rights. */
export function loadRights(system: SystemContext, x: number, y: number): Flow {
  const descriptor = visible(system, x)
  const type = descriptor?.systemType ?? 0
  if (!descriptor || (type >= 0 && !withRights.includes(type))) return setZero(system, false)
  store(system, y, descriptor.high & 0x00f0_ff00)
  return setZero(system, true)
}

/** LSL: segment limit. */
export function loadLimit(system: SystemContext, x: number, y: number): Flow {
  const descriptor = visible(system, x)
  const type = descriptor?.systemType ?? 0
  if (!descriptor || (type >= 0 && !withLimit.includes(type))) return setZero(system, false)
  store(system, y, descriptor.limit)
  return setZero(system, true)
}

/** VERR: can it be read from here? */
export function verifyRead(system: SystemContext, x: number): Flow {
  const descriptor = visible(system, x)
  return setZero(system, descriptor !== undefined && isReadable(descriptor.rights))
}

/** VERW: can it be written from here? */
export function verifyWrite(system: SystemContext, x: number): Flow {
  const descriptor = visible(system, x)
  return setZero(system, descriptor !== undefined && isWritableData(descriptor.rights))
}
