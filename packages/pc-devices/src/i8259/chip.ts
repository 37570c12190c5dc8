import { copyOf } from '../internal/copy.ts'
import type { Line, Stateful } from '../types.ts'
import { Icw1, Icw4, Ocw2, Ocw3 } from './registers.ts'
import { initialChipState, type I8259ChipState } from './state.ts'

export interface I8259ChipOptions {
  /** INT. */
  output: Line
  /** Which of the inputs carries a slave, -1 for none. */
  cascadeInput?: number
}

const NONE = -1

/** One 8259A interrupt controller. */
export class I8259Chip implements Stateful<I8259ChipState> {
  readonly #output: Line
  readonly #cascadeInput: number
  #state: I8259ChipState = initialChipState()
  #int = false

  constructor({ output, cascadeInput = NONE }: I8259ChipOptions) {
    this.#output = output
    this.#cascadeInput = cascadeInput
  }

  /** INT: a request waits that nothing in service outranks. */
  get output(): boolean {
    return this.#int
  }

  /** Interrupt request register: what is requested, masked or not. */
  get irr(): number {
    const { elcr, inputs, edges } = this.#state
    return (elcr & inputs) | (~elcr & edges)
  }

  get elcr(): number {
    return this.#state.elcr
  }

  set elcr(value: number) {
    this.#state.elcr = value & 0xff
    this.#update()
  }

  setInput(input: number, level: boolean): void {
    const state = this.#state
    const bit = 1 << input
    if (level) {
      if ((state.inputs & bit) === 0) state.edges |= bit
      state.inputs |= bit
    } else {
      // A request must stay until INTA (8259A data sheet, "Edge and level triggered modes"): falling early takes it back.
      state.inputs &= ~bit
      state.edges &= ~bit
    }
    this.#update()
  }

  /**
   * INTA. Returns the input acknowledged, -1 when the request has gone: the chip then gives the vector of input 7 and
   * puts nothing in service.
   */
  acknowledge(): number {
    const input = this.#best()
    if (input === NONE) return NONE
    const state = this.#state
    state.edges &= ~(1 << input)
    if (!state.autoEoi) state.isr |= 1 << input
    else if (state.rotateInAutoEoi) state.lowestPriority = input
    // INT falls between two interrupts; a master's edge-triggered input relies on it.
    this.#drive(false)
    this.#update()
    return input
  }

  /** The vector of an acknowledged input; -1 gives the spurious vector. */
  vectorOf(input: number): number {
    return this.#state.vectorBase | (input & 7)
  }

  readCommand(): number {
    const state = this.#state
    if (state.poll) return this.#readPoll()
    return state.readIsr ? state.isr : this.irr
  }

  readData(): number {
    return this.#state.poll ? this.#readPoll() : this.#state.imr
  }

  writeCommand(value: number): void {
    if (value & Icw1.INIT) this.#initialize(value)
    else if (value & Ocw3.SELECT) this.#writeOcw3(value)
    else this.#writeOcw2(value >> 5, value & 7)
    this.#update()
  }

  writeData(value: number): void {
    const state = this.#state
    if (state.expects === 2) {
      state.vectorBase = value & 0xf8
      state.expects = state.single ? (state.icw4Expected ? 4 : 0) : 3
    } else if (state.expects === 3) {
      // ICW3 names the cascade's wiring, which is fixed in a PC.
      state.expects = state.icw4Expected ? 4 : 0
    } else if (state.expects === 4) {
      state.autoEoi = (value & Icw4.AEOI) !== 0
      state.specialFullyNested = (value & Icw4.SFNM) !== 0
      state.expects = 0
    } else {
      state.imr = value
    }
    this.#update()
  }

  snapshot(): I8259ChipState {
    return copyOf(this.#state)
  }

  restore(state: I8259ChipState): void {
    this.#state = copyOf(state)
    this.#update()
  }

  reset(): void {
    this.#state = { ...initialChipState(), inputs: this.#state.inputs }
    this.#update()
  }

  #initialize(icw1: number): void {
    const { inputs, elcr, vectorBase } = this.#state
    this.#state = {
      ...initialChipState(),
      inputs,
      elcr,
      vectorBase,
      imr: 0,
      expects: 2,
      icw4Expected: (icw1 & Icw1.IC4) !== 0,
      single: (icw1 & Icw1.SNGL) !== 0,
    }
  }

  #writeOcw2(operation: number, level: number): void {
    const state = this.#state
    if (operation === Ocw2.RotateInAutoEoiClear) state.rotateInAutoEoi = false
    else if (operation === Ocw2.RotateInAutoEoiSet) state.rotateInAutoEoi = true
    else if (operation === Ocw2.SetPriority) state.lowestPriority = level
    else if (operation === Ocw2.NonSpecificEoi || operation === Ocw2.RotateOnNonSpecificEoi) {
      // In special mask mode a masked in-service bit survives a non-specific EOI.
      const input = this.#first(state.specialMask ? state.isr & ~state.imr : state.isr)
      if (input === NONE) return
      state.isr &= ~(1 << input)
      if (operation === Ocw2.RotateOnNonSpecificEoi) state.lowestPriority = input
    } else if (operation === Ocw2.SpecificEoi || operation === Ocw2.RotateOnSpecificEoi) {
      state.isr &= ~(1 << level)
      if (operation === Ocw2.RotateOnSpecificEoi) state.lowestPriority = level
    }
  }

  #writeOcw3(value: number): void {
    const state = this.#state
    state.poll = (value & Ocw3.P) !== 0
    if (value & Ocw3.RR) state.readIsr = (value & Ocw3.RIS) !== 0
    if (value & Ocw3.ESMM) state.specialMask = (value & Ocw3.SMM) !== 0
  }

  /** The poll command makes the next read an INTA that answers with the input's number. */
  #readPoll(): number {
    this.#state.poll = false
    const input = this.acknowledge()
    return input === NONE ? 0 : 0x80 | input
  }

  #best(): number {
    const state = this.#state
    if (state.expects !== 0) return NONE
    const candidate = this.#first(this.irr & ~state.imr)
    if (candidate === NONE) return NONE
    const inService = this.#first(state.specialMask ? state.isr & ~state.imr : state.isr)
    if (inService === NONE || this.#rank(candidate) < this.#rank(inService)) return candidate
    const sameSlave = state.specialFullyNested && candidate === inService && candidate === this.#cascadeInput
    return sameSlave ? candidate : NONE
  }

  /** 0 for the highest priority, 7 for the lowest. */
  #rank(input: number): number {
    return (input - this.#state.lowestPriority - 1) & 7
  }

  #first(bits: number): number {
    for (let rank = 0; rank < 8; rank++) {
      const input = (this.#state.lowestPriority + 1 + rank) & 7
      if (bits & (1 << input)) return input
    }
    return NONE
  }

  #update(): void {
    this.#drive(this.#best() !== NONE)
  }

  #drive(level: boolean): void {
    if (this.#int === level) return
    this.#int = level
    this.#output(level)
  }
}
