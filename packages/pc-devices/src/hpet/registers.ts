/** IA-PC HPET (High Precision Event Timers) Specification 1.0a. Offsets of 64-bit registers. */
export const Register = {
  CAPABILITIES: 0x000,
  CONFIGURATION: 0x010,
  INTERRUPT_STATUS: 0x020,
  MAIN_COUNTER: 0x0f0,
  /** Of timer 0; 20h further for each next: configuration, comparator, FSB route. */
  TIMER_0: 0x100,
  TIMER_BYTES: 0x20,
  COMPARATOR: 0x08,
} as const

export const HPET_BASE = 0xfed0_0000
export const HPET_BYTES = 0x400
export const TIMERS = 3
/** 10 ns, in femtoseconds. */
export const PERIOD_FS = 10_000_000
export const NS_PER_TICK = 10
/** Revision 1, three timers, 64-bit counter, legacy replacement, Intel. */
export const CAPABILITIES = 0x8086_a201
export const Configuration = { ENABLE: 1, LEGACY: 2 } as const
export const Timer = {
  LEVEL: 0x02,
  INTERRUPT: 0x04,
  PERIODIC: 0x08,
  PERIODIC_CAPABLE: 0x10,
  SIZE_64: 0x20,
  VALUE_SET: 0x40,
  MODE_32: 0x100,
  ROUTE: 0x3e00,
  WRITABLE: 0x3f4e,
} as const
/** I/O APIC pins that a timer may be routed to: those that nothing else pulls. */
export const ROUTES = 0x00f0_0000
