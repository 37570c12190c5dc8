/** Runs the recordings of a real CPU on both engines and counts, for each group of instructions, cases and differences. */
import { readFileSync } from 'node:fs'
import { decode, facts } from '@mica-vm/x86-decoder'
import * as cpu from '../../packages/binary-translator/test/oracle-cpu/case.ts'
import { compareOutcomes } from '../../packages/binary-translator/test/oracle-cpu/compare.ts'
import { CaseMachine } from '../../packages/binary-translator/test/oracle-cpu/engine.ts'
import { forms as cpuForms } from '../../packages/binary-translator/test/oracle-cpu/forms.ts'
import { unpack as unpackCpu } from '../../packages/binary-translator/test/oracle-cpu/vectors.ts'
import * as sse from '../../packages/binary-translator/test/oracle-sse/case.ts'
import { compareRecords } from '../../packages/binary-translator/test/oracle-sse/compare.ts'
import { SseMachine } from '../../packages/binary-translator/test/oracle-sse/engine.ts'
import { forms as sseForms } from '../../packages/binary-translator/test/oracle-sse/forms.ts'
import { unpack as unpackSse } from '../../packages/binary-translator/test/oracle-sse/vectors.ts'
import {
  Part as StatePart,
  recordBytes as stateBytes,
} from '../../packages/binary-translator/test/oracle-state/cases.ts'
import { compareStates } from '../../packages/binary-translator/test/oracle-state/compare.ts'
import { StateMachine } from '../../packages/binary-translator/test/oracle-state/engine.ts'
import { unpack as unpackStates } from '../../packages/binary-translator/test/oracle-state/vectors.ts'
import { differs } from '../../packages/binary-translator/test/oracle-x87/compare.ts'
import { encodings } from '../../packages/binary-translator/test/oracle-x87/encodings.ts'
import { isRunnable, X87Machine } from '../../packages/binary-translator/test/oracle-x87/engine.ts'
import { RECORD_BYTES } from '../../packages/binary-translator/test/oracle-x87/image.ts'
import { instructions } from '../../packages/binary-translator/test/oracle-x87/instructions.ts'
import { inputsOf, unpack as unpackX87 } from '../../packages/binary-translator/test/oracle-x87/vectors.ts'

export const engines = ['interpreter', 'translator'] as const

export interface GroupResult {
  /** Recorded forms: an instruction with one kind of operands at one operand and code size. */
  forms: number
  cases: number
  /** Cases that each of `engines` ends otherwise than the CPU. */
  readonly differences: number[]
}

/** By group, as the decoder's table names them. */
export type Results = ReadonlyMap<string, GroupResult>

/** One form's recordings: its machine code, and whether an engine ends case `i` otherwise. */
interface Recording {
  readonly code: Uint8Array
  readonly bitness: 16 | 32
  readonly cases: number
  readonly differs: (engine: number, i: number) => boolean
}

const fileOf = (room: string): Uint8Array =>
  readFileSync(new URL(`../../packages/binary-translator/test/${room}/vectors.bin.br`, import.meta.url))

function* cpuRecordings(): Generator<Recording> {
  const vectors = unpackCpu(fileOf('oracle-cpu'), cpuForms)
  const machines = engines.map((mode) => [new CaseMachine(mode, false), new CaseMachine(mode, true)] as const)
  for (const form of cpuForms) {
    const { count, records, outputs } = vectors.get(form.name)!
    yield {
      code: cpu.readInput(records, 0).code,
      bitness: form.code16 ? 16 : 32,
      cases: count,
      differs: (engine, i) => {
        const input = cpu.readInput(records, i * cpu.inputBytes)
        const expected = cpu.readOutcome(outputs, i * cpu.outputBytes)
        const actual = machines[engine]![form.code16 ? 1 : 0].run(input)
        return compareOutcomes(form.name, input, expected, actual).length > 0
      },
    }
  }
}

function* sseRecordings(): Generator<Recording> {
  const vectors = unpackSse(fileOf('oracle-sse'), sseForms)
  const machines = engines.map((mode) => new SseMachine(mode))
  for (const form of sseForms) {
    const { count, inputs, outputs } = vectors.get(form.name)!
    yield {
      code: inputs.subarray(0, inputs[sse.Part.length]!),
      bitness: 32,
      cases: count,
      differs: (engine, i) => {
        const [from, to] = [i * sse.recordBytes, (i + 1) * sse.recordBytes]
        const input = inputs.subarray(from, to)
        return compareRecords(form.name, input, outputs.subarray(from, to), machines[engine]!.run(input)).length > 0
      },
    }
  }
}

function* x87Recordings(): Generator<Recording> {
  const expectations = unpackX87(fileOf('oracle-x87'), instructions)
  const machines = engines.map((mode) => new X87Machine(mode))
  for (const [number, instruction] of instructions.entries()) {
    if (!isRunnable(instruction)) continue
    const { count, outputs } = expectations[number]!
    const inputs = inputsOf(instruction, number, count)
    yield {
      code: Buffer.from(encodings[instruction.name]!, 'hex'),
      bitness: 32,
      cases: count,
      differs: (engine, i) => {
        const at = i * RECORD_BYTES
        const actual = new DataView(inputs.slice(at, at + RECORD_BYTES).buffer)
        machines[engine]!.run(instruction, actual)
        return differs(new DataView(outputs.buffer, at, RECORD_BYTES), actual, instruction)
      },
    }
  }
}

function* stateRecordings(): Generator<Recording> {
  const machines = engines.map((mode) => new StateMachine(mode))
  for (const { form, inputs, outputs } of unpackStates(fileOf('oracle-state'))) {
    const at = (records: Uint8Array, i: number): Uint8Array => records.subarray(i * stateBytes, (i + 1) * stateBytes)
    yield {
      code: inputs.subarray(0, inputs[StatePart.length]!),
      bitness: 32,
      cases: inputs.length / stateBytes,
      differs: (engine, i) => compareStates(form.name, at(outputs, i), machines[engine]!.run(at(inputs, i))).length > 0,
    }
  }
}

function groupOf({ code, bitness }: Recording): string {
  const result = decode(code, { bitness })
  return result.ok ? facts(result.instruction.code).cpuFeature : 'invalid'
}

/** Runs each `stride`th case; all cases are counted. */
export function vectorResults(stride: number): Results {
  const results = new Map<string, GroupResult>()
  for (const recordings of [cpuRecordings(), sseRecordings(), x87Recordings(), stateRecordings()]) {
    for (const recording of recordings) {
      const group = groupOf(recording)
      const result = results.get(group) ?? { forms: 0, cases: 0, differences: engines.map(() => 0) }
      results.set(group, result)
      result.forms++
      result.cases += recording.cases
      for (let engine = 0; engine < engines.length; engine++) {
        for (let i = 0; i < recording.cases; i += stride) {
          if (recording.differs(engine, i)) result.differences[engine]!++
        }
      }
    }
  }
  return results
}
