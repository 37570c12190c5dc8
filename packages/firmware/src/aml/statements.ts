import { concatenate } from '../little-endian.ts'
import type { Aml } from './encode.ts'
import { integer, nameString, packageLength } from './encode.ts'

/** What stands inside methods: expressions and statements (ACPI 20.2.5). */

const ARG0 = 0x68
const STORE = 0x70
const AND = 0x7b
const OR = 0x7d
const CREATE_DWORD_FIELD = 0x8a
const NOT = 0x92
const IF = 0xa0
const RETURN = 0xa4
const NO_TARGET = 0x00

function operation(opcode: number, ...operands: readonly Aml[]): Aml {
  return concatenate(Uint8Array.of(opcode), ...operands)
}

export function argument(index: 0 | 1 | 2 | 3 | 4 | 5 | 6): Aml {
  return Uint8Array.of(ARG0 + index)
}

export function reference(path: string): Aml {
  return nameString(path)
}

export function store(value: Aml, target: Aml): Aml {
  return operation(STORE, value, target)
}

export function and(left: Aml, right: Aml, target: Aml = Uint8Array.of(NO_TARGET)): Aml {
  return operation(AND, left, right, target)
}

export function or(left: Aml, right: Aml, target: Aml = Uint8Array.of(NO_TARGET)): Aml {
  return operation(OR, left, right, target)
}

/** True when the value is zero (ASL's LNot). */
export function not(value: Aml): Aml {
  return operation(NOT, value)
}

/** Names four bytes of a buffer, from this byte on. */
export function createDwordField(source: Aml, offset: number, path: string): Aml {
  return operation(CREATE_DWORD_FIELD, source, integer(offset), nameString(path))
}

export function when(condition: Aml, ...then: readonly Aml[]): Aml {
  const body = concatenate(condition, ...then)
  return operation(IF, packageLength(body.length), body)
}

export function returns(value: Aml): Aml {
  return operation(RETURN, value)
}
