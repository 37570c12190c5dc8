// Programs without any sense on both engines with the real MMU: every run returns in bounded time and throws nothing, memory outside the
// guest's stays as it was. Oracle for what the guest sees: the other engine.
import { expect, it } from 'vitest'
import { fuzz, makeFuzzMachines } from './fuzz.ts'
import { slicedTests } from './slices.ts'

/** How often memory outside the guest's is looked at. */
const batch = 50

/** Declares the tests of the fifth `part` of all programs, on one pair of machines. */
export function fuzzPart(part: number): void {
  const machines = makeFuzzMachines()
  slicedTests({ what: 'programs', part, parts: 5, programs: 19_500, longPrograms: 900_000 }, (seeds) => {
    seeds.forEach((seed, i) => {
      const found = fuzz(machines, seed)
      if (found.length > 0) expect.fail(`seed ${seed}:\n${found.join('\n')}`)
      if ((i + 1) % batch !== 0 || machines.every(({ intact }) => intact)) return
      expect.fail(`memory outside the guest's changed in one of the ${batch} programs up to seed ${seed}`)
    })
  })
  it('the host keeps no more handlers than it is to, though programs show it more shapes of instructions', () => {
    for (const { engine } of machines) {
      expect(engine.handlers.modules).toBeGreaterThan(4096)
      expect(engine.handlers.count).toBeLessThan(5000)
    }
  })
}
