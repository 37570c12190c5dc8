import type { Context } from '../context.ts'

/** The Bochs extensions: index and data, 16 bits each. */
const INDEX_PORT = 0x1ce
const DATA_PORT = 0x1cf

export const Dispi = {
  ID: 0,
  XRES: 1,
  YRES: 2,
  BPP: 3,
  ENABLE: 4,
  BANK: 5,
  VIRT_WIDTH: 6,
  VIRT_HEIGHT: 7,
  X_OFFSET: 8,
  Y_OFFSET: 9,
  MEMORY_64K: 10,
} as const
export const DispiEnable = { ENABLED: 0x01, DAC_8_BIT: 0x20, LINEAR: 0x40, NO_CLEAR: 0x80 } as const
const ID_MASK = 0xfff0
const ID = 0xb0c0

export function readDispi({ ports }: Context, index: number): number {
  ports.out16(INDEX_PORT, index)
  return ports.in16(DATA_PORT)
}

export function writeDispi({ ports }: Context, index: number, value: number): void {
  ports.out16(INDEX_PORT, index)
  ports.out16(DATA_PORT, value)
}

/** Whether the display has the extensions. */
export function hasDispi(context: Context): boolean {
  return (readDispi(context, Dispi.ID) & ID_MASK) === ID
}

/** Back to what the VGA's own registers say. */
export function disableVbe(context: Context): void {
  if (hasDispi(context)) writeDispi(context, Dispi.ENABLE, 0)
}
