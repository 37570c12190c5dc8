import { Bda, Ebda, ebda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'
import { TICKS_PER_DAY } from './clock-time.ts'
import { silence } from './speaker.ts'

/** Bits 0-3 of 0040:003F: motors that run. The controller's own register has them in bits 4-7. */
const MOTORS = 0x0f
const FLOPPY_CONTROL = 0x3f2
/** Out of reset, interrupts and DMA on, no motor. */
const MOTORS_OFF = 0x0c

/** INT 08h, before the hook INT 1Ch: counts ticks and days, stops motors and tones that have run long enough. */
export function tick({ memory, ports }: Context): Resume {
  const ticks = memory.read32(Bda.TICKS) + 1
  if (ticks >= TICKS_PER_DAY) memory.write8(Bda.MIDNIGHT, memory.read8(Bda.MIDNIGHT) + 1)
  memory.write32(Bda.TICKS, ticks >= TICKS_PER_DAY ? 0 : ticks)
  const motor = memory.read8(Bda.FLOPPY_MOTOR_TICKS)
  if (motor > 0) memory.write8(Bda.FLOPPY_MOTOR_TICKS, motor - 1)
  if (motor === 1) {
    memory.write8(Bda.FLOPPY_MOTOR, memory.read8(Bda.FLOPPY_MOTOR) & ~MOTORS)
    ports.out8(FLOPPY_CONTROL, MOTORS_OFF)
  }
  const at = ebda(memory, Ebda.BEEP_TICKS)
  const beep = memory.read8(at)
  if (beep > 0) memory.write8(at, beep - 1)
  if (beep === 1) silence(ports)
}
