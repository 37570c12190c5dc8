// Runs programs without sense on two engines. What must hold: every run returns, nothing is thrown, and both engines end alike. That nothing
// outside the guest's memory changes, `intact` tells, after one program or many.
import { VcpuExit } from '../../src/index.ts'
import { differences, snapshot } from '../../src/testing/index.ts'
import { FuzzMachine } from './fuzz-machine.ts'
import { fuzzProgram, type FuzzProgram } from './fuzz-program.ts'
import { Random } from './random.ts'

const slowest = 10_000

export const makeFuzzMachines = (): FuzzMachine[] => [new FuzzMachine('interpreter', 1), new FuzzMachine('auto', 3)]

/** The exits of one engine's runs of `program`, which `random` has made. */
function runOne(machine: FuzzMachine, program: FuzzProgram, random: Random): { exits: number[]; retired: number } {
  program.install(machine)
  const before = machine.vcpu.retired
  const exits: number[] = []
  const runs = random.between(2, 5)
  for (let i = 0; i < runs; i++) {
    if (random.chance(0.3)) machine.interrupt(random.below(64))
    if (random.chance(0.05)) machine.vcpu.requestExit()
    const budget = random.pick([1, 3, 10, 40, 100])
    const start = Date.now()
    exits.push(machine.vcpu.run(budget))
    const took = Date.now() - start
    if (took > slowest) throw new Error(`a run of ${budget} instructions took ${took} ms`)
    if (exits.at(-1) === VcpuExit.Shutdown && random.chance(0.8)) break
    if (exits.at(-1) === VcpuExit.Halt) machine.interrupt(0x20)
  }
  return { exits, retired: machine.vcpu.retired - before }
}

/** What went wrong with program `seed`; empty: nothing. */
export function fuzz(machines: readonly FuzzMachine[], seed: number): string[] {
  const random = new Random(seed)
  const program = fuzzProgram(random)
  const results = machines.map((machine) => {
    try {
      return runOne(machine, program, random.copy())
    } catch (thrown) {
      return {
        exits: [],
        retired: 0,
        thrown: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
      }
    }
  })
  const found: string[] = []
  results.forEach((result, i) => {
    if ('thrown' in result) found.push(`engine ${i}: ${result.thrown}`)
  })
  if (found.length > 0) return found
  const [a, b] = machines
  if (`${results[0]!.exits}` !== `${results[1]!.exits}`)
    found.push(`exits: ${results[0]!.exits} / ${results[1]!.exits}`)
  if (results[0]!.retired !== results[1]!.retired)
    found.push(`retired: ${results[0]!.retired} / ${results[1]!.retired}`)
  found.push(...differences(snapshot(a!.vcpu.state), snapshot(b!.vcpu.state)))
  a!.pages.forEach((page, ppn) => {
    if (Buffer.compare(page, b!.pages[ppn]!) === 0) return
    const at = page.findIndex((byte, i) => byte !== b!.pages[ppn]![i])
    found.push(
      `page ${ppn.toString(16)} at ${at.toString(16)}: ${page[at]!.toString(16)} / ${b!.pages[ppn]![at]!.toString(16)}`,
    )
  })
  return found
}
