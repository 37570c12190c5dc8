// Holds the engine's records against the CPU's.
import { Part, recordBytes } from './case.ts'

const parts = [
  ['xmm0', Part.xmm, 16],
  ['xmm1', Part.xmm + 16, 16],
  ['xmm2', Part.xmm + 32, 16],
  ['mm0', Part.mm, 8],
  ['mm1', Part.mm + 8, 8],
  ['mm2', Part.mm + 16, 8],
  ['eax', Part.gpr, 4],
  ['ecx', Part.gpr + 4, 4],
  ['edx', Part.gpr + 8, 4],
  ['mxcsr', Part.mxcsr, 4],
  ['memory', Part.memory, 32],
] as const

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What differs, in words; empty: nothing. */
export function compareRecords(name: string, input: Uint8Array, cpu: Uint8Array, engine: Uint8Array): string[] {
  const found: string[] = []
  if (cpu[0] !== engine[0]) found.push(`trap ${cpu[0]} / ${engine[0]}`)
  for (const [part, at, bytes] of parts) {
    const [a, b] = [cpu.subarray(at, at + bytes), engine.subarray(at, at + bytes)]
    if (Buffer.compare(a, b) !== 0) found.push(`${part} ${text(a)} / ${text(b)}`)
  }
  const flags = (record: Uint8Array): number =>
    new DataView(record.buffer, record.byteOffset).getUint32(Part.eflags, true) & 0x8d5
  if (flags(cpu) !== flags(engine)) found.push(`eflags ${flags(cpu).toString(16)} / ${flags(engine).toString(16)}`)
  if (found.length === 0) return found
  const before = parts.map(([part, at, bytes]) => `${part}=${text(input.subarray(at, at + bytes))}`).join(' ')
  return [
    `${name}: ${text(input.subarray(0, input[Part.length]))} ${before}: ${found.join(', ')}`.slice(
      0,
      100 * recordBytes,
    ),
  ]
}
