// Singles and doubles as bits, and how a result is rounded into them (SDM vol. 1, sections 4.8 and 11.5). `wide` is 0 for a single,
// whose bits are the low half of the u64, and 1 for a double.

export const MXCSR: usize = 0x4e0
export const IE: u32 = 1
export const DE: u32 = 2
export const ZE: u32 = 4
export const OE: u32 = 8
export const UE: u32 = 16
export const PE: u32 = 32
const DAZ: u32 = 0x40
const OM: u32 = 0x400
const UM: u32 = 0x800
const PM: u32 = 0x1000
const RC: u32 = 0x6000
const FTZ: u32 = 0x8000
const DOWN: u32 = 1
const UP: u32 = 2
const NEAREST: u32 = 0

/** The instruction under way: MXCSR as it found it, and the exceptions of its elements so far. */
export class Context {
  static control: u32 = 0
  static raised: u32 = 0
  /** Exceptions of the stages before this one. */
  static kept: u32 = 0
  /** Whether WebAssembly's arithmetic may be used: nearest, no flushing, and nothing to be learnt from inexactness. */
  static quick: bool = false
}

export function begin(cpu: usize): void {
  const control = load<u32>(cpu + MXCSR)
  Context.control = control
  Context.raised = 0
  Context.kept = 0
  Context.quick = (control & (RC | FTZ | DAZ | PM | PE)) == (PM | PE)
}

/** Ends a stage of an instruction: whether an exception so far is unmasked, so that there will be no further stage. */
export function endStage(): bool {
  let raised = Context.raised
  const unmasked = raised & ~(Context.control >>> 7)
  // Exceptions of the operands are found before any that a result could raise.
  if (unmasked & (IE | DE | ZE)) raised &= IE | DE | ZE
  Context.kept |= raised
  Context.raised = 0
  return (Context.kept & ~(Context.control >>> 7)) != 0
}

/** Ends the instruction: sets the sticky flags; 1 if one of them is unmasked and the destination must stay. */
export function end(cpu: usize): i32 {
  if ((Context.raised | Context.kept) == 0) return 0
  const unmasked = endStage()
  store<u32>(cpu + MXCSR, Context.control | Context.kept)
  return i32(unmasked)
}

// @ts-ignore: decorator
@inline
export function signBit(wide: i32): u64 {
  return wide ? 0x8000000000000000 : 0x80000000
}

// @ts-ignore: decorator
@inline
export function infinity(wide: i32): u64 {
  return wide ? 0x7ff0000000000000 : 0x7f800000
}

// @ts-ignore: decorator
@inline
export function quietBit(wide: i32): u64 {
  return wide ? 0x0008000000000000 : 0x00400000
}

/** The QNaN floating-point indefinite. */
// @ts-ignore: decorator
@inline
export function indefinite(wide: i32): u64 {
  return wide ? 0xfff8000000000000 : 0xffc00000
}

// @ts-ignore: decorator
@inline
export function isNan(wide: i32, a: u64): bool {
  return (a & (signBit(wide) - 1)) > infinity(wide)
}

// @ts-ignore: decorator
@inline
export function isSignaling(wide: i32, a: u64): bool {
  return isNan(wide, a) && !(a & quietBit(wide))
}

// @ts-ignore: decorator
@inline
export function isDenormal(wide: i32, a: u64): bool {
  const magnitude = a & (signBit(wide) - 1)
  const smallestNormal: u64 = wide ? 0x0010000000000000 : 0x00800000
  return magnitude != 0 && smallestNormal > magnitude
}

/** An operand as the instruction sees it: MXCSR.DAZ makes denormals zeros. */
export function operand(wide: i32, a: u64): u64 {
  return Context.control & DAZ && isDenormal(wide, a) ? a & signBit(wide) : a
}

/** An operand as a double: exact. */
// @ts-ignore: decorator
@inline
export function value(wide: i32, a: u64): f64 {
  return wide ? reinterpret<f64>(a) : <f64>reinterpret<f32>(<u32>a)
}

/** The rounding control. */
// @ts-ignore: decorator
@inline
export function roundingMode(): u32 {
  return (Context.control >>> 13) & 3
}

/** The result for operands of which one is a NaN: the first that is one. */
export function propagate(wide: i32, a: u64, b: u64): u64 {
  if (isSignaling(wide, a) || isSignaling(wide, b)) Context.raised |= IE
  return (isNan(wide, a) ? a : b) | quietBit(wide)
}

// @ts-ignore: decorator
@inline
export function invalid(wide: i32): u64 {
  Context.raised |= IE
  return indefinite(wide)
}

/** Whether a significand whose lower bits are `rest` out of `unit` is to be rounded up. */
function roundsUp(sign: bool, odd: bool, rest: u64, unit: u64): bool {
  const mode = roundingMode()
  if (mode == NEAREST) return rest > unit >> 1 || (rest == unit >> 1 && odd)
  return rest != 0 && (mode == UP ? !sign : mode == DOWN ? sign : false)
}

/** Unmasked, an overflow is inexact only if the result would be so without a bound to its exponent. */
function overflow(wide: i32, sign: bool, signed: u64): u64 {
  Context.raised |= Context.control & OM ? OE | PE : OE
  const mode = roundingMode()
  const infinite = mode == NEAREST || (mode == UP && !sign) || (mode == DOWN && sign)
  return signed | (infinite ? infinity(wide) : infinity(wide) - 1)
}

/** Rounds significand * 2^(exponent - 63), bit 63 of the significand set; `sticky`: it goes on. */
export function pack(wide: i32, sign: bool, exponent: i32, significand: u64, sticky: bool): u64 {
  const precision = wide ? 53 : 24
  const maximum = wide ? 2047 : 255
  const drop: u64 = 64 - precision
  const unit: u64 = 1 << drop
  const signed: u64 = sign ? signBit(wide) : 0
  let biased = exponent + (wide ? 1023 : 127)
  let all = significand | u64(sticky)
  let rest = all & (unit - 1)
  let tiny = false
  if (biased <= 0) {
    // Tiny is what would be below the smallest normal number if exponents had no end (section 4.9.1.5).
    const ones = all >> drop == (<u64>1 << precision) - 1
    tiny = !(biased == 0 && ones && roundsUp(sign, true, rest, unit))
    if (tiny && !(Context.control & UM)) {
      Context.raised |= rest ? UE | PE : UE
      return signed
    }
    if (tiny && Context.control & FTZ) {
      Context.raised |= UE | PE
      return signed
    }
    const shift: u64 = 1 - biased
    all = shift < 64 ? (all >> shift) | u64(all << (64 - shift) != 0) : 1
    rest = all & (unit - 1)
    biased = 1
  }
  let rounded = all >> drop
  if (roundsUp(sign, (rounded & 1) != 0, rest, unit)) rounded++
  if (rest) Context.raised |= tiny ? UE | PE : PE
  if (rounded >> precision) {
    rounded >>= 1
    biased++
  }
  if (biased >= maximum) return overflow(wide, sign, signed)
  // A denormal's missing integer bit takes the exponent back to zero.
  return signed | (((<u64>(biased - 1)) << (precision - 1)) + rounded)
}

/** Exponent and significand (bit 63 set) of a finite number that is not zero. */
export class Parts {
  static exponent: i32 = 0
}

export function significandOf(wide: i32, a: u64): u64 {
  const bits = wide ? 52 : 23
  const biased = <i32>((a & (signBit(wide) - 1)) >> bits)
  const fraction = a & ((<u64>1 << bits) - 1)
  const significand = (biased ? fraction | (<u64>1 << bits) : fraction) << (63 - bits)
  const shift = clz(significand)
  Parts.exponent = (biased ? biased : 1) - (wide ? 1023 : 127) - <i32>shift
  return significand << shift
}

/** Element `i` at an address. */
// @ts-ignore: decorator
@inline
export function element(wide: i32, at: usize, i: usize): u64 {
  return wide ? load<u64>(at + 8 * i) : <u64>load<u32>(at + 4 * i)
}

/** What the elements of a result become before they are written together. */
export class Result {
  static low: u64 = 0
  static high: u64 = 0
}

export function putElement(wide: i32, i: u32, bits: u64): void {
  if (wide) {
    if (i) Result.high = bits
    else Result.low = bits
    return
  }
  if (i < 2) Result.low |= bits << (32 * i)
  else Result.high |= bits << (32 * (i - 2))
}

/** Writes the result's first `bytes` (4, 8 or 16). */
export function writeResult(to: usize, bytes: i32): void {
  if (bytes == 4) return store<u32>(to, <u32>Result.low)
  store<u64>(to, Result.low)
  if (bytes == 16) store<u64>(to + 8, Result.high)
}
