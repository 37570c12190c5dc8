// SSE4.2's string comparisons, CRC32, and INSERTPS.

const XMM0: usize = 0x500
/** Where the caller leaves EAX and EDX, whose absolute values are the explicit lengths. */
const EAX: usize = 0x800
const EDX: usize = 0x804

/** Element `i` as the immediate's format says: bit 0 words, bit 1 signed. */
function element(at: usize, i: i32, format: i32): i32 {
  if (format & 1) return format & 2 ? <i32>load<i16>(at + 2 * i) : <i32>load<u16>(at + 2 * i)
  return format & 2 ? <i32>load<i8>(at + i) : <i32>load<u8>(at + i)
}

/** Elements before the first that is zero. */
function implicitLength(at: usize, format: i32, count: i32): i32 {
  let length = 0
  while (length < count && element(at, length, format) != 0) length++
  return length
}

function explicitLength(register: i32, count: i32): i32 {
  if (register == i32.MIN_VALUE) return count
  return min(register < 0 ? -register : register, count)
}

/** Whether element `j` of the source takes its bit, by the aggregation (immediate bits 3:2). */
function matches(to: usize, from: usize, format: i32, j: i32, count: i32, toLength: i32, fromLength: i32): bool {
  const aggregation = (format >> 2) & 3
  if (aggregation == 3) return isSubstring(to, from, format, j, count, toLength, fromLength)
  if (aggregation == 2) {
    const a = j < toLength
    const b = j < fromLength
    return a && b ? element(to, j, format) == element(from, j, format) : a == b
  }
  if (j >= fromLength) return false
  const value = element(from, j, format)
  if (aggregation == 0) {
    for (let i = 0; i < toLength; i++) if (element(to, i, format) == value) return true
    return false
  }
  for (let i = 0; i + 1 < toLength; i += 2) {
    if (value >= element(to, i, format) && value <= element(to, i + 1, format)) return true
  }
  return false
}

/** Whether the first operand's string begins at element `j`; the end of the register cuts it short. */
function isSubstring(to: usize, from: usize, format: i32, j: i32, count: i32, toLength: i32, fromLength: i32): bool {
  for (let i = 0; i < toLength && i + j < count; i++) {
    if (i + j >= fromLength || element(to, i, format) != element(from, i + j, format)) return false
  }
  return true
}

function bitsOf(to: usize, from: usize, format: i32, count: i32, toLength: i32, fromLength: i32): u32 {
  let bits: u32 = 0
  for (let j = 0; j < count; j++) {
    let bit = matches(to, from, format, j, count, toLength, fromLength)
    const polarity = (format >> 4) & 3
    if (polarity == 1 || (polarity == 3 && j < fromLength)) bit = !bit
    bits |= u32(bit) << j
  }
  return bits
}

/**
 * PCMPESTRx and PCMPISTRx. x: immediate, explicit lengths << 8, mask instead of index << 9. The mask goes to XMM0; the result is
 * EFLAGS with the index from bit 16 on.
 */
export function stringCompare(cpu: usize, to: usize, from: usize, x: i32): i32 {
  const format = x & 0x7f
  const count = format & 1 ? 8 : 16
  const explicit = (x & 0x100) != 0
  const toLength = explicit ? explicitLength(load<i32>(cpu + EAX), count) : implicitLength(to, format, count)
  const fromLength = explicit ? explicitLength(load<i32>(cpu + EDX), count) : implicitLength(from, format, count)
  const bits = bitsOf(to, from, format, count, toLength, fromLength)
  if (x & 0x200) storeMask(cpu, bits, format, count)
  const index = bits == 0 ? count : format & 0x40 ? 31 - <i32>clz(bits) : <i32>ctz(bits)
  let flags = index << 16
  if (bits != 0) flags |= 0x001
  if (fromLength < count) flags |= 0x040
  if (toLength < count) flags |= 0x080
  if (bits & 1) flags |= 0x800
  return flags
}

function storeMask(cpu: usize, bits: u32, format: i32, count: i32): void {
  store<u64>(cpu + XMM0, 0)
  store<u64>(cpu + XMM0 + 8, 0)
  if (!(format & 0x40)) return store<u32>(cpu + XMM0, bits)
  for (let i = 0; i < count; i++) {
    if (!((bits >>> i) & 1)) continue
    if (format & 1) store<u16>(cpu + XMM0 + 2 * i, 0xffff)
    else store<u8>(cpu + XMM0 + i, 0xff)
  }
}

/** CRC32 (Castagnoli) of `size` bytes of `value` onto `crc`. */
export function crc32(cpu: usize, crc: u32, value: u32, size: i32): u32 {
  crc ^= value
  for (let i = 0; i < 8 * size; i++) crc = (crc >>> 1) ^ (0x82f63b78 & (0 - (crc & 1)))
  return crc
}

/** INSERTPS. x: 16 for a register source, whose element the immediate's top bits choose, the immediate << 8. */
export function insertps(cpu: usize, to: usize, from: usize, x: i32): i32 {
  const immediate: u32 = x >>> 8
  const bits = load<u32>(x & 16 ? from + 4 * (immediate >>> 6) : from)
  store<u32>(to + 4 * ((immediate >>> 4) & 3), bits)
  for (let i: u32 = 0; i < 4; i++) if ((immediate >>> i) & 1) store<u32>(to + 4 * i, 0)
  return 0
}
