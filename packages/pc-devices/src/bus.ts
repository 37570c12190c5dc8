import type { AccessSize, MmioDevice, PortDevice } from './types.ts'
import { MmioMap } from './internal/mmio-map.ts'
import { PortMap } from './internal/port-map.ts'

/** A device's place on the bus. */
export interface Attachment {
  /** First port or physical address. */
  readonly base: number
  readonly attached: boolean
  /** Takes the device off the bus; a second call does nothing. */
  detach(): void
  /** Moves the device (attaching it again if it was detached). A place outside the address space detaches it. */
  move(base: number): void
}

export interface AttachOptions {
  /**
   * A range that yields gives way to what was there before, instead of being refused: what a guest moves (a PCI BAR) must
   * neither hide a fixed device nor throw.
   */
  yields?: boolean
}

/**
 * Ports and physical addresses of devices. Accesses of any size and place are answered: what nobody claims reads as all
 * ones and ignores writes, what crosses a device's end or exceeds its width is split.
 */
export class Bus {
  readonly #ports = new PortMap()
  readonly #mmio = new MmioMap()

  /** @throws RangeError when the range leaves 0..65535 or, unless it yields, overlaps another. */
  attachPorts(first: number, count: number, device: PortDevice, options: AttachOptions = {}): Attachment {
    return this.#ports.attach(first, count, device, options.yields === true)
  }

  /** @throws RangeError when the range leaves 0..2^52-1 or, unless it yields, overlaps another. */
  attachMmio(base: number, length: number, device: MmioDevice, options: AttachOptions = {}): Attachment {
    return this.#mmio.attach(base, length, device, options.yields === true)
  }

  /** Whether a device answers at the physical address. */
  claimsMmio(physical: number): boolean {
    return this.#mmio.claims(physical)
  }

  readPort(port: number, size: AccessSize): number {
    return this.#ports.read(port & 0xffff, size)
  }

  writePort(port: number, size: AccessSize, value: number): void {
    this.#ports.write(port & 0xffff, size, value)
  }

  /** Eight bytes come as one number, exact below 2^53: `readMmio64` is exact for all. */
  readMmio(physical: number, size: AccessSize | 8): number {
    if (size !== 8) return this.#mmio.read(physical, size)
    return this.#mmio.read(physical, 4) + this.#mmio.read(physical + 4, 4) * 2 ** 32
  }

  /** Eight bytes are taken from one number modulo 2^64: `writeMmio64` is exact for all. */
  writeMmio(physical: number, size: AccessSize | 8, value: number): void {
    if (size !== 8) return this.#mmio.write(physical, size, value)
    this.writeMmio64(physical, value >>> 0, Math.floor(value / 2 ** 32) >>> 0)
  }

  readMmio64(physical: number): bigint {
    const low = this.#mmio.read(physical, 4)
    return (BigInt(this.#mmio.read(physical + 4, 4)) << 32n) | BigInt(low)
  }

  writeMmio64(physical: number, low: number, high: number): void {
    this.#mmio.write(physical, 4, low)
    this.#mmio.write(physical + 4, 4, high)
  }
}
