/**
 * Instructions per second of each tier on one loop of loads, adds, compares and branches.
 *
 *     npm run bench -- tiers
 */
import type { EngineMode } from '../src/index.ts'
import { FlatMachine } from '../src/testing/index.ts'

/** MOV EAX,[ESI]; ADD EBX,EAX; ADD EDX,1; CMP EDX,ECX; JB -11; HLT. */
const loop = [0x8b, 0x06, 0x01, 0xc3, 0x83, 0xc2, 0x01, 0x39, 0xca, 0x72, 0xf5, 0xf4]
const rounds = 5

/** Millions of instructions per second, the best of some rounds. */
function measure(mode: EngineMode, iterations: number): number {
  const machine = new FlatMachine({ mode })
  machine.write(0x1000, loop)
  let best = 0
  for (let round = 0; round < rounds; round++) {
    machine.start({ eip: 0x1000, registers: { ecx: iterations, esi: 0x2000 } })
    const before = machine.vcpu.retired
    const start = performance.now()
    for (let left = iterations * 5 + 1; left > 0; left -= 1_000_000) machine.run(Math.min(left, 1_000_000))
    const seconds = (performance.now() - start) / 1000
    best = Math.max(best, (machine.vcpu.retired - before) / seconds / 1e6)
  }
  return best
}

/** Prints a table. */
export function main(): Promise<void> {
  const interpreter = measure('interpreter', 10_000_000)
  const translator = measure('auto', 100_000_000)
  console.log('| tier | million instructions/s |')
  console.log('|---|---|')
  console.log(`| T0, interpreter | ${interpreter.toFixed(0)} |`)
  console.log(`| T1, translated | ${translator.toFixed(0)} |`)
  console.log(`T1 / T0: ${(translator / interpreter).toFixed(1)}`)
  return Promise.resolve()
}
