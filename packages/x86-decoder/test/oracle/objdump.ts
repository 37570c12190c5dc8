// Compares lengths and text with objdump on an ELF file.
// Usage: node --conditions=@mica-vm/source test/oracle/objdump.ts [--mode 16|32|64] [--show 40] FILE...
import { parseArgs } from 'node:util'
import type { Bitness } from '../../src/index.ts'
import { compareWithObjdump } from './objdump-comparison.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { mode: { type: 'string', default: '64' }, show: { type: 'string', default: '40' } },
})
for (const file of positionals) {
  const result = await compareWithObjdump(file, Number(values.mode) as Bitness)
  console.log(
    `${file}: ${result.instructions} instructions, ${result.none} none, ` +
      `${result.normalized} alike after normalization, ${result.different} different`,
  )
  const sorted = [...result.differences].sort((a, b) => b[1].count - a[1].count)
  for (const [, { count, example }] of sorted.slice(0, Number(values.show))) console.log(`  ${count} ${example}`)
  if (result.different > 0) process.exitCode = 1
}
