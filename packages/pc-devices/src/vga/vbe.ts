import type { AccessSize, PortDevice, Stateful } from '../types.ts'
import { Vbe, VBE_ID0, VBE_ID5, VBE_INDEX_PORT, VBE_MAX_X, VBE_MAX_Y, VBE_REGISTERS, VbeEnable } from './registers.ts'
import type { VbeState } from './state.ts'

const DEPTHS = [4, 8, 15, 16, 24, 32]

/** The mode that the Bochs extensions ask for. */
export interface VbeMode {
  width: number
  height: number
  /** 4 (planar), 8 (palette), 15, 16, 24 or 32. */
  bitsPerPixel: number
  lineBytes: number
  /** Of the first pixel; in a planar mode, of each plane. */
  startByte: number
}

/** The index and data ports of the Bochs VBE extensions. */
export class VbeRegisters implements PortDevice, Stateful<VbeState> {
  readonly portWidth = 2
  #state: VbeState = { index: 0, registers: initial() }
  readonly #memoryBytes: number
  readonly #onChange: (clearBytes: number) => void

  /** `onChange` is told how much memory a mode set clears. */
  constructor(memoryBytes: number, onChange: (clearBytes: number) => void) {
    this.#memoryBytes = memoryBytes
    this.#onChange = onChange
  }

  get enabled(): boolean {
    return (this.#state.registers[Vbe.ENABLE]! & VbeEnable.ENABLED) !== 0
  }

  get dac8Bit(): boolean {
    return (this.#state.registers[Vbe.ENABLE]! & VbeEnable.DAC_8_BIT) !== 0
  }

  get planar(): boolean {
    return this.enabled && this.#state.registers[Vbe.BPP] === 4
  }

  /** Byte offset of the window at A0000h. */
  get bankBytes(): number {
    return this.#state.registers[Vbe.BANK]! * 0x1_0000
  }

  /** Null while the extensions are off. */
  get mode(): VbeMode | null {
    if (!this.enabled) return null
    const { registers } = this.#state
    const bitsPerPixel = registers[Vbe.BPP]!
    const lineBytes = bytesPerLine(registers[Vbe.VIRT_WIDTH]!, bitsPerPixel)
    const startByte = registers[Vbe.Y_OFFSET]! * lineBytes + bytesPerLine(registers[Vbe.X_OFFSET]!, bitsPerPixel)
    return { width: registers[Vbe.XRES]!, height: registers[Vbe.YRES]!, bitsPerPixel, lineBytes, startByte }
  }

  readPort(port: number, size: AccessSize): number {
    if (size === 1) return 0xff
    return port === VBE_INDEX_PORT ? this.#state.index : this.readRegister(this.#state.index)
  }

  writePort(port: number, size: AccessSize, value: number): void {
    if (size === 1) return
    if (port === VBE_INDEX_PORT) this.#state.index = value & 0xffff
    else this.writeRegister(this.#state.index, value)
  }

  readRegister(index: number): number {
    const { registers } = this.#state
    if (registers[Vbe.ENABLE]! & VbeEnable.GET_CAPS) {
      if (index === Vbe.XRES) return VBE_MAX_X
      if (index === Vbe.YRES) return VBE_MAX_Y
      if (index === Vbe.BPP) return 32
    }
    if (index === Vbe.VIDEO_MEMORY_64K) return this.#memoryBytes / 0x1_0000
    if (index === Vbe.VIRT_HEIGHT && this.enabled) return this.#virtualHeight()
    return registers[index] ?? 0
  }

  writeRegister(index: number, value: number): void {
    const { registers } = this.#state
    switch (index) {
      case Vbe.ID:
        if (value >= VBE_ID0 && value <= VBE_ID5) registers[Vbe.ID] = value
        return
      case Vbe.XRES:
        if (!this.enabled && value >= 8 && value <= VBE_MAX_X) registers[index] = value & ~7
        return
      case Vbe.YRES:
        if (!this.enabled && value >= 1 && value <= VBE_MAX_Y) registers[index] = value
        return
      case Vbe.BPP:
        if (!this.enabled && DEPTHS.includes(value || 8)) registers[index] = value || 8
        return
      case Vbe.BANK:
        if (value * 0x1_0000 < this.#memoryBytes) registers[index] = value
        return
      case Vbe.ENABLE:
        return this.#enable(value)
      case Vbe.VIRT_WIDTH:
        this.#setVirtualWidth(value)
        break
      case Vbe.X_OFFSET:
      case Vbe.Y_OFFSET:
        this.#setOffset(index, value)
        break
      default:
        return
    }
    this.#onChange(0)
  }

  snapshot(): VbeState {
    return { index: this.#state.index, registers: [...this.#state.registers] }
  }

  restore({ index, registers }: VbeState): void {
    this.#state = { index, registers: [...registers] }
    this.#onChange(0)
  }

  reset(): void {
    this.restore({ index: 0, registers: initial() })
  }

  #enable(value: number): void {
    const { registers } = this.#state
    const turnsOn = (value & VbeEnable.ENABLED) !== 0 && !this.enabled
    const [width, height, depth] = [registers[Vbe.XRES]!, registers[Vbe.YRES]!, registers[Vbe.BPP]!]
    const bytes = bytesPerLine(width, depth) * height * (depth === 4 ? 4 : 1)
    registers[Vbe.ENABLE] = value & 0xff & ~VbeEnable.NO_CLEAR
    if (turnsOn && (width < 8 || height < 1 || depth < 4 || bytes > this.#memoryBytes)) {
      registers[Vbe.ENABLE]! &= ~VbeEnable.ENABLED
      return
    }
    if (turnsOn) {
      registers[Vbe.VIRT_WIDTH] = width
      registers[Vbe.X_OFFSET] = registers[Vbe.Y_OFFSET] = registers[Vbe.BANK] = 0
    }
    this.#onChange(turnsOn && !(value & VbeEnable.NO_CLEAR) ? bytes : 0)
  }

  #virtualHeight(): number {
    const { registers } = this.#state
    const planes = registers[Vbe.BPP] === 4 ? 4 : 1
    return Math.min(0xffff, Math.floor(this.#memoryBytes / (this.mode!.lineBytes * planes)))
  }

  /** The line grows only as far as the picture still fits into memory. */
  #setVirtualWidth(value: number): void {
    if (!this.enabled) return
    const { registers } = this.#state
    const before = registers[Vbe.VIRT_WIDTH]!
    registers[Vbe.VIRT_WIDTH] = Math.max(value & ~7, registers[Vbe.XRES]!)
    if (this.#virtualHeight() < registers[Vbe.YRES]!) registers[Vbe.VIRT_WIDTH] = before
    this.#setOffset(Vbe.X_OFFSET, 0)
    this.#setOffset(Vbe.Y_OFFSET, 0)
  }

  /** The picture stays inside of the virtual screen. */
  #setOffset(index: number, value: number): void {
    if (!this.enabled) return
    const { registers } = this.#state
    const most =
      index === Vbe.X_OFFSET
        ? registers[Vbe.VIRT_WIDTH]! - registers[Vbe.XRES]!
        : this.#virtualHeight() - registers[Vbe.YRES]!
    registers[index] = Math.min(value, Math.max(0, most))
  }
}

function initial(): number[] {
  const registers = new Array<number>(VBE_REGISTERS).fill(0)
  registers[Vbe.ID] = VBE_ID5
  registers[Vbe.BPP] = 8
  return registers
}

function bytesPerLine(pixels: number, bitsPerPixel: number): number {
  if (bitsPerPixel === 4) return pixels >> 3
  return pixels * ((bitsPerPixel + 7) >> 3)
}
