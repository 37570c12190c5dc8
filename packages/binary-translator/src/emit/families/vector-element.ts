import { Operation } from '@mica-vm/x86-decoder'
import { Op, Simd } from '../../wasm/opcodes.ts'
import { Layout } from '../../state/layout.ts'
import type { Emitter } from '../emitter.ts'
import { sseSlot } from '../sse-calls.ts'
import { signatureOf } from '../x87-calls.ts'
import { storeOf, loadOf } from '../access-emitter.ts'
import { next, type Family } from './family.ts'
import {
  type Place,
  callHelper,
  pushImmediate,
  pushVector,
  registerPlace,
  setVector,
  source,
  touchMmx,
  vector,
  widthOf,
} from './vector-common.ts'

const whole = Simd.i32x4_extract_lane
const extractLane = { 1: Simd.i8x16_extract_lane_u, 2: Simd.i16x8_extract_lane_u, 4: whole } as const
const replaceLane = { 1: Simd.i8x16_replace_lane, 2: Simd.i16x8_replace_lane, 4: Simd.i32x4_replace_lane } as const

/** The number of the element that the immediate names, in a register that lives in a local. */
const immediateLane = (e: Emitter, size: number): number => {
  const immediate = e.immediate()
  return typeof immediate === 'number' ? 0 : immediate.constant & (16 / size - 1)
}

/** Pushes the address, less `offset`, of the element of `size` bytes that the immediate names in `width` bytes. */
function pushElement(e: Emitter, { base }: Place, size: number, width: number): void {
  pushImmediate(e)
  e.i32(width / size - 1).op(Op.i32_and)
  if (size > 1) e.i32(Math.log2(size)).op(Op.i32_shl)
  e.w.get(base).op(Op.i32_add)
}

/** PINSRx: the low bytes of a general register, or memory. */
const insert = (size: 1 | 2 | 4): Family =>
  vector((e) => {
    const value = e.isMemory(1) ? e.load(e.memoryOperand(size, false), size) : e.read(1)
    const to = registerPlace(e, 0)
    if (to.register !== undefined) {
      setVector(e, to, 16, () => {
        pushVector(e, to, 16)
        e.push(value).w.simd(replaceLane[size], immediateLane(e, size))
      })
      return
    }
    pushElement(e, to, size, widthOf(e))
    e.push(value).w.memory(storeOf(size), to.offset)
    touchMmx(e, to)
  })

/** PEXTRx: zero-extended to a register, or to memory as it is. */
const extract = (size: 1 | 2 | 4): Family =>
  vector((e) => {
    const from = registerPlace(e, 1)
    if (from.register !== undefined) {
      pushVector(e, from, 16)
      e.w.simd(extractLane[size], immediateLane(e, size))
    } else {
      pushElement(e, from, size, widthOf(e, 1))
      e.w.memory(loadOf(size), from.offset)
    }
    const value = e.pop()
    if (e.isMemory(0)) e.store(e.memoryOperand(size, true), size, value)
    else e.write(0, value)
    touchMmx(e)
  })

const insertSingle = vector((e) => {
  const memory = e.isMemory(1)
  const from = source(e, 1, 4)
  const to = registerPlace(e, 0)
  const x = (): void => {
    pushImmediate(e)
    e.i32(8).op(Op.i32_shl)
    e.i32(memory ? 0 : 16).op(Op.i32_or)
  }
  callHelper(e, 'insertps', to, from, x, true)
  e.op(Op.drop)
})

/** PTEST: ZF tells that no common bit is set, CF that the destination covers the source. */
const test = vector((e) => {
  const from = source(e, 1, 16)
  const to = registerPlace(e, 0)
  const none = (opcode: typeof Simd.v128_and | typeof Simd.v128_andnot): void => {
    pushVector(e, from, 16)
    pushVector(e, to, 16)
    e.w.simd(opcode).simd(Simd.v128_any_true)
    e.op(Op.i32_eqz)
  }
  none(Simd.v128_and)
  e.i32(6).op(Op.i32_shl)
  none(Simd.v128_andnot)
  e.op(Op.i32_or)
  e.flags.load(e.pop())
})

/** PCMPxSTRx; EAX and EDX, the explicit lengths, are handed over in the state block. */
const stringCompare = (explicit: boolean, mask: boolean): Family =>
  vector((e) => {
    const from = source(e, 1, 16, true)
    e.setCell(Layout.scratch, e.gpr(0, 4))
    e.setCell(Layout.scratch + 4, e.gpr(2, 4))
    const x = (): void => {
      pushImmediate(e)
      e.i32((explicit ? 0x100 : 0) | (mask ? 0x200 : 0)).op(Op.i32_or)
    }
    callHelper(e, 'stringCompare', registerPlace(e, 0), from, x, true)
    if (mask) e.vectors.reload(0)
    const answer = e.pop()
    if (!mask) e.setGpr(1, 4, e.push(answer).i32(16).op(Op.i32_shr_u).pop())
    e.flags.load(e.push(answer).i32(0xffff).op(Op.i32_and).pop())
  })

const crc32: Family = next((e) => {
  const value = e.read(1)
  e.w.get(e.cpu)
  e.push(e.read(0)).push(value).i32(e.shape.sizes[1]!)
  e.callTable(sseSlot('crc32'), signatureOf('iiii>i'))
  e.write(0, e.pop())
})

export const elements: readonly (readonly [number, Family])[] = [
  [Operation.Pinsrb, insert(1)],
  [Operation.Pinsrw, insert(2)],
  [Operation.Pinsrd, insert(4)],
  [Operation.Pextrb, extract(1)],
  [Operation.Pextrw, extract(2)],
  [Operation.Pextrd, extract(4)],
  [Operation.Extractps, extract(4)],
  [Operation.Insertps, insertSingle],
  [Operation.Ptest, test],
  [Operation.Pcmpestri, stringCompare(true, false)],
  [Operation.Pcmpestrm, stringCompare(true, true)],
  [Operation.Pcmpistri, stringCompare(false, false)],
  [Operation.Pcmpistrm, stringCompare(false, true)],
  [Operation.Crc32, crc32],
]
