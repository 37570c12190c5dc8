import { Lvt, LVT_WRITABLE } from './registers.ts'

export interface ApicTimerState {
  /** Initial count register, 32 bits. */
  initial: number
  /** Divide configuration register. */
  divide: number
  /** The count was `anchorCount` at time `anchorNs`. */
  anchorNs: number
  anchorCount: number
  /** IA32_TSC_DEADLINE, 0 when not armed. */
  tscDeadline: { low: number; high: number }
  /** When the timer will expire, null when nothing is to come. */
  dueNs: number | null
}

export interface LocalApicState {
  id: number
  /** IA32_APIC_BASE: page and enable bit. */
  base: number
  globallyEnabled: boolean
  tpr: number
  ldr: number
  dfr: number
  svr: number
  /** 256 bits each, as 8 words of 32, lowest vectors first. */
  isr: number[]
  tmr: number[]
  irr: number[]
  /** ESR as the guest reads it, and the errors since it was last written. */
  esr: number
  errors: number
  icrLow: number
  icrHigh: number
  /** Timer, thermal, performance, LINT0, LINT1, error. */
  lvt: number[]
  /** A message of mode ExtINT waits for the processor to ask the 8259 for its vector. */
  external: boolean
  /** Levels of LINT0 and LINT1. */
  lint: [boolean, boolean]
  timer: ApicTimerState
}

export const DEFAULT_BASE = 0xfee0_0000

export function initialApicState(id: number): LocalApicState {
  const words = (): number[] => new Array<number>(8).fill(0)
  return {
    id,
    base: DEFAULT_BASE,
    globallyEnabled: true,
    tpr: 0,
    ldr: 0,
    dfr: 0xffff_ffff,
    svr: 0xff,
    isr: words(),
    tmr: words(),
    irr: words(),
    esr: 0,
    errors: 0,
    icrLow: 0,
    icrHigh: 0,
    lvt: LVT_WRITABLE.map(() => Lvt.MASK),
    external: false,
    lint: [false, false],
    timer: { initial: 0, divide: 0, anchorNs: 0, anchorCount: 0, tscDeadline: { low: 0, high: 0 }, dueNs: null },
  }
}
