import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { At, access } from '../layout.ts'
import { makeSegment, paging } from '../macros.ts'
import { registersAtStart } from '../runtime.ts'
import type { Feature, SystemCase } from '../types.ts'
import { codeAt, dataAt, programs, stackAt, type Program } from './programs.ts'

const goldenFile = fileURLToPath(new URL('golden.txt', import.meta.url))

/** What a real processor answered, by program. */
export function readAnswers(): ReadonlyMap<string, string> {
  const lines = readFileSync(goldenFile, 'utf8').trimEnd().split('\n')
  return new Map(lines.map((line) => line.split(' = ') as [string, string]))
}

/** Whether the processor at hand is of the recorded kind: others hold back debug traps for longer, for example. */
const isRecordedKind = (): boolean =>
  process.platform === 'linux' && process.arch === 'x64' && /GenuineIntel/.test(readFileSync('/proc/cpuinfo', 'utf8'))

/** Asks the processor at hand; undefined where that cannot be: it takes gcc and a 64-bit Linux that lets code have an LDT. */
export function askProcessor(): ReadonlyMap<string, string> | undefined {
  if (!isRecordedKind()) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'mica-real-cpu-'))
  try {
    const source = fileURLToPath(new URL('harness.c', import.meta.url))
    const binary = join(directory, 'harness')
    if (spawnSync('gcc', ['-O1', '-no-pie', '-o', binary, source]).status !== 0) return undefined
    const input = programs
      .map(({ protection, code }) => `${protection} ${Buffer.from(code).toString('hex')}\n`)
      .join('')
    const { status, stdout } = spawnSync(binary, { input })
    if (status !== 0) return undefined
    const lines = String(stdout).trimEnd().split('\n')
    return new Map(programs.map(({ name }, index) => [name, lines[index]!]))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export function writeAnswers(answers: ReadonlyMap<string, string>): void {
  writeFileSync(goldenFile, [...answers].map(([name, answer]) => `${name} = ${answer}\n`).join(''))
}

const table = (index: number): number => At.PT2 + index * 0x1000
const page = { code: 0x1_5000, stack: 0x1_6000, data: 0x1_7000, low: At.DATA, high: At.DATA + 0x1000 }

/** The program in ring 3 of the oracle's machine, at the same addresses. */
function caseOf({ name, protection, code }: Program): SystemCase {
  const map = (linear: number, index: number, physical: number, rights: number): string => `
    mov dword [${At.PD + (linear >>> 22) * 4}], ${table(index) + 7}
    mov dword [${table(index) + ((linear >>> 12) & 0x3ff) * 4}], ${rights ? physical + rights : 0}\n`
  return {
    name,
    low: `db ${code.join(', ')}`,
    lowBits: 32,
    code: `
      ${paging(7)}
      ${map(codeAt, 0, page.code, 7)}${map(stackAt, 1, page.low, 7)}${map(stackAt + 0xf000, 1, page.high, 7)}
      ${map(stackAt + 0x1_7000, 1, page.stack, 7)}${map(stackAt + 0x1_8000, 1, page.stack, 7)}
      ${map(dataAt, 2, page.data, [0, 5, 7][protection]!)}
      mov esi, LOW; mov edi, ${page.code}; mov ecx, ${code.length}; rep movsb
      mov edi, ${page.data}; mov eax, 0; mov ecx, 1024; rep stosd
      ${makeSegment(7, stackAt, 0xffff, access(0x13, 3))}
      mov eax, cr3; mov cr3, eax
      ${Object.entries(registersAtStart)
        .map(([register, value]) => `mov ${register}, ${register === 'ebx' ? dataAt : value}\n`)
        .join('')}
      mov dword [RETURNS], 12
      push DATA3; push ${stackAt + 0x1_8000}; push 0x202; push CODE3; push ${codeAt}
      push DATA3; pop ds; push DATA3; pop es
      iretd`,
  }
}

/** The programs as cases of the oracle. */
export const programCases: Feature = {
  name: 'real-cpu',
  title: 'What a real processor shows to user code',
  cases: programs.map(caseOf),
}

const vectors: readonly (string | undefined)[] = [
  ...['#DE', '#DB', undefined, '#BP', '#OF', '#BR', '#UD', '#NM', '#DF', undefined, '#TS', '#NP', '#SS', '#GP', '#PF'],
  ...[undefined, '#MF', '#AC'],
]
const withErrorCode: readonly number[] = [10, 11, 12, 13, 14, 17]

/** A trace of Mica's as the harness prints what it saw: up to the first exception that is no single step. */
export function answerOf(trace: readonly string[]): string {
  const seen: string[] = []
  for (const line of trace) {
    const [, name, stack, rest] = /^(\S+) \[(.*?)\](.*)$/.exec(line) ?? []
    const vector = vectors.indexOf(name)
    const words = (stack ?? '').split(' ').map((word) => Number.parseInt(word, 16))
    const error = withErrorCode.includes(vector) ? words.shift()! : 0
    seen.push(`${vector}:${error.toString(16)}@${(words[0]! - codeAt).toString(16)}`)
    if (vector === 1) continue
    const register = (wanted: string): string =>
      new RegExp(` ${wanted}=([0-9a-f]{8})`).exec(rest!)?.[1] ?? registersAtStart[wanted]!.toString(16).padStart(8, '0')
    const esp = words[3]!.toString(16).padStart(8, '0')
    return `${seen.join(' ')} ${register('eax')} ${register('ecx')} ${register('edx')} ${esp} ${register('ebp')}`
  }
  return seen.join(' ')
}
