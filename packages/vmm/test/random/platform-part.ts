// Guests without sense on a machine with all devices - disks, floppy, CD-ROM, VGA, DMA, fw_cfg, APICs, HPET, timers - whose code reaches them:
// nothing is thrown, every run returns, memory outside the guest's stays as it was. Oracle for registers, memory, media and devices: the
// other engine.
import { expect } from 'vitest'
import { slicedTests } from '../../../binary-translator/test/random/slices.ts'
import { makePlatformMachines, platformFuzz } from './platform-fuzz.ts'

/** How often memory outside the guest's is looked at. */
const batch = 50

/** Declares the tests of the half `part` of all guests, on one pair of machines. */
export function platformPart(part: number): void {
  const machines = makePlatformMachines()
  slicedTests({ what: 'guests', part, parts: 2, programs: 1000, longPrograms: 100_000 }, (seeds) => {
    seeds.forEach((seed, i) => {
      const found = platformFuzz(machines, seed)
      if (found.length > 0) expect.fail(`seed ${seed}:\n${found.join('\n')}`)
      if ((i + 1) % batch !== 0 || machines.every(({ intact }) => intact)) return
      expect.fail(`memory outside the guest's changed in one of the ${batch} guests up to seed ${seed}`)
    })
  })
}
