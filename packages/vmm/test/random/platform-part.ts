// Guests without sense on a machine with all devices - disks, floppy, CD-ROM, VGA, DMA, fw_cfg, APICs, HPET, timers - whose code reaches them:
// nothing is thrown, every run returns, memory outside the guest's stays as it was. Oracle for registers, memory, media and devices: the
// other engine.
import { harmlessTests } from '../../../binary-translator/test/random/slices.ts'
import { makePlatformMachines, platformFuzz } from './platform-fuzz.ts'

/** Declares the tests of the half `part` of all guests, on one pair of machines. */
export function platformPart(part: number): void {
  const machines = makePlatformMachines()
  const run = (seed: number): string[] => platformFuzz(machines, seed)
  harmlessTests({ machines, run, what: 'guests', part, parts: 2, programs: 1000, longPrograms: 100_000 })
}
