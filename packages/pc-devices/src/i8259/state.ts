/** One 8259A. Bit n of the byte registers is interrupt input n. */
export interface I8259ChipState {
  /** Levels of the inputs. */
  inputs: number
  /** Edges seen and not yet acknowledged. An input that falls takes its edge back. */
  edges: number
  /** Interrupt mask register. */
  imr: number
  /** In-service register. */
  isr: number
  /** Edge/level control register: set bits are level triggered. */
  elcr: number
  /** The input of the lowest priority; the next one (modulo 8) has the highest. */
  lowestPriority: number
  /** Which ICW the data port expects: 2, 3, 4; 0 when initialized. */
  expects: number
  icw4Expected: boolean
  single: boolean
  vectorBase: number
  autoEoi: boolean
  rotateInAutoEoi: boolean
  specialMask: boolean
  specialFullyNested: boolean
  readIsr: boolean
  poll: boolean
}

export interface I8259State {
  master: I8259ChipState
  slave: I8259ChipState
}

export function initialChipState(): I8259ChipState {
  return {
    inputs: 0,
    edges: 0,
    imr: 0xff,
    isr: 0,
    elcr: 0,
    lowestPriority: 7,
    expects: 0,
    icw4Expected: false,
    single: false,
    vectorBase: 0,
    autoEoi: false,
    rotateInAutoEoi: false,
    specialMask: false,
    specialFullyNested: false,
    readIsr: false,
    poll: false,
  }
}
