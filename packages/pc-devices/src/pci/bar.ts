import type { Attachment, Bus } from '../bus.ts'
import type { AccessSize, MmioDevice, PortDevice } from '../types.ts'
import { Bar, Config } from './registers.ts'

export interface BarOptions {
  index: number
  kind: 'io' | 'memory'
  /** A power of two: at least 4 for ports (at most 256), at least 16 for memory (at most 2^31). */
  sizeBytes: number
  /** 64-bit memory BAR. Default false. */
  wide?: boolean
  prefetchable?: boolean
}

/** One base address register: its bits, and where on the bus it puts its device. */
export class BaseAddressRegister {
  readonly index: number
  readonly kind: 'io' | 'memory'
  readonly sizeBytes: number
  readonly wide: boolean
  /** Offset in configuration space. */
  readonly offset: number
  /** The read-only low bits. */
  readonly flags: number
  /** The bits that hold the address. */
  readonly mask: number
  base = 0
  #decoded = false
  #attachment: Attachment | undefined
  readonly #device: PortDevice | MmioDevice

  constructor(options: BarOptions, device: PortDevice | MmioDevice) {
    const { index, kind, sizeBytes, wide = false, prefetchable = false } = options
    const [least, most] = kind === 'io' ? [4, 256] : [16, 2 ** 31]
    if (!(sizeBytes >= least && sizeBytes <= most) || Math.log2(sizeBytes) % 1 !== 0) {
      throw new RangeError(`a ${kind} BAR has a power of two of ${least}..${most} bytes, got ${sizeBytes}`)
    }
    if (!(index >= 0 && index + (wide ? 1 : 0) <= 5)) throw new RangeError(`BAR index must lie in 0..5, got ${index}`)
    if (wide && kind === 'io') throw new RangeError('an I/O BAR cannot be 64 bits wide')
    this.index = index
    this.kind = kind
    this.sizeBytes = sizeBytes
    this.wide = wide
    this.offset = Config.BAR0 + 4 * index
    this.flags = kind === 'io' ? Bar.IO : (wide ? Bar.MEMORY_64 : 0) | (prefetchable ? Bar.PREFETCHABLE : 0)
    this.mask = -sizeBytes >>> 0
    this.#device = device
  }

  connect(bus: Bus): void {
    this.#attachment?.detach()
    if (this.kind === 'io') {
      const attachment = bus.attachPorts(0, this.sizeBytes, this.#ports(), { yields: true })
      this.#attachment = attachment
    } else {
      this.#attachment = bus.attachMmio(0, this.sizeBytes, this.#device as MmioDevice, { yields: true })
    }
    this.#attachment.detach()
    this.#decoded = false
  }

  /** Takes the register's value. A BAR at address 0 or while decoding is off answers nowhere. */
  place(low: number, high: number, enabled: boolean): void {
    const base = ((low & this.mask) >>> 0) + high * 2 ** 32
    const decoded = enabled && base !== 0
    if (base === this.base && decoded === this.#decoded) return
    this.base = base
    this.#decoded = decoded
    if (decoded) this.#attachment?.move(base)
    else this.#attachment?.detach()
  }

  #ports(): PortDevice {
    const device = this.#device as PortDevice
    return {
      portWidth: device.portWidth ?? 4,
      readPort: (port: number, size: AccessSize) => device.readPort(port - this.base, size),
      writePort: (port: number, size: AccessSize, value: number) => device.writePort(port - this.base, size, value),
    }
  }
}
