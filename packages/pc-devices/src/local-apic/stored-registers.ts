import { LVT_WRITABLE, Register, VERSION_VALUE } from './registers.ts'
import type { LocalApicState } from './state.ts'

type Reader = (state: LocalApicState) => number

const vectorBank = (first: number, bank: 'isr' | 'tmr' | 'irr'): [number, Reader][] =>
  Array.from({ length: 8 }, (_, word) => [first + word * 0x10, (state) => state[bank][word]!])

/** Registers that read as they are kept, or as a constant. */
export const STORED_REGISTERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [Register.ID, ({ id }) => (id << 24) >>> 0],
  [Register.VERSION, () => VERSION_VALUE],
  [Register.TPR, ({ tpr }) => tpr],
  [Register.APR, () => 0],
  [Register.EOI, () => 0],
  [Register.RRD, () => 0],
  [Register.LDR, ({ ldr }) => ldr],
  [Register.DFR, ({ dfr }) => dfr],
  [Register.SVR, ({ svr }) => svr],
  ...vectorBank(Register.ISR, 'isr'),
  ...vectorBank(Register.TMR, 'tmr'),
  ...vectorBank(Register.IRR, 'irr'),
  [Register.ESR, ({ esr }) => esr],
  [Register.ICR_LOW, ({ icrLow }) => icrLow],
  [Register.ICR_HIGH, ({ icrHigh }) => icrHigh],
  ...LVT_WRITABLE.map((_, index): [number, Reader] => [Register.LVT_TIMER + index * 0x10, ({ lvt }) => lvt[index]!]),
  [Register.TIMER_INITIAL, ({ timer }) => timer.initial],
  [Register.TIMER_DIVIDE, ({ timer }) => timer.divide],
])
