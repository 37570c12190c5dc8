// Builds the C harness and runs records on the CPU of this machine, which must know XSAVEC.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export class NativeCpu {
  readonly #directory = mkdtempSync(join(tmpdir(), 'state-oracle-'))
  readonly #program = join(this.#directory, 'harness')

  constructor() {
    const source = fileURLToPath(new URL('harness.c', import.meta.url))
    execFileSync('gcc', ['-O1', '-mno-red-zone', '-o', this.#program, source], { stdio: 'inherit' })
  }

  /** The records afterwards. */
  run(records: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(execFileSync(this.#program, { input: records, maxBuffer: records.length + 1024 }))
  }

  close(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
