import { readLittleEndian } from '../internal/little-endian.ts'
import type { Attachment, Bus } from '../bus.ts'
import type { MmioDevice } from '../types.ts'

/** The register decodes at least this much. */
const LEAST_BYTES = 2048
/** Bit 0 of the register: the ROM answers. */
export const ROM_ENABLE = 0x1

/** An expansion ROM and its base address register (PCI Local Bus Specification 2.3, section 6.2.5.2). */
export class ExpansionRom {
  /** The bits that hold the address. */
  readonly mask: number
  readonly #sizeBytes: number
  readonly #device: MmioDevice
  #attachment: Attachment | undefined

  constructor(image: Uint8Array) {
    this.#sizeBytes = Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(Math.max(1, image.length))))
    this.mask = -this.#sizeBytes >>> 0
    const bytes = new Uint8Array(this.#sizeBytes).fill(0xff)
    bytes.set(image)
    this.#device = { readMmio: (offset, size) => readLittleEndian(bytes, offset, size), writeMmio: () => {} }
  }

  connect(bus: Bus): void {
    this.#attachment = bus.attachMmio(0, this.#sizeBytes, this.#device, { yields: true })
    this.#attachment.detach()
  }

  /** Takes the register's value; `enabled` is the command register's memory bit. */
  place(register: number, enabled: boolean): void {
    const base = (register & this.mask) >>> 0
    if (enabled && register & ROM_ENABLE && base !== 0) {
      if (!this.#attachment?.attached || this.#attachment.base !== base) this.#attachment?.move(base)
    } else {
      this.#attachment?.detach()
    }
  }
}
