import { Activity, Layout, Segment } from '../state/layout.ts'
import { Cr0 } from './control-bits.ts'
import type { SystemContext } from './context.ts'
import { armBreakpoints, dr6Fixed, dr7Fixed } from './debug-registers.ts'
import { configurePaging, refreshAll } from './mode.ts'
import { Msr, msrSlot } from './msr-access.ts'
import { elementsPerPortion } from './port-io.ts'
import { realRights, setSegment } from './segments.ts'
import type { EntryState } from './types.ts'

const limit64KiB = 0xffff
const ldtRights = 0x82
const busyTaskRights = 0x8b
/** IA32_APIC_BASE. SDM vol. 3, section 10.4.4. */
const apicEnabled = 0x800
const bootstrapProcessor = 0x100

/** Cells that start at zero on RESET and on INIT, and those that INIT keeps: x87, vectors, most MSRs. SDM vol. 3, table 9-1. */
const zeroRanges: readonly Range[] = [
  [Layout.gpr, Layout.rip],
  [Layout.flagResult, Layout.budget],
  [Layout.debug, Layout.cpl],
]
const keptByInit: readonly Range[] = [
  [Layout.msr, Layout.x87],
  [Layout.x87, Layout.bounce],
]
type Range = readonly [from: number, to: number]

const zeroCells: readonly number[] = [
  Layout.faultVector,
  Layout.faultError,
  Layout.interruptShadow,
  Layout.cr2,
  Layout.cr3,
  Layout.cr4,
  Layout.cr8,
  Layout.efer,
  Layout.cpl,
  Layout.halted,
  Layout.nmiBlocked,
  Layout.heldVector,
  Layout.heldException,
  Layout.bounceSize,
  Layout.pendingDebug,
  Layout.repeating,
  Layout.waitingForStartup,
  Layout.ignoreNumericError,
]

function clear({ state }: SystemContext, ranges: readonly Range[]): void {
  for (const [from, to] of ranges) state.u8.fill(0, state.base + from, state.base + to)
}

/** What RESET and INIT have in common. CR0's cache bits are RESET's affair. */
function restart(system: SystemContext, cacheBits: number): void {
  const { state, model } = system
  clear(system, zeroRanges)
  for (const cell of zeroCells) state.set(cell, 0)
  state.eflags = 2
  state.eip = 0xfff0
  state.setGpr(2, model.cpuid(1, 0).eax)
  state.set(Layout.cr0, (Cr0.ET | cacheBits) >>> 0)
  state.set(Layout.debug + 6 * 8, dr6Fixed)
  state.set(Layout.debug + 7 * 8, dr7Fixed)
  state.set(Layout.portion, elementsPerPortion)
  resetSegments(system)
}

function resetKept(system: SystemContext): void {
  const { state, features } = system
  clear(system, keptByInit)
  state.set(Layout.a20Masked, 0)
  state.set(Layout.x87Control, 0x40)
  state.set(Layout.x87Tag, 0x5555)
  state.set(Layout.mxcsr, 0x1f80)
  state.set(Layout.xcr0, 1)
  state.set(Layout.compaction, features.compaction ? 1 : 0)
  state.set(msrSlot(Msr.MiscEnable), 1)
  state.set(msrSlot(Msr.Pat), 0x0007_0406)
  state.set(msrSlot(Msr.Pat) + 4, 0x0007_0406)
  if (features.apic) state.set(msrSlot(Msr.ApicBase), 0xfee0_0000 | apicEnabled | bootstrapProcessor)
}

function resetSegments(system: SystemContext): void {
  const { state } = system
  for (let segment = Segment.ES as number; segment <= Segment.GS; segment++) {
    setSegment(state, segment, 0, realRights, 0, limit64KiB)
  }
  setSegment(state, Segment.CS, 0xf000, realRights, 0xffff_0000, limit64KiB)
  setSegment(state, Segment.LDTR, 0, ldtRights, 0, limit64KiB)
  setSegment(state, Segment.TR, 0, busyTaskRights, 0, limit64KiB)
  state.set(Layout.gdtrBase, 0)
  state.set(Layout.gdtrLimit, limit64KiB)
  state.set(Layout.idtrBase, 0)
  state.set(Layout.idtrLimit, limit64KiB)
}

function refresh(system: SystemContext): void {
  configurePaging(system)
  armBreakpoints(system)
  refreshAll(system)
}

/** Puts the processor into its power-up state. SDM vol. 3, table 9-1. */
export function resetProcessor(system: SystemContext): void {
  resetKept(system)
  restart(system, Cr0.CD | Cr0.NW)
  system.timeStamp.write(0, 0)
  refresh(system)
}

/** INIT: as RESET, but caches and what table 9-1 calls unchanged stay. SDM vol. 3, sections 9.1 and 8.4.2. */
export function initializeProcessor(system: SystemContext): void {
  const { state, features } = system
  restart(system, state.get(Layout.cr0) & (Cr0.CD | Cr0.NW))
  const isBootstrap = !features.apic || (state.get(msrSlot(Msr.ApicBase)) & bootstrapProcessor) !== 0
  state.set(Layout.waitingForStartup, isBootstrap ? 0 : 1)
  state.set(Layout.halted, isBootstrap ? Activity.Running : Activity.Halted)
  refresh(system)
}

/** A start-up message: real mode at the page that `vector` names. SDM vol. 3, section 8.4.4.1. */
export function startProcessor(system: SystemContext, vector: number): void {
  const { state } = system
  setSegment(state, Segment.CS, vector << 8, realRights, vector << 12, limit64KiB)
  state.eip = 0
  state.set(Layout.waitingForStartup, 0)
  state.set(Layout.halted, Activity.Running)
  refreshAll(system)
}

/** Memory is write-back by default, and the ranges are enabled: what firmware leaves behind. */
const firmwareMtrr = 0xc06

const registerNames = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const
const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const

/** Puts the processor into the state in which a boot protocol enters its kernel. */
export function enterKernel(system: SystemContext, entry: EntryState): void {
  const { state, features } = system
  resetProcessor(system)
  registerNames.forEach((name, number) => state.setGpr(number, entry.registers[name]))
  state.set(Layout.cr0, (entry.cr0 | Cr0.PE | Cr0.ET) >>> 0)
  segmentNames.forEach((name, segment) => {
    const { selector, attributes, base, limit } = entry.segments[name]
    setSegment(state, segment, selector, attributes, base, limit)
  })
  state.set(Layout.cpl, entry.segments.cs.selector & 3)
  state.set(Layout.gdtrBase, entry.gdt.base)
  state.set(Layout.gdtrLimit, entry.gdt.limit)
  state.set(Layout.idtrBase, entry.idt.base)
  state.set(Layout.idtrLimit, entry.idt.limit)
  if (features.mtrr) state.set(msrSlot(Msr.MtrrDefault), firmwareMtrr)
  state.eflags = entry.eflags
  state.eip = entry.eip
  refresh(system)
}
