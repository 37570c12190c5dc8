// Oracle: the CPU at hand, on fresh cases of every generator; MICA_SEED makes others. It has to be of the recorded kind, since the manual
// leaves some results open, and there has to be a gcc.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inputBytes, outputBytes, readInput, readOutcome } from '../oracle-cpu/case.ts'
import { compareOutcomes } from '../oracle-cpu/compare.ts'
import { CaseMachine } from '../oracle-cpu/engine.ts'
import { forms } from '../oracle-cpu/forms.ts'
import { NativeCpu } from '../oracle-cpu/native.ts'
import { inputsOf } from '../oracle-cpu/vectors.ts'
import { recordBytes as sseBytes, recordsOf as sseRecords } from '../oracle-sse/case.ts'
import { compareRecords } from '../oracle-sse/compare.ts'
import { SseMachine } from '../oracle-sse/engine.ts'
import { forms as sseForms } from '../oracle-sse/forms.ts'
import { NativeCpu as NativeSse } from '../oracle-sse/native.ts'
import { recordBytes as stateBytes, recordsOf as stateRecords, states } from '../oracle-state/cases.ts'
import { compareStates } from '../oracle-state/compare.ts'
import { StateMachine } from '../oracle-state/engine.ts'
import { NativeCpu as NativeState } from '../oracle-state/native.ts'
import { makeCases } from '../oracle-x87/cases.ts'
import { differs, show } from '../oracle-x87/compare.ts'
import { RECORD_BYTES as x87Bytes } from '../oracle-x87/image.ts'
import { instructions } from '../oracle-x87/instructions.ts'
import { Model } from '../oracle-x87/module.ts'
import { NativeCpu as NativeX87 } from '../oracle-x87/native.ts'

const seed = Number(process.env['MICA_SEED'] ?? 1)
const perForm = 4 * Number(process.env['MICA_LONG'] ?? 1)
const needed = 'GenuineIntel aes pclmulqdq movbe abm xsavec sse4_2 umip'.split(' ')

/** Whether this machine can be asked. */
function canAsk(): boolean {
  try {
    const cpu = readFileSync('/proc/cpuinfo', 'utf8')
    execFileSync('gcc', ['-m32', '-E', '-'], { input: '', stdio: 'pipe' })
    return process.arch === 'x64' && needed.every((word) => new RegExp(`\\b${word}\\b`).test(cpu))
  } catch {
    return false
  }
}
const ask = canAsk()

test.runIf(ask)('general instructions', () => {
  const cpu = new NativeCpu()
  const machines = [new CaseMachine('interpreter', false), new CaseMachine('interpreter', true)] as const
  const found = forms.flatMap((form) => {
    const inputs = inputsOf(form, perForm, seed)
    const outputs = cpu.run(inputs)
    return Array.from({ length: perForm }, (_, i) => {
      const input = readInput(inputs, i * inputBytes)
      const outcome = machines[form.code16 ? 1 : 0].run(input)
      return compareOutcomes(form.name, input, readOutcome(outputs, i * outputBytes), outcome)
    }).flat()
  })
  cpu.close()
  expect(found.slice(0, 5)).toEqual([])
})

/** The part of `records` that belongs to case `i`. */
const at = (records: Uint8Array, bytes: number, i: number): Uint8Array => records.subarray(i * bytes, (i + 1) * bytes)

test.runIf(ask)('vector instructions', () => {
  const cpu = new NativeSse()
  const machine = new SseMachine('interpreter')
  const found = sseForms.flatMap((form, number) => {
    const inputs = sseRecords(form, perForm, seed * 4096 + number)
    const outputs = cpu.run(inputs)
    return Array.from({ length: perForm }, (_, i) => {
      const input = at(inputs, sseBytes, i)
      return compareRecords(form.name, input, at(outputs, sseBytes, i), machine.run(input))
    }).flat()
  })
  cpu.close()
  expect(found.slice(0, 5)).toEqual([])
})

/**
 * How often a case that differs is asked again at most. An interruption of the process may let a state count as in use that is not (SDM vol. 1,
 * section 13.6), and on a busy machine several of thousands of cases are interrupted.
 */
const tries = 10

test.runIf(ask)('instructions that save and restore states', () => {
  const cpu = new NativeState()
  const machine = new StateMachine('interpreter')
  const found = states.flatMap((form, number) => {
    const count = 50 * perForm
    const all = stateRecords(form, count, seed * 4096 + number)
    let asked = Array.from({ length: count }, (_, i) => at(all, stateBytes, i))
    let differences: string[] = []
    for (let i = 0; i < tries && asked.length > 0; i++) {
      const outputs = cpu.run(Buffer.concat(asked))
      const results = asked.map((input, place) =>
        compareStates(form.name, at(outputs, stateBytes, place), machine.run(input)),
      )
      asked = asked.filter((_, place) => results[place]!.length > 0)
      differences = results.flat()
    }
    return differences
  })
  cpu.close()
  expect(found.slice(0, 5)).toEqual([])
})

test.runIf(ask)('the x87', () => {
  const cpu = new NativeX87()
  const model = new Model()
  const found = instructions.flatMap((instruction, number) => {
    const count = 25 * perForm
    const inputs = makeCases(seed, number, instruction.operands, count)
    const outputs = cpu.run(inputs)
    return Array.from({ length: count }, (_, i) => {
      const actual = new DataView(at(inputs, x87Bytes, i).slice().buffer)
      const expected = new DataView(outputs.buffer, outputs.byteOffset + i * x87Bytes, x87Bytes)
      model.run(instruction, actual)
      return differs(expected, actual, instruction) ? [`${instruction.name}: ${show(expected)} / ${show(actual)}`] : []
    }).flat()
  })
  cpu.close()
  expect(found.slice(0, 5)).toEqual([])
})
