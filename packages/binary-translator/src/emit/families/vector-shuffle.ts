import { Operation } from '@mica-vm/x86-decoder'
import type { SseFunction } from '../../generated/sse.ts'
import { Op, Simd } from '../../wasm/opcodes.ts'
import type { Family } from './family.ts'
import {
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

/**
 * Where each of the result's bytes comes from for an immediate: 0 to 15 the destination's, 16 to 31 the source's; null
 * where a byte is zero.
 */
type Choice = (immediate: number) => number[] | null

/** `count` elements of `bytes` bytes; element `i` is the one that `pick` names, counted over both operands. */
function elements(bytes: number, count: number, pick: (i: number) => number): number[] {
  const list: number[] = []
  for (let i = 0; i < count; i++) for (let j = 0; j < bytes; j++) list.push(pick(i) * bytes + j)
  return list
}

const twoBits = (immediate: number, i: number): number => (immediate >> (2 * i)) & 3

const doublewords: Choice = (immediate) => elements(4, 4, (i) => 4 + twoBits(immediate, i))
const lowWords: Choice = (immediate) => elements(2, 8, (i) => 8 + (i < 4 ? twoBits(immediate, i) : i))
const highWords: Choice = (immediate) => elements(2, 8, (i) => 8 + (i < 4 ? i : 4 + twoBits(immediate, i - 4)))
const singles: Choice = (immediate) => elements(4, 4, (i) => (i < 2 ? 0 : 4) + twoBits(immediate, i))
const doubles: Choice = (immediate) => elements(8, 2, (i) => 2 * i + ((immediate >> i) & 1))
/** The source is the lower half of what is shifted. */
const aligned: Choice = (immediate) => (immediate > 16 ? null : elements(1, 16, (i) => (i + immediate + 16) & 31))
const never: Choice = () => null

/** A shuffle by an immediate: one WebAssembly instruction where it is known now, else the function `name`. */
const shuffle = (name: SseFunction, choice: Choice): Family =>
  vector((e) => {
    const size = widthOf(e)
    const from = source(e, 1, size)
    const to = registerPlace(e, 0)
    const immediate = e.immediate()
    const bytes = typeof immediate === 'number' || size === 8 ? null : choice(immediate.constant & 0xff)
    if (bytes) {
      setVector(e, to, 16, () => {
        pushVector(e, to, 16)
        pushVector(e, from, 16)
        e.w.simdBytes(Simd.i8x16_shuffle, bytes)
      })
    } else {
      callHelper(e, name, to, from, () => {
        pushImmediate(e)
        e.i32(8).op(Op.i32_shl).i32(size).op(Op.i32_or)
      })
    }
    touchMmx(e, to)
  })

export const shuffles: readonly (readonly [number, Family])[] = [
  [Operation.Pshufw, shuffle('pshufw', never)],
  [Operation.Pshufd, shuffle('pshufd', doublewords)],
  [Operation.Pshuflw, shuffle('pshuflw', lowWords)],
  [Operation.Pshufhw, shuffle('pshufhw', highWords)],
  [Operation.Shufps, shuffle('shufps', singles)],
  [Operation.Shufpd, shuffle('shufpd', doubles)],
  [Operation.Palignr, shuffle('palignr', aligned)],
]
