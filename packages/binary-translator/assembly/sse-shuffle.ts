// Shuffles and blends whose choice is an immediate: bit 8 and up of `x`. See sse-integer.ts for the arguments.

/** Four words by two bits each, as 64 bits. */
function words(at: usize, choice: u32): u64 {
  let value: u64 = 0
  for (let i: u32 = 0; i < 4; i++) value |= <u64>load<u16>(at + 2 * ((choice >>> (2 * i)) & 3)) << (16 * i)
  return value
}

/** Four words of an MMX register. */
export function pshufw(cpu: usize, to: usize, from: usize, x: i32): void {
  store<u64>(to, words(from, x >>> 8))
}

/** The low four words; the high ones are copied. */
export function pshuflw(cpu: usize, to: usize, from: usize, x: i32): void {
  const low = words(from, x >>> 8)
  store<u64>(to + 8, load<u64>(from + 8))
  store<u64>(to, low)
}

/** The high four words; the low ones are copied. */
export function pshufhw(cpu: usize, to: usize, from: usize, x: i32): void {
  const high = words(from + 8, x >>> 8)
  store<u64>(to, load<u64>(from))
  store<u64>(to + 8, high)
}

// @ts-ignore: decorator
@inline
function doubleword(at: usize, choice: u32): u64 {
  return load<u32>(at + 4 * (choice & 3))
}

/** Four doublewords. */
export function pshufd(cpu: usize, to: usize, from: usize, x: i32): void {
  const low = doubleword(from, x >>> 8) | (doubleword(from, x >>> 10) << 32)
  const high = doubleword(from, x >>> 12) | (doubleword(from, x >>> 14) << 32)
  store<u64>(to, low)
  store<u64>(to + 8, high)
}

/** Two singles of the destination, two of the source. */
export function shufps(cpu: usize, to: usize, from: usize, x: i32): void {
  const low = doubleword(to, x >>> 8) | (doubleword(to, x >>> 10) << 32)
  const high = doubleword(from, x >>> 12) | (doubleword(from, x >>> 14) << 32)
  store<u64>(to, low)
  store<u64>(to + 8, high)
}

/** One double of the destination, one of the source. */
export function shufpd(cpu: usize, to: usize, from: usize, x: i32): void {
  const low = load<u64>(to + 8 * ((x >>> 8) & 1))
  const high = load<u64>(from + 8 * ((x >>> 9) & 1))
  store<u64>(to, low)
  store<u64>(to + 8, high)
}

/** Words by the immediate's bits. */
export function pblendw(cpu: usize, to: usize, from: usize, x: i32): void {
  for (let i: u32 = 0; i < 8; i++) if ((x >>> (8 + i)) & 1) store<u16>(to + 2 * i, load<u16>(from + 2 * i))
}

/** Singles by the immediate's bits. */
export function blendps(cpu: usize, to: usize, from: usize, x: i32): void {
  for (let i: u32 = 0; i < 4; i++) if ((x >>> (8 + i)) & 1) store<u32>(to + 4 * i, load<u32>(from + 4 * i))
}

/** Doubles by the immediate's bits. */
export function blendpd(cpu: usize, to: usize, from: usize, x: i32): void {
  for (let i: u32 = 0; i < 2; i++) if ((x >>> (8 + i)) & 1) store<u64>(to + 8 * i, load<u64>(from + 8 * i))
}
