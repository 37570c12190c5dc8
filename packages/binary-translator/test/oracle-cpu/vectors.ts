// The vectors' file: inputs come from a seed, and only what instructions changed is kept, column by column, so that it packs well.
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { Random } from '../random/random.ts'
import { CaseMaker, inputBytes, memoryBytes, outputBytes, selectorsAt, selectorsBefore } from './case.ts'
import type { Form } from './forms.ts'

export const seed = 20_260_401

/** Cases in a row that have their code in common: what is translated once serves them all. */
export const statesPerCode = 4

/** Input records of `count` cases of a form, made from the vectors' seed or another. */
export function inputsOf(form: Form, count: number, from: number = seed): Uint8Array<ArrayBuffer> {
  const records = new Uint8Array(count * inputBytes)
  const own = from ^ hash(new TextEncoder().encode(form.name))
  const state = new Random(own)
  for (let i = 0; i < count; i++) {
    const code = new Random(own + 1 + Math.floor(i / statesPerCode))
    const maker = new CaseMaker(code, state, form.code16)
    maker.record(form.make(maker), records, i * inputBytes)
  }
  return records
}

export function hash(bytes: Uint8Array): number {
  let value = 0x811c_9dc5
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x0100_0193)
  return value >>> 0
}

/** What an output record would be if the instruction did nothing: trap, error code, CR2 and EIP zero, the rest as before. */
function unchanged(inputs: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const records = new Uint8Array(count * outputBytes)
  const view = new DataView(records.buffer)
  for (let i = 0; i < count; i++) {
    const from = i * inputBytes
    const to = i * outputBytes
    records.set(inputs.subarray(from + 4, from + 8), to + 16)
    records.set(inputs.subarray(from + 8, from + 40), to + 20)
    records.set(inputs.subarray(from + inputBytes - memoryBytes, from + inputBytes), to + 52)
    const selectors = selectorsBefore(inputs[from] !== 0)
    selectors.forEach((selector, n) => view.setUint16(to + selectorsAt + 2 * n, selector, true))
  }
  return records
}

/** The outcomes of one form's cases. */
export interface Expectation {
  readonly name: string
  readonly count: number
  /** Hash of the inputs: tells vectors that no longer belong to the forms. */
  readonly inputs: number
  readonly outputs: Uint8Array<ArrayBuffer>
}

/** An expectation with the inputs that belong to it now. */
export interface Vectors extends Expectation {
  readonly records: Uint8Array<ArrayBuffer>
}

function exclusiveOr(columns: Uint8Array, at: number, records: Uint8Array, count: number): void {
  for (let column = 0; column < outputBytes; column++) {
    for (let i = 0; i < count; i++) columns[at++]! ^= records[i * outputBytes + column]!
  }
}

export function pack(expectations: readonly Expectation[], inputs: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const header = JSON.stringify(expectations.map(({ name, count, inputs: own }) => [name, count, own]))
  const parts: Uint8Array[] = [new TextEncoder().encode(`${header}\n`)]
  for (const { name, count, outputs } of expectations) {
    const columns = new Uint8Array(count * outputBytes)
    exclusiveOr(columns, 0, outputs, count)
    exclusiveOr(columns, 0, unchanged(inputs.get(name)!, count), count)
    parts.push(columns)
  }
  return brotliCompressSync(Buffer.concat(parts), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } })
}

/** The expectations of a file, by form name. */
export function unpack(file: Uint8Array, forms: readonly Form[]): Map<string, Vectors> {
  const bytes = brotliDecompressSync(file)
  const end = bytes.indexOf(10)
  const header = JSON.parse(bytes.subarray(0, end).toString()) as [string, number, number][]
  const byName = new Map(forms.map((form) => [form.name, form]))
  const found = new Map<string, Vectors>()
  let at = end + 1
  for (const [name, count, inputs] of header) {
    const form = byName.get(name)
    if (!form) throw new Error(`vectors for an unknown form ${name}: run generate.ts`)
    const records = inputsOf(form, count)
    const outputs = unchanged(records, count)
    for (let column = 0; column < outputBytes; column++) {
      for (let i = 0; i < count; i++) outputs[i * outputBytes + column]! ^= bytes[at++]!
    }
    found.set(name, { name, count, inputs, records, outputs })
  }
  return found
}
