/** Exception vectors. SDM vol. 3A, table 6-1. */
export const Vector = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
} as const

/** The error code of a fault that pushes none. */
export const noErrorCode = -1

/**
 * A fault on its way from deep inside a system instruction to the callout's entry point, which turns it into data.
 * It never leaves this package. It is no `Error`, so raising it takes no stack trace.
 */
export class GuestFault {
  readonly vector: number
  readonly errorCode: number

  constructor(vector: number, errorCode: number) {
    this.vector = vector
    this.errorCode = errorCode
  }
}

/**
 * Thrown through system instructions when the host has no frame for what they need; caught at the callout's entry, as nothing has happened, and
 * the instruction is tried again later.
 */
export class HostOutOfMemory {}

/** Raises exception `vector` in the guest. */
export function raise(vector: number, errorCode: number = noErrorCode): never {
  throw new GuestFault(vector, errorCode)
}
