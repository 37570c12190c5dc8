import type { AcpiHardware } from '../../acpi/hardware.ts'
import { LittleEndian } from '../../little-endian.ts'
import { linkIrqs, linkOf } from '../pci/routing.ts'
import type { BiosMachine } from '../types.ts'
import { ROUTED_SLOTS } from './pir.ts'

/** Intel MultiProcessor Specification 1.4, chapter 4. */
const POINTER_BYTES = 16
const HEADER_BYTES = 44
const REVISION = 4
const Entry = { Processor: 0, Bus: 1, IoApic: 2, IoInterrupt: 3, LocalInterrupt: 4 } as const
const Bus = { Pci: 0, Isa: 1 } as const
const Interrupt = { Vectored: 0, Nmi: 1, External: 3 } as const
/** Polarity and trigger mode: as the bus has them, or active high and level, as the PIIX drives its links. */
const Trigger = { AsBus: 0x00, LevelActiveHigh: 0x0d } as const
const ENABLED = 1
const BOOTSTRAP = 2
const LOCAL_APIC_VERSION = 0x14
const IO_APIC_VERSION = 0x11
const ALL_LOCAL_APICS = 0xff
/** IRQ 0 arrives at this pin. */
const TIMER_PIN = 2
const CASCADE = 2
const NMI_PIN = 1
/** A processor of the sixth family with x87 and APIC, where nobody says which it is. */
const UNKNOWN_PROCESSOR = { signature: 0x600, features: 0x201 } as const

function entry(type: number, bytes: number, fill: (block: LittleEndian) => void): Uint8Array {
  const block = new LittleEndian(bytes)
  block.u8(0, type)
  fill(block)
  return block.bytes
}

const bus = (id: number, name: string): Uint8Array =>
  entry(Entry.Bus, 8, (block) => {
    block.u8(1, id)
    block.text(2, name.padEnd(6))
  })

interface Source {
  readonly kind?: number
  readonly flags?: number
  readonly bus: number
  readonly irq: number
}

/** Where an interrupt of a bus arrives: at a pin of an I/O APIC, or of local APICs. */
const assignment = (type: number, { kind = 0, flags = 0, bus, irq }: Source, apic: number, pin: number): Uint8Array =>
  entry(type, 8, (block) => {
    block.u8(1, kind)
    block.u16(2, flags)
    block.u8(4, bus)
    block.u8(5, irq)
    block.u8(6, apic)
    block.u8(7, pin)
  })

/** ISA interrupts that are no link's go to pins of their numbers; PCI's four links to those of their ISA interrupts. */
function ioInterrupts(machine: BiosMachine, { sci }: AcpiHardware, apic: number): Uint8Array[] {
  const links = linkIrqs(machine)
  const isa = Array.from({ length: 16 }, (_, irq) => irq).filter((irq) => irq !== CASCADE && !links.includes(irq))
  const slots = Array.from({ length: ROUTED_SLOTS }, (_, slot) => slot).slice(1)
  return [
    ...isa.map((irq) => {
      const flags = irq === sci ? Trigger.LevelActiveHigh : Trigger.AsBus
      return assignment(Entry.IoInterrupt, { flags, bus: Bus.Isa, irq }, apic, irq === 0 ? TIMER_PIN : irq)
    }),
    ...slots.flatMap((slot) =>
      [1, 2, 3, 4].map((pin) => {
        const source = { flags: Trigger.LevelActiveHigh, bus: Bus.Pci, irq: (slot << 2) | (pin - 1) }
        return assignment(Entry.IoInterrupt, source, apic, links[linkOf(slot, pin)]!)
      }),
    ),
  ]
}

/** LINT0 has the 8259s' interrupts, LINT1 the NMI: virtual wire mode. */
const localInterrupts = (): Uint8Array[] => [
  assignment(Entry.LocalInterrupt, { kind: Interrupt.External, bus: Bus.Isa, irq: 0 }, ALL_LOCAL_APICS, 0),
  assignment(Entry.LocalInterrupt, { kind: Interrupt.Nmi, bus: Bus.Isa, irq: 0 }, ALL_LOCAL_APICS, NMI_PIN),
]

function processor(id: number, { signature, features }: NonNullable<BiosMachine['processor']>): Uint8Array {
  return entry(Entry.Processor, 20, (block) => {
    block.u8(1, id)
    block.u8(2, LOCAL_APIC_VERSION)
    block.u8(3, id === 0 ? ENABLED | BOOTSTRAP : ENABLED)
    block.u32(4, signature)
    block.u32(8, features)
  })
}

function configuration(machine: BiosMachine, acpi: AcpiHardware, localApic: number): Uint8Array {
  const ioApic = acpi.ioApic!
  const entries = [
    ...Array.from({ length: acpi.processors }, (_, id) => processor(id, machine.processor ?? UNKNOWN_PROCESSOR)),
    bus(Bus.Pci, 'PCI'),
    bus(Bus.Isa, 'ISA'),
    entry(Entry.IoApic, 8, (block) => {
      block.u8(1, ioApic.id)
      block.u8(2, IO_APIC_VERSION)
      block.u8(3, ENABLED)
      block.u32(4, ioApic.address)
    }),
    ...ioInterrupts(machine, acpi, ioApic.id),
    ...localInterrupts(),
  ]
  const bytes = Uint8Array.from(entries.flatMap((one) => [...one]))
  const table = new LittleEndian(HEADER_BYTES + bytes.length)
  table.text(0, 'PCMP')
  table.u16(4, table.bytes.length)
  table.u8(6, REVISION)
  table.text(8, 'MICA    ')
  table.text(16, 'VIRTUAL PC  ')
  table.u16(34, entries.length)
  table.u32(36, localApic)
  table.copy(HEADER_BYTES, bytes)
  seal(table, 7)
  return table.bytes
}

/** Makes the sum of all bytes zero. */
function seal(block: LittleEndian, at: number): void {
  block.u8(at, -block.bytes.reduce((sum, byte) => sum + byte, 0))
}

/** The floating pointer "_MP_", for `address`, and behind it the configuration table; null for a machine without APICs. */
export function multiprocessorTable(machine: BiosMachine, address: number): Uint8Array | null {
  const { acpi } = machine
  if (acpi?.localApic === undefined || acpi.ioApic === undefined) return null
  const table = configuration(machine, acpi, acpi.localApic)
  const pointer = new LittleEndian(POINTER_BYTES + table.length)
  pointer.text(0, '_MP_')
  pointer.u32(4, address + POINTER_BYTES)
  pointer.u8(8, POINTER_BYTES / 16)
  pointer.u8(9, REVISION)
  seal(pointer, 10)
  pointer.copy(POINTER_BYTES, table)
  return pointer.bytes
}
