// Programs without any sense on both engines with the real MMU: every run returns in bounded time and throws nothing, memory outside the
// guest's stays as it was. Oracle for what the guest sees: the other engine.
import { expect, it } from 'vitest'
import { fuzz, makeFuzzMachines } from './fuzz.ts'
import { harmlessTests } from './slices.ts'

/** Declares the tests of the fifth `part` of all programs, on one pair of machines. */
export function fuzzPart(part: number): void {
  const machines = makeFuzzMachines()
  const run = (seed: number): string[] => fuzz(machines, seed)
  harmlessTests({ machines, run, what: 'programs', part, parts: 5, programs: 19_500, longPrograms: 900_000 })
  it('the host keeps no more handlers than it is to, though programs show it more shapes of instructions', () => {
    for (const { engine } of machines) {
      expect(engine.handlers.modules).toBeGreaterThan(4096)
      expect(engine.handlers.count).toBeLessThan(5000)
    }
  })
}
