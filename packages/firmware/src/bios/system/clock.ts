import { Bda } from '../bda.ts'
import { Cmos, StatusB, StatusC, readCmos, writeCmos } from '../cmos.ts'
import type { Context, Resume } from '../context.ts'
import { linear } from '../registers.ts'

/** Periodic interrupts come 1024 times a second. */
const PERIOD_MICROSECONDS = 976
const ELAPSED = 0x80
const WAITING = 0x01
const SLAVE_MASK = 0xa1
const MASTER_MASK = 0x21
const CASCADE = 0x04

/** INT 70h: the interval of INT 15h, AH=83h and 86h, and the alarm of INT 1Ah, AH=06h. */
export function clockInterrupt(context: Context): Resume {
  const { ports } = context
  const causes = readCmos(ports, Cmos.STATUS_C) & readCmos(ports, Cmos.STATUS_B)
  if (causes & StatusC.PERIODIC) countDown(context)
  return causes & StatusC.ALARM ? { label: 'clock-alarm' } : undefined
}

function countDown({ memory, ports }: Context): void {
  const left = memory.read32(Bda.WAIT_MICROSECONDS) - PERIOD_MICROSECONDS
  if (left > 0) {
    memory.write32(Bda.WAIT_MICROSECONDS, left)
    return
  }
  memory.write32(Bda.WAIT_MICROSECONDS, 0)
  const flag = linear(memory.read16(Bda.WAIT_FLAG_ADDRESS + 2), memory.read16(Bda.WAIT_FLAG_ADDRESS))
  memory.write8(Bda.WAIT_ACTIVE, memory.read8(Bda.WAIT_ACTIVE) & ~WAITING)
  memory.write8(flag, memory.read8(flag) | ELAPSED)
  writeCmos(ports, Cmos.STATUS_B, readCmos(ports, Cmos.STATUS_B) & ~StatusB.PERIODIC)
}

/** Starts the interval; false: another one is running. At its end bit 7 of the byte at `segment:offset` is set. */
export function startInterval(context: Context, microseconds: number, segment: number, offset: number): boolean {
  const { memory, ports } = context
  if (memory.read8(Bda.WAIT_ACTIVE) & WAITING) return false
  memory.write8(Bda.WAIT_ACTIVE, WAITING)
  memory.write16(Bda.WAIT_FLAG_ADDRESS, offset)
  memory.write16(Bda.WAIT_FLAG_ADDRESS + 2, segment)
  memory.write32(Bda.WAIT_MICROSECONDS, microseconds)
  ports.out8(SLAVE_MASK, ports.in8(SLAVE_MASK) & ~1)
  ports.out8(MASTER_MASK, ports.in8(MASTER_MASK) & ~CASCADE)
  writeCmos(ports, Cmos.STATUS_B, readCmos(ports, Cmos.STATUS_B) | StatusB.PERIODIC)
  return true
}

export function cancelInterval({ memory, ports }: Context): void {
  memory.write8(Bda.WAIT_ACTIVE, 0)
  writeCmos(ports, Cmos.STATUS_B, readCmos(ports, Cmos.STATUS_B) & ~StatusB.PERIODIC)
}
