// FPATAN (SDM vol. 1, section 8.3.8; vol. 2 has the table of special operands).
import { CONTROL, MAX_EXPONENT, SIGN } from './layout'
import { Result, give, isEmpty, physical, signExponentOf, significandOf, underflowInto, writeBack } from './state'
import { answersSpecials, exponentOf, isDenormal, isZero, normalExponent, normalSignificand, stopsOnDenormal } from './classify'
import { takeNone } from './memory-operand'
import { Real, addToReal, deliverReal, divideReal, setReal, multiplyReal, squaredFraction } from './real'
import { arctangentSeries } from './series'
import { Wide, multiplyWide } from './wide'

const PI_HIGH: u64 = 0xc90fdaa22168c234
const PI_LOW: u64 = 0xc4c6628b80dc1cd1

/** Real, which is s, becomes arctan(s). */
function smallArctangent(): void {
  const exponent = Real.exponent
  const high = Real.high
  const low = Real.low
  const square = squaredFraction()
  const sum = arctangentSeries(square, Wide.low, true)
  setReal(1, sum, Wide.low)
  multiplyReal(exponent, high, low)
}

/** Real := arctan(k / 8) +/- Real. */
function addArctangentOfEighths(k: u64, subtract: bool): void {
  switch (<u32>k) {
    case 0: return
    case 1: return addToReal(-4, 0xfeadd4d5617b6e32, 0xc897989f3e888ef8, subtract)
    case 2: return addToReal(-3, 0xfadbafc96406eb15, 0x6dc79ef5f7a217e6, subtract)
    case 3: return addToReal(-2, 0xb7b0ca0f26f78473, 0x8aa32122dcfe4483, subtract)
    case 4: return addToReal(-2, 0xed63382b0dda7b45, 0x6fe445ecbc3a8d03, subtract)
    case 5: return addToReal(-1, 0x8f005d5ef7f59f9b, 0x5c835e1665c43748, subtract)
    case 6: return addToReal(-1, 0xa4bc7d1934f70924, 0x19a87f2a457dac9f, subtract)
    case 7: return addToReal(-1, 0xb8053e2bc2319e73, 0xcb2da55210a4443d, subtract)
    default: return addToReal(-1, PI_HIGH, PI_LOW, subtract)
  }
}

/** Real := arctan(u / v * 2^-distance), at most one, for distance < 8: the nearest eighth and a rest below 1/15. */
function nearArctangent(u: u64, v: u64, distance: i32): void {
  const ratio = <f64>u / <f64>v / <f64>(1 << distance)
  const k = <u64>(ratio * 8.0 + 0.5)
  // In units of 2^-60: 8u and kv, 8v and ku stay below 2^127.
  const uHigh = u >> (4 + distance)
  const uLow = u << (60 - distance)
  const vHigh = v >> 4
  const vLow = v << 60
  const u8High = (uHigh << 3) | (uLow >> 61)
  const u8Low = uLow << 3
  const kvHigh = vHigh * k + multiplyWide(vLow, k)
  const kvLow = Wide.low
  const kuHigh = uHigh * k + multiplyWide(uLow, k)
  const kuLow = Wide.low
  const dLow = (vLow << 3) + kuLow
  const dHigh = ((vHigh << 3) | (vLow >> 61)) + kuHigh + u64(dLow < kuLow)
  const below = u8High < kvHigh || (u8High == kvHigh && u8Low < kvLow)
  const nLow = below ? kvLow - u8Low : u8Low - kvLow
  const nHigh = below ? kvHigh - u8High - u64(kvLow < u8Low) : u8High - kvHigh - u64(u8Low < kvLow)
  setReal(0, dHigh, dLow)
  const exponent = Real.exponent
  const high = Real.high
  const low = Real.low
  setReal(0, nHigh, nLow)
  if (Real.high) {
    divideReal(exponent, high, low)
    smallArctangent()
  } else {
    Real.exponent = -300
  }
  addArctangentOfEighths(k, below)
}

/** Real := the angle of the point (x, y), both finite and not zero, between 0 and pi. */
function angle(xSe: u32, x: u64, ySe: u32, y: u64): void {
  const xExponent = normalExponent(xSe, x)
  const yExponent = normalExponent(ySe, y)
  const xNormal = normalSignificand(x)
  const yNormal = normalSignificand(y)
  const steep = yExponent > xExponent || (yExponent == xExponent && yNormal > xNormal)
  const u = steep ? xNormal : yNormal
  const v = steep ? yNormal : xNormal
  const distance = steep ? yExponent - xExponent : xExponent - yExponent
  if (distance < 6) {
    nearArctangent(u, v, distance)
  } else {
    setReal(-distance, u, 0)
    divideReal(0, v, 0)
    smallArctangent()
  }
  const left = (xSe & SIGN) != 0
  if (steep) addToReal(0, PI_HIGH, PI_LOW, !left)
  else if (left) addToReal(1, PI_HIGH, PI_LOW, true)
}

/** Gives +/- eighths of a turn, pi / 4 each. */
function giveEighths(control: u32, sign: u32, eighths: i32): void {
  if (eighths == 0) return give(sign, 0)
  setReal(-1, PI_HIGH, PI_LOW)
  if (eighths == 3) multiplyReal(1, 0xc000000000000000, 0)
  else Real.exponent += eighths >> 1
  deliverReal(control, sign)
}

function arctangent(control: u32, xSe: u32, x: u64, ySe: u32, y: u64): void {
  if (answersSpecials(xSe, x, ySe, y)) return
  if (stopsOnDenormal(control, isDenormal(xSe, x) || isDenormal(ySe, y))) return
  const sign = ySe & SIGN
  const left = (xSe & SIGN) != 0
  const xInfinite = exponentOf(xSe) == MAX_EXPONENT
  if (exponentOf(ySe) == MAX_EXPONENT) return giveEighths(control, sign, xInfinite ? (left ? 3 : 1) : 2)
  if (xInfinite || isZero(ySe, y)) return giveEighths(control, sign, left ? 4 : 0)
  if (isZero(xSe, x)) return giveEighths(control, sign, 2)
  angle(xSe, x, ySe, y)
  deliverReal(control, sign)
}

/** FPATAN: ST(1) := the angle of (ST(0), ST(1)), then pops. */
export function fpatan(cpu: usize): void {
  const top = physical(cpu, 0)
  const into = physical(cpu, 1)
  if (isEmpty(cpu, top) || isEmpty(cpu, into)) return underflowInto(cpu, into, 1)
  takeNone()
  Result.raised = 0
  arctangent(
    load<u32>(cpu, CONTROL), signExponentOf(cpu, top), significandOf(cpu, top), signExponentOf(cpu, into), significandOf(cpu, into),
  )
  writeBack(cpu, into, 1)
}
