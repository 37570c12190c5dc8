// Power series over 128-bit fractions z (of 2^128). Results lie near one and have 2^126 for 1; low word in Wide.low.
// Terms are summed until they vanish, so the error is a few dozen units of 2^-126.
import { Wide, divideSmall, multiplyUpper } from './wide'

const ONE: u64 = 0x4000000000000000

class Sum {
  static high: u64 = 0
  static low: u64 = 0
}

function accumulate(high: u64, low: u64, subtract: bool): void {
  if (subtract) {
    const before = Sum.low
    Sum.low = before - low
    Sum.high = Sum.high - high - u64(before < low)
  } else {
    Sum.low += low
    Sum.high = Sum.high + high + u64(Sum.low < low)
  }
}

/** `below`: the true value is less than one, which a z too small to show must not hide from directed rounding. */
function sum(below: bool): u64 {
  if (below && Sum.high == ONE && Sum.low == 0) accumulate(0, 1, true)
  Wide.low = Sum.low
  return Sum.high
}

/** (e^z - 1) / z = 1 + z/2! + z^2/3! + ..., for z or -z. */
export function exponentialSeries(high: u64, low: u64, negative: bool): u64 {
  let termHigh = ONE
  let termLow: u64 = 0
  Sum.high = ONE
  Sum.low = 0
  let subtract = false
  for (let n: u64 = 2; (termHigh | termLow) != 0; n++) {
    termHigh = multiplyUpper(termHigh, termLow, high, low)
    termHigh = divideSmall(termHigh, Wide.low, n)
    termLow = Wide.low
    subtract = subtract != negative
    accumulate(termHigh, termLow, subtract)
  }
  return sum(negative)
}

/** 1 + z/3 + z^2/5 + ... (artanh(s)/s for z = s^2), or with alternating signs (arctan(s)/s). */
export function arctangentSeries(high: u64, low: u64, alternating: bool): u64 {
  let powerHigh = ONE
  let powerLow: u64 = 0
  Sum.high = ONE
  Sum.low = 0
  let subtract = false
  for (let n: u64 = 3; (powerHigh | powerLow) != 0; n += 2) {
    powerHigh = multiplyUpper(powerHigh, powerLow, high, low)
    powerLow = Wide.low
    subtract = subtract != alternating
    const termHigh = divideSmall(powerHigh, powerLow, n)
    accumulate(termHigh, Wide.low, subtract)
  }
  return sum(alternating)
}

/** 1 - z/(f(f+1)) + z^2/(f(f+1)(f+2)(f+3)) - ...: the cosine for f = 1, sin(x)/x for f = 2; z = x^2. */
export function sineSeries(high: u64, low: u64, first: u64): u64 {
  let termHigh = ONE
  let termLow: u64 = 0
  Sum.high = ONE
  Sum.low = 0
  let subtract = true
  for (let n = first; (termHigh | termLow) != 0; n += 2) {
    termHigh = multiplyUpper(termHigh, termLow, high, low)
    termHigh = divideSmall(termHigh, Wide.low, n * (n + 1))
    termLow = Wide.low
    accumulate(termHigh, termLow, subtract)
    subtract = !subtract
  }
  return sum(true)
}
