// Every instruction under test: its text for the assembler (AT&T, memory operand "(%1)") and how the module is called for it.
import type { X87Exports } from '../../src/generated/x87.ts'
import { type OperandSource, anyOperands, belowOne, modest } from './cases.ts'

/** What a call sees: the module, the state's address, the bytes at the memory operand and their address, the flags before. */
export interface Call {
  x87: X87Exports
  cpu: number
  memory: DataView
  operand: number
  state: DataView
  flags: number
}

export interface Instruction {
  name: string
  assembly: string
  /** Returns the flags afterwards when the instruction writes them. */
  run: (call: Call) => number | void
  operands: OperandSource
  /** Distance from the CPU's own result that counts as equal, in units in the last place. */
  ulps: number
  /** Bytes of the memory operand that hold the harness's own addresses: first and one past last. */
  ignored: readonly [number, number]
}

type Run = Instruction['run']

const list: Instruction[] = []

function define(name: string, assembly: string, run: Run, operands: OperandSource = anyOperands, ulps = 0): void {
  list.push({ name, assembly, run, operands, ulps, ignored: [0, 0] })
}

const SUPPRESSED = 0x4a8
const STAGED = 0x4b0

function commit({ x87, cpu, state }: Call, pop: number, write: () => void): void {
  if (state.getUint32(SUPPRESSED, true) === 0) write()
  x87.commit_store(cpu, pop)
}

function defineArithmetic(): void {
  for (const name of ['add', 'sub', 'subr', 'mul', 'div', 'divr'] as const) {
    // AT&T swaps FSUB/FSUBR and FDIV/FDIVR where the destination is not ST(0); Intel syntax says what is meant.
    const intel = (text: string): string => `.intel_syntax noprefix\n\t${text}\n\t.att_syntax`
    define(`f${name} st0, st1`, intel(`f${name} st, st(1)`), ({ x87, cpu }) => x87[`f${name}`](cpu, 0, 1, 0))
    define(`f${name} st3, st0`, intel(`f${name} st(3), st`), ({ x87, cpu }) => x87[`f${name}`](cpu, 3, 0, 0))
    define(`f${name}p st1, st0`, intel(`f${name}p st(1), st`), ({ x87, cpu }) => x87[`f${name}`](cpu, 1, 0, 1))
    define(`f${name} m32`, `f${name}s (%1)`, ({ x87, cpu, memory }) =>
      x87[`f${name}_f32`](cpu, memory.getUint32(0, true)),
    )
    define(`f${name} m64`, `f${name}l (%1)`, ({ x87, cpu, memory }) =>
      x87[`f${name}_f64`](cpu, memory.getBigUint64(0, true)),
    )
    define(`fi${name} m16`, `fi${name}s (%1)`, ({ x87, cpu, memory }) =>
      x87[`fi${name}_i16`](cpu, memory.getUint16(0, true)),
    )
    define(`fi${name} m32`, `fi${name}l (%1)`, ({ x87, cpu, memory }) =>
      x87[`fi${name}_i32`](cpu, memory.getUint32(0, true)),
    )
  }
  define('fsqrt', 'fsqrt', ({ x87, cpu }) => x87.fsqrt(cpu))
}

function defineLoads(): void {
  define('fld m32', 'flds (%1)', ({ x87, cpu, memory }) => x87.fld_f32(cpu, memory.getUint32(0, true)))
  define('fld m64', 'fldl (%1)', ({ x87, cpu, memory }) => x87.fld_f64(cpu, memory.getBigUint64(0, true)))
  define('fld m80', 'fldt (%1)', ({ x87, cpu, memory }) =>
    x87.fld_f80(cpu, memory.getBigUint64(0, true), memory.getUint16(8, true)),
  )
  define('fld st3', 'fld %%st(3)', ({ x87, cpu }) => x87.fld_st(cpu, 3))
  define('fld st0', 'fld %%st(0)', ({ x87, cpu }) => x87.fld_st(cpu, 0))
  define('fild m16', 'filds (%1)', ({ x87, cpu, memory }) => x87.fild_i16(cpu, memory.getUint16(0, true)))
  define('fild m32', 'fildl (%1)', ({ x87, cpu, memory }) => x87.fild_i32(cpu, memory.getUint32(0, true)))
  define('fild m64', 'fildll (%1)', ({ x87, cpu, memory }) => x87.fild_i64(cpu, memory.getBigUint64(0, true)))
  define('fbld', 'fbld (%1)', ({ x87, cpu, memory }) =>
    x87.fbld(cpu, memory.getBigUint64(0, true), memory.getUint16(8, true)),
  )
  for (const name of ['fld1', 'fldz', 'fldpi', 'fldl2e', 'fldl2t', 'fldlg2', 'fldln2'] as const) {
    define(name, name, ({ x87, cpu }) => x87[name](cpu))
  }
  define('fxch st1', 'fxch %%st(1)', ({ x87, cpu }) => x87.fxch(cpu, 1))
  define('fxch st3', 'fxch %%st(3)', ({ x87, cpu }) => x87.fxch(cpu, 3))
  define('fcmovb st1', 'fcmovb %%st(1), %%st', ({ x87, cpu, flags }) => x87.fcmov(cpu, 1, flags & 1))
  define('fcmovne st3', 'fcmovne %%st(3), %%st', ({ x87, cpu, flags }) =>
    x87.fcmov(cpu, 3, (flags & 0x40) === 0 ? 1 : 0),
  )
}

function defineStores(): void {
  for (const [suffix, pop] of [
    ['', 0],
    ['p', 1],
  ] as const) {
    define(`fst${suffix} m32`, `fst${suffix}s (%1)`, (call) => {
      const bits = call.x87.store_f32(call.cpu)
      commit(call, pop, () => call.memory.setUint32(0, bits, true))
    })
    define(`fst${suffix} m64`, `fst${suffix}l (%1)`, (call) => {
      const bits = call.x87.store_f64(call.cpu)
      commit(call, pop, () => call.memory.setBigUint64(0, bits, true))
    })
    define(`fist${suffix} m16`, `fist${suffix}s (%1)`, (call) => {
      const value = call.x87.store_i16(call.cpu)
      commit(call, pop, () => call.memory.setInt16(0, value, true))
    })
    define(`fist${suffix} m32`, `fist${suffix}l (%1)`, (call) => {
      const value = call.x87.store_i32(call.cpu)
      commit(call, pop, () => call.memory.setInt32(0, value, true))
    })
    define(`fst${suffix} st3`, `fst${suffix} %%st(3)`, ({ x87, cpu }) => x87.store_st(cpu, 3, pop))
  }
  define('fistp m64', 'fistpll (%1)', (call) => {
    const value = call.x87.store_i64(call.cpu)
    commit(call, 1, () => call.memory.setBigInt64(0, value, true))
  })
  define('fstp st0', 'fstp %%st(0)', ({ x87, cpu }) => x87.store_st(cpu, 0, 1))
  defineTruncations()
  for (const [name, assembly, function_] of [
    ['fstp m80', 'fstpt (%1)', 'store_f80'],
    ['fbstp', 'fbstp (%1)', 'store_bcd'],
  ] as const) {
    define(name, assembly, (call) => {
      call.x87[function_](call.cpu)
      commit(call, 1, () => {
        call.memory.setBigUint64(0, call.state.getBigUint64(STAGED, true), true)
        call.memory.setUint16(8, call.state.getUint16(STAGED + 8, true), true)
      })
    })
  }
}

function defineTruncations(): void {
  define('fisttp m16', 'fisttps (%1)', (call) => {
    const value = call.x87.truncate_i16(call.cpu)
    commit(call, 1, () => call.memory.setInt16(0, value, true))
  })
  define('fisttp m32', 'fisttpl (%1)', (call) => {
    const value = call.x87.truncate_i32(call.cpu)
    commit(call, 1, () => call.memory.setInt32(0, value, true))
  })
  define('fisttp m64', 'fisttpll (%1)', (call) => {
    const value = call.x87.truncate_i64(call.cpu)
    commit(call, 1, () => call.memory.setBigInt64(0, value, true))
  })
}

function defineComparisons(): void {
  for (const name of ['fcom', 'fucom'] as const) {
    define(`${name} st1`, `${name} %%st(1)`, ({ x87, cpu }) => x87[name](cpu, 1, 0))
    define(`${name}p st3`, `${name}p %%st(3)`, ({ x87, cpu }) => x87[name](cpu, 3, 1))
    define(`${name}pp`, `${name}pp`, ({ x87, cpu }) => x87[name](cpu, 1, 2))
    const toFlags = `${name}i` as const
    define(`${toFlags} st1`, `${toFlags} %%st(1), %%st`, ({ x87, cpu }) => x87[toFlags](cpu, 1, 0))
    define(`${toFlags}p st1`, `${toFlags}p %%st(1), %%st`, ({ x87, cpu }) => x87[toFlags](cpu, 1, 1))
  }
  define('fcom m32', 'fcoms (%1)', ({ x87, cpu, memory }) => x87.fcom_f32(cpu, memory.getUint32(0, true), 0))
  define('fcomp m64', 'fcompl (%1)', ({ x87, cpu, memory }) => x87.fcom_f64(cpu, memory.getBigUint64(0, true), 1))
  define('ficom m16', 'ficoms (%1)', ({ x87, cpu, memory }) => x87.ficom_i16(cpu, memory.getUint16(0, true), 0))
  define('ficomp m32', 'ficompl (%1)', ({ x87, cpu, memory }) => x87.ficom_i32(cpu, memory.getUint32(0, true), 1))
  for (const name of ['ftst', 'fxam', 'fchs', 'fabs'] as const) define(name, name, ({ x87, cpu }) => x87[name](cpu))
}

function defineControl(): void {
  for (const name of ['fninit', 'fnclex', 'fincstp', 'fdecstp'] as const)
    define(name, name, ({ x87, cpu }) => x87[name](cpu))
  define('ffree st3', 'ffree %%st(3)', ({ x87, cpu }) => x87.ffree(cpu, 3))
  define('fldcw', 'fldcw (%1)', ({ x87, cpu, memory }) => x87.fldcw(cpu, memory.getUint16(0, true)))
  define('fnstcw', 'fnstcw (%1)', ({ x87, cpu, memory }) => memory.setUint16(0, x87.fnstcw(cpu), true))
  define('fnstsw', 'fnstsw (%1)', ({ x87, cpu, memory }) => memory.setUint16(0, x87.fnstsw(cpu), true))
}

function defineScaling(): void {
  for (const name of ['frndint', 'fscale', 'fxtract', 'fprem', 'fprem1'] as const)
    define(name, name, ({ x87, cpu }) => x87[name](cpu))
}

/** Stores of the environment contain pointers into the harness, which are left out of the comparison. */
function defineEnvironment(): void {
  const formats = [
    ['16', 'data16 ', 1, [6, 14]],
    ['32', '', 3, [12, 28]],
  ] as const
  for (const [name, prefix, format, ignored] of formats) {
    const storeEnvironment: Run = ({ x87, cpu, operand }) => {
      x87.fnstenv(cpu, operand, format)
      x87.commit_fnstenv(cpu)
    }
    const saveState: Run = ({ x87, cpu, operand }) => {
      x87.fnsave(cpu, operand, format)
      x87.fninit(cpu)
    }
    list.push({
      name: `fnstenv ${name}`,
      assembly: `${prefix}fnstenv (%1)`,
      run: storeEnvironment,
      operands: anyOperands,
      ulps: 0,
      ignored,
    })
    list.push({
      name: `fnsave ${name}`,
      assembly: `${prefix}fnsave (%1)`,
      run: saveState,
      operands: anyOperands,
      ulps: 0,
      ignored,
    })
    define(`fldenv ${name}`, `${prefix}fldenv (%1)`, ({ x87, cpu, operand }) => x87.fldenv(cpu, operand, format))
    define(`frstor ${name}`, `${prefix}frstor (%1)`, ({ x87, cpu, operand }) => x87.frstor(cpu, operand, format))
  }
  const save: Run = ({ x87, cpu, operand }) => x87.fxsave(cpu, operand, 1)
  list.push({
    name: 'fxsave',
    assembly: 'fxsave64 (%1)\n\tmovq $0, 24(%1)',
    run: save,
    operands: anyOperands,
    ulps: 0,
    ignored: [6, 32],
  })
  define('fxrstor', 'movq $0, 24(%1)\n\tfxrstor64 (%1)', ({ x87, cpu, operand, memory }) => {
    memory.setBigUint64(24, 0n, true)
    x87.fxrstor(cpu, operand, 1)
  })
}

function defineTranscendentals(): void {
  const names = ['f2xm1', 'fyl2x', 'fyl2xp1', 'fpatan', 'fsin', 'fcos', 'fsincos', 'fptan'] as const
  for (const name of names)
    define(name, name, ({ x87, cpu }) => x87[name](cpu), name === 'f2xm1' ? belowOne : modest, 1)
}

const [carry, parity, zero] = [0x01, 0x04, 0x40]

/** The other conditions of FCMOVcc. */
function defineMoves(): void {
  for (const [name, mask, wanted] of [
    ['e', zero, true],
    ['be', carry | zero, true],
    ['u', parity, true],
    ['nb', carry, false],
    ['nbe', carry | zero, false],
    ['nu', parity, false],
  ] as const) {
    define(`fcmov${name} st1`, `fcmov${name} %%st(1), %%st`, ({ x87, cpu, flags }) =>
      x87.fcmov(cpu, 1, ((flags & mask) !== 0) === wanted ? 1 : 0),
    )
  }
}

/** Second encodings, which assemblers do not use, and what does nothing since the 387. SDM vol. 2, appendix A; AMD APM vol. 3. */
function defineAliases(): void {
  const bytes = (...code: number[]): string => `.byte ${code.join(', ')}`
  define('fcom st1 (dc)', bytes(0xdc, 0xd1), ({ x87, cpu }) => x87.fcom(cpu, 1, 0))
  define('fcomp st3 (dc)', bytes(0xdc, 0xdb), ({ x87, cpu }) => x87.fcom(cpu, 3, 1))
  define('fcomp st3 (de)', bytes(0xde, 0xd3), ({ x87, cpu }) => x87.fcom(cpu, 3, 1))
  define('fxch st1 (dd)', bytes(0xdd, 0xc9), ({ x87, cpu }) => x87.fxch(cpu, 1))
  define('fxch st3 (df)', bytes(0xdf, 0xcb), ({ x87, cpu }) => x87.fxch(cpu, 3))
  define('fstpnce st3', bytes(0xd9, 0xdb), ({ x87, cpu }) => x87.fstpnce(cpu, 3))
  define('fstp st3 (df d0)', bytes(0xdf, 0xd3), ({ x87, cpu }) => x87.store_st(cpu, 3, 1))
  define('fstp st3 (df d8)', bytes(0xdf, 0xdb), ({ x87, cpu }) => x87.store_st(cpu, 3, 1))
  define('ffreep st3', bytes(0xdf, 0xc3), ({ x87, cpu }) => {
    x87.ffree(cpu, 3)
    x87.pop(cpu)
  })
  for (const [name, code] of [
    ['fnop', [0xd9, 0xd0]],
    ['fneni', [0xdb, 0xe0]],
    ['fndisi', [0xdb, 0xe1]],
    ['fnsetpm', [0xdb, 0xe4]],
    ['wait', [0x9b]],
  ] as const)
    define(name, bytes(...code), () => undefined)
  define('fcomp m32', 'fcomps (%1)', ({ x87, cpu, memory }) => x87.fcom_f32(cpu, memory.getUint32(0, true), 1))
  define('fcom m64', 'fcoml (%1)', ({ x87, cpu, memory }) => x87.fcom_f64(cpu, memory.getBigUint64(0, true), 0))
  define('ficom m32', 'ficoml (%1)', ({ x87, cpu, memory }) => x87.ficom_i32(cpu, memory.getUint32(0, true), 0))
  define('ficomp m16', 'ficomps (%1)', ({ x87, cpu, memory }) => x87.ficom_i16(cpu, memory.getUint16(0, true), 1))
  const storeStatus: Run = ({ x87, cpu, memory }) => memory.setUint16(0, x87.fnstsw(cpu), true)
  define('fnstsw ax', 'fnstsw %%ax\n\tmovw %%ax, (%1)', storeStatus)
}

defineArithmetic()
defineLoads()
defineStores()
defineComparisons()
defineControl()
defineScaling()
defineEnvironment()
defineTranscendentals()
defineMoves()
defineAliases()

export const instructions: readonly Instruction[] = list
