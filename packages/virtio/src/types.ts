/** Bytes of one access to registers. Wider ones come in pieces of 4. */
export type AccessSize = 1 | 2 | 4

/** Port: guest-physical memory. False, and nothing done, unless all bytes are memory (for `write`: memory that may be written). */
export interface GuestMemory {
  read(physical: number, into: Uint8Array): boolean
  write(physical: number, from: Uint8Array): boolean
}

/** Feature bits by number, after negotiation. */
export type Features = ReadonlySet<number>

/** A stretch of guest-physical memory that a descriptor names. */
export interface Segment {
  readonly address: number
  readonly bytes: number
}

/**
 * A buffer that the driver made available: what the device may read, and behind it what it may write (VIRTIO 1.2, 2.6). All sums are
 * bounded; that there is memory shows when it is used.
 */
export interface Chain {
  /** What the device may read, in order. */
  readonly readable: readonly Segment[]
  readonly readableBytes: number
  /** What the device may write, in order. */
  readonly writable: readonly Segment[]
  readonly writableBytes: number
  /**
   * Fills `into` with what lies `offset` bytes behind the beginning of the readable part. False when the part ends before, or when the
   * driver named what is no memory: the device then needs a reset, and has nothing more to do with this chain.
   */
  read(into: Uint8Array, offset?: number): boolean
  /** The same for the writable part. */
  write(from: Uint8Array, offset?: number): boolean
}

/**
 * A virtqueue as a device sees it, split or packed. Whatever the driver wrote, no call throws, and none takes longer than the ring
 * is: a ring that breaks the rules ends with DEVICE_NEEDS_RESET, and then answers null.
 */
export interface Virtqueue {
  readonly index: number
  /** Descriptors that the ring has. */
  readonly size: number
  /** The driver has set the queue up, and it is not broken. */
  readonly isReady: boolean
  /** The next buffer; null when there is none. */
  take(): Chain | null
  /** Undoes the newest `take`, before anything else is taken or completed. */
  putBack(chain: Chain): void
  /** Gives a buffer back to the driver; `written` bytes of its writable part hold something. Any order will do. */
  complete(chain: Chain, written: number): void
  /** Interrupts the driver if it wants to hear of what was completed since the last call. */
  notifyDriver(): void
  /** Whether the driver shall tell of new buffers (it does unless told otherwise). A hint: it may tell all the same. */
  wantNotifications(wanted: boolean): void
  /** The driver broke a rule of the device's own: the device needs a reset. */
  fail(reason: string): void
}

/** What a device gets from its transport, once, when it is plugged in. */
export interface DeviceHost {
  /** Configuration space has changed: a new generation begins, and the driver hears of it. */
  configChanged(): void
  /** The driver broke a rule: the device needs a reset. `reason` is for whoever runs the machine. */
  fail(reason: string): void
}

/**
 * A device behind any transport. Between `activate` and `reset` it may use its queues; what the driver does is data and never makes it
 * throw.
 */
export interface VirtioDevice {
  /** Section 5: 1 network, 2 block, 3 console, 4 entropy, 5 memory balloon ... */
  readonly deviceId: number
  /** Bits that the device itself offers; those of queues and transport come from there. */
  readonly features: readonly number[]
  /** For each queue the most descriptors that its ring may have: a power of two. */
  readonly queueSizes: readonly number[]
  /** Bytes of device-specific configuration space. */
  readonly configBytes: number
  /** `offset + size` lies within `configBytes`. */
  readConfig(offset: number, size: AccessSize): number
  writeConfig(offset: number, size: AccessSize, value: number): void
  /** Called once, before anything else. */
  connect(host: DeviceHost): void
  /** Whether the device can work with these; asked when the driver sets FEATURES_OK. Default: yes. */
  accepts?(features: Features): boolean
  /** The driver has set DRIVER_OK. Queues that it did not set up are there, and not ready. `notify` follows for each. */
  activate(queues: readonly Virtqueue[], features: Features): void
  /** The driver says that queue `index` has new buffers. Only while active. */
  notify(index: number): void
  /** The driver broke a rule, of the rings or by the device's own word: nothing comes from it until it has reset the device. */
  failed?(reason: string): void
  /** Back to the state after power-on. Buffers that were taken are forgotten. */
  reset(): void
  /** Plain data: numbers, strings, booleans, arrays, objects of those. */
  snapshot(): unknown
  /** After a reset, and after `activate` if the device was active. */
  restore(state: unknown): void
}
