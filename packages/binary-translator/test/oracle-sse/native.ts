// Builds the C harness and runs records on the CPU. Needs Linux on x86-64 with SSE4.2 and MOVBE, and gcc.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export class NativeCpu {
  readonly #directory = mkdtempSync(join(tmpdir(), 'sse-oracle-'))
  readonly #program = join(this.#directory, 'harness')

  constructor() {
    const source = fileURLToPath(new URL('harness.c', import.meta.url))
    execFileSync('gcc', ['-O1', '-o', this.#program, source], { stdio: 'inherit' })
  }

  run(records: Uint8Array): Uint8Array<ArrayBuffer> {
    const outputs = execFileSync(this.#program, { input: records, maxBuffer: records.length + 1024 })
    if (outputs.length !== records.length) throw new Error('the harness stopped early')
    return new Uint8Array(outputs)
  }

  close(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
