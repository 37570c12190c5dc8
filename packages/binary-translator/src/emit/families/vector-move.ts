import { Operation, RegisterClass } from '@mica-vm/x86-decoder'
import { Callout } from '../../system/callouts.ts'
import { Vector } from '../../system/guest-fault.ts'
import { Layout } from '../../state/layout.ts'
import { VectorBlock } from '../../system/vector-state.ts'
import { Op, Simd } from '../../wasm/opcodes.ts'
import { constant } from '../value.ts'
import { next, type Family } from './family.ts'
import {
  enterMmx,
  type Place,
  pushBits,
  pushVector,
  pushZeroExtended,
  registerPlace,
  requireVector,
  setVector,
  source,
  storeVector,
  throughState,
  touchMmx,
  vector,
  widthOf,
} from './vector-common.ts'
import { raisePending } from './x87-common.ts'

/** Moves of a whole XMM register. */
const whole = (unaligned: boolean): Family =>
  vector((e) => {
    if (e.isMemory(0)) {
      const from = registerPlace(e, 1)
      return storeVector(e, 16, !unaligned, () => pushVector(e, from, 16))
    }
    const from = source(e, 1, 16, unaligned)
    const to = registerPlace(e, 0)
    setVector(e, to, 16, () => pushVector(e, from, 16))
    e.vectors.copied(to.register, from.register)
  })

/** MOVSS and MOVSD: a load clears the rest of the register, a move between registers keeps it. */
const scalar = (size: number): Family =>
  vector((e) => {
    if (e.isMemory(0)) {
      const from = registerPlace(e, 1)
      return storeVector(e, size, false, () => pushVector(e, from, size))
    }
    const from = source(e, 1, size)
    setVector(e, registerPlace(e, 0), e.isMemory(1) ? 16 : size, () => pushVector(e, from, size))
  })

/** MOVQ on XMM registers clears the upper half; on MMX registers there is none. */
const movq: Family = vector((e) => {
  if (e.isMemory(0)) {
    const from = registerPlace(e, 1)
    storeVector(e, 8, false, () => pushVector(e, from, 8))
    return touchMmx(e)
  }
  const from = source(e, 1, 8)
  const to = registerPlace(e, 0)
  const mmx = e.shape.classes[0] === RegisterClass.Mmx
  setVector(e, to, mmx ? 8 : 16, () => pushZeroExtended(e, from, 8))
  touchMmx(e, to)
})

/** MOVD between a general register or memory and a vector register. */
const movd: Family = vector((e) => {
  if (e.isMemory(0) || e.isGeneralRegister(0)) {
    const from = registerPlace(e, 1)
    pushBits(e, from, 4)
    e.write(0, e.pop())
    return touchMmx(e)
  }
  const value = e.read(1)
  const to = registerPlace(e, 0)
  setVector(e, to, widthOf(e), () => {
    e.w.simdBytes(Simd.v128_const, new Array<number>(16).fill(0))
    e.push(value).w.simd(Simd.i32x4_replace_lane, 0)
  })
  touchMmx(e, to)
})

const between: Family = vector((e) => {
  const from = registerPlace(e, 1)
  const to = registerPlace(e, 0)
  const mmx = e.shape.classes[0] === RegisterClass.Mmx
  setVector(e, to, mmx ? 8 : 16, () => pushVector(e, from, 8))
  touchMmx(e, mmx ? to : undefined)
})

/** MOVLPS, MOVHPS and their like: eight bytes to or from one half of a register, the other half kept. */
const half = (registerHalf: number, sourceHalf = 0): Family =>
  vector((e) => {
    const part = (place: Place, which: number): Place => ({ ...place, offset: place.offset + which })
    if (e.isMemory(0)) {
      const from = part(registerPlace(e, 1), registerHalf)
      return storeVector(e, 8, false, () => pushVector(e, from, 8))
    }
    const from = part(source(e, 1, 8), sourceHalf)
    setVector(e, part(registerPlace(e, 0), registerHalf), 8, () => pushVector(e, from, 8))
  })

/** Non-temporal stores of a register of `size` bytes. */
const stream = (size: number): Family =>
  vector((e) => {
    const from = registerPlace(e, 1)
    storeVector(e, size, size === 16, () => pushVector(e, from, size))
    touchMmx(e)
  })

const duplicate = (size: number, lanes: readonly number[]): Family =>
  vector((e) => {
    const from = source(e, 1, size)
    setVector(e, registerPlace(e, 0), 16, () => {
      pushVector(e, from, size)
      pushVector(e, from, size)
      e.w.simdBytes(Simd.i8x16_shuffle, lanes)
    })
  })

const words = (...lanes: number[]): number[] => lanes.flatMap((lane) => [0, 1, 2, 3].map((i) => 4 * lane + i))

/** Copies the sign bits of the elements to a general register. */
const signs = (opcode: Simd): Family =>
  vector((e) => {
    const from = registerPlace(e, 1)
    pushVector(e, from, e.shape.classes[1] === RegisterClass.Mmx ? 8 : 16)
    e.w.simd(opcode)
    e.write(0, e.pop())
    touchMmx(e)
  })

/** MASKMOVQ and MASKMOVDQU: the bytes whose mask bit is set go to DS:(E)DI; each is checked before the first is written. */
const maskedStore: Family = vector((e) => {
  const mmx = e.shape.classes[0] === RegisterClass.Mmx
  const bytes = mmx ? 8 : 16
  const mask = registerPlace(e, 1)
  const data = registerPlace(e, 0)
  pushVector(e, mask, bytes)
  e.w.simd(Simd.i8x16_bitmask)
  const bits = e.pop()
  e.push(bits)
  e.when(() => {
    const offset = e.gpr(7, e.shape.addressSize)
    const linear = e.copy(e.linear(e.segment(), offset, bytes, true, true))
    const host = e.updatable(linear, bytes)
    throughState(e, [data], null, () => undefined)
    for (let i = 0; i < bytes; i++) {
      e.push(bits)
        .i32(1 << i)
        .op(Op.i32_and)
      e.when(() => {
        e.w
          .get(host)
          .get(data.base)
          .memory(Op.i32_load8_u, data.offset + i)
          .memory(Op.i32_store8, i)
      })
    }
    e.commit(host)
  })
  touchMmx(e)
})

/** MXCSR bits that may be set. */
const mxcsrMask = 0xffff

const ldmxcsr: Family = next((e) => {
  requireVector(e, VectorBlock.emulated | VectorBlock.switched | VectorBlock.unsaved)
  const value = e.read(0)
  e.push(value).i32(~mxcsrMask).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.GP), constant(0)))
  e.setCell(Layout.mxcsr, value)
  e.vectors.controlChanged()
})

const stmxcsr: Family = next((e) => {
  requireVector(e, VectorBlock.emulated | VectorBlock.switched | VectorBlock.unsaved)
  e.write(0, e.cell(Layout.mxcsr).pop())
})

const emms: Family = next((e) => {
  requireVector(e, VectorBlock.emulated | VectorBlock.switched)
  raisePending(e)
  enterMmx(e, 0xffff)
})

/** MOVNTI and MOVBE on general registers. */
const movnti: Family = next((e) => {
  e.write(0, e.read(1))
})

const movbe: Family = next((e) => {
  const value = e.copy(e.read(1))
  e.push(value).i32(8).op(Op.i32_rotl).i32(0x00ff_00ff).op(Op.i32_and)
  e.push(value)
    .i32(24)
    .op(Op.i32_rotl)
    .i32(0xff00_ff00 | 0)
    .op(Op.i32_and)
    .op(Op.i32_or)
  if (e.size === 2) e.i32(16).op(Op.i32_shr_u)
  e.write(0, e.pop())
})

/** Fences order nothing here: there is one processor, and no write waits. */
const fence: Family = next(() => undefined)

/** CLFLUSH reads its operand's byte as far as faults go. */
const clflush: Family = next((e) => {
  e.readable(e.memoryOperand(1, false), 1)
  e.op(Op.drop)
})

export const moves: readonly (readonly [number, Family])[] = [
  [Operation.Movaps, whole(false)],
  [Operation.Movapd, whole(false)],
  [Operation.Movdqa, whole(false)],
  [Operation.Movups, whole(true)],
  [Operation.Movupd, whole(true)],
  [Operation.Movdqu, whole(true)],
  [Operation.Lddqu, whole(true)],
  [Operation.Movntdqa, whole(false)],
  [Operation.Movss, scalar(4)],
  [Operation.MovsdSse, scalar(8)],
  [Operation.Movq, movq],
  [Operation.Movd, movd],
  [Operation.Movq2dq, between],
  [Operation.Movdq2q, between],
  [Operation.Movlps, half(0)],
  [Operation.Movlpd, half(0)],
  [Operation.Movhps, half(8)],
  [Operation.Movhpd, half(8)],
  [Operation.Movhlps, half(0, 8)],
  [Operation.Movlhps, half(8, 0)],
  [Operation.Movntps, stream(16)],
  [Operation.Movntpd, stream(16)],
  [Operation.Movntdq, stream(16)],
  [Operation.Movntq, stream(8)],
  [Operation.Movddup, duplicate(8, words(0, 1, 0, 1))],
  [Operation.Movsldup, duplicate(16, words(0, 0, 2, 2))],
  [Operation.Movshdup, duplicate(16, words(1, 1, 3, 3))],
  [Operation.Movmskps, signs(Simd.i32x4_bitmask)],
  [Operation.Movmskpd, signs(Simd.i64x2_bitmask)],
  [Operation.Pmovmskb, signs(Simd.i8x16_bitmask)],
  [Operation.Maskmovq, maskedStore],
  [Operation.Maskmovdqu, maskedStore],
  [Operation.Ldmxcsr, ldmxcsr],
  [Operation.Stmxcsr, stmxcsr],
  [Operation.Emms, emms],
  [Operation.Movnti, movnti],
  [Operation.Movbe, movbe],
  [Operation.Sfence, fence],
  [Operation.Lfence, fence],
  [Operation.Mfence, fence],
  [Operation.Clflush, clflush],
]
