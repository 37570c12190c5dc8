import { copyOf } from '../internal/copy.ts'
import type { AccessSize, DmaMemory, PortDevice, Stateful } from '../types.ts'
import { DISABLED, FIRST_PAGE, Mode, PAGE_CHANNELS, Register, SECOND_CHIP } from './registers.ts'
import type { DmaChannelState, DmaChipState, I8237State } from './state.ts'

/** What a device moved through its channel. */
export interface DmaResult {
  bytes: number
  /** The channel's count ran out with the last of them. */
  terminalCount: boolean
}

function initialChip(): DmaChipState {
  const channel = { baseAddress: 0, baseCount: 0, address: 0, count: 0, page: 0, mode: 0, masked: true }
  return { channels: [0, 1, 2, 3].map(() => ({ ...channel })), command: 0, terminal: 0, requests: 0, high: false }
}

/** The two DMA controllers of a PC with their page registers: channels 0..3 move bytes, 5..7 words. */
export class I8237 implements PortDevice, Stateful<I8237State> {
  readonly portWidth = 1
  readonly #memory: DmaMemory
  #state: I8237State = { chips: [initialChip(), initialChip()], pages: new Array<number>(16).fill(0) }

  constructor(memory: DmaMemory) {
    this.#memory = memory
  }

  /**
   * A device asks for its channel: bytes go from `buffer` to memory, or from memory to `buffer`, as far as the count goes.
   * Nothing moves while the channel is masked or set up for the other direction.
   */
  transfer(channel: number, buffer: Uint8Array, toMemory: boolean): DmaResult {
    const chip = this.#state.chips[channel >> 2]!
    const own = chip.channels[channel & 3]!
    const unit = channel >= 4 ? 2 : 1
    const type = own.mode & Mode.TYPE
    const wrong = type !== 0 && type !== (toMemory ? Mode.TO_MEMORY : Mode.FROM_MEMORY)
    const units = Math.min(Math.floor(buffer.length / unit), own.count + 1)
    const cascade = (own.mode & Mode.CASCADE) === Mode.CASCADE
    if (own.masked || wrong || cascade || chip.command & DISABLED || units === 0) {
      return { bytes: 0, terminalCount: false }
    }
    if (type !== 0) this.#move(own, buffer.subarray(0, units * unit), unit, toMemory)
    own.address = (own.address + (own.mode & Mode.DECREMENT ? -units : units)) & 0xffff
    const terminalCount = units === own.count + 1
    own.count = (own.count - units) & 0xffff
    if (terminalCount) this.#terminate(chip, own, channel & 3)
    return { bytes: units * unit, terminalCount }
  }

  readPort(port: number): number {
    if (port >= FIRST_PAGE && port < SECOND_CHIP) return this.#state.pages[port - FIRST_PAGE]!
    const { chip, register } = this.#decode(port)
    if (register < 8) {
      const channel = chip.channels[register >> 1]!
      const value = register & 1 ? channel.count : channel.address
      chip.high = !chip.high
      return chip.high ? value & 0xff : value >> 8
    }
    if (register === Register.STATUS_COMMAND) {
      const status = chip.terminal | (chip.requests << 4)
      chip.terminal = 0
      return status
    }
    if (register === Register.MASK_ALL) {
      return chip.channels.reduce((masks, { masked }, i) => masks | (masked ? 1 << i : 0), 0xf0)
    }
    return 0
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port >= FIRST_PAGE && port < SECOND_CHIP) return this.#writePage(port - FIRST_PAGE, value)
    const { chip, register } = this.#decode(port)
    if (register < 8) return this.#writeWord(chip, register, value)
    const channel = chip.channels[value & 3]!
    if (register === Register.STATUS_COMMAND) chip.command = value
    else if (register === Register.REQUEST) {
      chip.requests = value & 4 ? chip.requests | (1 << (value & 3)) : chip.requests & ~(1 << (value & 3))
    } else if (register === Register.MASK_ONE) channel.masked = (value & 4) !== 0
    else if (register === Register.MODE) channel.mode = value & 0xfc
    else if (register === Register.CLEAR_FLIP_FLOP) chip.high = false
    else if (register === Register.MASTER_CLEAR) {
      Object.assign(chip, { command: 0, terminal: 0, requests: 0, high: false })
      for (const each of chip.channels) each.masked = true
    } else if (register === Register.CLEAR_MASKS) for (const each of chip.channels) each.masked = false
    else chip.channels.forEach((each, i) => (each.masked = (value & (1 << i)) !== 0))
  }

  snapshot(): I8237State {
    return copyOf(this.#state)
  }

  restore(state: I8237State): void {
    this.#state = copyOf(state)
  }

  reset(): void {
    this.#state = { chips: [initialChip(), initialChip()], pages: new Array<number>(16).fill(0) }
  }

  #decode(port: number): { chip: DmaChipState; register: number } {
    const second = port >= SECOND_CHIP
    return { chip: this.#state.chips[second ? 1 : 0]!, register: second ? (port - SECOND_CHIP) >> 1 : port & 15 }
  }

  #writePage(index: number, value: number): void {
    this.#state.pages[index] = value
    const channel = PAGE_CHANNELS[index]!
    if (channel >= 0) this.#state.chips[channel >> 2]!.channels[channel & 3]!.page = value
  }

  #writeWord(chip: DmaChipState, register: number, value: number): void {
    const channel = chip.channels[register >> 1]!
    const put = (word: number): number => (chip.high ? (word & 0xff) | (value << 8) : (word & 0xff00) | value)
    if (register & 1) channel.count = channel.baseCount = put(channel.baseCount)
    else channel.address = channel.baseAddress = put(channel.baseAddress)
    chip.high = !chip.high
  }

  /** The address counter wraps inside of its page. */
  #move(channel: DmaChannelState, buffer: Uint8Array, unit: 1 | 2, toMemory: boolean): void {
    const page = unit === 2 ? (channel.page & ~1) << 16 : channel.page << 16
    const step = channel.mode & Mode.DECREMENT ? -1 : 1
    const units = buffer.length / unit
    let address = channel.address
    for (let done = 0; done < units;) {
      const count = step < 0 ? 1 : Math.min(units - done, 0x1_0000 - address)
      const part = buffer.subarray(done * unit, (done + count) * unit)
      const physical = page + address * unit
      if (toMemory) this.#memory.write(physical, part)
      else if (!this.#memory.read(physical, part)) part.fill(0xff)
      done += count
      address = (address + step * count) & 0xffff
    }
  }

  #terminate(chip: DmaChipState, channel: DmaChannelState, number: number): void {
    chip.terminal |= 1 << number
    chip.requests &= ~(1 << number)
    if (channel.mode & Mode.AUTO) {
      channel.address = channel.baseAddress
      channel.count = channel.baseCount
    } else {
      channel.masked = true
    }
  }
}
