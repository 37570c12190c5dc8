// Compares lengths and names with objdump on an ELF file of x86-64 code.
// Usage: node --conditions=@mica-vm/source test/oracle/objdump.ts /usr/lib/x86_64-linux-gnu/libc.so.6
import { execFileSync } from 'node:child_process'
import { decodeInto, DecodeStatus, Instruction, mnemonicName } from '../../src/index.ts'

const file = process.argv[2] ?? '/usr/lib/x86_64-linux-gnu/libc.so.6'
const text = execFileSync('objdump', ['-d', '--insn-width=15', '-M', 'intel', file], { maxBuffer: 1 << 30 }).toString()

/** Names that objdump spells in its own way. */
const SPELLINGS: Readonly<Record<string, string>> = {
  movabs: 'mov',
  xlat: 'xlatb',
  sal: 'shl',
  fwait: 'wait',
  cs: '',
  ds: '',
  data16: '',
  addr32: '',
  rex: '',
  bnd: '',
  notrack: '',
  xrelease: '',
  xacquire: '',
}

/** The name that objdump shows: without prefixes and the condition in predicate names. */
function nameOf(words: readonly string[]): string {
  for (const word of words) {
    const plain = word.replace(/^rex\..*/, 'rex')
    if (/^(?:lock|rep|repz|repnz)$/.test(plain)) continue
    const spelling = SPELLINGS[plain] ?? plain
    if (spelling !== '') return spelling
  }
  return ''
}

const instruction = new Instruction()
const differences = new Map<string, { count: number; example: string }>()
let compared = 0
let named = 0
for (const line of text.split('\n')) {
  const match = /^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t(.*)$/.exec(line)
  if (!match || match[3]!.includes('(bad)')) continue
  const bytes = Uint8Array.from(match[2]!.trim().split(' '), (byte) => Number.parseInt(byte, 16))
  const status = decodeInto(bytes, 0, bytes.length, 64, instruction)
  compared++
  const name = nameOf(match[3]!.split(/\s+/))
  if (status === DecodeStatus.Ok && instruction.length === bytes.length) {
    if (mnemonicName(instruction.mnemonic) === name) named++
    continue
  }
  const key = `${status} ${instruction.length}/${bytes.length} ${name}`
  const entry = differences.get(key) ?? { count: 0, example: line.trim() }
  entry.count++
  differences.set(key, entry)
}
console.log(
  `${compared} instructions of ${file}: ${differences.size} kinds of difference in length, ${named} with objdump's very name`,
)
for (const [key, { count, example }] of differences) console.log(`  ${count} ${key}: ${example}`)
if (differences.size > 0) process.exitCode = 1
