import { decodeInto, DecodeStatus, Instruction } from '../../src/index.ts'
import type { Bitness } from '../../src/index.ts'
import { fillString, STRIDE } from './byte-strings.ts'
import { difference } from './difference.ts'
import { iced, icedCode } from './iced.ts'
import { Random } from './random.ts'
import { usesDifference } from './uses-difference.ts'

export interface Comparison {
  strings: number
  valid: number
  readonly codes: Set<string>
  /** By what differs: how often, and the first few strings. */
  readonly differences: Map<string, { count: number; examples: string[] }>
}

/** Writes the next string at `at`; false if there is none. */
export type StringSource = (bytes: Uint8Array, at: number) => boolean

/** `count` random and adversarial strings from a seed. */
export function randomSource(count: number, seed: number): StringSource {
  const random = new Random(seed)
  let left = count
  return (bytes, at) => {
    if (left-- <= 0) return false
    fillString(random, bytes, at)
    return true
  }
}

const BATCH = 4096

/** Decodes all strings of a source by both decoders; with `withUses` also what each uses, which takes four times as long. */
export function compare(bitness: Bitness, source: StringSource, withUses = false): Comparison {
  const result: Comparison = { strings: 0, valid: 0, codes: new Set(), differences: new Map() }
  const bytes = new Uint8Array(BATCH * STRIDE)
  const ours = new Instruction()
  const theirs = new iced.Instruction()
  for (let strings = BATCH; strings === BATCH; result.strings += strings) {
    strings = 0
    while (strings < BATCH && source(bytes, strings * STRIDE)) strings++
    const decoder = new iced.Decoder(bitness, bytes, iced.DecoderOptions.None)
    for (let i = 0; i < strings; i++) {
      decoder.position = i * STRIDE
      decoder.ip = 0n
      decoder.decodeOut(theirs)
      const status = decodeInto(bytes, i * STRIDE, bytes.length, bitness, ours)
      let found = difference(status, ours, theirs)
      if (withUses && found === null && status === DecodeStatus.Ok) found = usesDifference(ours, theirs)
      record(result, found, theirs, bytes.subarray(i * STRIDE, (i + 1) * STRIDE))
    }
    decoder.free()
  }
  theirs.free()
  return result
}

function record(result: Comparison, found: string | null, theirs: iced.Instruction, bytes: Uint8Array): void {
  if (theirs.code !== iced.Code.INVALID) {
    result.valid++
    result.codes.add(icedCode(theirs).name)
  }
  if (found === null) return
  const key = `${icedCode(theirs).name}: ${found}`
  const entry = result.differences.get(key) ?? { count: 0, examples: [] }
  entry.count++
  if (entry.examples.length < 2) entry.examples.push(Buffer.from(bytes).toString('hex'))
  result.differences.set(key, entry)
}
