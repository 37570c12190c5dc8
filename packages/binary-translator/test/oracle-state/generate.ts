// node test/oracle-state/generate.ts [--count 200]: runs the cases of every form on this CPU and writes vectors.bin.br.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { states } from './cases.ts'
import { NativeCpu } from './native.ts'
import { inputsOf, pack } from './vectors.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '200' } } })
const count = Number(values.count)
const cpu = new NativeCpu()
const file = pack(
  count,
  states.map((form) => cpu.run(inputsOf(form, count))),
)
cpu.close()
writeFileSync(new URL('vectors.bin.br', import.meta.url), file)
console.log(`${states.length} forms, ${states.length * count} vectors, ${file.length} bytes`)
