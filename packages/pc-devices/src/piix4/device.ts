import type { Attachment } from '../bus.ts'
import type { AcpiPm } from '../acpi-pm/device.ts'
import { BLOCK_PORTS } from '../acpi-pm/registers.ts'
import { readLittleEndian } from '../internal/little-endian.ts'
import { PciDevice, type PciWiring } from '../pci/device.ts'
import type { AccessSize, PortDevice } from '../types.ts'
import { PIIX4_PM_DEVICE_ID, PIIX4_VENDOR_ID, APMC_EN, PMBA_ADDRESS, PMIOSE, Register } from './registers.ts'

export interface Piix4PmOptions {
  block: AcpiPm
  /** Where firmware put the power management block. Default 600h. */
  pmBase?: number
  /** What firmware wrote as the interrupt line. Default 9. */
  sciIrq?: number
}

/** The power management function, 00:01.3: places the ACPI registers among the ports. */
export class Piix4Pm extends PciDevice {
  readonly #block: AcpiPm
  #base = 0
  #attachment: Attachment | undefined

  constructor({ block, pmBase = 0x600, sciIrq = 9 }: Piix4PmOptions) {
    super({
      vendorId: PIIX4_VENDOR_ID,
      deviceId: PIIX4_PM_DEVICE_ID,
      classCode: 0x068000,
      revisionId: 0x03,
      interruptPin: 1,
    })
    if ((pmBase & ~PMBA_ADDRESS) !== 0 || pmBase === 0)
      throw new RangeError(`pmBase must be a multiple of 64, got ${pmBase}`)
    this.#block = block
    this.define(0x3c, 1, sciIrq, 0xff)
    this.define(Register.PMBA, 4, pmBase | 1, PMBA_ADDRESS)
    this.define(Register.CNTA, 4, 0, 0xffff_ffff)
    // There is no system management mode; firmware that finds SMIs enabled takes its handler for installed.
    this.define(Register.DEVACTB, 4, APMC_EN, 0x0fff_ffff)
    this.define(Register.PMREGMISC, 1, PMIOSE, 0x0f)
    this.define(Register.SMBBA, 4, 0x01, 0xfff0)
  }

  /** First port of the power management block. */
  get base(): number {
    return this.#base
  }

  override connect(wiring: PciWiring): void {
    // The SCI has a line of its own: the INTx pin is not connected.
    this.#attachment = wiring.bus.attachPorts(0, BLOCK_PORTS, this.#ports(), { yields: true })
    this.#attachment.detach()
    this.configWritten()
  }

  protected override configWritten(): void {
    this.#base = readLittleEndian(this.config, Register.PMBA, 2) & PMBA_ADDRESS
    const decoded = (this.config[Register.PMREGMISC]! & PMIOSE) !== 0 && this.#base !== 0
    if (!decoded) this.#attachment?.detach()
    else if (!this.#attachment?.attached || this.#attachment.base !== this.#base) this.#attachment?.move(this.#base)
  }

  #ports(): PortDevice {
    return {
      readPort: (port: number, size: AccessSize) => this.#block.readPort(port - this.#base, size),
      writePort: (port: number, size: AccessSize, value: number) =>
        this.#block.writePort(port - this.#base, size, value),
    }
  }
}
