import { Ebda, ebda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'

/** Option ROMs begin at multiples of 2 KiB (Plug and Play BIOS Specification 1.0A, section 3). */
const FIRST = 0xc_8000
const END = 0xf_0000
const STEP = 0x800
const SIGNATURE = 0xaa55
const UNIT_BYTES = 512
const INITIALIZE = 3
const NO_CARD = 0xffff

export interface OptionRom {
  readonly address: number
  readonly bytes: number
}

/** The ROM at an address: signature, size, and bytes that add up to zero. */
export function romAt({ memory }: Context, address: number): OptionRom | null {
  if (memory.read16(address) !== SIGNATURE) return null
  const bytes = memory.read8(address + 2) * UNIT_BYTES
  if (bytes === 0 || address + bytes > END) return null
  const sum = memory.bytes(address, bytes).reduce((total, byte) => total + byte, 0)
  return (sum & 0xff) === 0 ? { address, bytes } : null
}

/** The ROMs from `address` on, each behind the one before it. */
export function* optionRoms(context: Context, address: number = FIRST): Generator<OptionRom> {
  for (let at = address; at < END;) {
    const rom = romAt(context, at)
    if (rom !== null) yield rom
    at += rom === null ? STEP : Math.ceil(rom.bytes / STEP) * STEP
  }
}

/** Calls the next option ROM, which returns to this service; goes on when there is none. */
export function optionRom(context: Context): Resume {
  const { memory, registers, rom } = context
  const at = ebda(memory, Ebda.OPTION_ROM)
  const [next] = optionRoms(context, FIRST + memory.read8(at) * STEP)
  if (next === undefined) return
  memory.write8(at, (next.address + Math.ceil(next.bytes / STEP) * STEP - FIRST) / STEP)
  callRom(context, next.address, INITIALIZE)
  registers.push(ROM_SEGMENT)
  registers.push(rom.offsetOf('option-roms'))
  return 'elsewhere'
}

/** A call of a ROM's entry, but for where it returns to: ES:DI is the Plug and Play header, BX and DX name no ISA card. */
export function callRom({ registers, rom }: Context, address: number, entry: number): void {
  const { cpu } = registers
  cpu.es = ROM_SEGMENT
  registers.di = rom.offsetOf('pnp')
  registers.ax = 0
  registers.bx = NO_CARD
  registers.dx = NO_CARD
  cpu.cs = address >> 4
  cpu.eip = entry
}

const EXPANSION_POINTER = 0x1a
const EXPANSION_SIGNATURE = 0x506e_5024
const BOOTSTRAP_ENTRY = 0x1a

/** Where the ROM boots from what it drives, such as a network; 0: it does not. */
export function bootstrapEntry({ memory }: Context, { address }: OptionRom): number {
  const header = address + memory.read16(address + EXPANSION_POINTER)
  return memory.read32(header) === EXPANSION_SIGNATURE ? memory.read16(header + BOOTSTRAP_ENTRY) : 0
}
