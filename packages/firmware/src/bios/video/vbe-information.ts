import { LittleEndian } from '../../little-endian.ts'
import type { Context } from '../context.ts'
import { PciRegister, pciFunctions, readPci32 } from '../pci/config.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'
import { frameBytes, lineBytes, MOST_PIXEL_CLOCK_HZ, VBE_MODES, type VbeMode } from './vbe-modes.ts'
import { Dispi, readDispi } from './vbe-registers.ts'

const SIGNATURE_VBE2 = 0x3245_4256
const VERSION = 0x0300
const SHORT_BLOCK = 256
const LONG_BLOCK = 512
const MODE_BLOCK = 256
/** The DAC switches to eight bits. */
const CAPABILITIES = 1
const BANK_KIB = 64
const BANK_BYTES = 0x1_0000
const DISPLAY_CLASS = 0x03
/** Strings and the list of modes stand in the block itself, from here on. */
const LISTS_AT = 0x22
const STRINGS_AT = 0x100

function fits(context: Context, mode: VbeMode): boolean {
  return frameBytes(mode) <= readDispi(context, Dispi.MEMORY_64K) * BANK_BYTES
}

/** AL=00h: what the controller is, at ES:DI. Whoever writes "VBE2" there first gets the longer block. */
export function controllerInformation(context: Context): boolean {
  const { registers, memory, rom } = context
  const at = registers.inEs(registers.di)
  const isLong = memory.read32(at) === SIGNATURE_VBE2
  const { es } = registers.cpu
  const block = new LittleEndian(isLong ? LONG_BLOCK : SHORT_BLOCK)
  const pointer = (offset: number): number => (es & 0xffff) * 0x10000 + ((registers.di + offset) & 0xffff)
  block.text(0, 'VESA')
  block.u16(4, VERSION)
  block.u32(6, ROM_SEGMENT * 0x10000 + rom.offsetOf('vbe-name'))
  block.u32(10, CAPABILITIES)
  block.u32(14, pointer(LISTS_AT))
  block.u16(18, readDispi(context, Dispi.MEMORY_64K))
  let list = LISTS_AT
  for (const mode of VBE_MODES) {
    if (!fits(context, mode)) continue
    block.u16(list, mode.number)
    list += 2
  }
  block.u16(list, 0xffff)
  if (isLong) {
    // OEM software revision, vendor, product, product revision.
    block.u16(20, 0x0100)
    ;['Mica', 'Mica VBE', '1.0'].forEach((value, index) => {
      const offset = STRINGS_AT + 16 * index
      block.u32(22 + 4 * index, pointer(offset))
      block.text(offset, value)
    })
    // The list goes over the place that the standard reserves for it.
    block.u32(14, pointer(STRINGS_AT + 0x40))
    moveList(block, STRINGS_AT + 0x40, list)
  }
  return memory.store(at, block.bytes)
}

function moveList(block: LittleEndian, to: number, end: number): void {
  block.copy(to, block.bytes.slice(LISTS_AT, end + 2))
  block.bytes.fill(0, LISTS_AT, end + 2)
}

/** The first memory BAR of the first display; 0 without one. */
export function frameBuffer({ ports }: Context): number {
  for (const deviceFunction of pciFunctions(ports)) {
    if (readPci32(ports, 0, deviceFunction, PciRegister.REVISION) >>> 24 !== DISPLAY_CLASS) continue
    const bar = readPci32(ports, 0, deviceFunction, PciRegister.BAR0)
    if ((bar & 1) === 0) return (bar & 0xffff_fff0) >>> 0
  }
  return 0
}

/** Red, green, blue and reserved: how many bits, and where the lowest is. */
const DIRECT: ReadonlyMap<number, readonly number[]> = new Map([
  [15, [5, 10, 5, 5, 5, 0, 1, 15]],
  [16, [5, 11, 6, 5, 5, 0, 0, 0]],
  [24, [8, 16, 8, 8, 8, 0, 0, 0]],
  [32, [8, 16, 8, 8, 8, 0, 8, 24]],
])
const Attribute = { SUPPORTED: 0x01, COLOR: 0x08, GRAPHICS: 0x10, LINEAR: 0x80, INFORMATION: 0x02 } as const
const WINDOW_READ_WRITE = 0x07
const MemoryModel = { PLANAR: 3, PACKED: 4, DIRECT: 6 } as const

/** AL=01h: what mode CX is, at ES:DI. */
export function modeInformation(context: Context): boolean {
  const { registers, memory } = context
  const mode = VBE_MODES.find(({ number }) => number === (registers.cx & 0x1ff))
  if (mode === undefined || !fits(context, mode)) return false
  return memory.store(registers.inEs(registers.di), describe(context, mode))
}

function describe(context: Context, mode: VbeMode): Uint8Array {
  const { width, height, bits } = mode
  const block = new LittleEndian(MODE_BLOCK)
  const line = lineBytes(width, bits)
  const isPlanar = bits === 4
  const base = isPlanar ? 0 : frameBuffer(context)
  const images = Math.floor((readDispi(context, Dispi.MEMORY_64K) * BANK_BYTES) / frameBytes(mode)) - 1
  const linear = base === 0 ? 0 : Attribute.LINEAR
  block.u16(0, Attribute.SUPPORTED | Attribute.INFORMATION | Attribute.COLOR | Attribute.GRAPHICS | linear)
  block.u8(2, WINDOW_READ_WRITE)
  block.u16(4, BANK_KIB)
  block.u16(6, BANK_KIB)
  block.u16(8, 0xa000)
  block.u32(12, ROM_SEGMENT * 0x10000 + context.rom.offsetOf('vbe-window'))
  block.u16(16, line)
  block.u16(18, width)
  block.u16(20, height)
  block.u8(22, 8)
  block.u8(23, 16)
  block.u8(24, isPlanar ? 4 : 1)
  block.u8(25, bits)
  block.u8(26, 1)
  block.u8(27, isPlanar ? MemoryModel.PLANAR : bits === 8 ? MemoryModel.PACKED : MemoryModel.DIRECT)
  block.u8(29, Math.min(255, Math.max(0, images)))
  block.u8(30, 1)
  const direct = DIRECT.get(bits) ?? []
  direct.forEach((value, index) => block.u8(31 + index, value))
  block.u8(39, bits === 32 ? 2 : 0)
  block.u32(40, base)
  // Of linear modes, as VBE 3 has it.
  block.u16(50, line)
  block.u8(52, Math.min(255, Math.max(0, images)))
  block.u8(53, Math.min(255, Math.max(0, images)))
  direct.forEach((value, index) => block.u8(54 + index, value))
  block.u32(62, MOST_PIXEL_CLOCK_HZ)
  return block.bytes
}
