import { readLittleEndian, writeLittleEndian } from '../internal/little-endian.ts'
import type { AccessSize, MmioDevice } from '../types.ts'
import { Graphics, GraphicsMisc, GraphicsMode, MemoryMode, Misc, PLANE_BYTES, Sequencer } from './registers.ts'
import type { VgaRegisterFile } from './register-file.ts'
import type { VbeRegisters } from './vbe.ts'

/** First offset and length of the window, by the memory map select. */
const WINDOWS = [
  [0x0_0000, 0x2_0000],
  [0x0_0000, 0x1_0000],
  [0x1_0000, 0x0_8000],
  [0x1_8000, 0x0_8000],
] as const

export const DIRTY_PAGE_BYTES = 4096

/**
 * Video memory: linear for the frame buffer; as four planes it is interleaved, so that byte `offset` of plane `p` is byte
 * `4 * offset + p`.
 */
export class VideoMemory {
  readonly bytes: Uint8Array
  /** One flag per page that was written since it was last cleaned. */
  readonly dirtyPages: Uint8Array
  /** One flag per page that may be other than zero. */
  readonly usedPages: Uint8Array
  latches: number[] = [0, 0, 0, 0]
  readonly #isForeign: boolean
  readonly #registers: VgaRegisterFile
  readonly #vbe: VbeRegisters

  /** `isForeign`: others may write to `bytes`, too. */
  constructor(bytes: Uint8Array, isForeign: boolean, registers: VgaRegisterFile, vbe: VbeRegisters) {
    this.bytes = bytes
    const pages = Math.ceil(bytes.length / DIRTY_PAGE_BYTES)
    this.dirtyPages = new Uint8Array(pages)
    this.usedPages = new Uint8Array(pages).fill(isForeign ? 1 : 0)
    this.#isForeign = isForeign
    this.#registers = registers
    this.#vbe = vbe
  }

  /** The window at A0000h. */
  readonly window: MmioDevice = {
    readMmio: (offset, size) => {
      let value = 0
      for (let i = 0; i < size; i++) value |= this.#readByte(offset + i) << (8 * i)
      return value >>> 0
    },
    writeMmio: (offset, size, value) => {
      for (let i = 0; i < size; i++) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff)
    },
  }

  /** The linear frame buffer. */
  readonly linear: MmioDevice = {
    readMmio: (offset, size) => readLittleEndian(this.bytes, offset, size),
    writeMmio: (offset, size, value) => this.#writeLinear(offset, size, value),
  }

  fill(bytes: number): void {
    this.bytes.fill(0, 0, bytes)
  }

  /** Zeroes what is not, so that a reset does not take memory of the host that nobody ever wrote to. */
  clear(): void {
    this.usedPages.forEach((used, page) => {
      if (used) this.bytes.fill(0, page * DIRTY_PAGE_BYTES, (page + 1) * DIRTY_PAGE_BYTES)
    })
    if (!this.#isForeign) this.usedPages.fill(0)
  }

  #writeLinear(offset: number, size: AccessSize, value: number): void {
    writeLittleEndian(this.bytes, offset, size, value)
    this.#touch(offset)
    this.#touch(offset + size - 1)
  }

  #touch(offset: number): void {
    if (offset >= this.bytes.length) return
    const page = Math.floor(offset / DIRTY_PAGE_BYTES)
    this.dirtyPages[page] = 1
    this.usedPages[page] = 1
  }

  /** The address inside of the mapped window, -1 outside of it. */
  #address(offset: number): number {
    const { misc, graphics } = this.#registers.state
    if (!(misc & Misc.RAM_ENABLE)) return -1
    const [first, length] = WINDOWS[(graphics[Graphics.MISCELLANEOUS]! & GraphicsMisc.MEMORY_MAP) >> 2]!
    return offset >= first && offset < first + length ? offset - first : -1
  }

  /** The offset in each plane of a CPU address. */
  #planeOffset(address: number): number {
    const { sequencer, graphics } = this.#registers.state
    let offset = address
    // The bits that select the plane are replaced, as double word addressing of the CRTC does.
    if (sequencer[Sequencer.MEMORY_MODE]! & MemoryMode.CHAIN_4) offset = (offset & ~3) | ((offset >> 14) & 3)
    else if (graphics[Graphics.MISCELLANEOUS]! & GraphicsMisc.CHAIN_ODD_EVEN) offset &= ~1
    if (!this.#vbe.planar) return offset & (PLANE_BYTES - 1)
    return (offset + this.#vbe.bankBytes) % (this.bytes.length >> 2)
  }

  #readByte(offset: number): number {
    if (this.#vbe.enabled && !this.#vbe.planar) return this.#readBanked(offset)
    const address = this.#address(offset)
    if (address < 0) return 0xff
    const { sequencer, graphics } = this.#registers.state
    const start = 4 * this.#planeOffset(address)
    const { latches, bytes } = this
    for (let plane = 0; plane < 4; plane++) latches[plane] = bytes[start + plane]!
    const mode = graphics[Graphics.MODE]!
    if (sequencer[Sequencer.MEMORY_MODE]! & MemoryMode.CHAIN_4) return latches[address & 3]!
    if (mode & GraphicsMode.READ_MODE) return this.#compare()
    const selected = graphics[Graphics.READ_MAP_SELECT]!
    return latches[mode & GraphicsMode.ODD_EVEN ? (selected & 2) | (address & 1) : selected]!
  }

  /** Read mode 1: a bit for each pixel whose colour matches in the planes that matter. */
  #compare(): number {
    const { graphics } = this.#registers.state
    let differs = 0
    for (let plane = 0; plane < 4; plane++) {
      if (!(graphics[Graphics.COLOR_DONT_CARE]! & (1 << plane))) continue
      differs |= this.latches[plane]! ^ expand(graphics[Graphics.COLOR_COMPARE]!, plane)
    }
    return ~differs & 0xff
  }

  #writeByte(offset: number, value: number): void {
    if (this.#vbe.enabled && !this.#vbe.planar) return this.#writeBanked(offset, value)
    const address = this.#address(offset)
    if (address < 0) return
    const { sequencer } = this.#registers.state
    const memoryMode = sequencer[Sequencer.MEMORY_MODE]!
    let planes = sequencer[Sequencer.MAP_MASK]!
    if (memoryMode & MemoryMode.CHAIN_4) planes &= 1 << (address & 3)
    else if (!(memoryMode & MemoryMode.NOT_ODD_EVEN)) planes &= address & 1 ? 0x0a : 0x05
    if (planes === 0) return
    const start = 4 * this.#planeOffset(address)
    for (let plane = 0; plane < 4; plane++) {
      if (planes & (1 << plane)) this.bytes[start + plane] = this.#merge(plane, value)
    }
    this.#touch(start)
  }

  /** What the graphics controller makes of a byte from the CPU for one plane. */
  #merge(plane: number, value: number): number {
    const { graphics } = this.#registers.state
    const latch = this.latches[plane]!
    const writeMode = graphics[Graphics.MODE]! & GraphicsMode.WRITE_MODE
    if (writeMode === 1) return latch
    const rotation = graphics[Graphics.DATA_ROTATE]! & 7
    const rotated = ((value >> rotation) | (value << (8 - rotation))) & 0xff
    let mask = graphics[Graphics.BIT_MASK]!
    let data = rotated
    if (writeMode === 2) {
      data = expand(value, plane)
    } else if (writeMode === 3) {
      mask &= rotated
      data = expand(graphics[Graphics.SET_RESET]!, plane)
    } else if (graphics[Graphics.ENABLE_SET_RESET]! & (1 << plane)) {
      data = expand(graphics[Graphics.SET_RESET]!, plane)
    }
    const operation = graphics[Graphics.DATA_ROTATE]! >> 3
    if (operation === 1) data &= latch
    else if (operation === 2) data |= latch
    else if (operation === 3) data ^= latch
    return (data & mask) | (latch & ~mask)
  }

  #readBanked(offset: number): number {
    if (offset >= 0x1_0000) return 0xff
    return this.bytes[this.#vbe.bankBytes + offset] ?? 0xff
  }

  #writeBanked(offset: number, value: number): void {
    if (offset < 0x1_0000) this.#writeLinear(this.#vbe.bankBytes + offset, 1, value)
  }
}

/** Bit `plane` of a nibble as a whole byte. */
function expand(nibble: number, plane: number): number {
  return nibble & (1 << plane) ? 0xff : 0
}
