import { type Assembler, Opcode } from './assembler.ts'

const SET_WINDOW = 0x4f05
const SAVE_POINTERS = 7

/**
 * What INT 10h, AH=1Bh says could be set: modes 0-7, 0Dh-13h; 400 lines; eight fonts, two at a time; all of the palette, cursor and
 * font functions; saving, blinking and display combinations.
 */
const STATIC_FUNCTIONALITY = [0xff, 0xe0, 0x0f, 0, 0, 0, 0, 0x04, 8, 2, 0xff, 0x0e, 0, 0, 0, 0]

/** Code and tables that video services point to. */
export function layVideoData(assembler: Assembler): void {
  // The window function that VBE modes name: a far call with BX and DX as for INT 10h.
  assembler.label('vbe-window').bytes(0xb8).word(SET_WINDOW).int(0x10).bytes(Opcode.RETF)
  assembler.label('vbe-name').text('Mica VBE').bytes(0)
  assembler.label('static-functionality').bytes(...STATIC_FUNCTIONALITY)
  // Nobody's: no saved palette, no fonts of the user's.
  assembler.label('video-save-pointers').bytes(...new Array<number>(4 * SAVE_POINTERS).fill(0))
  // The end of a list that is empty.
  assembler.label('no-alternates').bytes(0)
}
