/**
 * A unit descriptor in linear memory: how chains and the dispatcher find the code of a translation unit (TU). Chains
 * name the descriptor, never the code, so that dropping or replacing a unit's code unlinks and relinks every chain to
 * it by one store. Offsets in bytes.
 */
export const UnitField = {
  /** Host address of the unit's first byte: with `mode`, its key. */
  host: 0,
  mode: 4,
  /** Next descriptor in the same hash bucket, 0 at the end. */
  nextInBucket: 8,
  /** First interpreter record for chains between interpreted units; 0: go through the dispatcher. */
  head: 12,
  /** Table slot of the translated code, or of the stub that returns to the dispatcher. */
  code: 16,
  /** First interpreter record, 0 when the unit is not decoded (never was, or was dropped). */
  records: 20,
  /** Executions left before the unit counts as hot. */
  heat: 24,
  /** Host address of the second page's first byte if its only instruction crosses into it, else 0. */
  secondPage: 28,
  /** Length of the unit's code in bytes, less one. */
  last: 32,
} as const

/** Bytes of a descriptor. */
export const unitBytes = 48
