// Runs guests without sense on two machines with all devices: nothing is thrown, every run returns, and both end alike.
import { fuzzProgram, type FuzzProgram } from '../../../binary-translator/test/random/fuzz-program.ts'
import { Random } from '../../../binary-translator/test/random/random.ts'
import { deviceAccess } from './device-access.ts'
import { PlatformMachine, type Ending } from './platform-machine.ts'

/** Milliseconds after which a program hangs, however busy the host. */
const slowest = 20_000

export const makePlatformMachines = (): [PlatformMachine, PlatformMachine] => [
  new PlatformMachine('interpreter', 1),
  new PlatformMachine('auto', 3),
]

function runOne(machine: PlatformMachine, program: FuzzProgram, random: Random): Ending {
  program.install(machine)
  if (random.chance(0.2)) machine.vcpu.raiseNmi()
  const budgets = Array.from({ length: random.between(2, 6) }, () => random.pick([1, 7, 40, 100, 300]))
  const start = Date.now()
  const ending = machine.run(budgets)
  if (Date.now() - start > slowest) throw new Error(`${ending.retired} instructions took ${Date.now() - start} ms`)
  return ending
}

/** What went wrong with program `seed`; empty: nothing. */
export function platformFuzz(machines: readonly [PlatformMachine, PlatformMachine], seed: number): string[] {
  const random = new Random(seed)
  const program = fuzzProgram(random, deviceAccess)
  const endings = machines.map((machine) => {
    try {
      return JSON.stringify(runOne(machine, program, random.copy()))
    } catch (thrown) {
      return `throws ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`
    }
  })
  const thrown = endings.filter((ending) => ending.startsWith('throws'))
  if (thrown.length > 0) return thrown
  if (endings[0] !== endings[1]) return [...endings, ...machines[0].differencesFrom(machines[1])]
  return machines[0].differencesFrom(machines[1])
}
