import { Msr } from './registers.ts'

export interface Ns16550aState {
  ier: number
  fcr: number
  lcr: number
  mcr: number
  /** The error bits of LSR; the others follow from the FIFOs. */
  lineErrors: number
  /** Modem status register: lines and their delta bits. */
  msr: number
  scr: number
  divisor: number
  /** Receiver FIFO, oldest first. */
  received: number[]
  /** Transmitter FIFO, oldest first. */
  transmitting: number[]
  /** The byte in the shift register, null when it is empty. */
  sending: number | null
  /** When that byte has left. */
  sentAtNs: number
  /** The THRE interrupt is pending. */
  transmitterEmpty: boolean
  /** The character timeout interrupt is pending. */
  timedOut: boolean
  /** When the character timeout will come, null when none is counting. */
  timeoutAtNs: number | null
  /** The modem's lines as the host set them: CTS, DSR, RI, DCD bits of MSR. */
  modem: number
  /** The host's bytes that wait for room in the receiver FIFO. */
  input: number[]
}

export function initialUartState(): Ns16550aState {
  return {
    ier: 0,
    fcr: 0,
    lcr: 0,
    mcr: 0,
    lineErrors: 0,
    msr: Msr.CTS | Msr.DSR | Msr.DCD,
    scr: 0,
    divisor: 12,
    received: [],
    transmitting: [],
    sending: null,
    sentAtNs: 0,
    transmitterEmpty: false,
    timedOut: false,
    timeoutAtNs: null,
    modem: Msr.CTS | Msr.DSR | Msr.DCD,
    input: [],
  }
}
