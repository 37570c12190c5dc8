import type { Row } from './row.ts'

/** Condition codes of the status word: C1 tells rounding or stack overflow, the others are left undefined. */
const RESULT = 'w=1 u=023 cpu=FPU'
const COMPARISON = 'a=r c=1 w=023 cpu=FPU'
const COMPARISON_TO_FLAGS = 'a=r c=osa1 w=zpc cpu=PPRO'

const ARITHMETIC: readonly string[] = ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr']

function compares(name: string): boolean {
  return name.includes('com')
}

/** FCOMP pops ST(0). */
function pops(name: string): string {
  return name.endsWith('mp') ? ' fp=1' : ''
}

/** The eight operations on ST0 and memory: floats, or integers (`fi...`). */
function memoryArithmetic(opcode: string, operand: string, integer: boolean): Row[] {
  return ARITHMETIC.map((name, digit): Row => [
    `${opcode} /${digit} m`,
    integer ? name.replace('f', 'fi') : name,
    operand,
    `${compares(name) ? `${COMPARISON} i=rST0` : `a=r ${RESULT} i=xST0`}${pops(name)}`,
  ])
}

function registerArithmetic(): Row[] {
  return ARITHMETIC.map((name, digit): Row => [
    `D8 /${digit} r`, name, 'ST0 STi', (compares(name) ? COMPARISON : RESULT) + pops(name),
  ])
}

/** DC and DE write STi: there subtraction and division stand in the other order than in D8. */
const REVERSED: readonly (readonly [digit: number, name: string])[] = [
  [0, 'fadd'], [1, 'fmul'], [4, 'fsubr'], [5, 'fsub'], [6, 'fdivr'], [7, 'fdiv'],
]

function targetArithmetic(): Row[] {
  return REVERSED.flatMap(([digit, name]): Row[] => [
    [`DC /${digit} r`, name, 'STi ST0', RESULT],
    [`DE /${digit} r`, `${name}p`, 'STi ST0', `${RESULT} fp=1`],
  ])
}

/** Opcodes D9 with a fixed second byte: no explicit operand. */
const D9_FIXED: readonly (readonly [modrm: string, name: string, attributes: string])[] = [
  ['D0', 'fnop', 'cpu=FPU'],
  ['E0', 'fchs', 'c=1 u=023 cpu=FPU i=xST0'],
  ['E1', 'fabs', 'c=1 u=023 cpu=FPU i=xST0'],
  ['E4', 'ftst', 'c=1 w=023 cpu=FPU i=rST0'],
  ['E5', 'fxam', 'w=0123 cpu=FPU i=rST0'],
  ['E8', 'fld1', `${RESULT} fp=-1`],
  ['E9', 'fldl2t', `${RESULT} fp=-1`],
  ['EA', 'fldl2e', `${RESULT} fp=-1`],
  ['EB', 'fldpi', `${RESULT} fp=-1`],
  ['EC', 'fldlg2', `${RESULT} fp=-1`],
  ['ED', 'fldln2', `${RESULT} fp=-1`],
  ['EE', 'fldz', `${RESULT} fp=-1`],
  ['F0', 'f2xm1', `${RESULT} i=xST0`],
  ['F1', 'fyl2x', `${RESULT} i=rST0,xST1 fp=1`],
  ['F2', 'fptan', 'w=12 u=03 cpu=FPU i=yST0 fp=-1'],
  ['F3', 'fpatan', `${RESULT} i=rST0,xST1 fp=1`],
  ['F4', 'fxtract', `${RESULT} i=xST0 fp=-1`],
  ['F5', 'fprem1', 'w=0123 cpu=387 i=xST0,rST1'],
  ['F6', 'fdecstp', 'c=1 u=023 cpu=FPU fp=-1'],
  ['F7', 'fincstp', 'c=1 u=023 cpu=FPU fp=1'],
  ['F8', 'fprem', 'w=0123 cpu=FPU i=xST0,rST1'],
  ['F9', 'fyl2xp1', `${RESULT} i=rST0,xST1 fp=1`],
  ['FA', 'fsqrt', `${RESULT} i=xST0`],
  ['FB', 'fsincos', 'w=12 u=03 cpu=387 i=yST0 fp=-1'],
  ['FC', 'frndint', `${RESULT} i=xST0`],
  ['FD', 'fscale', `${RESULT} i=xST0,rST1`],
  ['FE', 'fsin', 'w=12 u=03 cpu=387 i=yST0'],
  ['FF', 'fcos', 'w=12 u=03 cpu=387 i=yST0'],
]

const MOVES: readonly Row[] = [
  ['D9 /0 m', 'fld', 'Md', `a=r ${RESULT} fp=-1`],
  ['D9 /2 m', 'fst', 'Md', `a=w ${RESULT} i=rST0`],
  ['D9 /3 m', 'fstp', 'Md', `a=w ${RESULT} i=rST0 fp=1`],
  ['D9 /4 m', 'fldenv', 'Me', 'a=r w=0123 cpu=FPU'],
  ['D9 /5 m', 'fldcw', 'Mw', 'a=r u=0123 cpu=FPU'],
  ['D9 /6 m', 'fnstenv', 'Me', 'a=w r=0123 u=0123 cpu=FPU sens=pointer'],
  ['D9 /7 m', 'fnstcw', 'Mw', 'a=w u=0123 cpu=FPU'],
  ['D9 /0 r', 'fld', 'STi', `a=r ${RESULT} fp=-1`],
  ['D9 /1 r', 'fxch', 'ST0 STi', 'a=xx c=1 u=023 cpu=FPU'],
  ['D9 /3 r', 'fstpnce', 'STi', `a=w ${RESULT} i=rST0 fp=1`],
  ['DB /0 m', 'fild', 'Md', `a=r ${RESULT} fp=-1`],
  ['DB /1 m', 'fisttp', 'Md', 'a=w c=1 u=023 cpu=SSE3 i=rST0 fp=1'],
  ['DB /2 m', 'fist', 'Md', `a=w ${RESULT} i=rST0`],
  ['DB /3 m', 'fistp', 'Md', `a=w ${RESULT} i=rST0 fp=1`],
  ['DB /5 m', 'fld', 'Mt', `a=r ${RESULT} fp=-1`],
  ['DB /7 m', 'fstp', 'Mt', `a=w ${RESULT} i=rST0 fp=1`],
  ['DD /0 m', 'fld', 'Mq', `a=r ${RESULT} fp=-1`],
  ['DD /1 m', 'fisttp', 'Mq', 'a=w c=1 u=023 cpu=SSE3 i=rST0 fp=1'],
  ['DD /2 m', 'fst', 'Mq', `a=w ${RESULT} i=rST0`],
  ['DD /3 m', 'fstp', 'Mq', `a=w ${RESULT} i=rST0 fp=1`],
  ['DD /4 m', 'frstor', 'Mg', 'a=r w=0123 cpu=FPU i=wST0-7,wMM0-7'],
  ['DD /6 m', 'fnsave', 'Mg', 'a=w r=0123 c=0123 cpu=FPU sens=pointer i=rST0-7,rMM0-7'],
  ['DD /7 m', 'fnstsw', 'Mw', 'a=w r=0123 u=0123 cpu=FPU'],
  ['DD /0 r', 'ffree', 'STi', 'a=n u=0123 cpu=FPU'],
  ['DD /1 r', 'fxch', 'ST0 STi', 'a=xx c=1 u=023 cpu=FPU'],
  ['DD /2 r', 'fst', 'STi', `a=w ${RESULT} i=rST0`],
  ['DD /3 r', 'fstp', 'STi', `a=w ${RESULT} i=rST0 fp=1`],
  ['DF /0 m', 'fild', 'Mw', `a=r ${RESULT} fp=-1`],
  ['DF /1 m', 'fisttp', 'Mw', 'a=w c=1 u=023 cpu=SSE3 i=rST0 fp=1'],
  ['DF /2 m', 'fist', 'Mw', `a=w ${RESULT} i=rST0`],
  ['DF /3 m', 'fistp', 'Mw', `a=w ${RESULT} i=rST0 fp=1`],
  ['DF /4 m', 'fbld', 'Mt', `a=r ${RESULT} fp=-1`],
  ['DF /5 m', 'fild', 'Mq', `a=r ${RESULT} fp=-1`],
  ['DF /6 m', 'fbstp', 'Mt', `a=w ${RESULT} i=rST0 fp=1`],
  ['DF /7 m', 'fistp', 'Mq', `a=w ${RESULT} i=rST0 fp=1`],
  ['DF /0 r', 'ffreep', 'STi', 'a=n u=0123 cpu=FPU fp=1'],
  ['DF /1 r', 'fxch', 'ST0 STi', 'a=xx c=1 u=023 cpu=FPU'],
  ['DF /2 r', 'fstp', 'STi', `a=w ${RESULT} i=rST0 fp=1`],
  ['DF /3 r', 'fstp', 'STi', `a=w ${RESULT} i=rST0 fp=1`],
  ['DF:E0', 'fnstsw', 'AX', 'a=w r=0123 u=0123 cpu=287'],
]

const CONDITIONAL_MOVES: readonly Row[] = [
  ['DA /0 r', 'fcmovb', 'ST0 STi', 'a=cq r=c c=1 u=023 cpu=CMOV'],
  ['DA /1 r', 'fcmove', 'ST0 STi', 'a=cq r=z c=1 u=023 cpu=CMOV'],
  ['DA /2 r', 'fcmovbe', 'ST0 STi', 'a=cq r=cz c=1 u=023 cpu=CMOV'],
  ['DA /3 r', 'fcmovu', 'ST0 STi', 'a=cq r=p c=1 u=023 cpu=CMOV'],
  ['DB /0 r', 'fcmovnb', 'ST0 STi', 'a=cq r=c c=1 u=023 cpu=CMOV'],
  ['DB /1 r', 'fcmovne', 'ST0 STi', 'a=cq r=z c=1 u=023 cpu=CMOV'],
  ['DB /2 r', 'fcmovnbe', 'ST0 STi', 'a=cq r=cz c=1 u=023 cpu=CMOV'],
  ['DB /3 r', 'fcmovnu', 'ST0 STi', 'a=cq r=p c=1 u=023 cpu=CMOV'],
]

const COMPARISONS: readonly Row[] = [
  ['DA:E9', 'fucompp', '', 'c=1 w=023 cpu=387 i=rST0-1 fp=2'],
  ['DB /5 r', 'fucomi', 'ST0 STi', COMPARISON_TO_FLAGS],
  ['DB /6 r', 'fcomi', 'ST0 STi', COMPARISON_TO_FLAGS],
  ['DC /2 r', 'fcom', 'ST0 STi', COMPARISON],
  ['DC /3 r', 'fcomp', 'ST0 STi', `${COMPARISON} fp=1`],
  ['DD /4 r', 'fucom', 'ST0 STi', COMPARISON],
  ['DD /5 r', 'fucomp', 'ST0 STi', `${COMPARISON} fp=1`],
  ['DE /2 r', 'fcomp', 'ST0 STi', `${COMPARISON} fp=1`],
  ['DE:D9', 'fcompp', '', 'c=1 w=023 cpu=FPU i=rST0-1 fp=2'],
  ['DF /5 r', 'fucomip', 'ST0 STi', `${COMPARISON_TO_FLAGS} fp=1`],
  ['DF /6 r', 'fcomip', 'ST0 STi', `${COMPARISON_TO_FLAGS} fp=1`],
]

const CONTROL: readonly Row[] = [
  ['DB:E0', 'fneni', '', 'cpu=FPU'],
  ['DB:E1', 'fndisi', '', 'cpu=FPU'],
  ['DB:E2', 'fnclex', '', 'u=0123 cpu=FPU'],
  ['DB:E3', 'fninit', '', 'c=0123 cpu=FPU'],
  ['DB:E4', 'fnsetpm', '', 'cpu=287'],
]

/** x87: opcodes D8 to DF (SDM vol. 2, tables A-7 to A-22). */
export const x87: readonly Row[] = [
  ...memoryArithmetic('D8', 'Md', false),
  ...memoryArithmetic('DA', 'Md', true),
  ...memoryArithmetic('DC', 'Mq', false),
  ...memoryArithmetic('DE', 'Mw', true),
  ...registerArithmetic(),
  ...targetArithmetic(),
  ...D9_FIXED.map(([modrm, name, attributes]): Row => [`D9:${modrm}`, name, '', attributes]),
  ...MOVES,
  ...CONDITIONAL_MOVES,
  ...COMPARISONS,
  ...CONTROL,
]
