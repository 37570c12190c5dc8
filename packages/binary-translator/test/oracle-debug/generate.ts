// Records what this machine's processor does under breakpoints: node --conditions=@mica-vm/source test/oracle-debug/generate.ts
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encode, randomCase } from './cases.ts'

const count = 600
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const directory = mkdtempSync(join(tmpdir(), 'mica-debug-'))
const program = join(directory, 'harness')
execFileSync('gcc', ['-O1', '-o', program, here('harness.c')])
const lines = Array.from({ length: count }, (_, seed) => encode(randomCase(seed)))
const traps = execFileSync(program, { input: `${lines.join('\n')}\n`, encoding: 'utf8' }).split('\n')
writeFileSync(here('vectors.txt'), lines.map((line, i) => `${line} | ${traps[i]}\n`).join(''))
rmSync(directory, { recursive: true })
