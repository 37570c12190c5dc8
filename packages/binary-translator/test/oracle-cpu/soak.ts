// node test/oracle-cpu/soak.ts [count] [seed] [name]: compares the engine with the CPU at hand on fresh cases.
import { inputBytes, outputBytes, readInput, readOutcome } from './case.ts'
import { compareOutcomes } from './compare.ts'
import { CaseMachine } from './engine.ts'
import { forms } from './forms.ts'
import { NativeCpu } from './native.ts'
import { inputsOf } from './vectors.ts'

const [count = '100', seed = '1', name = ''] = process.argv.slice(2)
const cpu = new NativeCpu()
const machines = [new CaseMachine('interpreter', false), new CaseMachine('interpreter', true)] as const
let cases = 0
let differences = 0
for (const form of forms.filter((candidate) => candidate.name.includes(name))) {
  const inputs = inputsOf(form, Number(count), Number(seed))
  const outputs = cpu.run(inputs)
  for (let i = 0; i < Number(count); i++) {
    const input = readInput(inputs, i * inputBytes)
    const machine = machines[form.code16 ? 1 : 0]
    const found = compareOutcomes(form.name, input, readOutcome(outputs, i * outputBytes), machine.run(input))
    cases++
    differences += found.length > 0 ? 1 : 0
    if (found.length > 0 && differences < 60) console.log(found[0])
  }
}
cpu.close()
console.log(`${cases} cases, ${differences} differences`)
