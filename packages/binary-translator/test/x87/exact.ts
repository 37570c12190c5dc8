// The transcendental functions by whole numbers and their plain series: what the x87's results are measured against.

/** Series are summed in units of 2^-BITS. Each is that of f(x) / x, so that small values have as many bits as others. */
const BITS = 160n
const ONE = 1n << BITS

/** numerator * 2^exponent, a value known to many more bits than a significand has. */
export interface Exact {
  readonly numerator: bigint
  readonly exponent: number
}

const shift = (value: bigint, by: number): bigint => (by >= 0 ? value << BigInt(by) : value >> BigInt(-by))
const multiply = (a: bigint, b: bigint): bigint => (a * b) >> BITS
const divide = (a: bigint, b: bigint): bigint => (a << BITS) / b

const fixed = ({ numerator, exponent }: Exact): bigint => shift(numerator, exponent + Number(BITS))
const bitLength = (value: bigint): number => (value < 0n ? -value : value).toString(2).length

/** f(z) = 1 + c1 z + c2 z^2 + ..., each term from the one before; z is small. */
function series(next: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n
  for (let [term, n] = [ONE, 1n]; term !== 0n && term !== -1n; term = next(term, n++)) sum += term
  return sum
}

/** sin(x) / x and cos(x), of x^2. */
const sineOver = (square: bigint): bigint => series((term, n) => -multiply(term, square) / (2n * n * (2n * n + 1n)))
const cosine = (square: bigint): bigint => series((term, n) => -multiply(term, square) / (2n * n * (2n * n - 1n)))

/** arctan(x) / x, of x^2 below one. */
function arctangentOver(square: bigint): bigint {
  const ratio = divide(square, ONE + square)
  return divide(
    series((term, n) => (multiply(term, ratio) * 2n * n) / (2n * n + 1n)),
    ONE + square,
  )
}

/** artanh(x) / x, of x^2 well below one. */
function artanhOver(square: bigint): bigint {
  let power = ONE
  return series((_, n) => (power = multiply(power, square)) / (2n * n + 1n))
}

const ln2 = (2n * artanhOver(ONE / 9n)) / 3n
/** pi by Machin's formula. */
const pi = 16n * (arctangentOver(ONE / 25n) / 5n) - 4n * (arctangentOver(ONE / 57121n) / 239n)
/** pi / 2 as the x87 has it: 66 bits. SDM vol. 1, section 8.3.8. */
const halfPi = (pi >> (BITS - 64n)) << (BITS - 65n)

/** x = quadrant * pi/2 + rest, by the x87's pi, exactly. */
function reduce(x: Exact): { readonly quadrant: number; readonly rest: Exact } {
  const magnitude = bitLength(x.numerator) + x.exponent
  if (magnitude < -1) return { quadrant: 0, rest: x }
  const value = fixed(x)
  const twice = 2n * value + halfPi
  const turns = twice / (2n * halfPi) - (twice < 0n ? 1n : 0n)
  const rest = { numerator: value - turns * halfPi, exponent: -Number(BITS) }
  return { quadrant: Number(((turns % 4n) + 4n) % 4n), rest }
}

const scaled = ({ numerator, exponent }: Exact, factor: bigint): Exact => ({
  numerator: numerator * factor,
  exponent: exponent - Number(BITS),
})

const squareOf = (x: Exact): bigint => fixed({ numerator: x.numerator * x.numerator, exponent: 2 * x.exponent })

function sineOf(rest: Exact, quadrant: number): Exact {
  const square = squareOf(rest)
  const value = quadrant & 1 ? { numerator: cosine(square), exponent: -Number(BITS) } : scaled(rest, sineOver(square))
  return quadrant & 2 ? { ...value, numerator: -value.numerator } : value
}

export function sine(x: Exact): Exact {
  const { quadrant, rest } = reduce(x)
  return sineOf(rest, quadrant)
}

export function cosineOf(x: Exact): Exact {
  const { quadrant, rest } = reduce(x)
  return sineOf(rest, quadrant + 1)
}

/** a / b. */
function quotient(a: Exact, b: Exact): Exact {
  const room = 400 + bitLength(b.numerator)
  return { numerator: shift(a.numerator, room) / b.numerator, exponent: a.exponent - b.exponent - room }
}

export const tangent = (x: Exact): Exact => quotient(sine(x), cosineOf(x))

/** 2^x - 1 for |x| <= 1: with t = x ln(2), t * (1 + t/2 + t^2/6 + ...). */
export function powerLessOne(x: Exact): Exact {
  const t = fixed(scaled(x, ln2))
  return scaled(
    scaled(x, ln2),
    series((term, n) => multiply(term, t) / (n + 1n)),
  )
}

/** log2(a / b) of whole numbers near each other, 2 artanh((a - b) / (a + b)) / ln(2). */
function binaryLogarithmOfRatio(a: bigint, b: bigint): Exact {
  const s = quotient({ numerator: a - b, exponent: 0 }, { numerator: a + b, exponent: 0 })
  return scaled(s, divide(2n * artanhOver(squareOf(s)), ln2))
}

export function sum(a: Exact, b: Exact): Exact {
  const exponent = Math.min(a.exponent, b.exponent)
  return { numerator: shift(a.numerator, a.exponent - exponent) + shift(b.numerator, b.exponent - exponent), exponent }
}

const product = (a: Exact, b: Exact): Exact => ({
  numerator: a.numerator * b.numerator,
  exponent: a.exponent + b.exponent,
})

/** y * log2(x) for x > 0. */
export function logarithm(x: Exact, y: Exact): Exact {
  let power = bitLength(x.numerator)
  // Between 3/4 and 3/2, where one is.
  if (shift(x.numerator, 2) < shift(3n, power)) power--
  const near =
    power >= 0
      ? binaryLogarithmOfRatio(x.numerator, 1n << BigInt(power))
      : binaryLogarithmOfRatio(x.numerator << BigInt(-power), 1n)
  return product(y, sum(near, { numerator: BigInt(power + x.exponent), exponent: 0 }))
}

/** y * log2(1 + x) for |x| < 1. */
export function logarithmOfOnePlus(x: Exact, y: Exact): Exact {
  if (x.exponent + bitLength(x.numerator) > -2) return logarithm(sum(x, { numerator: 1n, exponent: 0 }), y)
  const s = quotient(x, sum(x, { numerator: 2n, exponent: 0 }))
  return product(y, scaled(s, divide(2n * artanhOver(squareOf(s)), ln2)))
}

/** The angle of the point (x, y). */
export function arctangent(y: Exact, x: Exact): Exact {
  const u = { ...y, numerator: y.numerator < 0n ? -y.numerator : y.numerator }
  const v = { ...x, numerator: x.numerator < 0n ? -x.numerator : x.numerator }
  const difference = sum(u, { ...v, numerator: -v.numerator }).numerator
  const steep = difference > 0n
  const q = steep ? quotient(v, u) : quotient(u, v)
  let angle = scaled(q, arctangentOver(squareOf(q)))
  const turn = (value: bigint, from: Exact): Exact =>
    sum({ numerator: value, exponent: -Number(BITS) }, { ...from, numerator: -from.numerator })
  if (steep) angle = turn(pi / 2n, angle)
  if (x.numerator < 0n) angle = turn(pi, angle)
  return y.numerator < 0n ? { ...angle, numerator: -angle.numerator } : angle
}
