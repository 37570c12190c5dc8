import { Operation, RegisterClass } from '@mica-vm/x86-decoder'
import type { SseFunction } from '../../generated/sse.ts'
import { Layout } from '../../state/layout.ts'
import { Op, Simd } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import type { Family } from './family.ts'
import {
  type Place,
  callHelper,
  pushCall,
  pushImmediate,
  raiseUnmasked,
  registerPlace,
  source,
  throughState,
  touchMmx,
  vector,
} from './vector-common.ts'
import { compared, extreme, ordered } from './vector-ordered.ts'
import { fastCompare, fastPacked, fastScalar, fastTruncate, learnScalar, setFloat } from './vector-fast.ts'

/** A format of elements: their size and how many an instruction takes. */
interface Format {
  readonly size: 4 | 8
  readonly count: number
}

const ps: Format = { size: 4, count: 4 }
const pd: Format = { size: 8, count: 2 }
const ss: Format = { size: 4, count: 1 }
const sd: Format = { size: 8, count: 1 }

/** A format as the helpers want it: elements << 8, double << 16. */
const packed = ({ size, count }: Format): number => (count << 8) | (size === 8 ? 0x1_0000 : 0)

/** Calls a helper as (cpu, to, from, x), which leaves its answer on the stack. */
const callFloat = (e: Emitter, name: SseFunction, to: Place, from: Place, x: () => void): void =>
  callHelper(e, name, to, from, x, true)

/** What a helper computes from destination and source; `fixed` is its last argument, without the immediate. */
function float(name: SseFunction, format: Format, fixed: number, immediate = false): Family {
  return vector((e) => {
    const from = source(e, 1, format.size * format.count)
    callFloat(e, name, registerPlace(e, 0), from, () => {
      e.i32(fixed | packed(format))
      if (!immediate) return
      pushImmediate(e)
      e.i32(24).op(Op.i32_shl).op(Op.i32_or)
    })
    raiseUnmasked(e)
  })
}

/** MIN and MAX. */
const extremum = (format: Format, number: number, opcode: Simd): Family =>
  vector((e) => {
    const from = source(e, 1, format.size * format.count)
    const to = registerPlace(e, 0)
    ordered(e, format, to, from, extreme(e, opcode), () => {
      callFloat(e, 'arithmetic', to, from, () => void e.i32(number | packed(format)))
      raiseUnmasked(e)
    })
  })

/** CMPPS and its like. */
const comparison = (format: Format): Family =>
  vector((e) => {
    const from = source(e, 1, format.size * format.count)
    const to = registerPlace(e, 0)
    const exact = (): void => {
      callFloat(e, 'compare', to, from, () => {
        e.i32(packed(format))
        pushImmediate(e)
        e.i32(24).op(Op.i32_shl).op(Op.i32_or)
      })
      raiseUnmasked(e)
    }
    const predicate = e.immediate()
    if (typeof predicate === 'number' || (predicate.constant & 0xff) > 7) return exact()
    ordered(e, format, to, from, compared(e, format.size, predicate.constant & 7), exact)
  })

type Stem = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Sqrt' | 'Min' | 'Max'

/** An operation of `arithmetic` that WebAssembly has too. */
const direct = (format: Format, number: number, scalar: Op, whole: Simd): Family =>
  vector((e) => {
    const { size, count } = format
    const from = source(e, 1, size * count)
    const to = registerPlace(e, 0)
    const exact = (): void => {
      callFloat(e, 'arithmetic', to, from, () => void e.i32(number | packed(format)))
      raiseUnmasked(e)
    }
    const unary = number === SQRT
    if (count === 1) fastScalar(e, size, scalar, unary, to, from, exact)
    else fastPacked(e, size, whole, unary, to, from, exact)
  })

const SQRT = 4

/** In the order of `arithmetic`'s numbers: scalar and packed opcodes of singles and doubles. */
const opcodes: readonly (readonly [Stem, Op, Simd, Op, Simd])[] = [
  ['Add', Op.f32_add, Simd.f32x4_add, Op.f64_add, Simd.f64x2_add],
  ['Sub', Op.f32_sub, Simd.f32x4_sub, Op.f64_sub, Simd.f64x2_sub],
  ['Mul', Op.f32_mul, Simd.f32x4_mul, Op.f64_mul, Simd.f64x2_mul],
  ['Div', Op.f32_div, Simd.f32x4_div, Op.f64_div, Simd.f64x2_div],
  ['Sqrt', Op.f32_sqrt, Simd.f32x4_sqrt, Op.f64_sqrt, Simd.f64x2_sqrt],
]

const arithmetic = opcodes.flatMap(([stem, f32, f32x4, f64, f64x2], number): [number, Family][] => [
  [Operation[`${stem}ps`], direct(ps, number, f32, f32x4)],
  [Operation[`${stem}pd`], direct(pd, number, f64, f64x2)],
  [Operation[`${stem}ss`], direct(ss, number, f32, f32x4)],
  [Operation[`${stem}sd`], direct(sd, number, f64, f64x2)],
])

const extremeOpcodes = [
  ['Min', Simd.f32x4_pmin, Simd.f64x2_pmin],
  ['Max', Simd.f32x4_pmax, Simd.f64x2_pmax],
] as const

const extrema = extremeOpcodes.flatMap(([stem, single, double], i): [number, Family][] => [
  [Operation[`${stem}ps`], extremum(ps, SQRT + 1 + i, single)],
  [Operation[`${stem}pd`], extremum(pd, SQRT + 1 + i, double)],
  [Operation[`${stem}ss`], extremum(ss, SQRT + 1 + i, single)],
  [Operation[`${stem}sd`], extremum(sd, SQRT + 1 + i, double)],
])

/** COMISS and its like: OF, SF and AF are cleared. */
const toFlags = (format: Format, signals: number): Family =>
  vector((e) => {
    const from = source(e, 1, format.size)
    const to = registerPlace(e, 0)
    const { a, b } = fastCompare(e, format.size, to, from, () => {
      throughState(e, [to, from], null, () => {
        pushCall(e, 'comis', to, from, () => void e.i32(signals | packed(format)))
      })
      const answer = e.pop()
      e.push(answer).i32(16).op(Op.i32_shr_u)
      raiseUnmasked(e)
      return answer
    })
    e.flags.ordered(a, b)
  })

/** The numbers of `convert`'s kinds. */
const Kind = {
  integerToSingle: 0,
  integerToDouble: 1,
  singleToDouble: 2,
  doubleToSingle: 3,
  singleToInteger: 4,
  singleTruncated: 5,
  doubleToInteger: 6,
  doubleTruncated: 7,
} as const

const conversion = (kind: number, count: number, bytes: number): number => kind | (count << 8) | (bytes << 16)

/** A conversion of `count` elements, `readBytes` in all, to `bytes` of the destination. */
const convert = (kind: number, count: number, readBytes: number, bytes: number): Family =>
  vector((e) => {
    const from = source(e, 1, readBytes)
    const to = registerPlace(e, 0)
    callFloat(e, 'convert', to, from, () => void e.i32(conversion(kind, count, bytes)))
    raiseUnmasked(e)
    touchMmx(e, e.shape.classes[0] === RegisterClass.Mmx ? to : undefined)
  })

const scratch = (e: Emitter): Place => ({ base: e.cpu, offset: Layout.scratch })

const singleFromInteger = vector((e) => {
  e.setCell(Layout.scratch, e.read(1))
  callFloat(e, 'convert', registerPlace(e, 0), scratch(e), () => void e.i32(conversion(Kind.integerToSingle, 1, 4)))
  raiseUnmasked(e)
})

/** CVTSI2SD is always exact. */
const doubleFromInteger = vector((e) => {
  const value = e.read(1)
  const to = registerPlace(e, 0)
  setFloat(e, to, 8, () => void e.push(value).op(Op.f64_convert_i32_s))
  learnScalar(e, to, 8)
})

/** CVTSS2SI and its like: to a general register. */
const toInteger = (kind: number, readBytes: number): Family =>
  vector((e) => {
    const from = source(e, 1, readBytes)
    const exact = (): void => {
      callFloat(e, 'convert', scratch(e), from, () => void e.i32(conversion(kind, 1, 4)))
      raiseUnmasked(e)
      e.cell(Layout.scratch)
    }
    if (kind === Kind.singleTruncated || kind === Kind.doubleTruncated) fastTruncate(e, readBytes, from, exact)
    else exact()
    e.write(0, e.pop())
  })

const HADD = 7
const HSUB = 8
const ADDSUB = 9

export const floats: readonly (readonly [number, Family])[] = [
  ...arithmetic,
  ...extrema,
  [Operation.Haddps, float('arithmetic', ps, HADD)],
  [Operation.Haddpd, float('arithmetic', pd, HADD)],
  [Operation.Hsubps, float('arithmetic', ps, HSUB)],
  [Operation.Hsubpd, float('arithmetic', pd, HSUB)],
  [Operation.Addsubps, float('arithmetic', ps, ADDSUB)],
  [Operation.Addsubpd, float('arithmetic', pd, ADDSUB)],
  [Operation.Cmpps, comparison(ps)],
  [Operation.Cmppd, comparison(pd)],
  [Operation.Cmpss, comparison(ss)],
  [Operation.CmpsdSse, comparison(sd)],
  [Operation.Roundps, float('round', ps, 0, true)],
  [Operation.Roundpd, float('round', pd, 0, true)],
  [Operation.Roundss, float('round', ss, 0, true)],
  [Operation.Roundsd, float('round', sd, 0, true)],
  [Operation.Dpps, float('dot', ps, 0, true)],
  [Operation.Dppd, float('dot', pd, 0, true)],
  [Operation.Rcpps, float('approximate', ps, 0)],
  [Operation.Rcpss, float('approximate', ss, 0)],
  [Operation.Rsqrtps, float('approximate', ps, 1)],
  [Operation.Rsqrtss, float('approximate', ss, 1)],
  [Operation.Comiss, toFlags(ss, 1)],
  [Operation.Comisd, toFlags(sd, 1)],
  [Operation.Ucomiss, toFlags(ss, 0)],
  [Operation.Ucomisd, toFlags(sd, 0)],
  [Operation.Cvtpi2ps, convert(Kind.integerToSingle, 2, 8, 8)],
  [Operation.Cvtpi2pd, convert(Kind.integerToDouble, 2, 8, 16)],
  [Operation.Cvtps2pi, convert(Kind.singleToInteger, 2, 8, 8)],
  [Operation.Cvttps2pi, convert(Kind.singleTruncated, 2, 8, 8)],
  [Operation.Cvtpd2pi, convert(Kind.doubleToInteger, 2, 16, 8)],
  [Operation.Cvttpd2pi, convert(Kind.doubleTruncated, 2, 16, 8)],
  [Operation.Cvtdq2ps, convert(Kind.integerToSingle, 4, 16, 16)],
  [Operation.Cvtdq2pd, convert(Kind.integerToDouble, 2, 8, 16)],
  [Operation.Cvtps2dq, convert(Kind.singleToInteger, 4, 16, 16)],
  [Operation.Cvttps2dq, convert(Kind.singleTruncated, 4, 16, 16)],
  [Operation.Cvtpd2dq, convert(Kind.doubleToInteger, 2, 16, 16)],
  [Operation.Cvttpd2dq, convert(Kind.doubleTruncated, 2, 16, 16)],
  [Operation.Cvtps2pd, convert(Kind.singleToDouble, 2, 8, 16)],
  [Operation.Cvtpd2ps, convert(Kind.doubleToSingle, 2, 16, 16)],
  [Operation.Cvtss2sd, convert(Kind.singleToDouble, 1, 4, 8)],
  [Operation.Cvtsd2ss, convert(Kind.doubleToSingle, 1, 8, 4)],
  [Operation.Cvtsi2ss, singleFromInteger],
  [Operation.Cvtsi2sd, doubleFromInteger],
  [Operation.Cvtss2si, toInteger(Kind.singleToInteger, 4)],
  [Operation.Cvttss2si, toInteger(Kind.singleTruncated, 4)],
  [Operation.Cvtsd2si, toInteger(Kind.doubleToInteger, 8)],
  [Operation.Cvttsd2si, toInteger(Kind.doubleTruncated, 8)],
]
