// node test/oracle-cpu/generate.ts [--count 200]: runs the cases of every form on this CPU and writes vectors.bin.br.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { forms } from './forms.ts'
import { NativeCpu } from './native.ts'
import { type Expectation, hash, inputsOf, pack } from './vectors.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '200' }, out: { type: 'string' } } })
const count = Number(values.count)
const names = new Set(forms.map(({ name }) => name))
if (names.size !== forms.length) throw new Error('two forms have one name')

const cpu = new NativeCpu()
const inputs = new Map<string, Uint8Array>()
const expectations: Expectation[] = forms.map((form) => {
  const records = inputsOf(form, count)
  inputs.set(form.name, records)
  const outputs = cpu.run(records)
  return { name: form.name, count, inputs: hash(records), outputs }
})
cpu.close()

const file = pack(expectations, inputs)
writeFileSync(values.out ?? new URL('vectors.bin.br', import.meta.url), file)
console.log(`${forms.length} forms, ${forms.length * count} vectors, ${file.length} bytes`)
