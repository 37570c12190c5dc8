import { Layout } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import type { Quad } from './types.ts'

/** Order of the model-specific registers in the state block; ranges of registers start at the slot named. */
export const Msr = {
  SysenterCs: 0,
  SysenterEsp: 1,
  SysenterEip: 2,
  ApicBase: 3,
  MiscEnable: 4,
  Pat: 5,
  MtrrDefault: 6,
  /** 11 fixed ranges. */
  MtrrFixed: 7,
  /** 8 variable ranges, base and mask. */
  MtrrVariable: 18,
  TscAux: 34,
  count: 35,
} as const

/** Byte offset of a model-specific register's slot. */
export const msrSlot = (index: number): number => Layout.msr + index * 8

/** One model-specific register as RDMSR and WRMSR see it. `write` answers whether the value is allowed. */
export interface MsrAccess {
  read(system: SystemContext): Quad
  write(system: SystemContext, low: number, high: number): boolean
}

/** A register that lives in its slot and accepts what `allowed` accepts. */
export function storedMsr(index: number, allowed: (low: number, high: number) => boolean): MsrAccess {
  const slot = msrSlot(index)
  return {
    read: ({ state }) => ({ low: state.get(slot), high: state.get(slot + 4) }),
    write: ({ state }, low, high) => {
      if (!allowed(low, high)) return false
      state.set(slot, low)
      state.set(slot + 4, high)
      return true
    },
  }
}
