import type { CpuState } from '../state/cpu-state.ts'
import { Layout, Segment, SegmentField, segmentSlot } from '../state/layout.ts'
import { registerNames } from './flat-machine.ts'

/** Architectural cells that are neither general registers nor segments, by name. */
const cells: readonly (readonly [name: string, offset: number])[] = [
  ['cr0', Layout.cr0],
  ['cr2', Layout.cr2],
  ['cr3', Layout.cr3],
  ['cr4', Layout.cr4],
  ['xcr0', Layout.xcr0],
  ['cpl', Layout.cpl],
  ['mode', Layout.mode],
  ['halted', Layout.halted],
  ['interruptShadow', Layout.interruptShadow],
  ['pendingDebug', Layout.pendingDebug],
  ['repeating', Layout.repeating],
  ['interruptPending', Layout.interruptPending],
  ['heldVector', Layout.heldVector],
  ['heldException', Layout.heldException],
  ['gdtrBase', Layout.gdtrBase],
  ['gdtrLimit', Layout.gdtrLimit],
  ['idtrBase', Layout.idtrBase],
  ['idtrLimit', Layout.idtrLimit],
  ['dr6', Layout.debug + 6 * 8],
  ['dr7', Layout.debug + 7 * 8],
]

const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const
const segmentFields = ['selector', 'attributes', 'base', 'limit'] as const
const x87Bytes = Layout.mxcsr - Layout.x87

/** What the architecture shows of a processor, as plain numbers by name. */
export function snapshot(state: CpuState): Record<string, number> {
  const seen: Record<string, number> = { eip: state.eip, eflags: state.eflags }
  registerNames.forEach((name, number) => (seen[name] = state.gpr(number)))
  for (const [name, offset] of cells) seen[name] = state.get(offset)
  segmentNames.forEach((name, number) => {
    for (const field of segmentFields) {
      if (number <= Segment.GS || field === 'selector')
        seen[`${name}.${field}`] = state.get(segmentSlot(number) + SegmentField[field])
    }
  })
  seen['x87'] = hash(state, Layout.x87, x87Bytes)
  seen['mxcsr'] = state.get(Layout.mxcsr)
  for (let i = 0; i < 8; i++) seen[`xmm${i}`] = hash(state, Layout.vector + 32 * i, 16)
  return seen
}

function hash(state: CpuState, offset: number, bytes: number): number {
  let value = 0x811c_9dc5
  for (const byte of state.u8.subarray(state.base + offset, state.base + offset + bytes)) {
    value = Math.imul(value ^ byte, 0x0100_0193)
  }
  return value >>> 0
}

/** The names whose numbers differ, with both numbers in hexadecimal. */
export function differences(a: Record<string, number>, b: Record<string, number>): string[] {
  return Object.keys(a)
    .filter((name) => a[name] !== b[name])
    .map((name) => `${name}: ${a[name]!.toString(16)} / ${b[name]!.toString(16)}`)
}
