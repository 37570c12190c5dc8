import type { Row } from './row.ts'
import { entries, rows } from './vex-rows.ts'

const XOP = 'a=w cpu=XOP'

const MULTIPLY_ADD: readonly string[] = [
  '85 vpmacssww', '86 vpmacsswd', '87 vpmacssdql', '8E vpmacssdd', '8F vpmacssdqh', '95 vpmacsww', '96 vpmacswd',
  '97 vpmacsdql', '9E vpmacsdd', '9F vpmacsdqh', 'A6 vpmadcsswd', 'B6 vpmadcswd',
]
const COMPARISONS: readonly string[] = [
  'CC vpcomb', 'CD vpcomw', 'CE vpcomd', 'CF vpcomq', 'EC vpcomub', 'ED vpcomuw', 'EE vpcomud', 'EF vpcomuq',
]
const SHIFTS: readonly string[] = [
  '90 vprotb', '91 vprotw', '92 vprotd', '93 vprotq', '94 vpshlb', '95 vpshlw', '96 vpshld', '97 vpshlq', '98 vpshab',
  '99 vpshaw', '9A vpshad', '9B vpshaq',
]
const HORIZONTAL: readonly string[] = [
  'C1 vphaddbw', 'C2 vphaddbd', 'C3 vphaddbq', 'C6 vphaddwd', 'C7 vphaddwq', 'CB vphadddq', 'D1 vphaddubw', 'D2 vphaddubd',
  'D3 vphaddubq', 'D6 vphadduwd', 'D7 vphadduwq', 'DB vphaddudq', 'E1 vphsubbw', 'E2 vphsubwd', 'E3 vphsubdq',
]
/** Trailing-bit manipulation: opcode, reg, name. */
const TRAILING_BITS: readonly string[] = [
  '01 /1 blcfill', '01 /2 blsfill', '01 /3 blcs', '01 /4 tzmsk', '01 /5 blcic', '01 /6 blsic', '01 /7 t1mskc', '02 /1 blcmsk',
  '02 /6 blci',
]

/** AMD's XOP maps 8, 9 and 10 (AMD APM vol. 3, appendix A). */
export function xop(): readonly Row[] {
  return [
    ...rows('NP X8', ' W0 L0', 'Vx Hx Wx Lx', XOP, MULTIPLY_ADD),
    ['NP X8A2 W0', 'vpcmov', 'Vl Hl Wl Ll', XOP],
    ['NP X8A2 W1', 'vpcmov', 'Vl Hl Ll Wl', XOP],
    ['NP X8A3 W0 L0', 'vpperm', 'Vx Hx Wx Lx', XOP],
    ['NP X8A3 W1 L0', 'vpperm', 'Vx Hx Lx Wx', XOP],
    ...rows('NP X8', ' W0 L0', 'Vx Wx Ib', XOP, ['C0 vprotb', 'C1 vprotw', 'C2 vprotd', 'C3 vprotq']),
    ...rows('NP X8', ' W0 L0', 'Vx Hx Wx Ib', XOP, COMPARISONS),
    ...TRAILING_BITS.map((text): Row => [`NP X9${text.slice(0, 5)} L0`, text.slice(6), 'By Ey', 'a=w w=szc u=ap c=o cpu=TBM']),
    ['NP X912 /0 r L0', 'llwpcb', 'Ry', 'a=r cpu=LWP sz=n i=r@o'],
    ['NP X912 /1 r L0', 'slwpcb', 'Ry', 'a=w cpu=LWP'],
    ['NP X980 W0', 'vfrczps', 'Vl Wl', XOP],
    ['NP X981 W0', 'vfrczpd', 'Vl Wl', XOP],
    ['NP X982 W0 L0', 'vfrczss', 'Vx Wd', XOP],
    ['NP X983 W0 L0', 'vfrczsd', 'Vx Wq', XOP],
    ...entries(SHIFTS).flatMap(([opcode, name]): Row[] => [
      [`NP X9${opcode} W0 L0`, name, 'Vx Wx Hx', XOP],
      [`NP X9${opcode} W1 L0`, name, 'Vx Hx Wx', XOP],
    ]),
    ...rows('NP X9', ' W0 L0', 'Vx Wx', XOP, HORIZONTAL),
    ['NP XA10 L0', 'bextr', 'Gy Ey Id', 'a=w w=z u=sap c=oc cpu=TBM'],
    ['NP XA12 /0 L0', 'lwpins', 'By Ed Id', 'a=r w=c cpu=LWP'],
    ['NP XA12 /1 L0', 'lwpval', 'By Ed Id', 'cpu=LWP a=rq'],
  ]
}
