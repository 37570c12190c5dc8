import { Op } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import { constant, type Value } from '../value.ts'
import { next, type Family } from './family.ts'

/** ADD, OR, AND, SUB, XOR and their like: destination := destination op source. */
function binary(opcode: Op, flags: 'add' | 'sub' | 'logic'): Family {
  return next((e) => {
    const source = e.isMemory(1) ? e.read(1) : null
    const place = e.open(0)
    const b = source ?? e.read(1)
    const r = e.push(place.value).push(b).op(opcode).pop()
    setFlags(e, flags, place.value, b, r)
    e.close(place, r)
  })
}

/** CMP and TEST: the flags of a binary operation, and nothing else. */
function compare(opcode: Op, flags: 'sub' | 'logic'): Family {
  return next((e) => {
    const a = e.read(0)
    const b = e.read(1)
    const r = e.push(a).push(b).op(opcode).pop()
    setFlags(e, flags, a, b, r)
  })
}

/** ADC and SBB. */
function withCarry(opcode: Op, flags: 'add' | 'sub'): Family {
  return next((e) => {
    const source = e.isMemory(1) ? e.read(1) : null
    const place = e.open(0)
    const b = source ?? e.read(1)
    e.push(place.value).push(b).op(opcode)
    e.flags.pushCarry()
    const r = e.op(opcode).pop()
    // At once: conditions must not be taken from a and b, which are not all that r is made of.
    setFlags(e, flags, place.value, b, r)
    e.flags.settle()
    e.close(place, r)
  })
}

function setFlags(e: Emitter, kind: 'add' | 'sub' | 'logic', a: Value, b: Value, r: Value): void {
  if (kind === 'logic') e.flags.logic(e.size, r)
  else e.flags[kind](e.size, a, b, r)
}

/** INC and DEC leave CF alone. */
function step(kind: 'inc' | 'dec'): Family {
  return next((e) => {
    const place = e.open(0)
    const r = e
      .push(place.value)
      .i32(1)
      .op(kind === 'inc' ? Op.i32_add : Op.i32_sub)
      .pop()
    e.flags.step(kind, e.size, r)
    e.close(place, r)
  })
}

export const add: Family = binary(Op.i32_add, 'add')
export const or: Family = binary(Op.i32_or, 'logic')
export const and: Family = binary(Op.i32_and, 'logic')
export const sub: Family = binary(Op.i32_sub, 'sub')
export const xor: Family = binary(Op.i32_xor, 'logic')
export const adc: Family = withCarry(Op.i32_add, 'add')
export const sbb: Family = withCarry(Op.i32_sub, 'sub')
export const cmp: Family = compare(Op.i32_sub, 'sub')
export const test: Family = compare(Op.i32_and, 'logic')
export const inc: Family = step('inc')
export const dec: Family = step('dec')

export const neg: Family = next((e) => {
  const place = e.open(0)
  const r = e.i32(0).push(place.value).op(Op.i32_sub).pop()
  e.flags.sub(e.size, constant(0), place.value, r)
  e.close(place, r)
})

export const not: Family = next((e) => {
  const place = e.open(0)
  e.close(place, e.push(place.value).i32(-1).op(Op.i32_xor).pop())
})

/** XADD: the sum goes to the destination, the old destination to the source. */
export const xadd: Family = next((e) => {
  const place = e.open(0)
  const a = e.copy(place.value)
  const b = e.read(1)
  const r = e.push(a).push(b).op(Op.i32_add).pop()
  e.flags.add(e.size, a, b, r)
  e.write(1, a)
  e.close(place, r)
})

/** CMPXCHG: compares the accumulator; the destination is always written, as on hardware. */
export const cmpxchg: Family = next((e) => {
  const place = e.open(0)
  const old = e.copy(place.value)
  const accumulator = e.copy(e.gpr(0, e.size))
  const source = e.copy(e.read(1))
  const r = e.push(accumulator).push(old).op(Op.i32_sub).pop()
  e.flags.sub(e.size, accumulator, old, r)
  const equal = e.push(accumulator).push(old).op(Op.i32_eq).pop()
  e.setGpr(0, e.size, e.push(accumulator).push(old).push(equal).op(Op.select).pop())
  e.close(place, e.push(source).push(old).push(equal).op(Op.select).pop())
})

/** CMPXCHG8B: EDX:EAX against eight bytes of memory. */
export const cmpxchg8b: Family = next((e) => {
  const linear = e.copy(e.memoryOperand(8, true))
  const host = e.updatable(linear, 8)
  const half = (offset: number): Value => {
    e.w.get(host).memory(Op.i32_load, offset)
    return e.pop()
  }
  const low = half(0)
  const high = half(4)
  const gpr = (n: number): Value => e.copy(e.gpr(n, 4))
  const [eax, ecx, edx, ebx] = [gpr(0), gpr(1), gpr(2), gpr(3)]
  e.push(low).push(eax!).op(Op.i32_eq).push(high).push(edx!).op(Op.i32_eq)
  const equal = e.op(Op.i32_and).pop()
  e.flags.zeroOnly(equal)
  const choose = (yes: Value, no: Value): Value => e.push(yes).push(no).push(equal).op(Op.select).pop()
  const put = (offset: number, value: Value): void => {
    e.w.get(host)
    e.push(value).w.memory(Op.i32_store, offset)
  }
  put(0, choose(ebx!, low))
  put(4, choose(ecx!, high))
  e.commit(host)
  e.setGpr(0, 4, choose(eax!, low))
  e.setGpr(2, 4, choose(edx!, high))
})
