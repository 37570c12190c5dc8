/** Intel SDM vol. 3, chapter 11 (APIC). Offsets in the 4 KiB page. */
export const Register = {
  ID: 0x020,
  VERSION: 0x030,
  TPR: 0x080,
  APR: 0x090,
  PPR: 0x0a0,
  EOI: 0x0b0,
  RRD: 0x0c0,
  LDR: 0x0d0,
  DFR: 0x0e0,
  SVR: 0x0f0,
  ISR: 0x100,
  TMR: 0x180,
  IRR: 0x200,
  ESR: 0x280,
  ICR_LOW: 0x300,
  ICR_HIGH: 0x310,
  LVT_TIMER: 0x320,
  LVT_THERMAL: 0x330,
  LVT_PERFORMANCE: 0x340,
  LVT_LINT0: 0x350,
  LVT_LINT1: 0x360,
  LVT_ERROR: 0x370,
  TIMER_INITIAL: 0x380,
  TIMER_CURRENT: 0x390,
  TIMER_DIVIDE: 0x3e0,
} as const

export const PAGE_BYTES = 0x1000

/** Integrated APIC, version 14h, six LVT entries. */
export const VERSION_VALUE = 0x0005_0014

export const Svr = { VECTOR: 0xff, ENABLE: 0x100, WRITABLE: 0x3ff } as const

export const Lvt = {
  VECTOR: 0xff,
  MODE_SHIFT: 8,
  /** Level triggered (LINT pins). */
  LEVEL: 0x8000,
  REMOTE_IRR: 0x4000,
  MASK: 0x1_0000,
  TIMER_MODE_SHIFT: 17,
} as const

/** Writable bits of the LVT entries, in the order of their offsets. */
export const LVT_WRITABLE = [0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff] as const
export const LvtIndex = { Timer: 0, Thermal: 1, Performance: 2, Lint0: 3, Lint1: 4, Error: 5 } as const

export const TimerMode = { OneShot: 0, Periodic: 1, TscDeadline: 2 } as const

export const Esr = {
  SEND_ILLEGAL_VECTOR: 0x20,
  RECEIVE_ILLEGAL_VECTOR: 0x40,
  ILLEGAL_REGISTER: 0x80,
} as const

export const Icr = {
  LOGICAL: 0x0800,
  ASSERT: 0x4000,
  LEVEL: 0x8000,
  SHORTHAND_SHIFT: 18,
  LOW_WRITABLE: 0xc_cfff,
} as const

/** IA32_APIC_BASE, MSR 1Bh. */
export const BaseMsr = { BSP: 0x100, ENABLE: 0x800, RESERVED_LOW: 0x6ff } as const

/** Vectors 0..15 belong to the CPU: an APIC refuses them. */
export const FIRST_VECTOR = 16
