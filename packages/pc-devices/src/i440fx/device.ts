import { PciDevice } from '../pci/device.ts'
import { I440FX_DEVICE_ID, I440FX_VENDOR_ID, PAM_AREAS, PamAttribute, Register } from './registers.ts'

/** Who answers to a stretch of C0000h..FFFFFh: memory, or what lies on PCI in its place (ROM). */
export interface ShadowArea {
  readonly start: number
  readonly length: number
  /** Reads are memory's. */
  readonly read: boolean
  /** Writes are memory's. */
  readonly write: boolean
}

export interface I440fxOptions {
  /**
   * What C0000h..FFFFFh is after reset: readable and writable memory, as firmware leaves it (the default), or PCI's, as the
   * chip itself has it.
   */
  shadowAtReset?: 'memory' | 'pci'
  onShadow?: (area: ShadowArea) => void
}

const READ_AND_WRITE = PamAttribute.READ | PamAttribute.WRITE

/** The host bridge, 00:00.0. It tells how C0000h..FFFFFh is to be shadowed; SMM memory is not modelled. */
export class I440fx extends PciDevice {
  readonly #onShadow: (area: ShadowArea) => void
  /** Attributes that were told of, by area. */
  readonly #attributes: number[]

  constructor({ shadowAtReset = 'memory', onShadow = () => {} }: I440fxOptions = {}) {
    super({ vendorId: I440FX_VENDOR_ID, deviceId: I440FX_DEVICE_ID, classCode: 0x060000, revisionId: 0x02 })
    this.#onShadow = onShadow
    const initial = shadowAtReset === 'memory' ? READ_AND_WRITE : 0
    this.#attributes = PAM_AREAS.map(() => initial)
    this.define(Register.PMCCFG, 2, 0, 0xffff)
    this.define(Register.DETURBO, 1, 0, 0xff)
    this.define(Register.DBC, 1, 0x80, 0xff)
    this.define(Register.PAM0, 1, initial << 4, 0xff)
    for (let i = 1; i < 7; i++) this.define(Register.PAM0 + i, 1, initial | (initial << 4), 0xff)
    for (let i = 0; i < 8; i++) this.define(Register.DRB0 + i, 1, 0x01, 0xff)
    this.define(Register.FDHC, 1, 0, 0xff)
    this.define(Register.SMRAM, 1, 0x02, 0x7f)
    this.define(Register.ERRSTS, 1, 0, 0, 0xff)
  }

  protected override configWritten(): void {
    PAM_AREAS.forEach(({ register, shift, start, length }, index) => {
      const attributes = (this.config[register]! >> shift) & READ_AND_WRITE
      if (attributes === this.#attributes[index]) return
      this.#attributes[index] = attributes
      const read = (attributes & PamAttribute.READ) !== 0
      this.#onShadow({ start, length, read, write: (attributes & PamAttribute.WRITE) !== 0 })
    })
  }
}
