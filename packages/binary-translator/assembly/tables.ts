// The tables of the transcendental instructions. They lie in the machine's memory, where the engine put them.
import { ARCTANGENTS, LOGARITHMS, RECIPROCALS } from './table-layout'

/** The address of the bytes that scripts/x87-tables.ts makes. */
// @ts-ignore: decorator
@external('env', 'tables')
export declare const TABLES: usize

// @ts-ignore: decorator
@inline
export function reciprocalOf(step: u32): u64 {
  return load<u16>(TABLES + (step << 1), RECIPROCALS)
}

/** The address of the words of a step's logarithm. */
// @ts-ignore: decorator
@inline
export function logarithmAt(step: u32): usize {
  return TABLES + LOGARITHMS + (step << 4)
}

// @ts-ignore: decorator
@inline
export function arctangentAt(k: u32): usize {
  return TABLES + ARCTANGENTS + (k << 4)
}
