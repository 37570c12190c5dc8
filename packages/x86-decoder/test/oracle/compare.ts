// Compares the decoder with iced-x86 on random and adversarial strings of all three modes.
// Usage: node --conditions=@mica-vm/source test/oracle/compare.ts [--count 1000000] [--seed 1] [--mode 16|32|64]
import { parseArgs } from 'node:util'
import type { Bitness } from '../../src/index.ts'
import { compare } from './comparison.ts'
import { undecodedEncodings, undecodedFeatures } from './undecoded.ts'
import { iced } from './iced.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    show: { type: 'string', default: '40' },
  },
})
const modes: readonly Bitness[] = values.mode ? [Number(values.mode) as Bitness] : [16, 32, 64]
console.log(`not decoded: ${undecodedEncodings.map((kind) => iced.EncodingKind[kind]).join(' ')} ${undecodedFeatures.join(' ')}`)
for (const bitness of modes) {
  const result = compare(bitness, Number(values.count), Number(values.seed))
  let total = 0
  for (const { count } of result.differences.values()) total += count
  console.log(
    `${bitness}-bit: ${result.strings} strings (seed ${values.seed}), ${result.valid} valid, ${result.codes.size} forms of iced's, ` +
      `${result.undecoded} not decoded, ${total} differences`,
  )
  const sorted = [...result.differences].sort((a, b) => b[1].count - a[1].count)
  for (const [key, { count, examples }] of sorted.slice(0, Number(values.show))) console.log(`  ${count} ${key} ${examples.join(' ')}`)
  if (total > 0) process.exitCode = 1
}
