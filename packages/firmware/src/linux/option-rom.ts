import { Assembler, Opcode } from '../bios/rom/assembler.ts'

/** A part of the kernel that the ROM fetches: an item of fw_cfg, its length, and where it goes. */
export interface FetchedItem {
  readonly key: number
  readonly bytes: number
  readonly address: number
}

export interface KernelRomOptions {
  readonly items: readonly FetchedItem[]
  /** Segment of the kernel's real-mode part, which begins at its 20h-th paragraph. */
  readonly segment: number
  /** Where its stack begins, as an offset in that segment. */
  readonly stack: number
}

const ROM_BYTES = 1024
const BLOCK_BYTES = 512
const SIZE_OFFSET = 2
const CHECKSUM_OFFSET = ROM_BYTES - 1
const PNP_OFFSET = 0x20
const PNP_BYTES = 0x20
const PNP_CHECKSUM_OFFSET = PNP_OFFSET + 9
/** Boot device type: other (Plug and Play BIOS Specification 1.0A, appendix B). */
const PNP_TYPE = [0x80, 0x80, 0x02]
/** The device can be booted from. */
const PNP_BOOTS = 0x64
/** Low half of the address of a fw_cfg transfer; writing it starts the transfer, which is over when OUT is. */
const FW_CFG_DMA_LOW = 0x518
const FW_CFG_READ = 2
const FW_CFG_SELECT = 8
/** Where the setup code of a Linux kernel is entered, in paragraphs from its start. */
const SETUP_PARAGRAPHS = 0x20

/**
 * An option ROM that boots a Linux kernel which fw_cfg holds: firmware of SeaBIOS's kind lists it as something to boot, calls
 * its bootstrap entry, and by this the parts of the kernel go to their places and its real-mode code runs (kernel documentation,
 * arch/x86/boot; fw_cfg's DMA interface; Plug and Play BIOS Specification 1.0A, section 3.2).
 */
export function buildKernelRom({ items, segment, stack }: KernelRomOptions): Uint8Array {
  const rom = new Assembler(ROM_BYTES)
  rom.bytes(0x55, 0xaa, ROM_BYTES / BLOCK_BYTES)
  // Initialization: nothing to do. XOR AX,AX.
  rom.bytes(0x31, 0xc0, Opcode.RETF)
  rom.origin(0x1a).word(PNP_OFFSET)
  layPnpHeader(rom)
  layBootEntry(rom, items.length, segment, stack)
  rom.align(16).label('transfers')
  for (const item of items) layTransfer(rom, item)
  rom.label('maker').text('Mica\0').label('product').text('Linux kernel\0')
  const image = rom.finish()
  image[PNP_CHECKSUM_OFFSET] = complement(image.subarray(PNP_OFFSET, PNP_OFFSET + PNP_BYTES))
  image[CHECKSUM_OFFSET] = complement(image.subarray(0, image[SIZE_OFFSET]! * BLOCK_BYTES))
  return image
}

function layPnpHeader(rom: Assembler): void {
  rom
    .origin(PNP_OFFSET)
    .text('$PnP')
    .bytes(0x01, PNP_BYTES / 16)
    .word(0)
  rom
    .bytes(0, 0)
    .dword(0)
    .wordOf('maker')
    .wordOf('product')
    .bytes(...PNP_TYPE, PNP_BOOTS)
  rom.word(0).word(0).wordOf('boot').word(0).word(0)
}

/** The bootstrap entry: every transfer in turn, then the kernel. */
function layBootEntry(rom: Assembler, transfers: number, segment: number, stack: number): void {
  rom.label('boot').bytes(Opcode.CLI, Opcode.CLD)
  // MOV SI,transfers; MOV CX,count; MOV DX,518h.
  rom.bytes(0xbe).wordOf('transfers').bytes(0xb9).word(transfers).bytes(0xba).word(FW_CFG_DMA_LOW)
  // The address of a transfer, big-endian: XOR EAX,EAX; MOV AX,CS; SHL EAX,4; MOVZX EBX,SI; ADD EAX,EBX; BSWAP EAX.
  rom.label('next').bytes(0x66, 0x31, 0xc0, 0x8c, 0xc8, 0x66, 0xc1, 0xe0, 0x04)
  rom.bytes(0x66, 0x0f, 0xb7, 0xde, 0x66, 0x01, 0xd8, 0x66, 0x0f, 0xc8)
  // OUT DX,EAX; ADD SI,16; LOOP next.
  rom.bytes(0x66, 0xef, 0x83, 0xc6, 0x10).short(0xe2, 'next')
  // MOV AX,segment; MOV DS, ES, FS, GS, SS,AX; MOV SP,stack.
  rom.bytes(0xb8).word(segment)
  for (const modrm of [0xd8, 0xc0, 0xe0, 0xe8, 0xd0]) rom.bytes(0x8e, modrm)
  rom.bytes(0xbc).word(stack)
  rom
    .bytes(Opcode.JMP_FAR)
    .word(0)
    .word(segment + SETUP_PARAGRAPHS)
}

/** Control, length and address, all big-endian. */
function layTransfer(rom: Assembler, { key, bytes, address }: FetchedItem): void {
  const big = (value: number): number[] => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
  rom.bytes(...big(((key << 16) | FW_CFG_SELECT | FW_CFG_READ) >>> 0), ...big(bytes), 0, 0, 0, 0, ...big(address))
}

/** What makes the bytes sum up to zero. */
function complement(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff
}
