// Builds the C harness for the instruction table and runs records on the CPU.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instructions } from './instructions.ts'

export class NativeCpu {
  readonly #directory = mkdtempSync(join(tmpdir(), 'x87-oracle-'))
  readonly #program = join(this.#directory, 'harness')

  constructor() {
    const lines = instructions.map(({ assembly }, number) => `INSTRUCTION(${number}, ${JSON.stringify(assembly)})`)
    writeFileSync(join(this.#directory, 'instructions.inc'), lines.join('\n'))
    const source = fileURLToPath(new URL('./harness.c', import.meta.url))
    execFileSync('gcc', ['-O1', '-mno-red-zone', '-I', this.#directory, '-o', this.#program, source], {
      stdio: 'inherit',
    })
  }

  run(records: Uint8Array): Uint8Array {
    return execFileSync(this.#program, { input: records, maxBuffer: records.length + 1024 })
  }

  close(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
