import { x87Functions, type X87Function } from '../generated/x87.ts'
import { ValueType } from '../wasm/opcodes.ts'
import type { Signature } from '../wasm/module-writer.ts'

/** Table slot of the first x87 function; the engine places all of them there, in the order of `x87Functions`. */
export const firstX87Slot = 1

/** Table slot of x87 function `name`. */
export const x87Slot = (name: X87Function): number => firstX87Slot + x87Functions.indexOf(name)

const types: Readonly<Record<string, ValueType>> = { i: ValueType.i32, l: ValueType.i64 }

/** A signature from its letters, as in "il>i": i for 32 bits, l for 64. */
export function signatureOf(letters: string): Signature {
  const [parameters, results] = letters.split('>').map((list) => [...list].map((letter) => types[letter]!))
  return { parameters: parameters!, results: results! }
}
