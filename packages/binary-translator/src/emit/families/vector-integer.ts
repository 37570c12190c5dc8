import { Operation } from '@mica-vm/x86-decoder'
import type { SseFunction } from '../../generated/sse.ts'
import { Op, Simd } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import type { Family } from './family.ts'
import {
  type Place,
  callHelper,
  pushBits,
  pushImmediate,
  pushVector,
  registerPlace,
  setVector,
  source,
  touchMmx,
  vector,
  widthOf,
} from './vector-common.ts'

/** An operation of two vectors: `emit` leaves the result on the stack. */
function binary(emit: (e: Emitter, to: Place, from: Place, size: number) => void): Family {
  return vector((e) => {
    const size = widthOf(e)
    const from = source(e, 1, size)
    const to = registerPlace(e, 0)
    setVector(e, to, size, () => emit(e, to, from, size))
    touchMmx(e, to)
  })
}

/** Element by element: one WebAssembly instruction. */
const lanes = (opcode: Simd): Family =>
  binary((e, to, from, size) => {
    pushVector(e, to, size)
    pushVector(e, from, size)
    e.w.simd(opcode)
  })

/** PANDN and ANDNPS: not destination, and source. */
const andNot = (): Family =>
  binary((e, to, from, size) => {
    pushVector(e, from, size)
    pushVector(e, to, size)
    e.w.simd(Simd.v128_andnot)
  })

const unary = (opcode: Simd): Family =>
  binary((e, _, from, size) => {
    pushVector(e, from, size)
    e.w.simd(opcode)
  })

const firstHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]

/** Pushes source behind destination, as one vector, for MMX forms whose result takes neighbouring elements of both. */
function pushJoined(e: Emitter, to: Place, from: Place): void {
  pushVector(e, to, 8)
  pushVector(e, from, 8)
  e.w.simdBytes(Simd.i8x16_shuffle, firstHalves)
}

/** PACKxx: elements of both operands, narrowed. */
const pack = (opcode: Simd): Family =>
  binary((e, to, from, size) => {
    if (size === 16) {
      pushVector(e, to, 16)
      pushVector(e, from, 16)
    } else {
      pushJoined(e, to, from)
      pushJoined(e, to, from)
    }
    e.w.simd(opcode)
  })

/** The lanes of a shuffle that takes elements of `bytes` bytes in turn from both vectors, from byte `start` on. */
function interleaved(bytes: number, start: number): number[] {
  const list: number[] = []
  for (let at = start; list.length < 16; at += bytes) {
    for (const operand of [0, 16]) for (let i = 0; i < bytes; i++) list.push(operand + ((at + i) & 15))
  }
  return list
}

/** PUNPCKL and PUNPCKH. */
const unpack = (bytes: number, high: boolean): Family =>
  vector((e) => {
    const size = widthOf(e)
    const readBytes = size === 8 && !high ? 4 : size
    const from = source(e, 1, readBytes)
    const to = registerPlace(e, 0)
    setVector(e, to, size, () => {
      pushVector(e, to, size)
      pushVector(e, from, readBytes)
      e.w.simdBytes(Simd.i8x16_shuffle, interleaved(bytes, high ? size / 2 : 0))
    })
    touchMmx(e, to)
  })

const mostShift = 255

/** The shift count as an i32 of at most 255: the immediate, or the low 64 bits of the source. */
function shiftCount(e: Emitter): number {
  if (!e.isMemory(1) && e.shape.classes[1]! < 0) {
    pushImmediate(e)
    return e.pop()
  }
  const from = source(e, 1, widthOf(e))
  e.i32(mostShift)
  pushBits(e, from, 4)
  pushBits(e, from, 8)
  e.w.i64(mostShift).op(Op.i64_gt_u).op(Op.select)
  return e.pop()
}

/** Logical shifts: a count beyond the element gives zero. WebAssembly takes counts modulo the element. */
const shift = (opcode: Simd, bits: number): Family =>
  vector((e) => {
    const size = widthOf(e)
    const count = shiftCount(e)
    const to = registerPlace(e, 0)
    setVector(e, to, size, () => {
      pushVector(e, to, size)
      e.push(count).w.simd(opcode)
      e.i32(0).push(count).i32(bits).op(Op.i32_lt_u).op(Op.i32_sub).w.simd(Simd.i32x4_splat).simd(Simd.v128_and)
    })
    touchMmx(e, to)
  })

/** Arithmetic shifts: a count beyond the element gives its sign everywhere. */
const shiftSigned = (opcode: Simd, bits: number): Family =>
  vector((e) => {
    const size = widthOf(e)
    const count = shiftCount(e)
    const to = registerPlace(e, 0)
    setVector(e, to, size, () => {
      pushVector(e, to, size)
      e.push(count).i32(bits - 1)
      e.push(count).i32(bits).op(Op.i32_lt_u).op(Op.select).w.simd(opcode)
    })
    touchMmx(e, to)
  })

const positions = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

/** PSLLDQ and PSRLDQ: a swizzle with moved positions, of which those out of range give zero. */
const shiftBytes = (opcode: typeof Simd.i8x16_add | typeof Simd.i8x16_sub): Family =>
  vector((e) => {
    const to = registerPlace(e, 0)
    pushImmediate(e)
    const bytes = e.pop()
    setVector(e, to, 16, () => {
      pushVector(e, to, 16)
      e.w.simdBytes(Simd.v128_const, positions)
      e.push(bytes).i32(16).push(bytes).i32(16).op(Op.i32_lt_u).op(Op.select)
      e.w.simd(Simd.i8x16_splat).simd(opcode).simd(Simd.i8x16_swizzle)
    })
  })

/** PSHUFB: bit 7 of a control byte clears; of the others the low bits count. */
const shuffleBytes = binary((e, to, from, size) => {
  pushVector(e, to, size)
  pushVector(e, from, size)
  e.i32(size === 16 ? 0x8f : 0x87)
  e.w.simd(Simd.i8x16_splat).simd(Simd.v128_and).simd(Simd.i8x16_swizzle)
})

/** PMOVSX and PMOVZX: `opcodes` widen step by step. */
const widen = (bytes: number, ...opcodes: readonly Simd[]): Family =>
  vector((e) => {
    const memory = e.isMemory(1)
    const from = source(e, 1, bytes)
    setVector(e, registerPlace(e, 0), 16, () => {
      if (memory && bytes === 2) e.w.get(from.base).memory(Op.i32_load16_u).simd(Simd.i32x4_splat)
      else pushVector(e, from, memory ? bytes : 16)
      for (const opcode of opcodes) e.w.simd(opcode)
    })
  })

/** Functions that find a third operand in XMM0. */
const mask: ReadonlySet<SseFunction> = new Set(['pblendvb', 'blendvps', 'blendvpd'])

/** What a function of `assembly/sse-integer.ts` computes; its last argument is the operands' size or the immediate. */
const helper = (name: SseFunction, takesImmediate = false): Family =>
  vector((e) => {
    const size = widthOf(e)
    const from = source(e, 1, size)
    const to = registerPlace(e, 0)
    if (mask.has(name) && e.vectors.inLocals) e.vectors.flush(0)
    callHelper(e, name, to, from, () => {
      e.i32(size)
      if (!takesImmediate) return
      pushImmediate(e)
      e.i32(8).op(Op.i32_shl).op(Op.i32_or)
    })
    touchMmx(e, to)
  })

const byLanes = (list: readonly (readonly [keyof typeof Operation, Simd])[]): [number, Family][] =>
  list.map(([name, opcode]) => [Operation[name], lanes(opcode)])

const byHelper = (immediate: boolean, names: readonly SseFunction[]): [number, Family][] =>
  names.map((name) => {
    const operation = (name[0]!.toUpperCase() + name.slice(1)) as keyof typeof Operation
    return [Operation[operation], helper(name, immediate)]
  })

const { i8x16_narrow_i16x8_s, i8x16_narrow_i16x8_u, i16x8_narrow_i32x4_s, i16x8_narrow_i32x4_u } = Simd
const [bw, wd, dq] = [Simd.i16x8_extend_low_i8x16_s, Simd.i32x4_extend_low_i16x8_s, Simd.i64x2_extend_low_i32x4_s]
const [bwU, wdU, dqU] = [Simd.i16x8_extend_low_i8x16_u, Simd.i32x4_extend_low_i16x8_u, Simd.i64x2_extend_low_i32x4_u]

export const integers: readonly (readonly [number, Family])[] = [
  ...byLanes([
    ['Paddb', Simd.i8x16_add],
    ['Paddw', Simd.i16x8_add],
    ['Paddd', Simd.i32x4_add],
    ['Psubb', Simd.i8x16_sub],
    ['Psubw', Simd.i16x8_sub],
    ['Psubd', Simd.i32x4_sub],
    ['Paddsb', Simd.i8x16_add_sat_s],
    ['Paddsw', Simd.i16x8_add_sat_s],
    ['Paddusb', Simd.i8x16_add_sat_u],
    ['Paddusw', Simd.i16x8_add_sat_u],
    ['Psubsb', Simd.i8x16_sub_sat_s],
    ['Psubsw', Simd.i16x8_sub_sat_s],
    ['Psubusb', Simd.i8x16_sub_sat_u],
    ['Psubusw', Simd.i16x8_sub_sat_u],
    ['Pmullw', Simd.i16x8_mul],
    ['Pmaddwd', Simd.i32x4_dot_i16x8_s],
    ['Pcmpeqb', Simd.i8x16_eq],
    ['Pcmpeqw', Simd.i16x8_eq],
    ['Pcmpeqd', Simd.i32x4_eq],
    ['Pcmpgtb', Simd.i8x16_gt_s],
    ['Pcmpgtw', Simd.i16x8_gt_s],
    ['Pcmpgtd', Simd.i32x4_gt_s],
    ['Pand', Simd.v128_and],
    ['Por', Simd.v128_or],
    ['Pxor', Simd.v128_xor],
    ['Psubq', Simd.i64x2_sub],
    ['Paddq', Simd.i64x2_add],
    ['Andpd', Simd.v128_and],
    ['Orpd', Simd.v128_or],
    ['Xorpd', Simd.v128_xor],
    ['Andps', Simd.v128_and],
    ['Orps', Simd.v128_or],
    ['Xorps', Simd.v128_xor],
    ['Pminub', Simd.i8x16_min_u],
    ['Pmaxub', Simd.i8x16_max_u],
    ['Pminsw', Simd.i16x8_min_s],
    ['Pmaxsw', Simd.i16x8_max_s],
    ['Pavgb', Simd.i8x16_avgr_u],
    ['Pavgw', Simd.i16x8_avgr_u],
    ['Pminsb', Simd.i8x16_min_s],
    ['Pminsd', Simd.i32x4_min_s],
    ['Pminuw', Simd.i16x8_min_u],
    ['Pminud', Simd.i32x4_min_u],
    ['Pmaxsb', Simd.i8x16_max_s],
    ['Pmaxsd', Simd.i32x4_max_s],
    ['Pmaxuw', Simd.i16x8_max_u],
    ['Pmaxud', Simd.i32x4_max_u],
    ['Pmulld', Simd.i32x4_mul],
    ['Pcmpeqq', Simd.i64x2_eq],
    ['Pcmpgtq', Simd.i64x2_gt_s],
  ]),
  [Operation.Pandn, andNot()],
  [Operation.Andnps, andNot()],
  [Operation.Andnpd, andNot()],
  [Operation.Pabsb, unary(Simd.i8x16_abs)],
  [Operation.Pabsw, unary(Simd.i16x8_abs)],
  [Operation.Pabsd, unary(Simd.i32x4_abs)],
  [Operation.Packsswb, pack(i8x16_narrow_i16x8_s)],
  [Operation.Packuswb, pack(i8x16_narrow_i16x8_u)],
  [Operation.Packssdw, pack(i16x8_narrow_i32x4_s)],
  [Operation.Packusdw, pack(i16x8_narrow_i32x4_u)],
  [Operation.Punpcklbw, unpack(1, false)],
  [Operation.Punpcklwd, unpack(2, false)],
  [Operation.Punpckldq, unpack(4, false)],
  [Operation.Punpcklqdq, unpack(8, false)],
  [Operation.Punpckhbw, unpack(1, true)],
  [Operation.Punpckhwd, unpack(2, true)],
  [Operation.Punpckhdq, unpack(4, true)],
  [Operation.Punpckhqdq, unpack(8, true)],
  [Operation.Unpcklps, unpack(4, false)],
  [Operation.Unpcklpd, unpack(8, false)],
  [Operation.Unpckhps, unpack(4, true)],
  [Operation.Unpckhpd, unpack(8, true)],
  [Operation.Psllw, shift(Simd.i16x8_shl, 16)],
  [Operation.Pslld, shift(Simd.i32x4_shl, 32)],
  [Operation.Psllq, shift(Simd.i64x2_shl, 64)],
  [Operation.Psrlw, shift(Simd.i16x8_shr_u, 16)],
  [Operation.Psrld, shift(Simd.i32x4_shr_u, 32)],
  [Operation.Psrlq, shift(Simd.i64x2_shr_u, 64)],
  [Operation.Psraw, shiftSigned(Simd.i16x8_shr_s, 16)],
  [Operation.Psrad, shiftSigned(Simd.i32x4_shr_s, 32)],
  [Operation.Pslldq, shiftBytes(Simd.i8x16_sub)],
  [Operation.Psrldq, shiftBytes(Simd.i8x16_add)],
  [Operation.Pshufb, shuffleBytes],
  [Operation.Pmovsxbw, widen(8, bw)],
  [Operation.Pmovsxbd, widen(4, bw, wd)],
  [Operation.Pmovsxbq, widen(2, bw, wd, dq)],
  [Operation.Pmovsxwd, widen(8, wd)],
  [Operation.Pmovsxwq, widen(4, wd, dq)],
  [Operation.Pmovsxdq, widen(8, dq)],
  [Operation.Pmovzxbw, widen(8, bwU)],
  [Operation.Pmovzxbd, widen(4, bwU, wdU)],
  [Operation.Pmovzxbq, widen(2, bwU, wdU, dqU)],
  [Operation.Pmovzxwd, widen(8, wdU)],
  [Operation.Pmovzxwq, widen(4, wdU, dqU)],
  [Operation.Pmovzxdq, widen(8, dqU)],
  ...byHelper(true, ['aeskeygenassist', 'pclmulqdq', 'pblendw', 'blendps', 'blendpd', 'mpsadbw']),
  ...byHelper(false, [
    'aesenc',
    'aesenclast',
    'aesdec',
    'aesdeclast',
    'aesimc',
    'pmulhw',
    'pmulhuw',
    'psadbw',
    'pmuludq',
    'pmulhrsw',
    'pmaddubsw',
    'psignb',
    'psignw',
    'psignd',
    'phaddw',
    'phaddd',
    'phaddsw',
    'phsubw',
    'phsubd',
    'phsubsw',
    'pmuldq',
    'pblendvb',
    'blendvps',
    'blendvpd',
    'phminposuw',
  ]),
]
