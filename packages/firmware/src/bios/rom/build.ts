import { font } from '../font/font.ts'
import { FLOPPY_TABLE, configurationTable } from './parameter-tables.ts'
import { Assembler, Opcode } from './assembler.ts'
import { BIOS_DATE, COMPATIBLE_ENTRIES, MODEL, ROM_BASE, ROM_BYTES, ROM_SEGMENT, RomOffset } from './layout.ts'
import { type Traps, interruptLabel, layPrograms } from './programs.ts'
import { layProtectedMode } from './protected-mode.ts'
import { layStep } from './traps.ts'
import { layPci32 } from './pci32.ts'
import { layApm } from './apm.ts'
import { layVbeProtected } from './vbe-protected.ts'
import { layVideoData } from './video-data.ts'

/** The ROM's bytes, and where its parts are: offsets in its segment. */
export interface Rom {
  readonly image: Uint8Array
  readonly traps: Traps
  readonly fonts: { readonly h8: number; readonly h8Upper: number; readonly h14: number; readonly h16: number }
  readonly offsetOf: (label: string) => number
}

/** What the machine's description puts into the ROM: built by the caller, since addresses inside depend on where it lies. */
export interface RomPart {
  readonly label: string
  /** Answers the bytes for this linear address. */
  readonly build: (address: number) => Uint8Array
}

/** Builds the ROM of a machine. The same parts give the same bytes. */
export function buildRom(parts: readonly RomPart[]): Rom {
  const assembler = new Assembler(ROM_BYTES)
  const traps = layPrograms(assembler)
  layStep(assembler)
  layProtectedMode(assembler)
  layApm(assembler)
  layVideoData(assembler)
  layVbeProtected(assembler)
  layPci32(assembler, traps)
  const h8 = font(8)
  const at = (label: string, bytes: Uint8Array): number => {
    assembler.align(16).label(label).data(bytes)
    return assembler.offsetOf(label)
  }
  const fonts = {
    h8: RomOffset.FONT_8X8,
    h8Upper: at('font-8x8-upper', h8.subarray(1024)),
    h14: at('font-8x14', font(14)),
    h16: at('font-8x16', font(16)),
  }
  for (const { label, build } of parts) {
    assembler.align(16)
    at(label, build(ROM_BASE + assembler.offset))
  }
  if (assembler.offset > RomOffset.POST) throw new RangeError(`the ROM's free part is full at ${assembler.offset}`)
  layFixedPlaces(assembler, h8.subarray(0, 1024))
  return { image: seal(assembler.finish()), traps, fonts, offsetOf: (label) => assembler.offsetOf(label) }
}

function layFixedPlaces(assembler: Assembler, font8: Uint8Array): void {
  assembler.origin(RomOffset.POST).jump('post')
  for (const [vector, offset] of Object.entries(COMPATIBLE_ENTRIES)) {
    assembler.origin(offset).jump(vector === '2' ? 'dummy' : interruptLabel(Number(vector)))
  }
  assembler.origin(RomOffset.CONFIGURATION).data(configurationTable())
  assembler.origin(RomOffset.FLOPPY_TABLE).data(FLOPPY_TABLE)
  assembler.origin(RomOffset.FONT_8X8).data(font8)
  assembler.origin(RomOffset.DUMMY_INTERRUPT).label('dummy').bytes(Opcode.IRET)
  assembler.origin(RomOffset.RESET).bytes(Opcode.JMP_FAR).word(RomOffset.POST).word(ROM_SEGMENT)
  assembler.origin(RomOffset.DATE).text(BIOS_DATE)
  assembler.origin(RomOffset.MODEL).bytes(MODEL)
}

/** The last byte makes the sum of all zero. */
function seal(image: Uint8Array): Uint8Array {
  image[ROM_BYTES - 1] = -image.reduce((sum, byte) => sum + byte, 0)
  return image
}
