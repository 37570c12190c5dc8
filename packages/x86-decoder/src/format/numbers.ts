/** How numbers look: `0FFh` or `0xff`. */
export type HexStyle = 'suffix' | 'prefix'

const HIGH = 0x100000000

/** `value` modulo 2^(8 * bytes), where `value` is `high << 32 | low`. */
export function unsignedBigInt(low: number, high: number, bytes: number): bigint {
  return BigInt.asUintN(bytes * 8, (BigInt(high) << 32n) | BigInt(low >>> 0))
}

/** One number as text; 0 to 9 stand without a base. */
export function hexadecimal(value: bigint | number, style: HexStyle): string {
  if (value <= 9) return value.toString()
  if (style === 'prefix') return `0x${value.toString(16)}`
  const digits = value.toString(16).toUpperCase()
  return /^[A-F]/.test(digits) ? `0${digits}h` : `${digits}h`
}

/** A displacement after a register: `+10h` or `-10h`. */
export function signedHexadecimal(value: number, style: HexStyle): string {
  return value < 0 ? `-${hexadecimal(-value % HIGH, style)}` : `+${hexadecimal(value, style)}`
}
