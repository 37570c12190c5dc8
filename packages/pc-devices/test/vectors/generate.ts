/**
 * Records what QEMU's PC answers to random programs: `node test/vectors/generate.ts`, with `qemu-system-i386` installed.
 * The CPU stands still; QEMU's test protocol does the port accesses.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { PROGRAMS, randomFrom, type Access } from './programs.ts'

const PROGRAMS_PER_KIND = 16
const MACHINE = ['-machine', 'pc', '-accel', 'tcg', '-S', '-display', 'none', '-nodefaults']
const PORTS = ['-qtest', 'stdio', '-serial', 'null', '-serial', 'null']

async function answersOf(program: readonly Access[]): Promise<number[]> {
  const qemu = spawn('qemu-system-i386', [...MACHINE, ...PORTS], { stdio: ['pipe', 'pipe', 'ignore'] })
  const lines = program.map(([kind, port, value]) => (kind === 'r' ? `inb ${port}` : `outb ${port} ${value}`))
  qemu.stdin.write(`${lines.join('\n')}\n`)
  const answers: number[] = []
  let done = 0
  for await (const line of createInterface({ input: qemu.stdout })) {
    if (!line.startsWith('OK')) continue
    if (program[done]![0] === 'r') answers.push(Number(line.split(' ')[1]))
    if (++done === program.length) break
  }
  qemu.kill()
  return answers
}

const vectors: Record<string, string[]> = {}
for (const [kind, make] of Object.entries(PROGRAMS)) {
  vectors[kind] = []
  for (let seed = 1; seed <= PROGRAMS_PER_KIND; seed++) {
    vectors[kind].push(Buffer.from(await answersOf(make(randomFrom(seed)))).toString('hex'))
  }
}
writeFileSync(new URL('qemu.json', import.meta.url), `${JSON.stringify(vectors, undefined, 2)}\n`)
