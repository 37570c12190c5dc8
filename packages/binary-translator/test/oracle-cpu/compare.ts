// Holds an engine's outcome against the CPU's.
import { type Input, type Outcome, Selector, codePage, windowOffset } from './case.ts'
import { undefinedBits, undefinedFlags, undefinedHalf } from './undefined.ts'

const compared = 0x0cd5
const registerNames = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi']
const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs']
const hex = (value: number): string => (value >>> 0).toString(16)
const bytes = (list: Uint8Array): string => Buffer.from(list).toString('hex')

/** A process reports instruction fetches in the error code, since its kernel uses no-execute pages; the engine's does not. */
const fetchBit = 0x10

/** What differs, in words; empty: nothing. */
export function compareOutcomes(form: string, input: Input, cpu: Outcome, engine: Outcome): string[] {
  const found: string[] = []
  const check = (name: string, a: number, b: number): void => {
    if (a >>> 0 !== b >>> 0) found.push(`${name} ${hex(a)} / ${hex(b)}`)
  }
  check('trap', cpu.trap, engine.trap)
  check('error', cpu.trap === 14 ? cpu.error & ~fetchBit : cpu.error, engine.error)
  check('cr2', cpu.cr2, engine.cr2)
  // The CPU stands after INT3 and, in 16-bit code, counts from the segment's base.
  const base = cpu.selectors[1] === Selector.code16 ? codePage : 0
  if (cpu.trap !== 4) check('eip', cpu.eip + base - (cpu.trap === 3 ? 1 : 0), engine.eip)
  const flags = compared & ~(cpu.trap === 3 ? undefinedFlags(input) : 0)
  check('eflags', cpu.eflags & flags, engine.eflags & flags)
  segmentNames.forEach((name, i) => check(name, cpu.selectors[i]!, engine.selectors[i]!))
  registerNames.forEach((name, i) => {
    const mask = cpu.trap === 3 ? ~undefinedBits(input, i) : -1
    check(name, cpu.registers[i]! & mask, engine.registers[i]! & mask)
  })
  const half = undefinedHalf(input) - windowOffset
  if (half >= 0) engine.memory.set(cpu.memory.subarray(half, half + 2), half)
  if (Buffer.compare(cpu.memory, engine.memory) !== 0) {
    const at = cpu.memory.findIndex((value, i) => value !== engine.memory[i])
    found.push(
      `memory at ${at}: ${bytes(cpu.memory.subarray(at, at + 8))} / ${bytes(engine.memory.subarray(at, at + 8))}`,
    )
  }
  if (found.length === 0) return found
  const registers = registerNames.map((name, i) => `${name}=${hex(input.registers[i]!)}`).join(' ')
  return [`${form}: ${bytes(input.code)} eflags=${hex(input.eflags)} ${registers}: ${found.join(', ')}`]
}
