// What is done with whole pages of 4 KiB: hash, compare, test for zero. Addresses are byte offsets in the imported memory.

const PAGE_BYTES: usize = 4096

// XXH64, as its specification defines it (xxHash fast digest algorithm, 0.1.1), for an input of exactly one page.
const PRIME_1: u64 = 0x9e3779b185ebca87
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f
const PRIME_3: u64 = 0x165667b19e3779f9
const PRIME_4: u64 = 0x85ebca77c2b2ae63

let seed: u64 = 0
let digest: u64 = 0

// @ts-ignore: decorator
@inline
function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME_2, 31) * PRIME_1
}

// @ts-ignore: decorator
@inline
function merge(sum: u64, lane: u64): u64 {
  return (sum ^ round(0, lane)) * PRIME_1 + PRIME_4
}

/** Sets the 64 bits that every hash starts from. */
export function setSeed(low: i32, high: i32): void {
  seed = u64(u32(low)) | (u64(u32(high)) << 32)
}

/** Hashes the page at `address` and returns the low 32 bits; `hashHigh` has the others. */
export function hash(address: usize): i32 {
  let lane1 = seed + PRIME_1 + PRIME_2
  let lane2 = seed + PRIME_2
  let lane3 = seed
  let lane4 = seed - PRIME_1
  const end = address + PAGE_BYTES
  // Compared for inequality: the page may end where 32-bit addresses wrap.
  for (let at = address; at != end; at += 32) {
    lane1 = round(lane1, load<u64>(at))
    lane2 = round(lane2, load<u64>(at, 8))
    lane3 = round(lane3, load<u64>(at, 16))
    lane4 = round(lane4, load<u64>(at, 24))
  }
  let sum = rotl<u64>(lane1, 1) + rotl<u64>(lane2, 7) + rotl<u64>(lane3, 12) + rotl<u64>(lane4, 18)
  sum = merge(merge(merge(merge(sum, lane1), lane2), lane3), lane4) + PAGE_BYTES
  sum = (sum ^ (sum >> 33)) * PRIME_2
  sum = (sum ^ (sum >> 29)) * PRIME_3
  digest = sum ^ (sum >> 32)
  return i32(digest)
}

/** The high 32 bits of the last hash. */
export function hashHigh(): i32 {
  return i32(digest >> 32)
}

/** 1 if two pages have the same contents. */
export function equal(a: usize, b: usize): i32 {
  const end = a + PAGE_BYTES
  while (a != end) {
    const low = v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16)))
    const high = v128.or(v128.xor(v128.load(a, 32), v128.load(b, 32)), v128.xor(v128.load(a, 48), v128.load(b, 48)))
    if (v128.any_true(v128.or(low, high))) return 0
    a += 64
    b += 64
  }
  return 1
}

/** 1 if every byte of a page is zero. */
export function isZero(address: usize): i32 {
  const end = address + PAGE_BYTES
  while (address != end) {
    const low = v128.or(v128.load(address), v128.load(address, 16))
    const high = v128.or(v128.load(address, 32), v128.load(address, 48))
    if (v128.any_true(v128.or(low, high))) return 0
    address += 64
  }
  return 1
}
