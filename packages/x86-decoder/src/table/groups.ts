import { ARITHMETIC, COMPARE, COUNT, LOGIC, WITH_CARRY } from './flag-words.ts'
import type { Row } from './row.ts'

const GROUP1: readonly (readonly [name: string, attributes: string])[] = [
  ['add', `lock ${ARITHMETIC}`],
  ['or', `lock ${LOGIC}`],
  ['adc', `lock ${WITH_CARRY}`],
  ['sbb', `lock ${WITH_CARRY}`],
  ['and', `lock ${LOGIC}`],
  ['sub', `lock ${ARITHMETIC}`],
  ['xor', `lock ${LOGIC}`],
  ['cmp', COMPARE],
]

/** Group 2: by one, by a constant and by CL. A masked count of zero changes no flag: see `flagEffect`. */
const GROUP2: readonly (readonly [name: string, one: string, more: string])[] = [
  ['rol', 'w=oc', 'w=c u=o'],
  ['ror', 'w=oc', 'w=c u=o'],
  ['rcl', 'r=c w=oc', 'r=c w=c u=o'],
  ['rcr', 'r=c w=oc', 'r=c w=c u=o'],
  ['shl', 'w=oszpc u=a', 'w=szpc u=oa'],
  ['shr', 'w=oszpc u=a', 'w=szpc u=oa'],
  ['sal', 'w=oszpc u=a', 'w=szpc u=oa'],
  ['sar', 'w=oszpc u=a', 'w=szpc u=oa'],
]

function group1(): Row[] {
  return GROUP1.flatMap(([name, attributes], digit): Row[] => [
    [`80 /${digit}`, name, 'Eb Ib', attributes],
    [`81 /${digit}`, name, 'Ev Iz', attributes],
    [`82 /${digit}`, name, 'Eb Ib', `i64 ${attributes}`],
    [`83 /${digit}`, name, 'Ev Ibs', attributes],
  ])
}

function group2(): Row[] {
  return GROUP2.flatMap(([name, one, more], digit): Row[] => {
    const operation = name === 'sal' ? 'op=Shl ' : ''
    return [
      [`C0 /${digit}`, name, 'Eb Ib', `${operation}shift ${more} cpu=186`],
      [`C1 /${digit}`, name, 'Ev Ib', `${operation}shift ${more} cpu=186`],
      [`D0 /${digit}`, name, 'Eb 1', `${operation}${one}`],
      [`D1 /${digit}`, name, 'Ev 1', `${operation}${one}`],
      [`D2 /${digit}`, name, 'Eb CL', `${operation}${more}`],
      [`D3 /${digit}`, name, 'Ev CL', `${operation}${more}`],
    ]
  })
}

/** Opcode groups 1 to 5 (SDM vol. 2, table A-6). */
export const groups: readonly Row[] = [
  ...group1(),
  ...group2(),
  ['F6 /0', 'test', 'Eb Ib', `a=r ${LOGIC}`],
  ['F6 /1', 'test', 'Eb Ib', `a=r ${LOGIC}`],
  ['F6 /2', 'not', 'Eb', 'lock'],
  ['F6 /3', 'neg', 'Eb', `lock ${ARITHMETIC}`],
  ['F6 /4', 'mul', 'Eb', 'a=r w=oc u=szap i=xAX'],
  ['F6 /5', 'imul', 'Eb', 'a=r w=oc u=szap i=xAX'],
  ['F6 /6', 'div', 'Eb', 'a=r u=oszapc i=xAX'],
  ['F6 /7', 'idiv', 'Eb', 'a=r u=oszapc i=xAX'],
  ['F7 /0', 'test', 'Ev Iz', `a=r ${LOGIC}`],
  ['F7 /1', 'test', 'Ev Iz', `a=r ${LOGIC}`],
  ['F7 /2', 'not', 'Ev', 'lock'],
  ['F7 /3', 'neg', 'Ev', `lock ${ARITHMETIC}`],
  ['F7 /4', 'mul', 'Ev', 'a=r w=oc u=szap i=rvAX,wvAX,wvDX'],
  ['F7 /5', 'imul', 'Ev', 'a=r w=oc u=szap i=rvAX,wvAX,wvDX'],
  ['F7 /6', 'div', 'Ev', 'a=r u=oszapc i=xvAX,xvDX'],
  ['F7 /7', 'idiv', 'Ev', 'a=r u=oszapc i=xvAX,xvDX'],
  ['FE /0', 'inc', 'Eb', `lock ${COUNT}`],
  ['FE /1', 'dec', 'Eb', `lock ${COUNT}`],
  ['FF /0', 'inc', 'Ev', `lock ${COUNT}`],
  ['FF /1', 'dec', 'Ev', `lock ${COUNT}`],
  ['FF /2', 'call', 'Ev', 'f64 a=r flow=IndirectCall sp=-1'],
  ['FF /3 m', 'call', 'Mp', 'op=CallFar sz=v a=r flow=IndirectCall sens=far sp=-2'],
  ['FF /4', 'jmp', 'Ev', 'f64 a=r flow=IndirectBranch'],
  ['FF /5 m', 'jmp', 'Mp', 'op=JmpFar sz=v a=r flow=IndirectBranch sens=far'],
  ['FF /6', 'push', 'Ev', 'd64 a=r sp=-1'],
]
