// node test/oracle-cpu/generate.ts [--count 50]: runs the cases of every form on this CPU and writes vectors.bin.br.
// Needs Linux on x86-64 and gcc that knows -m32 (no 32-bit libraries).
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { outputBytes } from './case.ts'
import { forms } from './forms.ts'
import { type Expectation, hash, inputsOf, pack } from './vectors.ts'

const { values } = parseArgs({ options: { count: { type: 'string', default: '50' }, out: { type: 'string' } } })
const count = Number(values.count)
const names = new Set(forms.map(({ name }) => name))
if (names.size !== forms.length) throw new Error('two forms have one name')

const directory = mkdtempSync(join(tmpdir(), 'cpu-oracle-'))
const program = join(directory, 'harness')
const source = fileURLToPath(new URL('harness.c', import.meta.url))
const flags = [
  '-m32',
  '-O1',
  '-nostdlib',
  '-static',
  '-no-pie',
  '-fno-pie',
  '-fno-stack-protector',
  '-fno-builtin',
  '-mno-sse',
]
execFileSync('gcc', [...flags, '-o', program, source], { stdio: 'inherit' })

const inputs = new Map<string, Uint8Array>()
const expectations: Expectation[] = forms.map((form) => {
  const records = inputsOf(form, count)
  inputs.set(form.name, records)
  const outputs = new Uint8Array(execFileSync(program, { input: records, maxBuffer: count * outputBytes + 1024 }))
  if (outputs.length !== count * outputBytes) throw new Error(`${form.name}: the harness stopped early`)
  return { name: form.name, count, inputs: hash(records), outputs }
})
rmSync(directory, { recursive: true })

const file = pack(expectations, inputs)
writeFileSync(values.out ?? new URL('vectors.bin.br', import.meta.url), file)
console.log(`${forms.length} forms, ${forms.length * count} vectors, ${file.length} bytes`)
