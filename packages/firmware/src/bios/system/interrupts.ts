import type { Context, Resume } from '../context.ts'

const MASTER = 0x20
const SLAVE = 0xa0
const READ_IN_SERVICE = 0x0b
const END_OF_INTERRUPT = 0x20
const CASCADE = 0x04
const MASK_OFFSET = 1

/** An interrupt line that nobody serves: it is masked, so that it does not come again. A spurious one is not in service, and gets no EOI. */
export function unexpectedInterrupt({ ports }: Context): Resume {
  for (const chip of [SLAVE, MASTER]) {
    ports.out8(chip, READ_IN_SERVICE)
    const inService = ports.in8(chip)
    const line = inService & -inService
    const isCascade = chip === MASTER && line === CASCADE
    if (inService === 0) continue
    if (!isCascade) ports.out8(chip + MASK_OFFSET, ports.in8(chip + MASK_OFFSET) | line)
    ports.out8(chip, END_OF_INTERRUPT)
    if (chip === MASTER) return
  }
}
