import { describe, expect, test } from 'vitest'
import { decodeInto, DecodeStatus, facts, format, Instruction } from '../../src/index.ts'
import type { Bitness } from '../../src/index.ts'
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
  return text.replace(/\{(?:r[nduz]e?-)?sae\}/, '')
}

function comparable(text: string): string {
  return withoutRounding(text)
    .replace(DECORATION, '')
    .replace(/\bst(?=,|$)/g, 'st(0)')
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

// Oracle: iced-x86's Intel formatter, with the options that make our style.
describe(`text of ${COUNT} random strings is iced's (seed ${SEED})`, () => {
  test.each([16, 32, 64] as const)('%i-bit', (bitness: Bitness) => {
    const random = new Random(SEED)
    const bytes = new Uint8Array(STRIDE)
    const ours = new Instruction()
    const theirs = new iced.Instruction()
    const formatter = icedFormatter()
    let compared = 0
    const differences: string[] = []
    for (let i = 0; i < COUNT; i++) {
      fillString(random, bytes, 0)
      if (decodeInto(bytes, 0, STRIDE, bitness, ours) !== DecodeStatus.Ok) continue
      const decoder = new iced.Decoder(bitness, bytes, 0)
      decoder.decodeOut(theirs)
      decoder.free()
      const expected = comparable(formatter.format(theirs))
      const text = withoutRounding(format(ours))
      if (isOurStyle(ours, expected)) continue
      compared++
      if (text !== expected) differences.push(`${Buffer.from(bytes).toString('hex')}: ${text} / ${expected}`)
    }
    theirs.free()
    formatter.free()
    expect(differences.slice(0, 30)).toEqual([])
    expect(compared).toBeGreaterThan(COUNT / 5)
  })
})
