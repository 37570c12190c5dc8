// Programs without any sense on a host that is often out of frames. Oracle: the same engine on one that never is.
import { expect, it } from 'vitest'
import { harmlessTests } from '../random/slices.ts'
import { StarvedPair } from '../random/starved.ts'

for (const [mode, heat] of [
  ['interpreter', 1],
  ['auto', 3],
] as const) {
  const pair = new StarvedPair(mode, heat)
  const run = (seed: number): string[] => pair.run(seed)
  const what = `programs on a starved ${mode}`
  harmlessTests({ machines: pair.machines, run, what, part: 1, parts: 1, programs: 1500, longPrograms: 30_000 })
  it(`the host of the ${mode} was out of frames, and most programs tell something`, () => {
    expect(pair.refusals).toBeGreaterThan(3000)
    expect(pair.compared).toBeGreaterThan(900)
  })
}
