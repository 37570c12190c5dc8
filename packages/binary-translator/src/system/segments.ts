import type { CpuState } from '../state/cpu-state.ts'
import { Layout, Segment, SegmentField, Shadow, segmentSlot } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import {
  type Descriptor,
  Rights,
  fetchDescriptor,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isWritableData,
  markAccessed,
  raiseSelector,
} from './descriptors.ts'
import { Vector, raise } from './guest-fault.ts'
import { refreshMode } from './mode.ts'
import { refreshSpans } from './segment-check.ts'
import { currentStack } from './stack.ts'

/** Rights of every segment in real mode, and in virtual-8086 mode with DPL 3. */
export const realRights = 0x93
export const virtual8086Rights = 0xf3
const realLimit = 0xffff

/** Fills a segment record. */
export function setSegment(
  state: CpuState,
  segment: number,
  selector: number,
  rights: number,
  base: number,
  limit: number,
): void {
  const slot = segmentSlot(segment)
  state.set(slot + SegmentField.selector, selector)
  state.set(slot + SegmentField.attributes, rights)
  state.set(slot + SegmentField.base, base)
  state.set(slot + SegmentField.limit, limit)
  if (segment <= Segment.GS) refreshSpans(state, segment)
}

/** Fills a segment record from a descriptor that passed its checks. */
export function setFromDescriptor(state: CpuState, segment: number, selector: number, descriptor: Descriptor): void {
  const memory = descriptor.systemType < 0
  const rights = memory ? descriptor.rights | Rights.Accessed : descriptor.rights
  setSegment(state, segment, selector, rights, descriptor.base, descriptor.limit)
}

/** Makes a segment unusable; the selector stays readable. */
export function setNull(state: CpuState, segment: number, selector: number): void {
  setSegment(state, segment, selector, 0, 0, 0)
}

/**
 * Loads a segment in real mode. Limit and size survive from protected mode ("big real" mode), unless nothing
 * usable was there. SDM vol. 3, section 9.9.2 describes how software relies on it.
 */
export function setReal(state: CpuState, segment: number, selector: number): void {
  const rights = state.attributes(segment)
  const usable = (rights & Rights.Present) !== 0
  const size = rights & (Rights.Big | Rights.Granular)
  const limit = usable ? state.limit(segment) : realLimit
  setSegment(state, segment, selector, (usable ? size : 0) | realRights, (selector & 0xffff) << 4, limit)
}

/** Loads a segment in virtual-8086 mode. SDM vol. 3, section 20.2.1. */
export function setVirtual8086(state: CpuState, segment: number, selector: number): void {
  setSegment(state, segment, selector, virtual8086Rights, (selector & 0xffff) << 4, realLimit)
}

/** Loads CS after all checks; `cpl` becomes both CPL and the selector's RPL. */
export function setCode(system: SystemContext, selector: number, descriptor: Descriptor, cpl: number): void {
  setFromDescriptor(system.state, Segment.CS, (selector & 0xfffc) | cpl, descriptor)
  system.state.set(Layout.cpl, cpl)
}

/** What is wrong with a stack segment: the vectors differ by the operation that loads it. */
export interface StackFaults {
  /** For a null selector, with error code 0 (and EXT). */
  readonly null: number
  /** For a selector or descriptor of the wrong kind or privilege. */
  readonly kind: number
  /** For a segment that is not present. */
  readonly absent: number
}

/** SS loaded by an instruction or by a return. */
export const loadedStack: StackFaults = { null: Vector.GP, kind: Vector.GP, absent: Vector.SS }
/** SS taken from a task-state segment. */
export const taskStack: StackFaults = { null: Vector.TS, kind: Vector.TS, absent: Vector.SS }

/** Checks a stack segment for use at `cpl` and returns its descriptor, accessed bit set. */
export function fetchStack(system: SystemContext, selector: number, cpl: number, faults: StackFaults): Descriptor {
  if (isNull(selector)) raise(faults.null, system.external)
  const descriptor = fetchDescriptor(system, selector, faults.kind)
  const matches = (selector & 3) === cpl && descriptor.dpl === cpl && isWritableData(descriptor.rights)
  if (!matches) raiseSelector(system, faults.kind, selector)
  if (!descriptor.present) raiseSelector(system, faults.absent, selector)
  markAccessed(system, descriptor)
  return descriptor
}

/** Checks a data segment for use at `cpl` and returns its descriptor, accessed bit set. */
export function fetchData(system: SystemContext, selector: number, cpl: number, kind: number = Vector.GP): Descriptor {
  const descriptor = fetchDescriptor(system, selector, kind)
  const { rights, dpl } = descriptor
  if (!isReadable(rights)) raiseSelector(system, kind, selector)
  if (!isConforming(rights) && ((selector & 3) > dpl || cpl > dpl)) raiseSelector(system, kind, selector)
  if (!descriptor.present) raiseSelector(system, Vector.NP, selector)
  markAccessed(system, descriptor)
  return descriptor
}

function loadProtected(system: SystemContext, segment: number, selector: number): void {
  const { state } = system
  if (segment === Segment.SS) {
    const descriptor = fetchStack(system, selector, state.cpl, loadedStack)
    setFromDescriptor(state, segment, selector, descriptor)
  } else if (isNull(selector)) {
    setNull(state, segment, selector)
  } else {
    setFromDescriptor(state, segment, selector, fetchData(system, selector, state.cpl))
  }
}

function load(system: SystemContext, segment: number, selector: number): void {
  const { state } = system
  if (segment === Segment.CS || segment > Segment.GS) raise(Vector.UD)
  if (!state.protectedMode) setReal(state, segment, selector)
  else if (state.virtual8086) setVirtual8086(state, segment, selector)
  else loadProtected(system, segment, selector)
  if (segment <= Segment.DS) refreshMode(system)
}

/** Interrupts wait for the instruction after a load of SS, which is to load ESP. SDM vol. 3, section 6.8.3. */
function holdInterrupts(state: CpuState, segment: number): void {
  if (segment === Segment.SS) state.set(Layout.interruptShadow, Shadow.Everything)
}

/** MOV to a segment register. SDM vol. 2, MOV. */
export function loadSegment(system: SystemContext, segment: number, selector: number): Flow {
  load(system, segment, selector & 0xffff)
  holdInterrupts(system.state, segment)
  return Flow.Next
}

/** POP of a segment register, whose value has been read: the old stack is released once the new segment is loaded. */
export function popSegment(system: SystemContext, x: number, selector: number): Flow {
  const segment = x & 0xff
  const stack = currentStack(system)
  stack.release(x >>> 8)
  load(system, segment, selector & 0xffff)
  stack.commit()
  holdInterrupts(system.state, segment)
  return Flow.Next
}

/** LDS, LES, LSS, LFS and LGS: the offset waits in the scratch memory. */
export function loadFarPointer(system: SystemContext, x: number, selector: number): Flow {
  const { state } = system
  const destination = (x >>> 8) & 0xff
  const offset = state.get(Layout.scratch)
  load(system, x & 0xff, selector & 0xffff)
  const high = state.gpr(destination) & 0xffff_0000
  state.setGpr(destination, x >>> 16 === 2 ? high | (offset & 0xffff) : offset)
  return Flow.Next
}

/** Makes a data segment unusable if code at `cpl` may not keep it after a return outwards. SDM vol. 2, RET. */
export function dropPrivilegedSegments(state: CpuState, cpl: number): void {
  for (const segment of [Segment.ES, Segment.DS, Segment.FS, Segment.GS]) {
    const rights = state.attributes(segment)
    const keeps = isCode(rights) && isConforming(rights)
    if (!keeps && ((rights >>> 5) & 3) < cpl) setNull(state, segment, 0)
  }
}
