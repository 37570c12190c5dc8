import { describe, expect, test } from 'vitest'
import { decodeInto, DecodeStatus, facts, format, Instruction } from '../../src/index.ts'
import type { Bitness, FormatOptions } from '../../src/index.ts'
import { fillString, STRIDE } from '../oracle/byte-strings.ts'
import { iced } from '../oracle/iced.ts'
import { Random } from '../oracle/random.ts'

const SEED = Number(process.env['MICA_SEED'] ?? 99)
const COUNT = 20_000

function icedFormatter(): iced.Formatter {
  const formatter = new iced.Formatter(iced.FormatterSyntax.Intel)
  formatter.memorySizeOptions = iced.MemorySizeOptions.Always
  formatter.showBranchSize = false
  formatter.branchLeadingZeros = false
  formatter.ripRelativeAddresses = true
  formatter.usePseudoOps = false
  return formatter
}

/** Words that iced shows for prefixes without a meaning of their own, and operands it shows though they are implied. */
const DECORATION = /\b(?:hint-taken|hint-not-taken|bnd|xacquire|xrelease|data16|data32|addr16|addr32|notrack) /g

/** Rounding stands after the last register in our text (as in the SDM's operand templates), after the first in iced's. */
function withoutRounding(text: string): string {
  return text.replace(/\{(?:r[nduz]e?-)?sae\}/i, '')
}

function comparable(text: string, uppercase: boolean): string {
  return withoutRounding(text)
    .replace(uppercase ? new RegExp(DECORATION, 'gi') : DECORATION, '')
    .replace(/\bst(?=,|$)/gi, uppercase ? 'ST(0)' : 'st(0)')
}

/** What we show in a style of our own: implied operands and prefixes not at all, 16-bit operands in the size encoded. */
const OUR_STYLE = new RegExp(
  [
    '^(?:f[a-z0-9]+|xlat|reservednop|nop|xchg|arpl|shl|cldemote|mask\\w+|pmulhrw|prefetch\\w*|tpause|umwait|ltr|lldt|lmsw|ver[rw]|v?extractps|v?pextr\\w|v?pinsr\\w|v?movmskp\\w|v?pmovmskb|vp?gather\\w+|invlpg[ab]|loop\\w*|j\\w?cxz)\\b',
    '\\bfar\\b',
    '^rep',
    '^l?s?[ig]dt',
    '^s[ig]dt',
    '^mov [c-gs]s,',
    'mem384',
    '[cdes]s:',
    '^clzero',
    '^cmp\\w+xadd',
    '^u?monitor',
    '^mwait',
    // iced leaves out the second of two equal registers of IMUL as a pseudo operation.
    '^imul \\w+,[0-9]',
  ].join('|'),
)

/** Features whose instructions have implied operands that iced shows. */
const IMPLIED: ReadonlySet<string> = new Set([
  'SVM',
  'SKINIT_or_SVM',
  'SEV_SNP',
  'INVLPGB',
  'MONITOR',
  'MONITORX',
  'CLZERO',
  'WAITPKG',
])

function isOurStyle(instruction: Instruction, text: string): boolean {
  const { isString, cpuFeature } = facts(instruction.code)
  return isString || IMPLIED.has(cpuFeature) || OUR_STYLE.test(text)
}

interface Variant {
  readonly name: string
  readonly options: FormatOptions
  readonly set: (formatter: iced.Formatter) => void
}

const VARIANTS: readonly Variant[] = [
  { name: 'no options', options: {}, set: () => undefined },
  { name: 'uppercase', options: { uppercase: true }, set: (formatter) => void (formatter.uppercaseAll = true) },
  {
    name: 'numbers after 0x',
    options: { hex: 'prefix' },
    set: (formatter) => {
      formatter.hexPrefix = '0x'
      formatter.hexSuffix = ''
      formatter.uppercaseHex = false
    },
  },
  {
    name: 'a space after commas',
    options: { spaceAfterComma: true },
    set: (formatter) => void (formatter.spaceAfterOperandSeparator = true),
  },
  {
    name: 'signed immediates',
    options: { signedImmediates: true },
    set: (formatter) => void (formatter.signedImmediateOperands = true),
  },
  {
    name: 'names for predicates',
    options: { pseudoOperations: true },
    set: (formatter) => void (formatter.usePseudoOps = true),
  },
  {
    name: 'addresses for distances from RIP',
    options: { absoluteRip: true, ip: 0 },
    set: (formatter) => void (formatter.ripRelativeAddresses = false),
  },
]

/** Texts that differ from iced's, of those that are not of a style of our own. */
function differencesOf(bitness: Bitness, { options, set }: Variant): { compared: number; differences: string[] } {
  const random = new Random(SEED)
  const bytes = new Uint8Array(STRIDE)
  const ours = new Instruction()
  const theirs = new iced.Instruction()
  const formatter = icedFormatter()
  set(formatter)
  let compared = 0
  const differences: string[] = []
  for (let i = 0; i < COUNT; i++) {
    fillString(random, bytes, 0)
    if (decodeInto(bytes, 0, STRIDE, bitness, ours) !== DecodeStatus.Ok) continue
    const decoder = new iced.Decoder(bitness, bytes, 0)
    decoder.decodeOut(theirs)
    decoder.free()
    const listed = formatter.format(theirs)
    const expected = comparable(listed, options.uppercase === true)
    if (isOurStyle(ours, expected.toLowerCase())) continue
    const text = withoutRounding(format(ours, options))
    compared++
    if (text !== expected) differences.push(`${Buffer.from(bytes).toString('hex')}: ${text} / ${expected}`)
  }
  theirs.free()
  formatter.free()
  return { compared, differences }
}

// Oracle: iced-x86's Intel formatter, with the options that make our style.
describe.each(VARIANTS)(`text of ${COUNT} random strings is iced's (seed ${SEED}): $name`, (variant) => {
  test.each([16, 32, 64] as const)('%i-bit', (bitness: Bitness) => {
    const { compared, differences } = differencesOf(bitness, variant)
    expect(differences.slice(0, 30)).toEqual([])
    expect(compared).toBeGreaterThan(COUNT / 5)
  })
})
