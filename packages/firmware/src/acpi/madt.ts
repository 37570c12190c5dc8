import { LittleEndian } from '../little-endian.ts'
import type { AcpiHardware } from './hardware.ts'
import { table } from './table-header.ts'

const LOCAL_APIC_ADDRESS = 36
const FLAGS = 40
const FIRST_STRUCTURE = 44
/** The machine also has the two 8259s. */
const PCAT_COMPAT = 1

const Structure = { LocalApic: 0, IoApic: 1, InterruptSourceOverride: 2, LocalApicNmi: 4 } as const
const ENABLED = 1
const ALL_PROCESSORS = 0xff
const NMI_PIN = 1

/** MPS INTI flags (ACPI 5.2.12.5). */
const Trigger = { AsBus: 0, LevelActiveHigh: 0x0d } as const

/** Interrupt controllers (ACPI 5.2.12); undefined for a machine without a local APIC. */
export function buildMadt(hardware: AcpiHardware): Uint8Array | undefined {
  const { localApic } = hardware
  if (localApic === undefined) return undefined
  const structures = [
    ...Array.from({ length: hardware.processors }, (_, id) => processor(id)),
    ...ioApicStructures(hardware),
    localApicNmi(),
  ]
  const bytes = structures.flatMap((structure) => [...structure])
  return table('APIC', 3, FIRST_STRUCTURE + bytes.length, (madt) => {
    madt.u32(LOCAL_APIC_ADDRESS, localApic)
    madt.u32(FLAGS, PCAT_COMPAT)
    madt.copy(FIRST_STRUCTURE, Uint8Array.from(bytes))
  })
}

/** The timer's IRQ 0 arrives at pin 2; what is level triggered on the ISA side is active high as the PIIX drives it. */
function ioApicStructures({ ioApic, sci, pciInterrupts }: AcpiHardware): Uint8Array[] {
  if (ioApic === undefined) return []
  const pciLines = pciInterrupts.kind === 'piix' ? pciInterrupts.irqs : pciInterrupts.lines.filter((line) => line < 16)
  const level = [...new Set([sci, ...pciLines])].sort((a, b) => a - b)
  return [
    ioApicStructure(ioApic.id, ioApic.address),
    override(0, 2, Trigger.AsBus),
    ...level.map((line) => override(line, line, Trigger.LevelActiveHigh)),
  ]
}

function structure(type: number, length: number, fill: (block: LittleEndian) => void): Uint8Array {
  const block = new LittleEndian(length)
  block.u8(0, type)
  block.u8(1, length)
  fill(block)
  return block.bytes
}

function processor(id: number): Uint8Array {
  return structure(Structure.LocalApic, 8, (block) => {
    block.u8(2, id)
    block.u8(3, id)
    block.u32(4, ENABLED)
  })
}

function ioApicStructure(id: number, address: number): Uint8Array {
  return structure(Structure.IoApic, 12, (block) => {
    block.u8(2, id)
    block.u32(4, address)
  })
}

function override(isaLine: number, globalInterrupt: number, flags: number): Uint8Array {
  return structure(Structure.InterruptSourceOverride, 10, (block) => {
    block.u8(3, isaLine)
    block.u32(4, globalInterrupt)
    block.u16(8, flags)
  })
}

function localApicNmi(): Uint8Array {
  return structure(Structure.LocalApicNmi, 6, (block) => {
    block.u8(2, ALL_PROCESSORS)
    block.u16(3, Trigger.AsBus)
    block.u8(5, NMI_PIN)
  })
}
