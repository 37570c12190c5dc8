// Guests without sense on a machine with all devices - disks, floppy, CD-ROM, VGA, DMA, fw_cfg, APICs, HPET, timers - whose code reaches them:
// nothing is thrown, every run returns, memory outside the guest's stays as it was. Oracle for registers, memory, media and devices: the
// other engine.
import { expect, it } from 'vitest'
import { makePlatformMachines, platformFuzz } from '../random/platform-fuzz.ts'

const long = process.env['MICA_LONG'] !== undefined
const programs = long ? 100_000 : 1000
const firstSeed = Number(process.env['MICA_SEED'] ?? 1_000_000)
/** How often memory outside the guest's is looked at. */
const batch = 50

it(`${programs} guests from seed ${firstSeed} on do no harm`, { timeout: long ? 7_200_000 : 600_000 }, () => {
  const machines = makePlatformMachines()
  for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
    const found = platformFuzz(machines, seed)
    if (found.length > 0) expect.fail(`seed ${seed}:\n${found.join('\n')}`)
    if ((seed + 1) % batch !== 0 || machines.every(({ intact }) => intact)) continue
    expect.fail(`memory outside the guest's changed in one of the ${batch} guests up to seed ${seed}`)
  }
})
