import { Encoding, OperandKind } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { mnemonicName } from './names.ts'

/** Predicates of comparisons by their immediate (SDM vol. 2, CMPPD, table 3-1): legacy forms have the first eight. */
const FLOAT: readonly string[] = [
  'eq',
  'lt',
  'le',
  'unord',
  'neq',
  'nlt',
  'nle',
  'ord',
  'eq_uq',
  'nge',
  'ngt',
  'false',
  'neq_oq',
  'ge',
  'gt',
  'true',
  'eq_os',
  'lt_oq',
  'le_oq',
  'unord_s',
  'neq_us',
  'nlt_uq',
  'nle_uq',
  'ord_s',
  'eq_us',
  'nge_uq',
  'ngt_uq',
  'false_os',
  'neq_os',
  'ge_oq',
  'gt_oq',
  'true_us',
]
/** VPCMP: 3 and 7 are always false and always true, and GNU has no name for them. */
const INTEGER: readonly string[] = ['eq', 'lt', 'le', '', 'neq', 'nlt', 'nle', '']
const XOP: readonly string[] = ['lt', 'le', 'gt', 'ge', 'eq', 'neq', 'false', 'true']
const CARRYLESS: Readonly<Record<number, string>> = { 0: 'lql', 1: 'hql', 16: 'lqh', 17: 'hqh' }

/**
 * The name that says what the last immediate chooses (`cmpltps`), or undefined if there is none. The immediate is not
 * shown then.
 */
export function pseudoName(instruction: Instruction): string | undefined {
  const { operandCount, kinds, immediate } = instruction
  if (operandCount < 3 || kinds[operandCount - 1] !== OperandKind.Immediate) return undefined
  const name = mnemonicName(instruction.mnemonic)
  const float = /^(v?cmp)([ps][sdh])$/.exec(name)
  if (float) {
    const word = immediate < (instruction.encoding === Encoding.Legacy ? 8 : 32) ? FLOAT[immediate] : undefined
    return word && `${float[1]}${word}${float[2]}`
  }
  const integer = /^(vpcmp)(u?[bwdq])$/.exec(name)
  if (integer) return INTEGER[immediate] && `${integer[1]}${INTEGER[immediate]}${integer[2]}`
  const xop = /^(vpcom)(u?[bwdq])$/.exec(name)
  if (xop) return XOP[immediate] && `${xop[1]}${XOP[immediate]}${xop[2]}`
  if (name === 'pclmulqdq' || name === 'vpclmulqdq') {
    const word = CARRYLESS[immediate]
    return word && name.replace('qdq', `${word}qdq`)
  }
  return undefined
}
