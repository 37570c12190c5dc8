// Oracle: either policy of the shadow MMU is the other's. With the instructions clock a run is a function of its inputs, so both must send the
// same bytes and retire the same instructions.
import { readFileSync } from 'node:fs'
import { POLICIES } from '@mica-vm/shadow-mmu'
import { expect, test } from 'vitest'
import { mica, scratch } from '../support/command.ts'
import { requireGuest } from './guest.ts'

const files = scratch()
const script = 'for i in 1 2 3; do ls -l /bin | sort | md5sum; done\npoweroff -f\n'

interface Stats {
  readonly instructions: number
  readonly mmu: { readonly hiddenFaults: number; readonly recalls: number; readonly tableTraces: number }
}

test('a guest cannot tell the policies of the shadow MMU apart', async (context) => {
  requireGuest(context)
  const runs = []
  for (const policy of POLICIES) {
    const path = files.path(`${policy}.json`)
    const ended = await mica(['run', '--mmu', policy, '--clock', 'instructions', '--stats', path], script)
    runs.push({ ...ended, stats: JSON.parse(readFileSync(path, 'utf8')) as Stats })
  }
  const [noncaching, caching] = runs as [(typeof runs)[0], (typeof runs)[0]]
  expect(noncaching.stdout).toMatch(/^[0-9a-f]{32} /m)
  expect(noncaching.status).toBe(0)
  expect(caching.stdout).toBe(noncaching.stdout)
  expect(caching.stats.instructions).toBe(noncaching.stats.instructions)
  expect(noncaching.stats.mmu).toMatchObject({ recalls: 0, tableTraces: 0 })
  expect(caching.stats.mmu.recalls).toBeGreaterThan(0)
  expect(caching.stats.mmu.tableTraces).toBeGreaterThan(0)
  expect(caching.stats.mmu.hiddenFaults).toBeLessThan(noncaching.stats.mmu.hiddenFaults)
})
