import type { CpuState } from '../state/cpu-state.ts'
import { Flag, Layout, Mode, Segment } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import { Cr0, cr0Paging, cr4Paging } from './control-bits.ts'
import { excludePages } from './debug-registers.ts'
import { isReadable, isWritableData } from './descriptors.ts'
import { HostOutOfMemory, Vector, raise } from './guest-fault.ts'
import { refreshSpans } from './segment-check.ts'
import { refreshVectors } from './vector-state.ts'

const flatLimit = 0xffff_ffff

const isFlat = (state: CpuState, segment: number): boolean =>
  state.segmentBase(segment) === 0 && state.limit(segment) === flatLimit

/** Flat, present, writable and growing upwards. */
const isFlatData = (state: CpuState, segment: number): boolean => {
  const rights = state.attributes(segment)
  return isFlat(state, segment) && isWritableData(rights) && (rights & 0x84) === 0x80
}

/** Recomputes what translated code is keyed by and which TLB arrays it uses, after CPL, CS, SS, DS or ES changed. */
export function refreshMode(system: SystemContext): void {
  const { state, tlb } = system
  const user = state.cpl === 3
  if (user && !(state.get(Layout.mode) & Mode.user)) system.userEntries++
  const flat =
    isFlat(state, Segment.CS) &&
    isReadable(state.attributes(Segment.CS)) &&
    isFlatData(state, Segment.DS) &&
    isFlatData(state, Segment.SS) &&
    isFlatData(state, Segment.ES)
  state.set(
    Layout.mode,
    (state.code32 ? Mode.code32 : 0) |
      (state.stack32 ? Mode.stack32 : 0) |
      (user ? Mode.user : 0) |
      (flat ? Mode.flat : 0) |
      system.instructionSet,
  )
  state.set(Layout.tlbRead, user ? tlb.readUser : tlb.readSupervisor)
  state.set(Layout.tlbWrite, user ? tlb.writeUser : tlb.writeSupervisor)
  state.set(Layout.tlbFetch, user ? tlb.fetchUser : tlb.fetchSupervisor)
  refreshAlignment(system)
}

/** EFLAGS.AC means two things: to CPL 3 alignment checks, which CR0.AM asks for; to the supervisor, SMAP held off. */
export function refreshAlignment(system: SystemContext): void {
  const { state, memory } = system
  const flag = (state.systemFlags & Flag.AC) !== 0
  const aligned = flag && state.cpl === 3 && (state.get(Layout.cr0) & Cr0.AM) !== 0
  if (aligned !== memory.aligned) {
    memory.aligned = aligned
    excludePages(system)
  }
  if (flag === system.userDataAllowed) return
  system.userDataAllowed = flag
  system.paging.setUserDataAllowed(flag)
}

/** Recomputes everything that is derived from segments and mode. */
export function refreshAll(system: SystemContext): void {
  for (let segment = Segment.ES as number; segment <= Segment.GS; segment++) refreshSpans(system.state, segment)
  refreshMode(system)
  refreshVectors(system)
}

/** After `configurePaging` has answered false: the exception that the guest takes, unless the host is what failed. */
export function refusePaging(system: SystemContext, errorCode: number): never {
  if (system.paging.outOfMemory === true) throw new HostOutOfMemory()
  raise(Vector.GP, errorCode)
}

/**
 * Hands the paging registers to the MMU. False: see `refusePaging`; nothing changed. The MMU takes a call that changes nothing for a load of
 * CR3, so bits that it is not told of when they change, such as CR0.TS, are left out.
 */
export function configurePaging(system: SystemContext): boolean {
  const { state } = system
  return system.paging.configure({
    cr0: (state.get(Layout.cr0) & cr0Paging) >>> 0,
    cr3: state.get(Layout.cr3),
    cr4: state.get(Layout.cr4) & cr4Paging,
    efer: state.get(Layout.efer),
    a20: state.get(Layout.a20Masked) === 0,
  })
}
