// node test/oracle-sse/generate.ts [--count 30]: runs the cases of every form on this CPU and writes vectors.bin.br.
// Needs Linux on x86-64 with SSE4.2 and MOVBE, and gcc.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { forms } from './forms.ts'
import { type Vectors, inputsOf, pack } from './vectors.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '30' }, out: { type: 'string' } } })
const names = new Set(forms.map(({ name }) => name))
if (names.size !== forms.length) throw new Error('two forms have one name')

const directory = mkdtempSync(join(tmpdir(), 'sse-oracle-'))
const program = join(directory, 'harness')
execFileSync('gcc', ['-O1', '-o', program, fileURLToPath(new URL('harness.c', import.meta.url))], { stdio: 'inherit' })

let total = 0
const vectors: Vectors[] = forms.map((form) => {
  // Numbers have more corners than integers.
  const count = Number(values.count) * (form.content.startsWith('f') ? 3 : 1)
  const inputs = inputsOf(form, count)
  const outputs = new Uint8Array(execFileSync(program, { input: inputs, maxBuffer: inputs.length + 1024 }))
  if (outputs.length !== inputs.length) throw new Error(`${form.name}: the harness stopped early`)
  total += count
  return { name: form.name, count, inputs, outputs }
})
rmSync(directory, { recursive: true })

const file = pack(vectors)
writeFileSync(values.out ?? new URL('vectors.bin.br', import.meta.url), file)
console.log(`${forms.length} forms, ${total} vectors, ${file.length} bytes`)
