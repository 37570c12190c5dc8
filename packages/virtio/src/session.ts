import { PackedQueue } from './queue/packed-queue.ts'
import type { RingPorts, RingQueue, RingSetup, RingState } from './queue/queue.ts'
import { SplitQueue } from './queue/split-queue.ts'
import { Feature, Status } from './registers.ts'
import type { DeviceHost, Features, GuestMemory, VirtioDevice, Virtqueue } from './types.ts'

/** What a session needs from the transport around it. */
export interface SessionPorts {
  readonly memory: GuestMemory
  /** Whether the device may reach memory by itself now. */
  mayRun(): boolean
  /** A used buffer notification of queue `index`. */
  queueInterrupt(index: number): void
  /** A configuration change notification. */
  configInterrupt(): void
  /** The device needs a reset; why, in words. */
  onFailure(reason: string): void
}

export interface SessionOptions {
  readonly device: VirtioDevice
  /** Bits that the transport offers beside the device's. */
  readonly features: readonly number[]
  readonly ports: SessionPorts
}

/** What a driver said of a queue. */
export interface QueueRegisters {
  size: number
  enabled: boolean
  descriptors: number
  driver: number
  device: number
}

export interface SessionState {
  status: number
  driverFeatures: [number, number]
  /** The driver speaks the legacy interface. */
  isLegacy: boolean
  /** The device has its queues. */
  isActive: boolean
  generation: number
  queues: (QueueRegisters & { ring: RingState | null })[]
  device: unknown
}

/**
 * A device and its driver's dealings with it, whatever the registers: status, features, queues, configuration (VIRTIO 1.2, chapters 2
 * and 3).
 */
export class Session implements DeviceHost {
  readonly device: VirtioDevice
  readonly queues: readonly QueueRegisters[]
  /** Changes with the configuration (2.5.3). */
  generation = 0
  readonly #ports: SessionPorts
  readonly #offered: Features
  #status = 0
  #isLegacy = false
  #isActive = false
  #driverFeatures: [number, number] = [0, 0]
  #rings: (RingQueue | null)[]

  constructor({ device, features, ports }: SessionOptions) {
    this.device = device
    this.#ports = ports
    this.#offered = new Set([...device.features, ...features])
    this.queues = device.queueSizes.map(unsetQueue)
    this.#rings = device.queueSizes.map(() => null)
    device.connect(this)
  }

  get status(): number {
    return this.#status
  }

  /** The driver speaks the legacy interface. */
  get isLegacy(): boolean {
    return this.#isLegacy
  }

  /** Bits `32 * word` and up of what is offered. */
  offeredWord(word: number): number {
    return wordOf(this.#offered, word)
  }

  driverWord(word: number): number {
    return this.#driverFeatures[word] ?? 0
  }

  /** Features are the driver's to choose until it said that it has (3.1.1). */
  writeDriverWord(word: number, value: number): void {
    if (word > 1 || this.#status & (Status.FEATURES_OK | Status.DRIVER_OK)) return
    this.#driverFeatures[word] = value >>> 0
  }

  /**
   * The driver writes the status: 0 resets, anything else adds bits, since a driver shall not clear any (2.1.1). `isLegacy`: by the
   * legacy interface, which has no FEATURES_OK.
   */
  writeStatus(value: number, isLegacy: boolean = false): void {
    if (value === 0) return this.reset()
    const before = this.#status
    this.#isLegacy = isLegacy
    let added = value & ~before & 0xff & ~Status.NEEDS_RESET
    if (added & Status.FEATURES_OK && !isLegacy && !this.#acceptsFeatures()) added &= ~Status.FEATURES_OK
    this.#status = before | added
    if (added & Status.DRIVER_OK) this.#activate()
  }

  /** The driver has set a queue up, or takes it back. A queue is used from DRIVER_OK on. */
  enableQueue(index: number, enabled: boolean): void {
    const registers = this.queues[index]
    if (!registers || registers.enabled === enabled) return
    registers.enabled = enabled
    if (enabled) return
    this.#rings[index]?.close()
    this.#rings[index] = null
  }

  /** The driver says that a queue has new buffers. */
  notify(index: number): void {
    if (this.#isRunning && this.#rings[index]?.isReady && this.#ports.mayRun()) this.device.notify(index)
  }

  configChanged(): void {
    this.generation = (this.generation + 1) & 0xff
    if (this.#status & Status.DRIVER_OK) this.#ports.configInterrupt()
  }

  /** 2.1.2: a driver that works with the device is told that it has to reset it. */
  fail(reason: string): void {
    if (this.#status & Status.NEEDS_RESET) return
    this.#status |= Status.NEEDS_RESET
    this.#ports.onFailure(reason)
    this.device.failed?.(reason)
    if (this.#status & Status.DRIVER_OK) this.#ports.configInterrupt()
  }

  reset(): void {
    for (const ring of this.#rings) ring?.close()
    this.#rings = this.queues.map(() => null)
    this.#status = 0
    this.#isLegacy = false
    this.#isActive = false
    this.#driverFeatures = [0, 0]
    this.queues.forEach((queue, index) => Object.assign(queue, unsetQueue(this.device.queueSizes[index]!)))
    this.device.reset()
  }

  snapshot(): SessionState {
    return {
      status: this.#status,
      driverFeatures: [...this.#driverFeatures],
      isLegacy: this.#isLegacy,
      isActive: this.#isActive,
      generation: this.generation,
      queues: this.queues.map((queue, index) => ({ ...queue, ring: this.#rings[index]?.snapshot() ?? null })),
      device: this.device.snapshot(),
    }
  }

  restore(state: SessionState): void {
    this.reset()
    this.#status = state.status
    this.#driverFeatures = [...state.driverFeatures]
    this.#isLegacy = state.isLegacy
    this.generation = state.generation
    state.queues.forEach(({ ring, ...registers }, index) => {
      Object.assign(this.queues[index]!, registers)
      if (!ring) return
      const queue = this.#ringOf(index)
      queue?.restore(ring)
      this.#rings[index] = queue
    })
    if (state.isActive) this.#activateDevice()
    this.device.restore(state.device)
  }

  get #isRunning(): boolean {
    return (this.#status & (Status.DRIVER_OK | Status.NEEDS_RESET)) === Status.DRIVER_OK
  }

  get #negotiated(): Features {
    const chosen = this.#driverFeatures
    return new Set([...this.#offered].filter((bit) => chosen[bit >> 5]! & (1 << (bit & 31))))
  }

  /** 6.1: nothing that was not offered, and VERSION_1 by whoever does not use the legacy interface. */
  #acceptsFeatures(): boolean {
    const isOffered = [0, 1].every((word) => (this.#driverFeatures[word]! & ~this.offeredWord(word)) === 0)
    const negotiated = this.#negotiated
    return isOffered && negotiated.has(Feature.VERSION_1) && (this.device.accepts?.(negotiated) ?? true)
  }

  #activate(): void {
    if (!this.#isLegacy && !(this.#status & Status.FEATURES_OK)) return this.fail('DRIVER_OK came before FEATURES_OK')
    this.#rings = this.queues.map((queue, index) => (queue.enabled ? this.#ringOf(index) : null))
    if (this.#status & Status.NEEDS_RESET) return
    this.#activateDevice()
    // Buffers may be there already.
    this.queues.forEach((_, index) => this.notify(index))
  }

  #activateDevice(): void {
    this.#isActive = true
    const queues = this.#rings.map((ring, index) => ring ?? absentQueue(index))
    this.device.activate(queues, this.#negotiated)
  }

  /** Null, and the device needs a reset, if the driver set the queue up wrongly. */
  #ringOf(index: number): RingQueue | null {
    const { size, descriptors, driver, device } = this.queues[index]!
    const features = this.#negotiated
    const setup: RingSetup = {
      size,
      descriptors,
      driver,
      device,
      eventIndex: features.has(Feature.EVENT_IDX),
      indirect: features.has(Feature.INDIRECT_DESC),
    }
    const Ring = features.has(Feature.RING_PACKED) ? PackedQueue : SplitQueue
    const problem = Ring.problemOf(setup)
    if (problem !== null) this.fail(`queue ${index}: ${problem}`)
    return problem === null ? new Ring(index, setup, this.#ringPorts(index)) : null
  }

  #ringPorts(index: number): RingPorts {
    const { memory, mayRun, queueInterrupt } = this.#ports
    return {
      memory,
      mayRun: () => this.#isRunning && mayRun(),
      interrupt: () => queueInterrupt(index),
      fail: (reason) => this.fail(reason),
    }
  }
}

function unsetQueue(size: number): QueueRegisters {
  return { size, enabled: false, descriptors: 0, driver: 0, device: 0 }
}

function wordOf(features: Features, word: number): number {
  let value = 0
  for (const bit of features) if (bit >> 5 === word) value |= 1 << (bit & 31)
  return value >>> 0
}

/** What a device gets for a queue that its driver did not set up. */
function absentQueue(index: number): Virtqueue {
  const nobodys = (): never => {
    throw new RangeError(`queue ${index} has handed out no chain`)
  }
  return {
    index,
    size: 0,
    isReady: false,
    take: () => null,
    putBack: nobodys,
    complete: nobodys,
    notifyDriver: () => {},
    wantNotifications: () => {},
    fail: () => {},
  }
}
