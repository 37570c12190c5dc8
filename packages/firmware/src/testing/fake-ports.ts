import type { BiosPorts } from '../bios/types.ts'

/** Index ports whose data port follows: CMOS, sequencer, graphics and CRT controllers. */
const INDEX_PORTS = [0x70, 0x3b4, 0x3c4, 0x3ce, 0x3d4]
const Port = {
  ATTRIBUTE: 0x3c0,
  ATTRIBUTE_READ: 0x3c1,
  DAC_READ: 0x3c7,
  DAC_WRITE: 0x3c8,
  DAC_DATA: 0x3c9,
  STATUS_1: 0x3da,
  PCI_ADDRESS: 0xcf8,
  KEYBOARD_STATUS: 0x64,
  VBE_INDEX: 0x1ce,
  VBE_DATA: 0x1cf,
} as const

/** COM1 to COM4. */
function isSerial(port: number): boolean {
  return port < 0x400 && (port & 0x2e8) === 0x2e8
}

/**
 * Ports that remember what was written, with the register files behind index ports that a BIOS uses: CMOS, VGA and Bochs VBE. There is no
 * PCI device, serial port or keyboard behind them.
 */
export class FakePorts implements BiosPorts {
  /** Every write, in order. */
  readonly writes: { readonly port: number; readonly size: number; readonly value: number }[] = []
  /** Register files by their index port. */
  readonly files: ReadonlyMap<number, Uint8Array> = new Map(INDEX_PORTS.map((port) => [port, new Uint8Array(256)]))
  readonly attributes: Uint8Array = new Uint8Array(32)
  readonly colors: Uint8Array = new Uint8Array(768)
  /** The Bochs registers; register 0 is 0 where there are none. */
  readonly vbe: Uint16Array = Uint16Array.of(0xb0c5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 256)
  readonly #overrides = new Map<number, number>()
  readonly #latches = new Map<number, number>()
  #attributeIndex = 0
  #expectsAttribute = false
  #color = 0

  /** From now on the port reads as `value`, whatever is written to it. */
  override(port: number, value: number): void {
    this.#overrides.set(port, value)
  }

  readPort(port: number, size: 1 | 2 | 4): number {
    const override = this.#overrides.get(port)
    if (override !== undefined) return override
    const file = this.files.get(port - 1)
    if (file) return file[this.#latches.get(port - 1) ?? 0]!
    switch (port) {
      case Port.STATUS_1:
        this.#expectsAttribute = false
        return 0
      case Port.ATTRIBUTE_READ:
        return this.attributes[this.#attributeIndex & 0x1f]!
      case Port.DAC_DATA:
        return this.colors[this.#color++ % 768]!
      case Port.VBE_DATA:
        return this.vbe[this.#latches.get(Port.VBE_INDEX) ?? 0] ?? 0
      case Port.KEYBOARD_STATUS:
        return 0
    }
    if ((port & 0xfffc) === 0xcfc) return 2 ** (8 * size) - 1
    return isSerial(port) ? 0xff : (this.#latches.get(port) ?? 0)
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.writes.push({ port, size, value })
    const file = this.files.get(port - 1)
    if (file) file[this.#latches.get(port - 1) ?? 0] = value
    else if (port === Port.ATTRIBUTE) this.#writeAttribute(value)
    else if (port === Port.DAC_WRITE || port === Port.DAC_READ) this.#color = 3 * value
    else if (port === Port.DAC_DATA) this.colors[this.#color++ % 768] = value & 0x3f
    else if (port === Port.VBE_DATA) this.#writeVbe(value)
    else this.#latches.set(port, value)
  }

  #writeAttribute(value: number): void {
    if (this.#expectsAttribute) this.attributes[this.#attributeIndex & 0x1f] = value
    else this.#attributeIndex = value
    this.#expectsAttribute = !this.#expectsAttribute
  }

  #writeVbe(value: number): void {
    const index = this.#latches.get(Port.VBE_INDEX) ?? 0
    if (index > 0 && index < 10) this.vbe[index] = value
  }
}
