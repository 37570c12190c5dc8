import { copyOf } from '../internal/copy.ts'
import type { AccessSize, PortDevice, Stateful, Timers } from '../types.ts'
import {
  ATTRIBUTE_MASKS,
  Crtc,
  CRTC_REGISTERS,
  GRAPHICS_MASKS,
  Misc,
  PALETTE_ADDRESS_SOURCE,
  Port,
  PROTECT,
  SEQUENCER_MASKS,
} from './registers.ts'
import type { VgaRegistersState } from './state.ts'
import { beamStatus } from './timing.ts'

/** Input status 0, bit 4: a colour monitor is sensed. */
const SENSE = 0x10

export function initialRegisters(): VgaRegistersState {
  return {
    misc: 0,
    feature: 0,
    subsystemEnable: 1,
    sequencerIndex: 0,
    sequencer: SEQUENCER_MASKS.map(() => 0),
    graphicsIndex: 0,
    graphics: GRAPHICS_MASKS.map(() => 0),
    crtcIndex: 0,
    crtc: new Array<number>(CRTC_REGISTERS).fill(0),
    attributeIndex: 0,
    attribute: ATTRIBUTE_MASKS.map(() => 0),
    attributeData: false,
    pelMask: 0xff,
    dacReadIndex: 0,
    dacWriteIndex: 0,
    dacComponent: 0,
    dacDirection: 0,
    dac: new Array<number>(768).fill(0),
  }
}

/** The registers behind ports 3B4h..3DAh. */
export class VgaRegisterFile implements PortDevice, Stateful<VgaRegistersState> {
  readonly portWidth = 1
  state: VgaRegistersState = initialRegisters()
  /** The DAC holds eight bits a colour instead of six. */
  dac8Bit = false
  readonly #timers: Pick<Timers, 'nowNs'>
  readonly #onChange: () => void

  constructor(timers: Pick<Timers, 'nowNs'>, onChange: () => void) {
    this.#timers = timers
    this.#onChange = onChange
  }

  readPort(port: number): number {
    const { state } = this
    if (!this.#answers(port)) return 0xff
    switch (port) {
      case Port.ATTRIBUTE:
        return state.attributeIndex
      case Port.ATTRIBUTE_READ:
        return state.attribute[state.attributeIndex & 0x1f] ?? 0
      case Port.MISC_WRITE:
        return SENSE
      case Port.SUBSYSTEM_ENABLE:
        return state.subsystemEnable
      case Port.SEQUENCER_INDEX:
        return state.sequencerIndex
      case Port.SEQUENCER_DATA:
        return state.sequencer[state.sequencerIndex] ?? 0
      case Port.PEL_MASK:
        return state.pelMask
      case Port.DAC_READ_INDEX:
        return state.dacDirection
      case Port.DAC_WRITE_INDEX:
        return state.dacWriteIndex
      case Port.DAC_DATA:
        return this.#readDac()
      case Port.FEATURE_READ:
        return state.feature
      case Port.MISC_READ:
        return state.misc
      case Port.GRAPHICS_INDEX:
        return state.graphicsIndex
      case Port.GRAPHICS_DATA:
        return state.graphics[state.graphicsIndex] ?? 0
      case Port.MONO_CRTC_INDEX:
      case Port.COLOR_CRTC_INDEX:
        return state.crtcIndex
      case Port.MONO_CRTC_DATA:
      case Port.COLOR_CRTC_DATA:
        return state.crtc[state.crtcIndex] ?? 0
      case Port.MONO_STATUS_1:
      case Port.COLOR_STATUS_1:
        state.attributeData = false
        return beamStatus(state, this.#timers.nowNs())
      default:
        return 0xff
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const { state } = this
    if (!this.#answers(port)) return
    switch (port) {
      case Port.ATTRIBUTE:
        this.#writeAttribute(value)
        break
      case Port.MISC_WRITE:
        state.misc = value & 0xef
        break
      case Port.SUBSYSTEM_ENABLE:
        state.subsystemEnable = value & 1
        break
      case Port.SEQUENCER_INDEX:
        state.sequencerIndex = value & 0x07
        return
      case Port.SEQUENCER_DATA:
        store(state.sequencer, SEQUENCER_MASKS, state.sequencerIndex, value)
        break
      case Port.PEL_MASK:
        state.pelMask = value
        break
      case Port.DAC_READ_INDEX:
        state.dacReadIndex = value
        state.dacComponent = 0
        state.dacDirection = 3
        return
      case Port.DAC_WRITE_INDEX:
        state.dacWriteIndex = value
        state.dacComponent = 0
        state.dacDirection = 0
        return
      case Port.DAC_DATA:
        this.#writeDac(value)
        break
      case Port.GRAPHICS_INDEX:
        state.graphicsIndex = value & 0x0f
        return
      case Port.GRAPHICS_DATA:
        store(state.graphics, GRAPHICS_MASKS, state.graphicsIndex, value)
        break
      case Port.MONO_CRTC_INDEX:
      case Port.COLOR_CRTC_INDEX:
        state.crtcIndex = value & 0x1f
        return
      case Port.MONO_CRTC_DATA:
      case Port.COLOR_CRTC_DATA:
        this.#writeCrtc(value)
        break
      case Port.MONO_STATUS_1:
      case Port.COLOR_STATUS_1:
        state.feature = value & 0x03
        return
      default:
        return
    }
    this.#onChange()
  }

  snapshot(): VgaRegistersState {
    return copyOf(this.state)
  }

  restore(state: VgaRegistersState): void {
    this.state = copyOf(state)
    this.#onChange()
  }

  /** The CRTC and input status 1 are at 3Bx or 3Dx. */
  #answers(port: number): boolean {
    if (port < Port.ATTRIBUTE) return (this.state.misc & Misc.COLOR) === 0
    return port < Port.COLOR_CRTC_INDEX || (this.state.misc & Misc.COLOR) !== 0
  }

  #writeAttribute(value: number): void {
    const { state } = this
    if (state.attributeData) {
      const index = state.attributeIndex & 0x1f
      // The CPU reaches the palette only while it is not the display's.
      if (index >= 0x10 || !(state.attributeIndex & PALETTE_ADDRESS_SOURCE)) {
        store(state.attribute, ATTRIBUTE_MASKS, index, value)
      }
    } else {
      state.attributeIndex = value & 0x3f
    }
    state.attributeData = !state.attributeData
  }

  #writeCrtc(value: number): void {
    const { crtc, crtcIndex } = this.state
    if (crtcIndex >= crtc.length) return
    if (crtcIndex <= Crtc.OVERFLOW && crtc[Crtc.VERTICAL_RETRACE_END]! & PROTECT) {
      // Bit 4 of the overflow register belongs to the line compare, which is not protected.
      if (crtcIndex === Crtc.OVERFLOW) crtc[crtcIndex] = (crtc[crtcIndex]! & ~0x10) | (value & 0x10)
      return
    }
    crtc[crtcIndex] = value
  }

  #readDac(): number {
    const { state } = this
    const value = state.dac[state.dacReadIndex * 3 + state.dacComponent]!
    if (++state.dacComponent === 3) {
      state.dacComponent = 0
      state.dacReadIndex = (state.dacReadIndex + 1) & 0xff
    }
    return value
  }

  #writeDac(value: number): void {
    const { state } = this
    state.dac[state.dacWriteIndex * 3 + state.dacComponent] = this.dac8Bit ? value : value & 0x3f
    if (++state.dacComponent === 3) {
      state.dacComponent = 0
      state.dacWriteIndex = (state.dacWriteIndex + 1) & 0xff
    }
  }
}

function store(registers: number[], masks: readonly number[], index: number, value: number): void {
  const mask = masks[index]
  if (mask !== undefined) registers[index] = value & mask
}
