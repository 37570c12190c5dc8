import { Operation } from '@mica-vm/x86-decoder'
import type { X87Function } from '../../generated/x87.ts'
import { Op, ValueType } from '../../wasm/opcodes.ts'
import type { Emitter } from '../emitter.ts'
import type { Local } from '../../wasm/function-writer.ts'
import type { Value } from '../value.ts'
import { signatureOf, x87Slot } from '../x87-calls.ts'
import type { Family } from './family.ts'
import { callX87, control, numeric, position } from './x87-common.ts'
import { clearing, fldcw, fnstcw, fnstsw, loadEnvironment, saveEnvironment, wait } from './x87-environment.ts'
import {
  changeSign,
  copyTop,
  duplicate,
  exchange,
  floatParts,
  integerParts,
  pushRegister,
  storeFloat,
} from './x87-stack.ts'
import { copyToGuest } from './x87-state.ts'

// ---- memory operands ---------------------------------------------------------------------------------------------

/** Pushes the memory operand's bits: an i32 for 2 and 4 bytes, an i64 for 8. */
function readOperand(e: Emitter): () => void {
  const size = e.shape.sizes[0]!
  const linear = e.memoryOperand(size, false)
  if (size < 8) {
    const value = e.load(linear, size)
    return () => void e.push(value)
  }
  const wide = e.typed(ValueType.i64)
  e.readable(linear, 8)
  e.w.memory(Op.i64_load).set(wide)
  return () => void e.w.get(wide)
}

const letterOf = (size: number): string => (size === 8 ? 'l' : 'i')

/** FADD and its kind: two registers, a float in memory, or (FIADD ...) an integer in memory. */
function arithmetic(name: string, pop: number): Family {
  return numeric((e) => {
    if (!e.isMemory(0)) {
      return callX87(e, `f${name}` as X87Function, 'iiii>', () => {
        position(e, 0)
        position(e, 1)
        e.i32(pop)
      })
    }
    const size = e.shape.sizes[0]!
    const value = readOperand(e)
    callX87(e, `f${name}_f${size * 8}` as X87Function, `i${letterOf(size)}>`, value)
  })
}

function integerArithmetic(name: string): Family {
  return numeric((e) => {
    const value = readOperand(e)
    callX87(e, `fi${name}_i${e.shape.sizes[0]! * 8}` as X87Function, 'ii>', value)
  })
}

/** FCOM, FUCOM and FICOM with their pops. */
function compare(name: 'fcom' | 'fucom' | 'ficom', pops: number): Family {
  return numeric((e) => {
    const operands = e.shape.kinds.length
    if (operands === 0 || !e.isMemory(0)) {
      return callX87(e, name as X87Function, 'iii>', () => {
        if (operands === 0) e.i32(1)
        else position(e, operands - 1)
        e.i32(pops)
      })
    }
    const size = e.shape.sizes[0]!
    const value = readOperand(e)
    callX87(e, `${name}_${name === 'ficom' ? 'i' : 'f'}${size * 8}` as X87Function, `i${letterOf(size)}i>`, () => {
      value()
      e.i32(pops)
    })
  })
}

/** FCOMI and FUCOMI: ZF, PF and CF from the comparison, OF, SF and AF cleared. */
function compareToFlags(name: 'fcomi' | 'fucomi', pops: number): Family {
  return numeric((e) => {
    callX87(e, name, 'iii>i', () => {
      position(e, 1)
      e.i32(pops)
    })
    e.flags.load(e.pop())
  })
}

/** An integer operand as an i64 local. */
function asInteger(e: Emitter, size: number, push: () => void): Local {
  const value = e.typed(ValueType.i64)
  push()
  if (size === 2) e.op(Op.i32_extend16_s)
  if (size < 8) e.op(Op.i64_extend_i32_s)
  e.w.set(value)
  return value
}

/** A float operand as the bits of a double; a single's denormals and specials stay what they are not. */
function asDouble(e: Emitter, size: number, push: () => void): Local {
  const value = e.typed(ValueType.i64)
  push()
  if (size === 4) e.op(Op.f32_reinterpret_i32).op(Op.f64_promote_f32).op(Op.i64_reinterpret_f64)
  e.w.set(value)
  return value
}

/** FLD, FILD, FBLD. */
function load(prefix: 'fld_f' | 'fild_i'): Family {
  return numeric((e) => {
    if (!e.isMemory(0)) {
      const slow = (): void => callX87(e, 'fld_st', 'ii>', () => position(e, 0))
      return duplicate(e, e.registerNumber(0), slow)
    }
    const size = e.shape.sizes[0]!
    if (size === 10) return loadTenBytes(e, 'fld_f80')
    const value = readOperand(e)
    const slow = (): void => callX87(e, `${prefix}${size * 8}` as X87Function, `i${letterOf(size)}>`, value)
    const parts =
      prefix === 'fild_i' ? integerParts(e, asInteger(e, size, value)) : floatParts(e, asDouble(e, size, value), size)
    pushRegister(e, parts, slow)
  })
}

function loadTenBytes(e: Emitter, name: 'fld_f80' | 'fbld'): void {
  e.readable(e.memoryOperand(10, false), 10)
  const host = e.pop()
  callX87(e, name, 'ili>', () => {
    e.w.get(host).memory(Op.i64_load).get(host).memory(Op.i32_load16_u, 8)
  })
}

/** Whether a prepared store may proceed: an unmasked exception suppresses it. */
const unlessSuppressed = (e: Emitter, body: () => void): void => {
  e.cell(x87Suppressed).op(Op.i32_eqz)
  e.when(body)
}
const x87Suppressed = 0x4a8
const x87Staged = 0x4b0

/** FST, FIST, FISTTP, FBSTP: prepares the value, stores it, then lets status and stack change. */
function store(pop: number, names: Readonly<Record<number, X87Function>>): Family {
  return numeric((e) => {
    if (!e.isMemory(0)) {
      return copyTop(e, e.registerNumber(0), pop, () =>
        callX87(e, 'store_st', 'iii>', () => {
          position(e, 0)
          e.i32(pop)
        }),
      )
    }
    e.flags.settle()
    const size = e.shape.sizes[0]!
    const linear = e.copy(e.memoryOperand(size, true))
    const slow = (): void => {
      storePrepared(e, names[size]!, linear, size)
      callX87(e, 'commit_store', 'ii>', () => e.i32(pop))
    }
    if (names === floats && size !== 10) storeFloat(e, linear, size as 4 | 8, pop, slow)
    else slow()
  })
}

/** Stores the ten bytes that are staged, all or none. */
function storeExtended(e: Emitter, linear: Value): void {
  const host = e.updatable(linear, 10)
  e.w.get(host).get(e.cpu).memory(Op.i64_load, x87Staged).memory(Op.i64_store)
  const last = x87Staged + 8
  e.w.get(host).get(e.cpu).memory(Op.i32_load16_u, last).memory(Op.i32_store16, 8)
  e.commit(host)
}

function storePrepared(e: Emitter, name: X87Function, linear: Value, size: number): void {
  if (size === 10) {
    callX87(e, name, 'i>')
    return unlessSuppressed(e, () => storeExtended(e, linear))
  }
  if (size === 8) {
    const wide = e.typed(ValueType.i64)
    e.w.get(e.cpu).get(e.cpu)
    e.callTable(x87Slot(name), signatureOf('i>l'))
    e.w.tee(wide).memory(Op.i64_store, x87Staged)
    return unlessSuppressed(e, () => copyToGuest(e, linear, x87Staged, 8, 4))
  }
  callX87(e, name, 'i>i')
  const value = e.pop()
  unlessSuppressed(e, () => e.store(linear, size, value))
}

const floats = { 4: 'store_f32', 8: 'store_f64', 10: 'store_f80' } as const
const integers = { 2: 'store_i16', 4: 'store_i32', 8: 'store_i64' } as const
const truncated = { 2: 'truncate_i16', 4: 'truncate_i32', 8: 'truncate_i64' } as const

/** FCMOVcc by the EFLAGS condition `cc`. */
const move = (cc: number): Family =>
  numeric((e) => {
    callX87(e, 'fcmov', 'iii>', () => {
      position(e, 1)
      e.flags.pushCondition(cc)
    })
  })

const plain = (name: X87Function): Family => numeric((e) => callX87(e, name, 'i>'))
const onRegister = (name: X87Function, operand: number): Family =>
  numeric((e) => callX87(e, name, 'ii>', () => position(e, operand)))

/** FLD1 and FLDZ; `high` is the upper half of the significand. */
const constantOf = (name: X87Function, signExponent: number, high: number): Family =>
  numeric((e) => {
    const parts = { signExponent: () => void e.i32(signExponent), significand: () => void e.w.i64(0, high) }
    pushRegister(e, parts, () => callX87(e, name, 'i>'))
  })

const freeAndPop = numeric((e) => {
  callX87(e, 'ffree', 'ii>', () => position(e, 0))
  callX87(e, 'pop', 'i>')
})

/** The 8087's and 80287's own control instructions: later processors ignore them. */
const nothing = control(() => {})

/** Every x87 operation. */
export const x87Families: readonly (readonly [operation: number, family: Family])[] = [
  [Operation.Fadd, arithmetic('add', 0)],
  [Operation.Faddp, arithmetic('add', 1)],
  [Operation.Fiadd, integerArithmetic('add')],
  [Operation.Fmul, arithmetic('mul', 0)],
  [Operation.Fmulp, arithmetic('mul', 1)],
  [Operation.Fimul, integerArithmetic('mul')],
  [Operation.Fsub, arithmetic('sub', 0)],
  [Operation.Fsubp, arithmetic('sub', 1)],
  [Operation.Fisub, integerArithmetic('sub')],
  [Operation.Fsubr, arithmetic('subr', 0)],
  [Operation.Fsubrp, arithmetic('subr', 1)],
  [Operation.Fisubr, integerArithmetic('subr')],
  [Operation.Fdiv, arithmetic('div', 0)],
  [Operation.Fdivp, arithmetic('div', 1)],
  [Operation.Fidiv, integerArithmetic('div')],
  [Operation.Fdivr, arithmetic('divr', 0)],
  [Operation.Fdivrp, arithmetic('divr', 1)],
  [Operation.Fidivr, integerArithmetic('divr')],
  [Operation.Fcom, compare('fcom', 0)],
  [Operation.Fcomp, compare('fcom', 1)],
  [Operation.Fcompp, compare('fcom', 2)],
  [Operation.Fucom, compare('fucom', 0)],
  [Operation.Fucomp, compare('fucom', 1)],
  [Operation.Fucompp, compare('fucom', 2)],
  [Operation.Ficom, compare('ficom', 0)],
  [Operation.Ficomp, compare('ficom', 1)],
  [Operation.Fcomi, compareToFlags('fcomi', 0)],
  [Operation.Fcomip, compareToFlags('fcomi', 1)],
  [Operation.Fucomi, compareToFlags('fucomi', 0)],
  [Operation.Fucomip, compareToFlags('fucomi', 1)],
  [Operation.Fld, load('fld_f')],
  [Operation.Fild, load('fild_i')],
  [Operation.Fbld, numeric((e) => loadTenBytes(e, 'fbld'))],
  [Operation.Fst, store(0, floats)],
  [Operation.Fstp, store(1, floats)],
  [Operation.Fist, store(0, integers)],
  [Operation.Fistp, store(1, integers)],
  [Operation.Fisttp, store(1, truncated)],
  [Operation.Fbstp, store(1, { 10: 'store_bcd' })],
  [Operation.Fcmovb, move(2)],
  [Operation.Fcmovnb, move(3)],
  [Operation.Fcmove, move(4)],
  [Operation.Fcmovne, move(5)],
  [Operation.Fcmovbe, move(6)],
  [Operation.Fcmovnbe, move(7)],
  [Operation.Fcmovu, move(10)],
  [Operation.Fcmovnu, move(11)],
  ...(
    [
      ['Fldpi', 'fldpi'],
      ['Fldl2e', 'fldl2e'],
      ['Fldl2t', 'fldl2t'],
      ['Fldlg2', 'fldlg2'],
      ['Fldln2', 'fldln2'],
      ['Ftst', 'ftst'],
      ['Fxam', 'fxam'],
      ['Fsqrt', 'fsqrt'],
      ['Fscale', 'fscale'],
      ['Frndint', 'frndint'],
      ['Fxtract', 'fxtract'],
      ['Fprem', 'fprem'],
      ['Fprem1', 'fprem1'],
      ['F2xm1', 'f2xm1'],
      ['Fyl2x', 'fyl2x'],
      ['Fyl2xp1', 'fyl2xp1'],
      ['Fptan', 'fptan'],
      ['Fpatan', 'fpatan'],
      ['Fsin', 'fsin'],
      ['Fcos', 'fcos'],
      ['Fsincos', 'fsincos'],
      ['Fincstp', 'fincstp'],
      ['Fdecstp', 'fdecstp'],
    ] as const
  ).map(([operation, name]) => [Operation[operation], plain(name)] as const),
  [Operation.Fld1, constantOf('fld1', 0x3fff, -0x8000_0000)],
  [Operation.Fldz, constantOf('fldz', 0, 0)],
  [Operation.Fchs, numeric((e) => changeSign(e, Op.i32_xor, 0x8000, () => callX87(e, 'fchs', 'i>')))],
  [Operation.Fabs, numeric((e) => changeSign(e, Op.i32_and, 0x7fff, () => callX87(e, 'fabs', 'i>')))],
  [
    Operation.Fxch,
    numeric((e) => exchange(e, e.registerNumber(1), () => callX87(e, 'fxch', 'ii>', () => position(e, 1)))),
  ],
  [Operation.Ffree, onRegister('ffree', 0)],
  [Operation.Fstpnce, onRegister('fstpnce', 0)],
  [Operation.Ffreep, freeAndPop],
  [Operation.Fnop, numeric(() => {})],
  [Operation.Fneni, nothing],
  [Operation.Fndisi, nothing],
  [Operation.Fnsetpm, nothing],
  [Operation.Fnclex, clearing('fnclex')],
  [Operation.Fninit, clearing('fninit')],
  [Operation.Fldcw, fldcw],
  [Operation.Fnstcw, fnstcw],
  [Operation.Fnstsw, fnstsw],
  [Operation.Fnstenv, saveEnvironment('fnstenv', 'commit_fnstenv')],
  [Operation.Fnsave, saveEnvironment('fnsave', 'fninit')],
  [Operation.Fldenv, loadEnvironment('fldenv')],
  [Operation.Frstor, loadEnvironment('frstor')],
  [Operation.Wait, wait],
]
