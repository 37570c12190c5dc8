import { WiredOr } from '../line.ts'
import type { Line } from '../types.ts'

export interface IsaInterruptTargets {
  pic: { input(irq: number): Line }
  /** Absent in a machine without APICs. */
  ioApic?: { setPin(pin: number, level: boolean): void } | undefined
}

const TIMER_PIN = 2

/**
 * The 16 ISA interrupt lines. Each goes to the PIC's input and the I/O APIC's pin of the same number, except that IRQ 0
 * (the timer) is on pin 2, as in every PC with an I/O APIC (and as a MADT interrupt source override has to say).
 */
export class IsaInterrupts {
  readonly #lines: readonly WiredOr[]

  constructor({ pic, ioApic }: IsaInterruptTargets) {
    this.#lines = Array.from({ length: 16 }, (_, irq) => {
      const input = pic.input(irq)
      const pin = irq === 0 ? TIMER_PIN : irq
      return new WiredOr((level) => {
        input(level)
        // Pin 2 belongs to the timer; there is no IRQ 2.
        if (irq !== 2) ioApic?.setPin(pin, level)
      })
    })
  }

  /** A new input of line `irq`: several devices may share one. */
  input(irq: number): Line {
    const line = this.#lines[irq]
    if (line === undefined) throw new RangeError(`irq must lie in 0..15, got ${irq}`)
    return line.input()
  }
}
