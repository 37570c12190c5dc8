import { PciDevice } from '../pci/device.ts'
import { WiredOr } from '../line.ts'
import type { Line } from '../types.ts'
import { PIIX3_DEVICE_ID, PIIX3_VENDOR_ID, PirqRoute, Register, ROUTABLE } from './registers.ts'

export interface Piix3Options {
  /** The ISA interrupt lines that PIRQs are routed to. */
  irq: (irq: number) => Line
  /** What firmware wrote to PIRQRCA..D. Default IRQ 10, 10, 11, 11. */
  routes?: readonly [number, number, number, number]
}

const NOWHERE = -1

/** The ISA bridge, 00:01.0, with the PCI interrupt router. */
export class Piix3 extends PciDevice {
  readonly #inputs: Line[][]
  readonly #levels: boolean[] = [false, false, false, false]
  readonly #routed: number[] = [NOWHERE, NOWHERE, NOWHERE, NOWHERE]

  constructor({ irq, routes = [10, 10, 11, 11] }: Piix3Options) {
    super({
      vendorId: PIIX3_VENDOR_ID,
      deviceId: PIIX3_DEVICE_ID,
      classCode: 0x060100,
      multiFunction: true,
    })
    this.define(0x04, 2, 0x0007, 0x0508)
    this.define(Register.IORT, 1, 0x4d, 0xff)
    this.define(Register.XBCS, 2, 0x0003, 0xffff)
    routes.forEach((route, index) => this.define(Register.PIRQRCA + index, 1, route, PirqRoute.WRITABLE))
    this.define(Register.TOM, 1, 0x02, 0xfe)
    this.define(Register.MSTAT, 2, 0, 0xffff)
    this.define(Register.APICBASE, 1, 0, 0x7f)
    this.define(Register.DLC, 1, 0, 0x0f)
    const lines = Array.from({ length: 16 }, (_, number) =>
      ROUTABLE & (1 << number) ? new WiredOr(irq(number)) : undefined,
    )
    this.#inputs = this.#levels.map(() => lines.map((line) => line?.input() ?? (() => {})))
    this.configWritten()
  }

  /** The ISA interrupt of a PIRQ, 0..3; -1 when its routing is off or names an interrupt that cannot be routed to. */
  route(pirq: number): number {
    return this.#routed[pirq] ?? NOWHERE
  }

  /** PIRQA..PIRQD change their level. */
  setPirq(index: number, level: boolean): void {
    this.#levels[index] = level
    this.#drive(index, this.#routed[index]!, level)
  }

  protected override configWritten(): void {
    for (let index = 0; index < 4; index++) {
      const register = this.config[Register.PIRQRCA + index]!
      const irq = register & PirqRoute.IRQ
      const route = register & PirqRoute.DISABLED || !(ROUTABLE & (1 << irq)) ? NOWHERE : irq
      if (route === this.#routed[index]) continue
      this.#drive(index, this.#routed[index]!, false)
      this.#routed[index] = route
      this.#drive(index, route, this.#levels[index]!)
    }
  }

  #drive(index: number, irq: number, level: boolean): void {
    if (irq !== NOWHERE) this.#inputs[index]![irq]!(level)
  }
}
