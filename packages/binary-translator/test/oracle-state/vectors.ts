// The vectors' file: inputs come from a seed, and of each outcome what differs from the input is kept, column by column, so that it packs well.
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { type StateForm, recordBytes, recordsOf, states } from './cases.ts'

const seed = 20_260_403

export const inputsOf = (form: StateForm, count: number): Uint8Array<ArrayBuffer> =>
  recordsOf(form, count, seed + states.indexOf(form))

/** Columns of the differences between inputs and outputs. */
function columnsOf(inputs: Uint8Array, outputs: Uint8Array, count: number): Uint8Array {
  const columns = new Uint8Array(inputs.length)
  for (let column = 0, to = 0; column < recordBytes; column++) {
    for (let i = 0; i < count; i++)
      columns[to++] = inputs[i * recordBytes + column]! ^ outputs[i * recordBytes + column]!
  }
  return columns
}

/** One file for `outputs` of `count` cases of each form, in order. */
export function pack(count: number, outputs: readonly Uint8Array[]): Uint8Array {
  const header = new Uint8Array(Uint32Array.of(count).buffer)
  const parts = outputs.map((records, i) => columnsOf(inputsOf(states[i]!, count), records, count))
  return brotliCompressSync(Buffer.concat([header, ...parts]))
}

/** Inputs and outputs of each form. */
export function unpack(file: Uint8Array): { form: StateForm; inputs: Uint8Array; outputs: Uint8Array }[] {
  const bytes = brotliDecompressSync(file)
  const count = bytes.readUInt32LE(0)
  let at = 4
  return states.map((form) => {
    const inputs = inputsOf(form, count)
    const outputs = inputs.slice()
    for (let column = 0; column < recordBytes; column++) {
      for (let i = 0; i < count; i++) outputs[i * recordBytes + column]! ^= bytes[at++]!
    }
    return { form, inputs, outputs }
  })
}
