import { BAR, NOTIFY_MULTIPLIER, Region } from '../pci/layout.ts'
import { VirtioPci, type VirtioPciOptions } from '../pci/transport.ts'
import { Feature, Status } from '../registers.ts'
import { FakeGuestMemory } from './fake-memory.ts'
import { PackedDriver, SplitDriver, type ModelDriver } from './model-driver.ts'

/** Offsets in the common configuration structure (4.1.4.3). */
export const Common = {
  DEVICE_FEATURE_SELECT: 0x00,
  DEVICE_FEATURE: 0x04,
  DRIVER_FEATURE_SELECT: 0x08,
  DRIVER_FEATURE: 0x0c,
  CONFIG_VECTOR: 0x10,
  QUEUES: 0x12,
  STATUS: 0x14,
  GENERATION: 0x15,
  QUEUE_SELECT: 0x16,
  QUEUE_SIZE: 0x18,
  QUEUE_VECTOR: 0x1a,
  QUEUE_ENABLE: 0x1c,
  QUEUE_NOTIFY_OFF: 0x1e,
  QUEUE_DESCRIPTORS: 0x20,
  QUEUE_DRIVER: 0x28,
  QUEUE_DEVICE: 0x30,
} as const

/** What a bench is made of, beside the device. */
export interface PciBenchOptions extends Omit<VirtioPciOptions, 'memory' | 'fn' | 'onFailure'> {
  /** Bytes; default 4 MiB. */
  readonly memoryBytes?: number
}

/** How `PciBench.start` brings a device up. */
export interface StartOptions {
  /** Feature bits that the driver takes of those that are offered. Default: all. */
  readonly features?: (bit: number) => boolean
  /** Size of all rings; default what the device offers. */
  readonly size?: number
}

/** A device on its PCI transport, with memory, interrupts that are counted, and a driver for each queue. */
export class PciBench {
  readonly memory: FakeGuestMemory
  readonly pci: VirtioPci
  /** MSI-X entries that were signalled. */
  readonly signalled: number[] = []
  readonly failures: string[] = []
  isBusMaster = true
  isMsixEnabled = false
  /** Level of INTx. */
  line = false
  drivers: readonly ModelDriver[] = []

  constructor({ memoryBytes = 4 << 20, ...options }: PciBenchOptions) {
    this.memory = new FakeGuestMemory(memoryBytes)
    this.pci = new VirtioPci({
      ...options,
      memory: this.memory,
      fn: {
        isBusMaster: () => this.isBusMaster,
        isMsixEnabled: () => this.isMsixEnabled,
        signal: (vector) => void this.signalled.push(vector),
        setInterrupt: (level) => void (this.line = level),
      },
      onFailure: (reason) => void this.failures.push(reason),
    })
  }

  common(offset: number, size: 1 | 2 | 4): number {
    return this.pci.read(BAR.MODERN, Region.COMMON.offset + offset, size)
  }

  setCommon(offset: number, size: 1 | 2 | 4, value: number): void {
    this.pci.write(BAR.MODERN, Region.COMMON.offset + offset, size, value)
  }

  get status(): number {
    return this.common(Common.STATUS, 1)
  }

  readIsr(): number {
    return this.pci.read(BAR.MODERN, Region.ISR.offset, 1)
  }

  config(offset: number, size: 1 | 2 | 4): number {
    return this.pci.read(BAR.MODERN, Region.DEVICE.offset + offset, size)
  }

  setConfig(offset: number, size: 1 | 2 | 4, value: number): void {
    this.pci.write(BAR.MODERN, Region.DEVICE.offset + offset, size, value)
  }

  notify(queue: number): void {
    this.pci.write(BAR.MODERN, Region.NOTIFY.offset + NOTIFY_MULTIPLIER * queue, 2, queue)
  }

  /** What the device offers, bit by bit. */
  offered(): number[] {
    return [0, 1].flatMap((word) => {
      this.setCommon(Common.DEVICE_FEATURE_SELECT, 4, word)
      const bits = this.common(Common.DEVICE_FEATURE, 4)
      return Array.from({ length: 32 }, (_, bit) => bit)
        .filter((bit) => (bits >>> bit) & 1)
        .map((bit) => bit + 32 * word)
    })
  }

  /** Goes through a driver's initialization (3.1.1) up to DRIVER_OK. */
  start({ features = () => true, size }: StartOptions = {}): void {
    this.setCommon(Common.STATUS, 1, 0)
    this.setCommon(Common.STATUS, 1, Status.ACKNOWLEDGE)
    this.setCommon(Common.STATUS, 1, Status.ACKNOWLEDGE | Status.DRIVER)
    const taken = this.offered().filter(features)
    this.takeFeatures(taken)
    this.setCommon(Common.STATUS, 1, Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK)
    const count = this.common(Common.QUEUES, 2)
    this.drivers = Array.from({ length: count }, (_, index) => this.#setUpQueue(index, new Set(taken), size))
    this.setCommon(Common.STATUS, 1, Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK | Status.DRIVER_OK)
  }

  /** Writes the driver's features. */
  takeFeatures(bits: readonly number[]): void {
    for (const word of [0, 1]) {
      const mask = bits.filter((bit) => bit >> 5 === word).reduce((all, bit) => all | (1 << (bit & 31)), 0)
      this.setCommon(Common.DRIVER_FEATURE_SELECT, 4, word)
      this.setCommon(Common.DRIVER_FEATURE, 4, mask >>> 0)
    }
  }

  #setUpQueue(index: number, features: ReadonlySet<number>, size: number | undefined): ModelDriver {
    this.setCommon(Common.QUEUE_SELECT, 2, index)
    if (size !== undefined) this.setCommon(Common.QUEUE_SIZE, 2, size)
    const Driver = features.has(Feature.RING_PACKED) ? PackedDriver : SplitDriver
    const driver = new Driver({
      memory: this.memory,
      size: this.common(Common.QUEUE_SIZE, 2),
      eventIndex: features.has(Feature.EVENT_IDX),
    })
    driver.enableInterrupts()
    const { descriptors, driver: available, device } = driver.place
    for (const [at, address] of [
      [Common.QUEUE_DESCRIPTORS, descriptors],
      [Common.QUEUE_DRIVER, available],
      [Common.QUEUE_DEVICE, device],
    ] as const) {
      this.setCommon(at, 4, address)
      this.setCommon(at + 4, 4, 0)
    }
    this.setCommon(Common.QUEUE_VECTOR, 2, index + 1)
    this.setCommon(Common.QUEUE_ENABLE, 2, 1)
    return driver
  }
}
