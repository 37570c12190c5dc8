// AES rounds and carry-less multiplication. The modules have no data, so the S-box is sixteen constants that a swizzle picks from:
// every byte of the state at once, and in a time that does not depend on it. FIPS 197, section 5; SDM vol. 2, AESENC and its like.

/** What of `bytes` lies in row `number` of a table, by its low four bits; zero for all other rows. */
// @ts-ignore: decorator
@inline
function row(bytes: v128, number: i32, entries: v128): v128 {
  return v128.swizzle(entries, i8x16.sub(bytes, i8x16.splat(<i8>(number << 4))))
}

/** SubBytes: the inverse in GF(2^8), and an affine transformation. */
function substitute(bytes: v128): v128 {
  let found = i64x2.splat(0)
  found = v128.or(found, row(bytes, 0, i64x2(0xc56f6bf27b777c63, 0x76abd7fe2b670130)))
  found = v128.or(found, row(bytes, 1, i64x2(0xf04759fa7dc982ca, 0xc072a49cafa2d4ad)))
  found = v128.or(found, row(bytes, 2, i64x2(0xccf73f362693fdb7, 0x1531d871f1e5a534)))
  found = v128.or(found, row(bytes, 3, i64x2(0x9a059618c323c704, 0x75b227ebe2801207)))
  found = v128.or(found, row(bytes, 4, i64x2(0xa05a6e1b1a2c8309, 0x842fe329b3d63b52)))
  found = v128.or(found, row(bytes, 5, i64x2(0x5bb1fc20ed00d153, 0xcf584c4a39becb6a)))
  found = v128.or(found, row(bytes, 6, i64x2(0x85334d43fbaaefd0, 0xa89f3c507f02f945)))
  found = v128.or(found, row(bytes, 7, i64x2(0xf5389d928f40a351, 0xd2f3ff1021dab6bc)))
  found = v128.or(found, row(bytes, 8, i64x2(0x1744975fec130ccd, 0x73195d643d7ea7c4)))
  found = v128.or(found, row(bytes, 9, i64x2(0x88902a22dc4f8160, 0xdb0b5ede14b8ee46)))
  found = v128.or(found, row(bytes, 10, i64x2(0x5c2406490a3a32e0, 0x79e4959162acd3c2)))
  found = v128.or(found, row(bytes, 11, i64x2(0xa94ed58d6d37c8e7, 0x08ae7a65eaf4566c)))
  found = v128.or(found, row(bytes, 12, i64x2(0xc6b4a61c2e2578ba, 0x8a8bbd4b1f74dde8)))
  found = v128.or(found, row(bytes, 13, i64x2(0x0ef6034866b53e70, 0x9e1dc186b9573561)))
  found = v128.or(found, row(bytes, 14, i64x2(0x948ed9691198f8e1, 0xdf2855cee9871e9b)))
  found = v128.or(found, row(bytes, 15, i64x2(0x6842e6bf0d89a18c, 0x16bb54b00f2d9941)))
  return found
}

/** InvSubBytes. */
function substituteBack(bytes: v128): v128 {
  let found = i64x2.splat(0)
  found = v128.or(found, row(bytes, 0, i64x2(0x38a53630d56a0952, 0xfbd7f3819ea340bf)))
  found = v128.or(found, row(bytes, 1, i64x2(0x87ff2f9b8239e37c, 0xcbe9dec444438e34)))
  found = v128.or(found, row(bytes, 2, i64x2(0x3d23c2a632947b54, 0x4ec3fa420b954cee)))
  found = v128.or(found, row(bytes, 3, i64x2(0xb224d92866a12e08, 0x25d18b6d49a25b76)))
  found = v128.or(found, row(bytes, 4, i64x2(0x1698688664f6f872, 0x92b6655dcc5ca4d4)))
  found = v128.or(found, row(bytes, 5, i64x2(0xdab9edfd5048706c, 0x849d8da75746155e)))
  found = v128.or(found, row(bytes, 6, i64x2(0x0ad3bc8c00abd890, 0x0645b3b80558e4f7)))
  found = v128.or(found, row(bytes, 7, i64x2(0x020f3fca8f1e2cd0, 0x6b8a130103bdafc1)))
  found = v128.or(found, row(bytes, 8, i64x2(0xeadc674f4111913a, 0x73e6b4f0cecff297)))
  found = v128.or(found, row(bytes, 9, i64x2(0x8535ade72274ac96, 0x6edf751ce837f9e2)))
  found = v128.or(found, row(bytes, 10, i64x2(0x89c5291d711af147, 0x1bbe18aa0e62b76f)))
  found = v128.or(found, row(bytes, 11, i64x2(0x2079d2c64b3e56fc, 0xf45acd78fec0db9a)))
  found = v128.or(found, row(bytes, 12, i64x2(0x31c7078833a8dd1f, 0x5fec8027591012b1)))
  found = v128.or(found, row(bytes, 13, i64x2(0x0d4ab519a97f5160, 0xef9cc9939f7ae52d)))
  found = v128.or(found, row(bytes, 14, i64x2(0xb0f52aae4d3be0a0, 0x619953833cbbebc8)))
  found = v128.or(found, row(bytes, 15, i64x2(0x26d677ba7e042b17, 0x7d0c2155631469e1)))
  return found
}

/** Twice each byte in GF(2^8). */
function doubled(bytes: v128): v128 {
  const carry = v128.and(i8x16.shr_s(bytes, 7), i8x16.splat(0x1b))
  return v128.xor(i8x16.shl(bytes, 1), carry)
}

/** MixColumns: 2a + 3b + c + d, with b, c and d the next bytes of a column. */
function mix(a: v128): v128 {
  const b = v128.shuffle<u8>(a, a, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)
  const c = v128.shuffle<u8>(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
  const d = v128.shuffle<u8>(a, a, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)
  return v128.xor(v128.xor(doubled(v128.xor(a, b)), b), v128.xor(c, d))
}

/** InvMixColumns is MixColumns after 5a + 4c. */
function unmix(a: v128): v128 {
  const c = v128.shuffle<u8>(a, a, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
  return mix(v128.xor(a, doubled(doubled(v128.xor(a, c)))))
}

function shiftRows(a: v128): v128 {
  return v128.shuffle<u8>(a, a, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11)
}

function shiftRowsBack(a: v128): v128 {
  return v128.shuffle<u8>(a, a, 0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3)
}

/** AESENC: a round; the source is its key. */
export function aesenc(cpu: usize, to: usize, from: usize, x: i32): void {
  v128.store(to, v128.xor(mix(substitute(shiftRows(v128.load(to)))), v128.load(from)))
}

/** AESENCLAST: the last round. */
export function aesenclast(cpu: usize, to: usize, from: usize, x: i32): void {
  v128.store(to, v128.xor(substitute(shiftRows(v128.load(to))), v128.load(from)))
}

/** AESDEC: a round of the equivalent inverse cipher. */
export function aesdec(cpu: usize, to: usize, from: usize, x: i32): void {
  v128.store(to, v128.xor(unmix(substituteBack(shiftRowsBack(v128.load(to)))), v128.load(from)))
}

/** AESDECLAST: its last round. */
export function aesdeclast(cpu: usize, to: usize, from: usize, x: i32): void {
  v128.store(to, v128.xor(substituteBack(shiftRowsBack(v128.load(to))), v128.load(from)))
}

/** AESIMC: a round key for decryption. */
export function aesimc(cpu: usize, to: usize, from: usize, x: i32): void {
  v128.store(to, unmix(v128.load(from)))
}

/** AESKEYGENASSIST: bits 8 to 15 of x are the round constant. */
export function aeskeygenassist(cpu: usize, to: usize, from: usize, x: i32): void {
  const words = substitute(v128.load(from))
  const turned = v128.shuffle<u8>(words, words, 4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12)
  const constant = <i64>(<u64>(x >>> 8) << 32)
  v128.store(to, v128.xor(turned, i64x2.splat(constant)))
}

/** Bits 4 apart: products of such numbers have room for their carries, of which there are fewer than sixteen. */
const APART: u64 = 0x1111111111111111

/** The low half of a carry-less product. */
function multiplyLow(a: u64, b: u64): u64 {
  let product: u64 = 0
  for (let digit: u32 = 0; digit < 4; digit++) {
    let sum: u64 = 0
    for (let i: u32 = 0; i < 4; i++) sum ^= (a & (APART << i)) * (b & (APART << ((digit - i) & 3)))
    product |= sum & (APART << digit)
  }
  return product
}

/** The bits in reverse order. */
function reversed(a: u64): u64 {
  let bits = a
  bits = ((bits >> 1) & 0x5555555555555555) | ((bits & 0x5555555555555555) << 1)
  bits = ((bits >> 2) & 0x3333333333333333) | ((bits & 0x3333333333333333) << 2)
  bits = ((bits >> 4) & 0x0f0f0f0f0f0f0f0f) | ((bits & 0x0f0f0f0f0f0f0f0f) << 4)
  return bswap<u64>(bits)
}

/** PCLMULQDQ: bits 8 and 12 of x choose the halves. The high half of a product is the low half of the reversed numbers' one. */
export function pclmulqdq(cpu: usize, to: usize, from: usize, x: i32): void {
  const a = load<u64>(to + ((x >>> 5) & 8))
  const b = load<u64>(from + ((x >>> 9) & 8))
  const high = reversed(multiplyLow(reversed(a), reversed(b))) >> 1
  store<u64>(to, multiplyLow(a, b))
  store<u64>(to, high, 8)
}
