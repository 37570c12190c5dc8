// node test/oracle-sse/soak.ts [count] [seed] [mnemonic] [mode]: compares the engine with this CPU on fresh cases.
import type { EngineMode } from '../../src/types.ts'
import { recordBytes, recordsOf } from './case.ts'
import { compareRecords } from './compare.ts'
import { SseMachine } from './engine.ts'
import { forms } from './forms.ts'
import { NativeCpu } from './native.ts'

const [count = '300', seed = '1', only = '', mode = 'interpreter'] = process.argv.slice(2)
const cpu = new NativeCpu()
const machine = new SseMachine(mode as EngineMode)
let cases = 0
let differences = 0
for (const [number, form] of forms.entries()) {
  if (only !== '' && !form.name.startsWith(`${only} `)) continue
  const inputs = recordsOf(form, Number(count), Number(seed) * 4096 + number)
  const outputs = cpu.run(inputs)
  for (let at = 0; at < inputs.length; at += recordBytes) {
    const input = inputs.subarray(at, at + recordBytes)
    const found = compareRecords(form.name, input, outputs.subarray(at, at + recordBytes), machine.run(input))
    cases++
    differences += found.length
    if (found.length > 0 && differences < 20) console.log(found[0])
  }
}
cpu.close()
console.log(`${cases} cases, ${differences} differences`)
