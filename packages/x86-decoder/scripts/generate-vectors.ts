// Writes test/vectors from the table, with iced-x86 as the judge: for each form and each of iced's codes that it stands for, one
// string with a register and one with memory where there are both. Run with `node --conditions=@mica-vm/source scripts/generate-vectors.ts`
// after a change of the table, and read the difference.
import { writeFileSync } from 'node:fs'
import { decodeInto, DecodeStatus, Encoding, format, Instruction, OperandKind } from '../src/index.ts'
import type { Bitness } from '../src/index.ts'
import { STRIDE } from '../test/oracle/byte-strings.ts'
import { difference } from '../test/oracle/difference.ts'
import { iced } from '../test/oracle/iced.ts'
import { sweepSource } from '../test/oracle/sweep.ts'
import { VECTOR_FILES, vectorLine } from '../test/vectors/vectors.ts'
import type { Vector } from '../test/vectors/vectors.ts'

interface Candidate extends Vector {
  readonly code: number
  readonly file: string
}

const FILES: Readonly<Record<number, string>> = {
  [Encoding.Legacy]: VECTOR_FILES[0]!,
  [Encoding.Vex]: VECTOR_FILES[1]!,
  [Encoding.Evex]: VECTOR_FILES[2]!,
  [Encoding.Xop]: VECTOR_FILES[3]!,
}
const found = new Map<number, Candidate>()

/** Keys are numbers: our code, iced's code, and whether there is memory. */
function keyOf(ours: Instruction, theirs: iced.Instruction): number {
  const memory = ours.kinds.subarray(0, ours.operandCount).includes(OperandKind.Memory) ? 1 : 0
  return (ours.code * 8192 + theirs.code) * 2 + memory
}

/** 32-bit code first: what it has need not be shown in another mode. */
function collect(bitness: Bitness): void {
  const source = sweepSource(bitness)
  const bytes = new Uint8Array(STRIDE)
  const ours = new Instruction()
  const theirs = new iced.Instruction()
  const known = new Set(found.keys())
  while (source(bytes, 0)) {
    if (decodeInto(bytes, 0, STRIDE, bitness, ours) !== DecodeStatus.Ok) continue
    const judge = new iced.Decoder(bitness, bytes, iced.DecoderOptions.None)
    judge.decodeOut(theirs)
    judge.free()
    const key = keyOf(ours, theirs)
    if (known.has(key) || (found.get(key)?.bytes.length ?? Infinity) <= ours.length) continue
    const wrong = difference(DecodeStatus.Ok, ours, theirs)
    if (wrong !== null) throw new Error(`iced says otherwise of ${Buffer.from(bytes).toString('hex')}: ${wrong}`)
    const { code, length } = ours
    const text = format(ours)
    found.set(key, { code, file: FILES[ours.encoding]!, bytes: bytes.slice(0, length), bitness, text, length })
  }
  theirs.free()
}

for (const bitness of [32, 64, 16] as const) collect(bitness)
const sorted = [...found].sort(([a, left], [b, right]) => left.code - right.code || a - b).map(([, vector]) => vector)
for (const file of VECTOR_FILES) {
  const lines = sorted.filter((vector) => vector.file === file).map(vectorLine)
  writeFileSync(new URL(`../test/vectors/${file}`, import.meta.url), `${lines.join('\n')}\n`)
  console.log(`${file}: ${lines.length} vectors`)
}
