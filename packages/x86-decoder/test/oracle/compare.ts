// Compares the decoder with iced-x86 on random and adversarial strings of all three modes, or (--sweep) on
// every opcode of every map with every prefix that matters.
// Usage: node --conditions=@mica-vm/source test/oracle/compare.ts [--count 1000000] [--seed 1] [--mode 16|32|64] [--sweep] [--uses] [--missing]
import { parseArgs } from 'node:util'
import type { Bitness } from '../../src/index.ts'
import { compare, randomSource } from './comparison.ts'
import { sweepSource } from './sweep.ts'
import { iced } from './iced.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    show: { type: 'string', default: '40' },
    uses: { type: 'boolean', default: false },
    sweep: { type: 'boolean', default: false },
    missing: { type: 'boolean', default: false },
  },
})
const modes: readonly Bitness[] = values.mode ? [Number(values.mode) as Bitness] : [16, 32, 64]
const met = new Set<string>()
for (const bitness of modes) {
  const source = values.sweep ? sweepSource(bitness) : randomSource(Number(values.count), Number(values.seed))
  const result = compare(bitness, source, values.uses)
  for (const code of result.codes) met.add(code)
  let total = 0
  for (const { count } of result.differences.values()) total += count
  console.log(
    `${bitness}-bit: ${result.strings} strings (${values.sweep ? 'sweep' : `seed ${values.seed}`}), ${result.valid} valid, ${result.codes.size} forms of iced's, ` +
      `${total} differences`,
  )
  const sorted = [...result.differences].sort((a, b) => b[1].count - a[1].count)
  for (const [key, { count, examples }] of sorted.slice(0, Number(values.show)))
    console.log(`  ${count} ${key} ${examples.join(' ')}`)
  if (total > 0) process.exitCode = 1
}
if (values.missing) {
  const names = Object.keys(iced.Code).filter((name) => !/^\d+$/.test(name) && !met.has(name))
  console.log(`forms of iced's that no string met: ${names.join(' ')}`)
}
