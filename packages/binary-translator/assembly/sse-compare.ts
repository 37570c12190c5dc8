// Comparisons of singles and doubles.
import { Context, DE, IE, Result, begin, element, end, isDenormal, isNan, isSignaling, operand, putElement, value, writeResult } from './sse-number'

const LESS: u32 = 1
const EQUAL: u32 = 2
const GREATER: u32 = 4
const UNORDERED: u32 = 8

/** How two operands compare; `signals`: a quiet NaN is invalid too. */
function relation(wide: i32, a: u64, b: u64, signals: bool): u32 {
  a = operand(wide, a)
  b = operand(wide, b)
  if (isNan(wide, a) || isNan(wide, b)) {
    if (signals || isSignaling(wide, a) || isSignaling(wide, b)) Context.raised |= IE
    return UNORDERED
  }
  if (isDenormal(wide, a) || isDenormal(wide, b)) Context.raised |= DE
  const p = value(wide, a)
  const q = value(wide, b)
  return p < q ? LESS : p == q ? EQUAL : GREATER
}

/** The relations that satisfy a predicate: EQ, LT, LE, UNORD, and their opposites. */
function satisfying(predicate: i32): u32 {
  const positive = predicate & 3
  const set = positive == 0 ? EQUAL : positive == 1 ? LESS : positive == 2 ? LESS | EQUAL : UNORDERED
  return predicate & 4 ? set ^ 15 : set
}

/** CMPPS and its like. x: elements << 8, double << 16, predicate << 24. */
export function compare(cpu: usize, to: usize, from: usize, x: i32): i32 {
  begin(cpu)
  Result.low = 0
  Result.high = 0
  const wide = (x >>> 16) & 1
  const count: u32 = (x >>> 8) & 15
  const predicate = (x >>> 24) & 7
  const set = satisfying(predicate)
  const signals = (predicate & 3) == 1 || (predicate & 3) == 2
  for (let i: u32 = 0; i < count; i++) {
    const found = relation(wide, element(wide, to, i), element(wide, from, i), signals)
    if (found & set) putElement(wide, i, wide ? 0xffffffffffffffff : 0xffffffff)
  }
  if (end(cpu)) return 1
  writeResult(to, count == 1 ? 4 << wide : 16)
  return 0
}

/** COMISS and UCOMISS (x: 1 if quiet NaNs are invalid, double << 16): ZF, PF and CF, or bit 16 for an unmasked exception. */
export function comis(cpu: usize, to: usize, from: usize, x: i32): i32 {
  begin(cpu)
  const wide = (x >>> 16) & 1
  const found = relation(wide, element(wide, to, 0), element(wide, from, 0), (x & 1) != 0)
  if (end(cpu)) return 0x10000
  return found == UNORDERED ? 0x45 : found == LESS ? 1 : found == EQUAL ? 0x40 : 0
}
