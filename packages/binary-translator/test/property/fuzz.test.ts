// Programs without any sense on both engines with the real MMU: every run returns in bounded time and throws nothing, memory outside the
// guest's stays as it was. Oracle for what the guest sees: the other engine.
import { expect, it } from 'vitest'
import { fuzz, makeFuzzMachines } from '../random/fuzz.ts'

const factor = Number(process.env['MICA_LONG'] ?? 1)
const programs = 10_000 * factor
const firstSeed = Number(process.env['MICA_SEED'] ?? 1_000_000)

it(`${programs} programs from seed ${firstSeed} on do no harm`, { timeout: 600_000 * factor }, () => {
  const machines = makeFuzzMachines()
  for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
    const found = fuzz(machines, seed)
    if (found.length > 0) expect.fail(`seed ${seed}:\n${found.join('\n')}`)
  }
})
