import { CONDITION_NAMES } from './flag-words.ts'
import type { Row } from './row.ts'

/** `movsb` -> `Movsb`: the key of a mnemonic, and of an operation that has its name. */
export function identifier(mnemonic: string): string {
  return mnemonic.charAt(0).toUpperCase() + mnemonic.slice(1)
}

/** The operation of a row: its `op=` word, or its (first) mnemonic's name. */
export function operationOf(row: Row): string {
  const word = /(?:^| )op=(\w+)/.exec(row[3])
  return word ? word[1]! : identifier(row[1].split('|')[0]!)
}

/** Every mnemonic that a row can give: three by operand size, sixteen by condition, or one. */
export function mnemonicsOf(row: Row): readonly string[] {
  if (row[0].includes('+cc')) return CONDITION_NAMES.map((condition) => row[1] + condition)
  return row[1].split('|')
}
