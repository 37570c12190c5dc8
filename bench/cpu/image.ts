/** Makes the guest of this bench: a Multiboot image without an operating system that runs loop after loop and tells where it is. */
import { turnOf } from './count.ts'
import { codeOf, data, wordBytes as word, type Loop } from './loop.ts'

const loadAddress = 0x10_0000
const pageBytes = 4096
const headerBytes = 32
const mainPages = 2

/** What the guest writes to its first serial port and to port E9h. */
export const Mark = { start: 's', end: 'e', absent: '-', done: '.' } as const

/** How often a loop runs before and while it is measured. */
export interface Turns {
  readonly warm: number
  readonly measured: number
}

function header(end: number): number[] {
  const magic = 0x1bad_b002
  const withAddresses = 0x1_0000
  const fields = [loadAddress, loadAddress, end, end + 4 * pageBytes, loadAddress + headerBytes]
  return [magic, withAddresses, -(magic + withAddresses), ...fields].flatMap(word)
}

/** CR0: no emulation, no switched task, errors by #MF; CR4: OSFXSR and OSXMMEXCPT where CPUID has SSE. */
const enableVectors = codeOf([
  'b801000000 mov eax,1',
  '0fa2 cpuid',
  '89d7 mov edi,edx',
  '89cd mov ebp,ecx',
  '0f20c0 mov eax,cr0',
  '83e0f3 and eax,0FFFFFFF3h',
  '83c822 or eax,22h',
  '0f22c0 mov cr0,eax',
  'f7c700000002 test edi,2000000h',
  '740b je over',
  '0f20e0 mov eax,cr4',
  '0d00060000 or eax,600h',
  '0f22e0 mov cr4,eax',
])

const writeMark = (mark: string): number[] => [
  ...[0xb0, mark.charCodeAt(0)],
  ...codeOf(['66baf803 mov dx,3F8h', 'ee out dx,al', 'e6e9 out 0E9h,al']),
]

const move = (register: number, value: number): number[] => [0xb8 + register, ...word(value)]

interface Places {
  readonly loop: number
  readonly data: number
  /** Where the code that calls the loop will lie. */
  readonly here: number
}

function callLoop(turns: number, at: number, loop: number): number[] {
  const count = move(5, turns)
  return [...count, 0xe8, ...word(loop - (at + count.length + 5))]
}

/** Runs one loop twice, the second time between marks. */
function measured(loop: Loop, turns: Turns, { loop: target, data: at, here }: Places): number[] {
  const code: number[] = []
  const push = (...bytes: number[]): void => void code.push(...bytes)
  push(...move(6, at), ...move(0, target + 8), ...codeOf(['8986f0000000 mov dword ptr [esi+0F0h],eax']))
  for (const register of [0, 1, 2, 3, 7]) push(...move(register, 0x1234_5677 * (register + 1)))
  push(...codeOf(loop.setup ?? []))
  push(...callLoop(turns.warm, here + code.length, target))
  push(...writeMark(Mark.start))
  push(...callLoop(turns.measured, here + code.length, target))
  push(...writeMark(Mark.end))
  return code
}

/** TEST of CPUID's word in memory, and a jump over the loop where the bit is clear. */
function guarded(loop: Loop, features: number, code: readonly number[]): number[] {
  if (!loop.needs) return [...code]
  const { register, bit } = loop.needs
  const otherwise = writeMark(Mark.absent)
  const test = [0xf7, 0x05, ...word(features + (register === 'edx' ? 0 : 4)), ...word(1 << bit)]
  const then = [...code, 0xe9, ...word(otherwise.length)]
  return [...test, 0x0f, 0x84, ...word(then.length), ...then, ...otherwise]
}

const guardBytes = 16

/** The image in which loop `i` runs `turns[i]` times. */
export function image(loops: readonly Loop[], turns: readonly Turns[]): Uint8Array {
  const loopAt = (i: number): number => loadAddress + (mainPages + i) * pageBytes
  const dataAt = loopAt(loops.length)
  const features = dataAt + 0xf00
  const main = [0xfa, ...move(4, dataAt + 4 * pageBytes), ...enableVectors]
  main.push(0x89, 0x3d, ...word(features), 0x89, 0x2d, ...word(features + 4))
  loops.forEach((loop, i) => {
    const here = loadAddress + headerBytes + main.length + (loop.needs ? guardBytes : 0)
    main.push(...guarded(loop, features, measured(loop, turns[i]!, { loop: loopAt(i), data: dataAt, here })))
  })
  main.push(...writeMark(Mark.done), ...codeOf(['f4 hlt', 'ebfd jmp over']))
  const bytes = new Uint8Array(dataAt + pageBytes - loadAddress)
  bytes.set(header(dataAt + pageBytes))
  if (headerBytes + main.length > mainPages * pageBytes) throw new RangeError(`${loops.length} loops are too many`)
  bytes.set(main, headerBytes)
  loops.forEach(({ body }, i) => {
    const code = codeOf(body)
    bytes.set([...code, ...turnOf(code.length), 0xc3], loopAt(i) - loadAddress)
  })
  bytes.set(data(), dataAt - loadAddress)
  return bytes
}
