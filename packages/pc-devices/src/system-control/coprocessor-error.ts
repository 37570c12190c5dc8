import type { Line, PortDevice, Stateful } from '../types.ts'

/** Any write to F0h clears the error; F1h resets a coprocessor of the 287's time, and clears it as well. */
export const COPROCESSOR_ERROR = 0xf0
export const COPROCESSOR_PORTS = 2

/** IRQ of the coprocessor since the PC/AT. */
export const COPROCESSOR_IRQ = 13

export interface CoprocessorErrorState {
  pending: boolean
}

export interface CoprocessorErrorOptions {
  irq: Line
  /** IGNNE#: the processor may go on with its x87 until it has cleared the error. */
  onIgnore?: () => void
}

/**
 * The PC/AT's latch between the x87's error and IRQ 13, for software that leaves CR0.NE clear. FERR# sets it; the handler's write to
 * port F0h clears it and lets the processor go on. SDM vol. 1, appendix D.2.
 */
export class CoprocessorError implements PortDevice, Stateful<CoprocessorErrorState> {
  readonly portWidth = 1
  readonly #options: CoprocessorErrorOptions
  #pending = false

  constructor(options: CoprocessorErrorOptions) {
    this.#options = options
  }

  /** FERR# was asserted. */
  raise(): void {
    this.#set(true)
  }

  readPort(): number {
    return 0xff
  }

  writePort(): void {
    this.#set(false)
    this.#options.onIgnore?.()
  }

  snapshot(): CoprocessorErrorState {
    return { pending: this.#pending }
  }

  restore({ pending }: CoprocessorErrorState): void {
    this.#set(pending)
  }

  reset(): void {
    this.#set(false)
  }

  #set(pending: boolean): void {
    this.#pending = pending
    this.#options.irq(pending)
  }
}
