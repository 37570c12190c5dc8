// Programs without any sense on both engines with the real MMU: every run returns in bounded time and throws nothing, memory outside the
// guest's stays as it was. Oracle for what the guest sees: the other engine.
import { expect, it } from 'vitest'
import { fuzz, makeFuzzMachines } from '../random/fuzz.ts'

const long = process.env['MICA_LONG'] !== undefined
const programs = long ? 900_000 : 19_000
const firstSeed = Number(process.env['MICA_SEED'] ?? 1_000_000)
/** How often memory outside the guest's is looked at. */
const batch = 50

it(`${programs} programs from seed ${firstSeed} on do no harm`, { timeout: long ? 7_200_000 : 600_000 }, () => {
  const machines = makeFuzzMachines()
  for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
    const found = fuzz(machines, seed)
    if (found.length > 0) expect.fail(`seed ${seed}:\n${found.join('\n')}`)
    if ((seed + 1) % batch !== 0 || machines.every(({ intact }) => intact)) continue
    expect.fail(`memory outside the guest's changed in one of the ${batch} programs up to seed ${seed}`)
  }
  // They show the engine more shapes of instructions than it is to keep handlers for.
  for (const { engine } of machines) {
    expect(engine.handlers.modules).toBeGreaterThan(5000)
    expect(engine.handlers.count).toBeLessThan(5000)
  }
})
