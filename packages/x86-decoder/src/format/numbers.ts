import type { Style } from './options.ts'

const HIGH = 0x100000000

/** `value` modulo 2^(8 * bytes), where `value` is `high << 32 | low`. */
export function unsignedBigInt(low: number, high: number, bytes: number): bigint {
  return BigInt.asUintN(bytes * 8, (BigInt(high) << 32n) | BigInt(low >>> 0))
}

/** One number as text. In the Intel dialect 0 to 9 stand without a base. */
export function hexadecimal(value: bigint | number, style: Style): string {
  if (style.gnu) return digitsOf(value.toString(16), style)
  return value <= 9 ? value.toString() : digitsOf(value.toString(16), style)
}

function digitsOf(digits: string, style: Style): string {
  if (style.hex === 'prefix') return style.uppercase ? `0x${digits.toUpperCase()}` : `0x${digits}`
  const capitals = digits.toUpperCase()
  return /^[A-F]/.test(capitals) ? `0${capitals}h` : `${capitals}h`
}

/** A number of `bytes` bytes out of two words. */
export function wideHexadecimal(low: number, high: number, bytes: number, style: Style): string {
  if (bytes > 4 && high !== 0) return hexadecimal(unsignedBigInt(low, high, bytes), style)
  return hexadecimal(bytes >= 4 ? low >>> 0 : low & ((1 << (bytes * 8)) - 1), style)
}

/** A displacement after a register: `+10h` or `-10h`. */
export function signedHexadecimal(value: number, style: Style): string {
  return value < 0 ? `-${hexadecimal(-value % HIGH, style)}` : `+${hexadecimal(value, style)}`
}
