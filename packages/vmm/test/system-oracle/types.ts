/** A piece of memory whose words a case shows at its end. */
export interface Shown {
  readonly address: number
  readonly words: number
}

/** A small program and what it is about. */
export interface SystemCase {
  readonly name: string
  /** Assembly, in ring 0 with flat segments and paging off. */
  readonly code: string
  /** Assembly that is put at LOW, in the first 64 KiB. */
  readonly low?: string
  /** Whether `low` begins in 16-bit mode. */
  readonly lowBits?: 16 | 32
  readonly shows?: readonly Shown[]
}

/** Cases that run in one machine, one after the other. */
export interface Feature {
  /** Name of the golden file too. */
  readonly name: string
  readonly title: string
  /** Its cases wait for the timer: QEMU's clock is to be the count of instructions. */
  readonly isTimed?: boolean
  readonly cases: readonly SystemCase[]
}
