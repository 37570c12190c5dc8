import type { Session } from '../session.ts'
import type { AccessSize } from '../types.ts'
import type { Vectors } from './vectors.ts'

/** Registers of before VIRTIO 1, in an I/O BAR (4.1.4.8). */
const Register = {
  DEVICE_FEATURES: 0x00,
  DRIVER_FEATURES: 0x04,
  QUEUE_ADDRESS: 0x08,
  QUEUE_SIZE: 0x0c,
  QUEUE_SELECT: 0x0e,
  QUEUE_NOTIFY: 0x10,
  STATUS: 0x12,
  ISR: 0x13,
  /** With MSI-X enabled alone. */
  CONFIG_VECTOR: 0x14,
  QUEUE_VECTOR: 0x16,
} as const

const CONFIG_WITHOUT_MSIX = 0x14
const CONFIG_WITH_MSIX = 0x18
/** Of the address that the driver gives, and of the used ring behind the available one (2.7.2). */
const PAGE_BYTES = 4096

/** The legacy registers before the device's own, with MSI-X. */
export const LEGACY_HEADER_BYTES: number = CONFIG_WITH_MSIX

export interface LegacyPorts {
  readonly session: Session
  readonly vectors: Vectors
  isMsixEnabled(): boolean
  readIsr(): number
  writeStatus(value: number): void
}

export class LegacyRegisters {
  readonly #ports: LegacyPorts
  #selected = 0

  constructor(ports: LegacyPorts) {
    this.#ports = ports
  }

  get selected(): number {
    return this.#selected
  }

  set selected(queue: number) {
    this.#selected = queue
  }

  read(offset: number, size: AccessSize): number {
    const config = this.#configOffset(offset)
    const { session } = this.#ports
    if (config >= 0) return config + size <= session.device.configBytes ? session.device.readConfig(config, size) : 0
    const value = this.#readRegister(offset)
    return size === 4 ? value >>> 0 : value & (2 ** (8 * size) - 1)
  }

  write(offset: number, size: AccessSize, value: number): void {
    const config = this.#configOffset(offset)
    const { session } = this.#ports
    if (config < 0) return this.#writeRegister(offset, value)
    if (config + size <= session.device.configBytes) session.device.writeConfig(config, size, value)
  }

  /** Where in the device's configuration space; -1: in front of it. */
  #configOffset(offset: number): number {
    const start = this.#ports.isMsixEnabled() ? CONFIG_WITH_MSIX : CONFIG_WITHOUT_MSIX
    return offset >= start ? offset - start : -1
  }

  #readRegister(offset: number): number {
    const { session, vectors, readIsr } = this.#ports
    const queue = session.queues[this.#selected]
    switch (offset) {
      case Register.DEVICE_FEATURES:
        return session.offeredWord(0)
      case Register.DRIVER_FEATURES:
        return session.driverWord(0)
      case Register.QUEUE_ADDRESS:
        return queue?.enabled ? queue.descriptors / PAGE_BYTES : 0
      case Register.QUEUE_SIZE:
        return session.device.queueSizes[this.#selected] ?? 0
      case Register.QUEUE_SELECT:
        return this.#selected
      case Register.STATUS:
        return session.status
      case Register.ISR:
        return readIsr()
      case Register.CONFIG_VECTOR:
        return vectors.config
      case Register.QUEUE_VECTOR:
        return vectors.ofQueue(this.#selected)
      default:
        return 0
    }
  }

  #writeRegister(offset: number, value: number): void {
    const { session, vectors, writeStatus } = this.#ports
    switch (offset) {
      case Register.DRIVER_FEATURES:
        return session.writeDriverWord(0, value)
      case Register.QUEUE_ADDRESS:
        return this.#placeQueue(value)
      case Register.QUEUE_SELECT:
        return void (this.#selected = value & 0xffff)
      case Register.QUEUE_NOTIFY:
        return session.notify(value & 0xffff)
      case Register.STATUS:
        return writeStatus(value & 0xff)
      case Register.CONFIG_VECTOR:
        return vectors.setConfig(value & 0xffff)
      case Register.QUEUE_VECTOR:
        return vectors.setQueue(this.#selected, value & 0xffff)
    }
  }

  /** Page number of the whole queue; 0 takes it back. */
  #placeQueue(page: number): void {
    const { session } = this.#ports
    const queue = session.queues[this.#selected]
    if (!queue) return
    session.enableQueue(this.#selected, false)
    if (page === 0) return
    queue.descriptors = page * PAGE_BYTES
    queue.driver = queue.descriptors + 16 * queue.size
    queue.device = Math.ceil((queue.driver + 6 + 2 * queue.size) / PAGE_BYTES) * PAGE_BYTES
    session.enableQueue(this.#selected, true)
  }
}
