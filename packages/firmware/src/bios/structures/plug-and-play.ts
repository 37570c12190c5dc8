import { LittleEndian } from '../../little-endian.ts'
import { ROM_SEGMENT, RomOffset } from '../rom/layout.ts'

const BYTES = 0x21

/**
 * The "$PnP" installation check (Plug and Play BIOS Specification 1.0A, section 4.4): by it, option ROMs know that the BIOS is one
 * that calls their boot entries. Its services are not there: both entries lead to an instruction that returns.
 */
export function plugAndPlayHeader(): Uint8Array {
  const header = new LittleEndian(BYTES)
  header.text(0, '$PnP')
  header.u8(4, 0x10)
  header.u8(5, BYTES)
  header.u16(0x0d, RomOffset.DUMMY_INTERRUPT)
  header.u16(0x0f, ROM_SEGMENT)
  header.u16(0x11, RomOffset.DUMMY_INTERRUPT)
  header.u32(0x13, ROM_SEGMENT << 4)
  header.u16(0x1b, ROM_SEGMENT)
  header.u32(0x1d, ROM_SEGMENT << 4)
  header.u8(8, -header.bytes.reduce((sum, byte) => sum + byte, 0))
  return header.bytes
}
