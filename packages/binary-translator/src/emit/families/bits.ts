import { OperandKind } from '@mica-vm/x86-decoder'
import { Op } from '../../wasm/opcodes.ts'
import type { Emitter, Place } from '../emitter.ts'
import type { Value } from '../value.ts'
import { next, type Family } from './family.ts'

type Change = (e: Emitter, a: Value, mask: Value) => void

const setBit: Change = (e, a, mask) => void e.push(a).push(mask).op(Op.i32_or)
const resetBit: Change = (e, a, mask) => void e.push(a).push(mask).i32(-1).op(Op.i32_xor).op(Op.i32_and)
const complementBit: Change = (e, a, mask) => void e.push(a).push(mask).op(Op.i32_xor)

/**
 * Linear address of the operand that holds bit `index` of a bit string in memory: a register index is signed and
 * reaches beyond the operand. SDM vol. 1, section 3.1.1.9.
 */
function bitStringAddress(e: Emitter, index: Value, write: boolean): Value {
  const size = e.size
  const shift = size === 4 ? 5 : 4
  e.push(e.offset()).pushSigned(index, size).i32(shift).op(Op.i32_shr_s).i32(size).op(Op.i32_mul).op(Op.i32_add)
  const offset = e.mask(e.shape.addressSize).pop()
  return e.linear(e.segment(), offset, size, write, e.shape.segmented)
}

/** BT, BTS, BTR, BTC: CF := the bit, then the bit is changed. */
function bitTest(change: Change | null): Family {
  return next((e) => {
    const index = e.read(1)
    const { value, place } = openBit(e, index, change !== null)
    const n = e
      .push(index)
      .i32(e.size * 8 - 1)
      .op(Op.i32_and)
      .pop()
    const cf = e.push(value).push(n).op(Op.i32_shr_u).i32(1).op(Op.i32_and).pop()
    if (change && place) {
      const mask = e.i32(1).push(n).op(Op.i32_shl).pop()
      change(e, value, mask)
      const changed = e.pop()
      if (place.host === undefined) e.close(place, changed)
      else e.closeAt(place, changed, e.size)
    }
    e.flags.carryOnly(cf)
  })
}

function openBit(e: Emitter, index: Value, write: boolean): { value: Value; place?: Place } {
  const string = e.isMemory(0) && e.shape.kinds[1] === OperandKind.Register
  if (!write) return { value: string ? e.load(bitStringAddress(e, index, false), e.size) : e.read(0) }
  const place = string ? e.openAt(bitStringAddress(e, index, true), e.size) : e.open(0)
  return { value: place.value, place }
}

export const bt: Family = bitTest(null)
export const bts: Family = bitTest(setBit)
export const btr: Family = bitTest(resetBit)
export const btc: Family = bitTest(complementBit)

/** BSF and BSR: a zero source sets ZF and leaves the destination alone, as every processor does. */
function scan(pushIndex: (e: Emitter, source: Value) => void): Family {
  return next((e) => {
    const source = e.copy(e.read(1))
    const old = e.read(0)
    pushIndex(e, source)
    const r = e.push(old).push(source).op(Op.select).pop()
    e.flags.logic(e.size, source)
    e.write(0, r)
  })
}

export const bsf: Family = scan((e, source) => void e.push(source).op(Op.i32_ctz))
export const bsr: Family = scan((e, source) => void e.i32(31).push(source).op(Op.i32_clz).op(Op.i32_sub))

/** LZCNT: leading zeros; CF tells a zero source, ZF a zero result. */
export const lzcnt: Family = next((e) => {
  const source = e.copy(e.read(1))
  e.push(source).op(Op.i32_clz)
  if (e.size === 2) e.i32(16).op(Op.i32_sub)
  const r = e.pop()
  e.push(source).op(Op.i32_eqz)
  e.push(r).op(Op.i32_eqz).i32(6).op(Op.i32_shl).op(Op.i32_or)
  e.flags.load(e.pop())
  e.write(0, r)
})

export const popcnt: Family = next((e) => {
  const source = e.read(1)
  const r = e.push(source).op(Op.i32_popcnt).pop()
  // ZF tells a zero source; all other flags are cleared.
  e.flags.load(e.push(source).op(Op.i32_eqz).i32(6).op(Op.i32_shl).pop())
  e.write(0, r)
})
