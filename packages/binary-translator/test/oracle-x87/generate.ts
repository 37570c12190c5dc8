// node test/oracle-x87/generate.ts: runs every instruction on this CPU and writes vectors.bin.br. Needs gcc and an x86-64 CPU.
import { writeFileSync } from 'node:fs'
import { instructions } from './instructions.ts'
import { NativeCpu } from './native.ts'
import { type Expectation, hash, inputsOf, pack } from './vectors.ts'

/** Cases of an instruction; functions that are not exact have many more. */
const COUNT = 250
const ofFunctions = 2000

const native = new NativeCpu()
const inputs = new Map<string, Uint8Array<ArrayBuffer>>()
let total = 0
const expectations: Expectation[] = instructions.map((instruction, number) => {
  const count = instruction.ulps > 0 ? ofFunctions : COUNT
  const records = inputsOf(instruction, number, count)
  total += count
  inputs.set(instruction.name, records)
  return { name: instruction.name, count, inputs: hash(records), outputs: new Uint8Array(native.run(records)) }
})
native.close()

const file = pack(expectations, inputs)
writeFileSync(new URL('./vectors.bin.br', import.meta.url), file)
console.log(`${instructions.length} instructions, ${total} vectors, ${file.length} bytes`)
