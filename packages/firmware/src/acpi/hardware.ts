/** How PCI interrupts reach the interrupt controllers. */
export type PciInterrupts =
  /** Through the PIIX's four routing registers (PIRQRCA-D, 0x60-0x63) of the ISA bridge in this slot of bus 0. */
  | { readonly kind: 'piix'; readonly bridgeSlot: number; readonly irqs: readonly number[] }
  /** Wired: PIRQ A-D arrive at these four lines. */
  | { readonly kind: 'wired'; readonly lines: readonly [number, number, number, number] }

/** The high precision event timers. */
export interface HpetDescription {
  /** Physical address of their registers. */
  readonly address: number
  /** The low half of the capabilities register. */
  readonly capabilities: number
  /** The shortest period of a periodic timer that loses no interrupt, in ticks of the main counter. */
  readonly minimumTicks: number
}

/** The machine that the tables describe. Port numbers and interrupt lines must be those of the devices themselves. */
export interface AcpiHardware {
  /** Processors, with local APIC ids 0, 1, ... */
  readonly processors: number
  /** Physical address of the local APICs; undefined: the machine has none, nor an I/O APIC. */
  readonly localApic: number | undefined
  /** Undefined: none. */
  readonly ioApic: { readonly id: number; readonly address: number } | undefined
  /** Undefined: none. */
  readonly hpet?: HpetDescription | undefined
  /** First port of PM1a_EVT_BLK (4 ports). */
  readonly pm1aEvent: number
  /** Port of PM1a_CNT_BLK (2 ports). */
  readonly pm1aControl: number
  /** Port of the 24-bit PM timer (4 ports). */
  readonly pmTimer: number
  /** First port of GPE0_BLK (4 ports: two of status, two of enable). */
  readonly gpe0: number
  /** Interrupt line of ACPI events: level triggered, active high. */
  readonly sci: number
  /** Port and value that reset the machine. */
  readonly reset: { readonly port: number; readonly value: number }
  /** SLP_TYP that suspends to memory; undefined: the machine cannot, as it has no firmware to wake up in. */
  readonly s3SleepType?: number | undefined
  /** SLP_TYP that means "soft off" in PM1a_CNT, 0-7. */
  readonly s5SleepType: number
  readonly pciInterrupts: PciInterrupts
  /** Where PCI devices may have their memory, up to but not including `end`. */
  readonly pciMemory: { readonly start: number; readonly end: number }
  readonly vga: boolean
  /** A PS/2 mouse beside the keyboard. */
  readonly mouse: boolean
}

/**
 * An i440FX/PIIX machine: the PM block as the PIIX4 data sheet lays it out at base 0x600 (timer at +8, general-purpose events
 * at +12, soft off is SLP_TYP 0), ACPI mode always on.
 */
export const PIIX_HARDWARE: AcpiHardware = {
  processors: 1,
  localApic: 0xfee00000,
  ioApic: { id: 0, address: 0xfec00000 },
  pm1aEvent: 0x600,
  pm1aControl: 0x604,
  pmTimer: 0x608,
  gpe0: 0x60c,
  sci: 9,
  reset: { port: 0xcf9, value: 0x06 },
  s5SleepType: 0,
  pciInterrupts: { kind: 'piix', bridgeSlot: 1, irqs: [10, 11] },
  pciMemory: { start: 0xc0000000, end: 0xfec00000 },
  vga: false,
  mouse: true,
}

/** Event timers as PCs with a PIIX have them added: three, 64 bits, at the usual place; a tick is 10 ns and 10 us are safe. */
export const PIIX_HPET: HpetDescription = { address: 0xfed00000, capabilities: 0x8086a201, minimumTicks: 1000 }
