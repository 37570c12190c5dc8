import { BaseMsr } from './registers.ts'
import type { LocalApicState } from './state.ts'

type Base = Pick<LocalApicState, 'base' | 'globallyEnabled'>

/** IA32_APIC_BASE as two halves. */
export function encodeBase({ base, globallyEnabled }: Base, bootstrap: boolean): { low: number; high: number } {
  const flags = (bootstrap ? BaseMsr.BSP : 0) | (globallyEnabled ? BaseMsr.ENABLE : 0)
  return { low: ((base % 2 ** 32) + flags) >>> 0, high: Math.floor(base / 2 ** 32) }
}

/** What a written IA32_APIC_BASE means, undefined if reserved bits are set. Physical addresses have 36 bits. */
export function decodeBase(low: number, high: number): Base | undefined {
  if (low & BaseMsr.RESERVED_LOW || high & ~0xf) return undefined
  return { base: ((low & 0xffff_f000) >>> 0) + high * 2 ** 32, globallyEnabled: (low & BaseMsr.ENABLE) !== 0 }
}
