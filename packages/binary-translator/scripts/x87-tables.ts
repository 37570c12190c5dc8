// Computes the tables of the x87's transcendental instructions (see assembly/table-layout.ts) from their series, with integers.
import * as layout from '../assembly/table-layout.ts'

/** Values are integers in units of 2^-BITS; what the series lose is far below the 2^-127 that tables keep. */
const BITS = 256n
const ONE = 1n << BITS

/** Sums terms until they vanish; each is made from the one before. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n
  for (let term = first, n = 1n; term !== 0n; term = next(term, n++)) sum += term
  return sum
}

const multiply = (a: bigint, b: bigint): bigint => (a * b) >> BITS

/** ln(a / b) = 2 artanh((a - b) / (a + b)). */
function logarithm(a: bigint, b: bigint): bigint {
  const s = ((a - b) << BITS) / (a + b)
  const square = multiply(s, s)
  let power = s
  return 2n * series(s, (_, n) => (power = multiply(power, square)) / (2n * n + 1n))
}

const ln2 = logarithm(2n, 1n)
const exponential = (x: bigint): bigint => series(ONE, (term, n) => multiply(term, x) / n)

/** x - x^3/3! + ... from `first` = x, the cosine from 1. */
const sineSeries = (x: bigint, first: bigint, odd: bigint): bigint =>
  series(first, (term, n) => -multiply(multiply(term, x), x) / ((2n * n + odd) * (2n * n + odd - 1n)))

/** Euler's series: x / (1 + x^2) times the sum of products of 2n / (2n + 1) * x^2 / (1 + x^2). */
function arctangent(x: bigint): bigint {
  const square = multiply(x, x)
  const ratio = (square << BITS) / (ONE + square)
  return series((x << BITS) / (ONE + square), (term, n) => (multiply(term, ratio) * 2n * n) / (2n * n + 1n))
}

/** Each table begins where the one before ends. */
function checkLayout(): void {
  const sizes: readonly (readonly [start: number, bytes: number])[] = [
    [layout.POWERS, 32 * (layout.POWER_STEPS + 1)],
    [layout.NEGATIVE_POWERS, 32 * (layout.POWER_STEPS + 1)],
    [layout.LOGARITHMS, 16 * layout.LOGARITHM_STEPS],
    [layout.RECIPROCALS, 2 * layout.LOGARITHM_STEPS],
    [layout.SINES, 32 * (layout.SINE_STEPS + 1)],
    [layout.ARCTANGENTS, 16 * (layout.ARCTANGENT_STEPS + 1)],
  ]
  let end = 0
  for (const [start, bytes] of sizes) {
    if (start !== end) throw new RangeError(`a table is laid out at byte ${start}; must be ${end}`)
    end += bytes
  }
  if (layout.TABLE_BYTES !== end) throw new RangeError(`TABLE_BYTES is ${layout.TABLE_BYTES}; must be ${end}`)
}

/** The tables as the module reads them. */
export function x87Tables(): Uint8Array {
  checkLayout()
  const view = new DataView(new ArrayBuffer(layout.TABLE_BYTES))
  /** Writes a value, rounded to units of 2^-unit, as two words. */
  const put = (at: number, value: bigint, unit: bigint): void => {
    const rounded = (value + (1n << (BITS - unit - 1n))) >> (BITS - unit)
    view.setBigUint64(at, BigInt.asUintN(64, rounded >> 64n), true)
    view.setBigUint64(at + 8, BigInt.asUintN(64, rounded), true)
  }
  for (let k = 0; k <= layout.POWER_STEPS; k++) {
    for (const [table, sign] of [
      [layout.POWERS, 1n],
      [layout.NEGATIVE_POWERS, -1n],
    ] as const) {
      const power = exponential((sign * BigInt(k) * ln2) / BigInt(layout.POWER_STEPS))
      put(table + 32 * k, sign * (power - ONE), 127n)
      put(table + 32 * k + 16, multiply(ln2, power), 127n)
    }
  }
  for (let i = 0; i < layout.LOGARITHM_STEPS; i++) putLogarithm(view, put, i)
  for (let k = 0; k <= layout.SINE_STEPS; k++) {
    const x = (BigInt(k) * ONE) / 64n
    put(layout.SINES + 32 * k, sineSeries(x, x, 1n), 127n)
    put(layout.SINES + 32 * k + 16, sineSeries(x, ONE, 0n), 127n)
  }
  for (let k = 0; k <= layout.ARCTANGENT_STEPS; k++) {
    put(layout.ARCTANGENTS + 16 * k, arctangent((BigInt(k) * ONE) / BigInt(layout.ARCTANGENT_STEPS)), 126n)
  }
  return new Uint8Array(view.buffer)
}

/** The step's reciprocal c and -log2(c): at both ends c is a power of two, so that nothing is added to logarithms near zero. */
function putLogarithm(view: DataView, put: (at: number, value: bigint, unit: bigint) => void, i: number): void {
  const steps = layout.LOGARITHM_STEPS
  const c = i === 0 ? 512 : i === steps - 1 ? 256 : Math.round(512 / (1 + (i + 0.5) / steps))
  for (const x of [1 + i / steps, 1 + (i + 1) / steps]) {
    if (Math.abs((x * c) / 512 - 1) > 2 ** -8) throw new RangeError(`the reciprocal of step ${i} is off too far`)
  }
  view.setUint16(layout.RECIPROCALS + 2 * i, c, true)
  const value = (logarithm(512n, BigInt(c)) << BITS) / ln2
  put(layout.LOGARITHMS + 16 * i, i < layout.ROOT_STEP ? value : value - ONE, 112n)
}
