import { Flag, Layout, Segment, type Vcpu } from '@mica-vm/binary-translator'
import type { ShadowMmu } from '@mica-vm/shadow-mmu'
import { disassembleUnit, type CodeUnit } from './disassembly.ts'

/** What a processor looked like when it shut down. All numbers are unsigned. */
export interface CrashReport {
  readonly registers: Readonly<Record<string, number>>
  /** Exceptions by vector since the machine was made; the last three of them ended it. */
  readonly exceptions: Readonly<Record<number, number>>
  /** The code that ran last, newest first: the translation units at the fault and where guest code left to the monitor before. */
  readonly units: readonly CodeUnit[]
  /** All this for a person. */
  readonly text: string
}

const generalNames = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const
const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const
const systemRegisters = {
  cr0: Layout.cr0,
  cr2: Layout.cr2,
  cr3: Layout.cr3,
  cr4: Layout.cr4,
  gdtr: Layout.gdtrBase,
  idtr: Layout.idtrBase,
} as const

/** Where the processor's memory is. */
export interface CrashSite {
  readonly vcpu: Pick<Vcpu, 'state' | 'statistics' | 'trail'>
  readonly mmu: Pick<ShadowMmu, 'probe' | 'host'>
  /** The whole memory of the host. */
  readonly bytes: Uint8Array
}

/** Units that a report lists. */
const unitsShown = 4

/** Reads the registers and the code of a processor that stands still. */
export function crashReport(site: CrashSite): CrashReport {
  const { state, statistics } = site.vcpu
  const registers: Record<string, number> = { eip: state.eip, eflags: state.eflags >>> 0 }
  generalNames.forEach((name, number) => (registers[name] = state.gpr(number)))
  segmentNames.forEach((name, number) => (registers[name] = state.selector(number)))
  for (const [name, offset] of Object.entries(systemRegisters)) registers[name] = state.get(offset)
  const exceptions = countsByVector(statistics.exceptions)
  const addresses = [...new Set([state.eip, ...site.vcpu.trail.recent()])].slice(0, unitsShown)
  const units = addresses.map((address) => unitAt(site, address))
  const listing = units.map(({ address, instructions }) => `unit at ${hex(address)}\n  ${instructions.join('\n  ')}`)
  return { registers, exceptions, units, text: [describe(registers), ...listing].join('\n') }
}

function unitAt({ vcpu: { state }, mmu, bytes }: CrashSite, eip: number): CodeUnit {
  const base = state.segmentBase(Segment.CS)
  const bitness = state.code32 && !(state.systemFlags & Flag.VM) ? 32 : 16
  const byteAt = (address: number): number => {
    const outcome = mmu.probe((base + address) >>> 0, 2, 0)
    return outcome === 0 ? bytes[mmu.host]! : -1
  }
  return disassembleUnit(byteAt, eip, bitness)
}

/** The counts that are not zero, by vector. */
export function countsByVector(counts: readonly number[]): Record<number, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

/** Four registers to a line. */
function describe(registers: Readonly<Record<string, number>>): string {
  const words = Object.entries(registers).map(([name, value]) => `${name.padEnd(6)} ${hex(value)}`)
  const lines: string[] = []
  for (let i = 0; i < words.length; i += 4) lines.push(words.slice(i, i + 4).join('  '))
  return lines.join('\n')
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
