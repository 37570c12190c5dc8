import type { AccessSize, InterruptController, Line, PortDevice, Stateful } from '../types.ts'
import { I8259Chip } from './chip.ts'
import * as Port from './registers.ts'
import type { I8259State } from './state.ts'

const CASCADE = 2
const NO_INPUT = -1

/** The PC's two 8259As: 15 interrupts, the slave behind input 2 of the master, with the PIIX's edge/level registers. */
export class I8259 implements PortDevice, InterruptController, Stateful<I8259State> {
  readonly portWidth = 1
  onChange: (pending: boolean) => void = () => {}
  readonly #master: I8259Chip = new I8259Chip({ output: (level) => this.onChange(level), cascadeInput: CASCADE })
  readonly #slave: I8259Chip = new I8259Chip({ output: (level) => this.#master.setInput(CASCADE, level) })

  get pending(): boolean {
    return this.#master.output
  }

  /** The input IRQ `irq`. IRQ 2 is the cascade, so that it is wired to IRQ 9 as in the AT. */
  input(irq: number): Line {
    if (!Number.isInteger(irq) || irq < 0 || irq > 15) throw new RangeError(`irq must lie in 0..15, got ${irq}`)
    const wired = irq === CASCADE ? 9 : irq
    const chip = wired < 8 ? this.#master : this.#slave
    return (level) => chip.setInput(wired & 7, level)
  }

  acknowledge(): number {
    const input = this.#master.acknowledge()
    if (input !== CASCADE) return this.#master.vectorOf(input === NO_INPUT ? 7 : input)
    const behind = this.#slave.acknowledge()
    return this.#slave.vectorOf(behind === NO_INPUT ? 7 : behind)
  }

  readPort(port: number, _size: AccessSize): number {
    switch (port) {
      case Port.MASTER_COMMAND:
        return this.#master.readCommand()
      case Port.MASTER_DATA:
        return this.#master.readData()
      case Port.SLAVE_COMMAND:
        return this.#slave.readCommand()
      case Port.SLAVE_DATA:
        return this.#slave.readData()
      case Port.ELCR1:
        return this.#master.elcr
      case Port.ELCR2:
        return this.#slave.elcr
      default:
        return 0xff
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port === Port.MASTER_COMMAND) this.#master.writeCommand(value)
    else if (port === Port.MASTER_DATA) this.#master.writeData(value)
    else if (port === Port.SLAVE_COMMAND) this.#slave.writeCommand(value)
    else if (port === Port.SLAVE_DATA) this.#slave.writeData(value)
    else if (port === Port.ELCR1) this.#master.elcr = value & Port.ELCR1_WRITABLE
    else if (port === Port.ELCR2) this.#slave.elcr = value & Port.ELCR2_WRITABLE
  }

  snapshot(): I8259State {
    return { master: this.#master.snapshot(), slave: this.#slave.snapshot() }
  }

  restore(state: I8259State): void {
    this.#slave.restore(state.slave)
    this.#master.restore(state.master)
  }

  /** Power-on: everything masked and cleared. The input lines keep their levels. */
  reset(): void {
    this.#slave.reset()
    this.#master.reset()
  }
}
