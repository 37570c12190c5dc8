import { Op } from '../../wasm/opcodes.ts'
import type { Value } from '../value.ts'
import { next, type Family } from './family.ts'

export const mov: Family = next((e) => e.write(0, e.read(1)))

/** MOVZX and MOVSX: the source's size is operand 1's own. */
export const movzx: Family = next((e) => e.write(0, e.read(1)))
export const movsx: Family = next((e) => e.write(0, e.pushSigned(e.read(1), e.shape.sizes[1]!).pop()))

export const lea: Family = next((e) => e.write(0, e.offset()))

/** XCHG; with memory it is a locked read-modify-write. The memory operand is always operand 0 here. */
export const xchg: Family = next((e) => {
  const place = e.open(0)
  const old = e.copy(place.value)
  const source = e.copy(e.read(1))
  e.close(place, source)
  e.write(1, old)
})

/** CMOVcc: the source is read, and may fault, whatever the condition; the destination is always written. */
export const cmovcc: Family = next((e) => {
  const source = e.read(1)
  const old = e.read(0)
  e.push(source).push(old)
  e.flags.pushCondition(e.shape.variant)
  e.write(0, e.op(Op.select).pop())
})

export const setcc: Family = next((e) => {
  e.flags.pushCondition(e.shape.variant)
  e.write(0, e.pop())
})

/** BSWAP; on a 16-bit register the result is undefined and every processor gives zero. */
export const bswap: Family = next((e) => {
  const value = e.read(0)
  if (e.size === 2) return e.write(0, e.i32(0).pop())
  const half = (rotate: number, mask: number): void => {
    e.push(value).i32(rotate).op(Op.i32_rotl).i32(mask).op(Op.i32_and)
  }
  half(8, 0x00ff_00ff)
  half(24, 0xff00_ff00 | 0)
  e.write(0, e.op(Op.i32_or).pop())
})

/** XLAT: AL := [(E)BX + AL]. */
export const xlat: Family = next((e) => {
  const size = e.shape.addressSize
  e.push(e.gpr(3, size)).push(e.gpr(0, 1)).op(Op.i32_add)
  const offset = e.mask(size).pop()
  const linear = e.linear(e.segment(), offset, 1, false, e.shape.segmented)
  e.setGpr(0, 1, e.load(linear, 1))
})

/** CBW, CWDE: sign-extends the lower half of the accumulator. */
export const cbw: Family = next((e) => {
  const half = e.size / 2
  e.setGpr(0, e.size, e.pushSigned(e.gpr(0, half), half).pop())
})

/** CWD, CDQ: fills (E)DX with the accumulator's sign. */
export const cwd: Family = next((e) => {
  e.setGpr(2, e.size, e.pushSigned(e.gpr(0, e.size), e.size).i32(31).op(Op.i32_shr_s).pop())
})

export const nop: Family = next(() => {})

/** Segment register to register or memory; a 32-bit register gets the selector zero-extended. */
export const movFromSegment: Family = next((e) => {
  const selector: Value = e.selectorOf(e.registerNumber(1))
  e.write(0, selector)
})
