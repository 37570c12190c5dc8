/** Where the platform's parts are: what firmware tables have to say. */
export const PC_ADDRESSES = {
  /** I/O ports of COM1..COM4 and their interrupts. */
  serial: [
    { port: 0x3f8, irq: 4 },
    { port: 0x2f8, irq: 3 },
    { port: 0x3e8, irq: 4 },
    { port: 0x2e8, irq: 3 },
  ],
  localApic: 0xfee0_0000,
  ioApic: 0xfec0_0000,
  ioApicId: 0,
  hpet: 0xfed0_0000,
  sciIrq: 9,
  /** Ports of the ACPI blocks. */
  pm1aEvent: 0x600,
  pm1aControl: 0x604,
  pmTimer: 0x608,
  gpe0: 0x60c,
  /** 2 bytes of status, 2 of enables. */
  gpe0Bytes: 4,
  smiCommand: 0xb2,
  acpiEnable: 0xf1,
  acpiDisable: 0xf0,
  /** The FADT's reset register and its value. */
  resetPort: 0xcf9,
  resetValue: 0x06,
  /** The ISA interrupts that PIRQA..PIRQD are routed to, as seen by the PIC and by I/O APIC pins of the same number. */
  pirqIrqs: [10, 10, 11, 11],
  /** I/O APIC pins that PIRQA..PIRQD also drive, whatever the router says. */
  pirqPins: [16, 17, 18, 19],
  /** Where `assignPciResources` puts BARs. */
  pciMmio: { start: 0xe000_0000, end: 0xfec0_0000 },
  pciPorts: { start: 0xc000, end: 0x1_0000 },
} as const

/** Default for the shortest time between two timer edges: no system asks for more than 100000 interrupts a second. */
export const SHORTEST_EDGE_NS = 10_000
