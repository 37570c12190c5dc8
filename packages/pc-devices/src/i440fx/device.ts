import { PciDevice } from '../pci/device.ts'
import { I440FX_DEVICE_ID, I440FX_VENDOR_ID, Register } from './registers.ts'

/**
 * The host bridge, 00:00.0. Its registers keep what is written; shadowing and SMM memory are not modelled, since nothing
 * runs below the guest.
 */
export class I440fx extends PciDevice {
  constructor() {
    super({ vendorId: I440FX_VENDOR_ID, deviceId: I440FX_DEVICE_ID, classCode: 0x060000, revisionId: 0x02 })
    this.define(Register.PMCCFG, 2, 0, 0xffff)
    this.define(Register.DETURBO, 1, 0, 0xff)
    this.define(Register.DBC, 1, 0x80, 0xff)
    // Firmware has made C0000h..FFFFFh readable and writable memory.
    this.define(Register.PAM0, 1, 0x30, 0xff)
    for (let i = 1; i < 7; i++) this.define(Register.PAM0 + i, 1, 0x33, 0xff)
    for (let i = 0; i < 8; i++) this.define(Register.DRB0 + i, 1, 0x01, 0xff)
    this.define(Register.FDHC, 1, 0, 0xff)
    this.define(Register.SMRAM, 1, 0x02, 0x7f)
    this.define(Register.ERRSTS, 1, 0, 0, 0xff)
  }
}
