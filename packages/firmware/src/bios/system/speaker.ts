import { Ebda, ebda } from '../bda.ts'
import type { Context } from '../context.ts'
import type { Ports } from '../ports.ts'

const PORT_B = 0x61
/** Gate of counter 2, and its way to the speaker. */
const SPEAKER_ON = 0x03
const PIT_CONTROL = 0x43
const PIT_COUNTER_2 = 0x42
/** Counter 2, both bytes, square wave. */
const SQUARE_WAVE = 0xb6
/** 1.193182 MHz over 896 Hz. */
const BEEP_DIVISOR = 1331
/** A quarter of a second. */
const BEEP_TICKS = 5

/** Starts the tone of BEL; the tick ends it, so that nobody waits. */
export function beep({ memory, ports }: Context): void {
  ports.out8(PIT_CONTROL, SQUARE_WAVE)
  ports.out8(PIT_COUNTER_2, BEEP_DIVISOR & 0xff)
  ports.out8(PIT_COUNTER_2, BEEP_DIVISOR >> 8)
  ports.out8(PORT_B, ports.in8(PORT_B) | SPEAKER_ON)
  memory.write8(ebda(memory, Ebda.BEEP_TICKS), BEEP_TICKS)
}

export function silence(ports: Ports): void {
  ports.out8(PORT_B, ports.in8(PORT_B) & ~SPEAKER_ON)
}
