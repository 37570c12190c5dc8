import { BAUD_BASE, Lcr, Msr } from './registers.ts'

export interface ModemLines {
  cts: boolean
  dsr: boolean
  ri: boolean
  dcd: boolean
}

export function modemStatus({ cts, dsr, ri, dcd }: ModemLines): number {
  return (cts ? Msr.CTS : 0) | (dsr ? Msr.DSR : 0) | (ri ? Msr.RI : 0) | (dcd ? Msr.DCD : 0)
}

/** How long one character takes: start, data, parity and stop bits. A divisor of 0 counts as 1. */
export function characterNs(lcr: number, divisor: number): number {
  const dataBits = 5 + (lcr & Lcr.WORD_LENGTH)
  const bits = 1 + dataBits + (lcr & Lcr.PARITY ? 1 : 0) + (lcr & Lcr.STOP ? 2 : 1)
  return Math.ceil((bits * 1e9 * Math.max(1, divisor)) / BAUD_BASE)
}
