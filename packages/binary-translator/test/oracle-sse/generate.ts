// node test/oracle-sse/generate.ts [--count 200]: runs the cases of every form on this CPU and writes vectors.bin.br.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { forms } from './forms.ts'
import { NativeCpu } from './native.ts'
import { type Vectors, inputsOf, pack } from './vectors.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '200' }, out: { type: 'string' } } })
const names = new Set(forms.map(({ name }) => name))
if (names.size !== forms.length) throw new Error('two forms have one name')

const cpu = new NativeCpu()
let total = 0
const vectors: Vectors[] = forms.map((form) => {
  const count = Number(values.count)
  const inputs = inputsOf(form, count)
  total += count
  return { name: form.name, count, inputs, outputs: cpu.run(inputs) }
})
cpu.close()

const file = pack(vectors)
writeFileSync(values.out ?? new URL('vectors.bin.br', import.meta.url), file)
console.log(`${forms.length} forms, ${total} vectors, ${file.length} bytes`)
