// node test/oracle-x87/generate.ts: runs every instruction on this CPU and writes vectors.bin.br. Needs gcc and an x86-64 CPU.
import { writeFileSync } from 'node:fs'
import { instructions } from './instructions.ts'
import { NativeCpu } from './native.ts'
import { type Expectation, hash, inputsOf, pack } from './vectors.ts'

const COUNT = 300

const native = new NativeCpu()
const inputs = new Map<string, Uint8Array<ArrayBuffer>>()
const expectations: Expectation[] = instructions.map((instruction, number) => {
  const records = inputsOf(instruction, number, COUNT)
  inputs.set(instruction.name, records)
  return { name: instruction.name, count: COUNT, inputs: hash(records), outputs: new Uint8Array(native.run(records)) }
})
native.close()

const file = pack(expectations, inputs)
writeFileSync(new URL('./vectors.bin.br', import.meta.url), file)
console.log(`${instructions.length} instructions, ${instructions.length * COUNT} vectors, ${file.length} bytes`)
