// node test/oracle-x87/soak.ts [count per instruction] [seed] [name filter]: the module against the CPU on fresh random cases.
import { makeCases } from './cases.ts'
import { differs, show } from './compare.ts'
import { RECORD_BYTES } from './image.ts'
import { instructions } from './instructions.ts'
import { Model } from './module.ts'
import { NativeCpu } from './native.ts'

const [count = '1000', seed = '1', filter = ''] = process.argv.slice(2)
const native = new NativeCpu()
const model = new Model()
let failed = 0

for (const [number, instruction] of instructions.entries()) {
  if (!instruction.name.includes(filter)) continue
  const inputs = makeCases(Number(seed), number, instruction.operands, Number(count))
  const outputs = native.run(inputs)
  let bad = 0
  for (let at = 0; at < inputs.length; at += RECORD_BYTES) {
    const expected = new DataView(outputs.buffer, outputs.byteOffset + at, RECORD_BYTES)
    const actual = new DataView(inputs.slice(at, at + RECORD_BYTES).buffer)
    model.run(instruction, actual)
    if (!differs(expected, actual, instruction)) continue
    if (bad++ < 3) {
      const input = new DataView(inputs.buffer, at, RECORD_BYTES)
      console.log(`${instruction.name}\n  before ${show(input)}\n  cpu    ${show(expected)}\n  module ${show(actual)}`)
    }
  }
  if (bad) console.log(`${instruction.name}: ${bad} of ${count} differ`)
  failed += bad
}
native.close()
console.log(`${failed} differences`)
