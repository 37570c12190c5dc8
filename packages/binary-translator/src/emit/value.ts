/**
 * A 32-bit value while code is emitted: a wasm local's index, or a constant known now.
 * A local that holds a guest register is the register itself: it stays valid only until that register is written
 * (`Emitter.copy` keeps it longer).
 */
export type Value = number | Constant

/** A constant known at emission time. */
export interface Constant {
  readonly constant: number
}

export const constant = (value: number): Constant => ({ constant: value | 0 })

/** The mask of the low `size` bytes. */
export const sizeMask = (size: number): number => (size === 4 ? -1 : size === 2 ? 0xffff : 0xff)
