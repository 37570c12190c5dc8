// Builds the C harness and runs records on the CPU of this machine: Linux on x86-64, and a gcc that knows -m32 (no 32-bit libraries).
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inputBytes, outputBytes } from './case.ts'

const flags = '-m32 -O1 -nostdlib -static -no-pie -fno-pie -fno-stack-protector -fno-builtin -mno-sse'.split(' ')

export class NativeCpu {
  readonly #directory = mkdtempSync(join(tmpdir(), 'cpu-oracle-'))
  readonly #program = join(this.#directory, 'harness')

  constructor() {
    const source = fileURLToPath(new URL('harness.c', import.meta.url))
    execFileSync('gcc', [...flags, '-o', this.#program, source], { stdio: 'inherit' })
  }

  /** Output records of input records. */
  run(inputs: Uint8Array): Uint8Array<ArrayBuffer> {
    const count = inputs.length / inputBytes
    const outputs = execFileSync(this.#program, { input: inputs, maxBuffer: count * outputBytes + 1024 })
    if (outputs.length !== count * outputBytes) throw new Error('the harness stopped early')
    return new Uint8Array(outputs)
  }

  close(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
