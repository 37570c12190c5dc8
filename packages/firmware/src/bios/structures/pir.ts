import { LittleEndian } from '../../little-endian.ts'
import { linkIrqs, linkOf } from '../pci/routing.ts'
import type { BiosMachine } from '../types.ts'

/** PCI IRQ Routing Table Specification 1.0 (Microsoft). */
const HEADER_BYTES = 32
const ENTRY_BYTES = 16
/** Every device number that the host bridge selects. */
export const ROUTED_SLOTS = 32
/** The PIIX's routing registers stand for the links. */
const FIRST_LINK = 0x60
const BRIDGE = 0x08
/** 82371FB: whose router is compatible. */
const COMPATIBLE_ROUTER = 0x122e_8086

/** The entries: for each device its four pins' links, and the interrupts that each may have. */
export function routingEntries(machine: BiosMachine): Uint8Array {
  const mask = linkIrqs(machine).reduce((bits, irq) => bits | (1 << irq), 0)
  const entries = new LittleEndian(ROUTED_SLOTS * ENTRY_BYTES)
  for (let device = 0; device < ROUTED_SLOTS; device += 1) {
    const at = device * ENTRY_BYTES
    entries.u8(at + 1, device << 3)
    for (let pin = 1; pin <= 4; pin += 1) {
      entries.u8(at + 2 + 3 * (pin - 1), FIRST_LINK + linkOf(device, pin))
      entries.u16(at + 3 + 3 * (pin - 1), mask)
    }
    // Slot number: on the board up to the video card, else a slot.
    entries.u8(at + 14, device < 3 ? 0 : device)
  }
  return entries.bytes
}

/** The "$PIR" table. */
export function routingTable(machine: BiosMachine): Uint8Array {
  const entries = routingEntries(machine)
  const table = new LittleEndian(HEADER_BYTES + entries.length)
  table.text(0, '$PIR')
  table.u16(4, 0x0100)
  table.u16(6, table.bytes.length)
  table.u8(9, BRIDGE)
  table.u16(
    10,
    linkIrqs(machine).reduce((bits, irq) => bits | (1 << irq), 0),
  )
  table.u32(12, COMPATIBLE_ROUTER)
  table.copy(HEADER_BYTES, entries)
  table.u8(31, -table.bytes.reduce((sum, byte) => sum + byte, 0))
  return table.bytes
}
