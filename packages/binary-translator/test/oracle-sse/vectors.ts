// The vectors' file: inputs come from a seed, and of each outcome what changed is kept, column by column, so that it packs well.
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { recordBytes, recordsOf } from './case.ts'
import type { Form } from './forms.ts'

const seed = 20_260_402

function hash(bytes: Uint8Array): number {
  let value = 0x811c_9dc5
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x0100_0193)
  return value >>> 0
}

export interface Vectors {
  readonly name: string
  readonly count: number
  readonly inputs: Uint8Array<ArrayBuffer>
  readonly outputs: Uint8Array<ArrayBuffer>
}

export const inputsOf = (form: Form, count: number): Uint8Array<ArrayBuffer> =>
  recordsOf(form, count, seed ^ hash(new TextEncoder().encode(form.name)))

/** Records to columns of differences, and, `back` being the other way round, to records again. */
function turn(from: Uint8Array, to: Uint8Array, count: number, back: boolean): void {
  for (let column = 0; column < recordBytes; column++) {
    for (let i = 0; i < count; i++) {
      const [record, packed] = [i * recordBytes + column, column * count + i]
      to[back ? record : packed]! ^= from[back ? packed : record]!
    }
  }
}

export function pack(vectors: readonly Vectors[]): Uint8Array {
  const header = JSON.stringify(vectors.map(({ name, count, inputs }) => [name, count, hash(inputs)]))
  const parts: Uint8Array[] = [new TextEncoder().encode(`${header}\n`)]
  for (const { count, inputs, outputs } of vectors) {
    const columns = new Uint8Array(count * recordBytes)
    turn(inputs, columns, count, false)
    turn(outputs, columns, count, false)
    parts.push(columns)
  }
  return brotliCompressSync(Buffer.concat(parts))
}

/** The vectors of a file, by form name. */
export function unpack(file: Uint8Array, forms: readonly Form[]): Map<string, Vectors> {
  const bytes = brotliDecompressSync(file)
  const end = bytes.indexOf(10)
  const header = JSON.parse(bytes.subarray(0, end).toString()) as [string, number, number][]
  const byName = new Map(forms.map((form) => [form.name, form]))
  const found = new Map<string, Vectors>()
  let at = end + 1
  for (const [name, count, expected] of header) {
    const form = byName.get(name)
    const inputs = form ? inputsOf(form, count) : new Uint8Array()
    if (hash(inputs) !== expected) throw new Error(`vectors for another ${name}: run test/oracle-sse/generate.ts`)
    const outputs = inputs.slice()
    turn(bytes.subarray(at, at + inputs.length), outputs, count, true)
    at += inputs.length
    found.set(name, { name, count, inputs, outputs })
  }
  return found
}
