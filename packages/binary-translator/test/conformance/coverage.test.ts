// Every form that user mode can run, at every operand size, has vectors of a real CPU, or a reason why it has none.
import { Instruction, Operation, Privilege, decodeInto, facts } from '@mica-vm/x86-decoder'
import { expect, it } from 'vitest'
import { InstructionSet } from '../../src/instruction-set.ts'
import { inputBytes, readInput } from '../oracle-cpu/case.ts'
import { forms as cpuForms } from '../oracle-cpu/forms.ts'
import { inputsOf, statesPerCode } from '../oracle-cpu/vectors.ts'
import { codeOf, forms as sseForms } from '../oracle-sse/forms.ts'
import { encodings } from '../oracle-x87/encodings.ts'
import { states } from '../oracle-state/cases.ts'
import { forEachEncoding } from '../random/encodings.ts'
import { fullModel } from '../random/full-model.ts'

/** Operations that a process cannot be asked to run, or whose results belong to the machine it runs on. */
const exempt = new Map<number, string>([
  [Operation.Cpuid, 'tells of the machine'],
  [Operation.Rdtsc, 'tells the time'],
  [Operation.Rdtscp, 'tells the time'],
  [Operation.Rdpmc, 'depends on what the kernel allows'],
  [Operation.Rdrand, 'random'],
  [Operation.Rdseed, 'random'],
  [Operation.Xgetbv, 'tells of the machine'],
  [Operation.Sysenter, 'enters the kernel'],
  [Operation.Sgdt, 'UMIP: the kernel answers'],
  [Operation.Sidt, 'UMIP: the kernel answers'],
  [Operation.Sldt, 'UMIP: the kernel answers'],
  [Operation.Str, 'UMIP: the kernel answers'],
  [Operation.Smsw, 'UMIP: the kernel answers'],
  [Operation.Int1, 'its trap is the debugger’s'],
  [Operation.Int3, 'ends every case'],
  [Operation.Tzcnt, 'the recorded CPU has BMI1, which Mica has not: BSF there'],
  [Operation.Rcpps, 'a table of each processor: the bound of the manual is tested'],
  [Operation.Rcpss, 'a table of each processor: the bound of the manual is tested'],
  [Operation.Rsqrtps, 'a table of each processor: the bound of the manual is tested'],
  [Operation.Rsqrtss, 'a table of each processor: the bound of the manual is tested'],
])
const cases = 15 * statesPerCode
const instruction = new Instruction()

function name(bytes: Uint8Array, bitness: 16 | 32): string {
  decodeInto(bytes, 0, bytes.length, bitness, instruction)
  return nameOf(instruction)
}

/** The form, and the operand size where the form has operands that follow it. */
function nameOf({ code, operandSize, operandCount }: Instruction): string {
  const { encoding, cpuFeature } = facts(code)
  const isSized = operandCount > 0 && !/^(D[89A-F]|9B)/.test(encoding) && cpuFeature !== 'SSE' && cpuFeature !== 'SSE2'
  return isSized ? `${encoding} at ${operandSize * 8} bits` : encoding
}

function recorded(): Set<string> {
  const found = new Set<string>()
  for (const form of cpuForms) {
    const records = inputsOf(form, cases)
    for (let i = 0; i < cases; i++) {
      const { code, code16 } = readInput(records, i * inputBytes)
      found.add(name(code, code16 ? 16 : 32))
    }
  }
  const padded = (bytes: readonly number[]): Uint8Array => Uint8Array.from([...bytes, 0, 0, 0, 0, 0, 0])
  for (const form of sseForms) found.add(name(padded(codeOf(form, 0)), 32))
  for (const code of Object.values(encodings)) found.add(name(padded([...Buffer.from(code, 'hex')]), 32))
  for (const { code } of states) found.add(name(padded(code), 32))
  return found
}

it('every form that user mode can run has vectors, or a reason to have none', () => {
  const set = new InstructionSet(fullModel())
  const known = recorded()
  const missing = new Set<string>()
  for (const bitness of [16, 32] as const) {
    forEachEncoding(bitness, (_, met) => {
      const { privilege } = facts(met.code)
      const operation = set.operationOf(met.code)
      if (operation === Operation.Invalid || privilege !== Privilege.None || exempt.has(met.operation)) return
      if (!known.has(nameOf(met))) missing.add(nameOf(met))
    })
  }
  expect([...missing]).toEqual([])
})
