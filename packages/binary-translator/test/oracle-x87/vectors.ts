// The vectors' file. Inputs come from a seed; only what an instruction changed is kept, column by column, so it packs well.
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { makeCases } from './cases.ts'
import { Offset, RECORD_BYTES, isCompared } from './image.ts'
import type { Instruction } from './instructions.ts'

export const SEED = 20_260_101

export interface Expectation {
  name: string
  count: number
  /**
   * Hash of the inputs: tells vectors that no longer belong to the case generator. An integer of 32 bits with a sign: V8 14.6 lets objects that one
   * loop makes share the box of a larger number now and then, while it optimises that loop on a busy machine.
   */
  inputs: number
  /** Records afterwards. */
  outputs: Uint8Array<ArrayBuffer>
}

const COLUMNS = Array.from({ length: RECORD_BYTES }, (_, i) => i).filter(isCompared)

export function inputsOf(instruction: Instruction, number: number, count: number): Uint8Array<ArrayBuffer> {
  return makeCases(SEED, number, instruction.operands, count)
}

export function hash(bytes: Uint8Array): number {
  let value = 0x811c9dc5
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193)
  return value
}

/** Registers in physical order, so that a push or a pop does not shift what stays. */
function rotate(records: Uint8Array<ArrayBuffer>, toPhysical: boolean): Uint8Array<ArrayBuffer> {
  const rotated = records.slice()
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    const top = (records[at + Offset.status + 1]! >> 3) & 7
    for (let i = 0; i < 8; i++) {
      const from = toPhysical ? (i - top) & 7 : (i + top) & 7
      const source = at + Offset.registers + 10 * from
      rotated.set(records.subarray(source, source + 10), at + Offset.registers + 10 * i)
    }
  }
  return rotated
}

function difference(from: Uint8Array, to: Uint8Array, count: number): Uint8Array {
  const columns = new Uint8Array(COLUMNS.length * count)
  let out = 0
  for (const column of COLUMNS) {
    for (let i = 0; i < count; i++) columns[out++] = from[i * RECORD_BYTES + column]! ^ to[i * RECORD_BYTES + column]!
  }
  return columns
}

export function pack(
  expectations: readonly Expectation[],
  inputs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Uint8Array {
  const header = JSON.stringify(expectations.map(({ name, count, inputs: hash }) => [name, count, hash >>> 0]))
  const parts: Uint8Array[] = [new TextEncoder().encode(`${header}\n`)]
  for (const { name, count, outputs } of expectations) {
    parts.push(difference(rotate(inputs.get(name)!, true), rotate(outputs, true), count))
  }
  return brotliCompressSync(Buffer.concat(parts), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } })
}

export function unpack(file: Uint8Array, instructions: readonly Instruction[]): Expectation[] {
  const bytes = brotliDecompressSync(file)
  const end = bytes.indexOf(10)
  const header = JSON.parse(bytes.subarray(0, end).toString()) as [string, number, number][]
  let at = end + 1
  return header.map(([name, count, inputs]) => {
    const number = instructions.findIndex((instruction) => instruction.name === name)
    if (number < 0) throw new Error(`vectors for an unknown instruction ${name}: run generate.ts`)
    const records = rotate(inputsOf(instructions[number]!, number, count), true)
    for (const column of COLUMNS) {
      for (let i = 0; i < count; i++) records[i * RECORD_BYTES + column]! ^= bytes[at++]!
    }
    return { name, count, inputs: inputs | 0, outputs: rotate(records, false) }
  })
}
