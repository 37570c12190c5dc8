import type { Row } from './row.ts'

/** Splits `58 vadd` lists: an opcode and a name. */
export function entries(list: readonly string[]): (readonly [opcode: string, name: string])[] {
  return list.map((text) => [text.slice(0, 2), text.slice(3)])
}

/** One row per entry: same map, operands and attributes. */
export function rows(prefix: string, tail: string, operands: string, attributes: string, list: readonly string[]): Row[] {
  return entries(list).map(([opcode, name]): Row => [`${prefix}${opcode}${tail}`, name, operands, attributes])
}

/** Packed integers: 128 bits came with AVX, 256 with AVX2. */
export function avxAndAvx2(prefix: string, operands: string, attributes: string, list: readonly string[]): Row[] {
  return [
    ...rows(prefix, ' L0', operands, `${attributes} cpu=AVX`, list),
    ...rows(prefix, ' L1', operands, `${attributes} cpu=AVX2`, list),
  ]
}
