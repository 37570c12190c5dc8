// Packed integer instructions that no single WebAssembly instruction does. `to` and `from` are addresses; `to` is also the
// first operand. `x` is the operands' size in bytes (8 or 16), and the immediate above it from bit 8 on.

/** XMM0, the mask of the blends whose mask is a register. */
const XMM0: usize = 0x500

/** Two MMX operands side by side: neighbours of both come out where an XMM operation has those of its first operand. */
function joined(to: usize, from: usize): v128 {
  return i64x2.replace_lane(v128.load64_zero(to), 1, load<i64>(from))
}

// @ts-ignore: decorator
@inline
function first(to: usize, from: usize, x: i32): v128 {
  return (x & 16) ? v128.load(to) : joined(to, from)
}

// @ts-ignore: decorator
@inline
function second(to: usize, from: usize, x: i32): v128 {
  return (x & 16) ? v128.load(from) : joined(to, from)
}

// @ts-ignore: decorator
@inline
function put(to: usize, x: i32, value: v128): void {
  if (x & 16) v128.store(to, value)
  else store<i64>(to, i64x2.extract_lane(value, 0))
}

// @ts-ignore: decorator
@inline
function get(at: usize, x: i32): v128 {
  return (x & 16) ? v128.load(at) : v128.load64_zero(at)
}

/** The high halves of signed products. */
export function pmulhw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = get(to, x)
  const b = get(from, x)
  const low = i32x4.extmul_low_i16x8_s(a, b)
  const high = i32x4.extmul_high_i16x8_s(a, b)
  put(to, x, v128.shuffle<i16>(low, high, 1, 3, 5, 7, 9, 11, 13, 15))
}

/** The high halves of unsigned products. */
export function pmulhuw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = get(to, x)
  const b = get(from, x)
  const low = i32x4.extmul_low_i16x8_u(a, b)
  const high = i32x4.extmul_high_i16x8_u(a, b)
  put(to, x, v128.shuffle<i16>(low, high, 1, 3, 5, 7, 9, 11, 13, 15))
}

/** Products of Q15 numbers, rounded; -1 times -1 wraps. */
export function pmulhrsw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = get(to, x)
  const b = get(from, x)
  const one = i32x4.splat(1)
  const low = i32x4.shr_u(i32x4.add(i32x4.shr_u(i32x4.extmul_low_i16x8_s(a, b), 14), one), 1)
  const high = i32x4.shr_u(i32x4.add(i32x4.shr_u(i32x4.extmul_high_i16x8_s(a, b), 14), one), 1)
  put(to, x, v128.shuffle<i16>(low, high, 0, 2, 4, 6, 8, 10, 12, 14))
}

/** Sums of absolute differences of eight bytes each. */
export function psadbw(cpu: usize, to: usize, from: usize, x: i32): void {
  for (let part: usize = 0; part < <usize>(x & 31); part += 8) {
    let sum: i32 = 0
    for (let i: usize = 0; i < 8; i++) sum += abs(<i32>load<u8>(to + part + i) - <i32>load<u8>(from + part + i))
    store<u64>(to + part, sum)
  }
}

/** Unsigned products of even elements. */
export function pmuludq(cpu: usize, to: usize, from: usize, x: i32): void {
  for (let part: usize = 0; part < <usize>(x & 31); part += 8)
    store<u64>(to + part, <u64>load<u32>(to + part) * <u64>load<u32>(from + part))
}

/** Signed products of even elements. */
export function pmuldq(cpu: usize, to: usize, from: usize, x: i32): void {
  for (let part: usize = 0; part < 16; part += 8)
    store<i64>(to + part, <i64>load<i32>(to + part) * <i64>load<i32>(from + part))
}

/** Unsigned times signed bytes, sums of neighbours saturated. */
export function pmaddubsw(cpu: usize, to: usize, from: usize, x: i32): void {
  for (let at: usize = 0; at < <usize>(x & 31); at += 2) {
    const sum =
      <i32>load<u8>(to + at) * <i32>load<i8>(from + at) + <i32>load<u8>(to + at + 1) * <i32>load<i8>(from + at + 1)
    store<i16>(to + at, <i16>min(max(sum, -32768), 32767))
  }
}

/** Bytes negated, cleared or kept by the source's sign. */
export function psignb(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = get(to, x)
  const b = get(from, x)
  const zero = i64x2.splat(0)
  const turned = v128.bitselect(i8x16.neg(a), a, i8x16.lt_s(b, zero))
  put(to, x, v128.andnot(turned, i8x16.eq(b, zero)))
}

/** Words negated, cleared or kept by the source's sign. */
export function psignw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = get(to, x)
  const b = get(from, x)
  const zero = i64x2.splat(0)
  const turned = v128.bitselect(i16x8.neg(a), a, i16x8.lt_s(b, zero))
  put(to, x, v128.andnot(turned, i16x8.eq(b, zero)))
}

/** Doublewords negated, cleared or kept by the source's sign. */
export function psignd(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = get(to, x)
  const b = get(from, x)
  const zero = i64x2.splat(0)
  const turned = v128.bitselect(i32x4.neg(a), a, i32x4.lt_s(b, zero))
  put(to, x, v128.andnot(turned, i32x4.eq(b, zero)))
}

// @ts-ignore: decorator
@inline
function evenWords(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
}

// @ts-ignore: decorator
@inline
function oddWords(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
}

// @ts-ignore: decorator
@inline
function evenDoubles(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6)
}

// @ts-ignore: decorator
@inline
function oddDoubles(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7)
}

/** Sums of neighbouring words. */
export function phaddw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = first(to, from, x)
  const b = second(to, from, x)
  put(to, x, i16x8.add(evenWords(a, b), oddWords(a, b)))
}

/** Sums of neighbouring doublewords. */
export function phaddd(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = first(to, from, x)
  const b = second(to, from, x)
  put(to, x, i32x4.add(evenDoubles(a, b), oddDoubles(a, b)))
}

/** Saturated sums of neighbouring words. */
export function phaddsw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = first(to, from, x)
  const b = second(to, from, x)
  put(to, x, i16x8.add_sat_s(evenWords(a, b), oddWords(a, b)))
}

/** Differences of neighbouring words. */
export function phsubw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = first(to, from, x)
  const b = second(to, from, x)
  put(to, x, i16x8.sub(evenWords(a, b), oddWords(a, b)))
}

/** Differences of neighbouring doublewords. */
export function phsubd(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = first(to, from, x)
  const b = second(to, from, x)
  put(to, x, i32x4.sub(evenDoubles(a, b), oddDoubles(a, b)))
}

/** Saturated differences of neighbouring words. */
export function phsubsw(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = first(to, from, x)
  const b = second(to, from, x)
  put(to, x, i16x8.sub_sat_s(evenWords(a, b), oddWords(a, b)))
}

/** Bytes of source and destination, one behind the other, from byte `immediate` on. */
export function palignr(cpu: usize, to: usize, from: usize, x: i32): void {
  const size: u32 = x & 31
  const shift: u32 = x >>> 8
  let low: u64 = 0
  let high: u64 = 0
  for (let i: u32 = 0; i < size; i++) {
    const at = i + shift
    const byte: u64 = at < size ? load<u8>(from + at) : at < 2 * size ? load<u8>(to + at - size) : 0
    if (i < 8) low |= byte << (8 * i)
    else high |= byte << (8 * (i - 8))
  }
  store<u64>(to, low)
  if (size == 16) store<u64>(to + 8, high)
}

/** Minimum of eight words, and where it lies. */
export function phminposuw(cpu: usize, to: usize, from: usize, x: i32): void {
  let smallest: u32 = 0x10000
  let where: u32 = 0
  for (let i: u32 = 0; i < 8; i++) {
    const word: u32 = load<u16>(from + 2 * i)
    if (word < smallest) {
      smallest = word
      where = i
    }
  }
  store<u64>(to, smallest | (where << 16))
  store<u64>(to + 8, 0)
}

/** Eight sums of absolute differences of four bytes each against one group of four. */
export function mpsadbw(cpu: usize, to: usize, from: usize, x: i32): void {
  const group = load<u32>(from + (((x >>> 8) & 3) << 2))
  const start: usize = ((x >>> 10) & 1) << 2
  let low: u64 = 0
  let high: u64 = 0
  for (let i: u32 = 0; i < 8; i++) {
    let sum: i32 = 0
    for (let j: u32 = 0; j < 4; j++)
      sum += abs(<i32>load<u8>(to + start + i + j) - <i32>((group >>> (8 * j)) & 255))
    if (i < 4) low |= <u64>sum << (16 * i)
    else high |= <u64>sum << (16 * (i - 4))
  }
  store<u64>(to, low)
  store<u64>(to + 8, high)
}

/** Bytes by the signs of XMM0's. */
export function pblendvb(cpu: usize, to: usize, from: usize, x: i32): void {
  const mask = i8x16.shr_s(v128.load(cpu + XMM0), 7)
  v128.store(to, v128.bitselect(v128.load(from), v128.load(to), mask))
}

/** Singles by the signs of XMM0's. */
export function blendvps(cpu: usize, to: usize, from: usize, x: i32): void {
  const mask = i32x4.shr_s(v128.load(cpu + XMM0), 31)
  v128.store(to, v128.bitselect(v128.load(from), v128.load(to), mask))
}

/** Doubles by the signs of XMM0's. */
export function blendvpd(cpu: usize, to: usize, from: usize, x: i32): void {
  const mask = i64x2.shr_s(v128.load(cpu + XMM0), 63)
  v128.store(to, v128.bitselect(v128.load(from), v128.load(to), mask))
}
