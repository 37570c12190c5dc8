/** What a register is; a register id is `class << 5 | number`. */
export const RegisterClass = {
  Gpr8: 0,
  Gpr8High: 1,
  Gpr16: 2,
  Gpr32: 3,
  Gpr64: 4,
  Segment: 5,
  Control: 6,
  Debug: 7,
  Test: 8,
  X87: 9,
  Mmx: 10,
  Xmm: 11,
  Ymm: 12,
  Zmm: 13,
  Mask: 14,
  Bound: 15,
  Tile: 16,
} as const
export type RegisterClass = (typeof RegisterClass)[keyof typeof RegisterClass]

/** Segment register numbers, in the order of the encoding. */
export const Segment = { Es: 0, Cs: 1, Ss: 2, Ds: 3, Fs: 4, Gs: 5 } as const
export type Segment = (typeof Segment)[keyof typeof Segment]

/** The id of register `number` of a class: `registerId(RegisterClass.Gpr32, 0)` is EAX. */
export function registerId(kind: RegisterClass, number: number): number {
  return (kind << 5) | number
}

/** The class of a register id. */
export function registerClass(id: number): RegisterClass {
  return (id >> 5) as RegisterClass
}

/** The number of a register id within its class. */
export function registerNumber(id: number): number {
  return id & 31
}
