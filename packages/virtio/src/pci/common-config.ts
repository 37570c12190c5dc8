import type { Session } from '../session.ts'
import type { AccessSize } from '../types.ts'
import type { Vectors } from './vectors.ts'

/** What the driver has selected. */
export interface SelectorState {
  deviceFeature: number
  driverFeature: number
  queue: number
}

interface Field {
  readonly bytes: AccessSize
  read(config: CommonConfig): number
  write?(config: CommonConfig, value: number): void
}

const LARGEST_WORD = 2 ** 32

/** The common configuration structure (4.1.4.3): every field, with what reading and writing it does. */
const fields: Readonly<Record<number, Field>> = {
  0x00: selector('deviceFeature', 4),
  0x04: { bytes: 4, read: ({ session, selected }) => session.offeredWord(selected.deviceFeature) },
  0x08: selector('driverFeature', 4),
  0x0c: {
    bytes: 4,
    read: ({ session, selected }) => session.driverWord(selected.driverFeature),
    write: ({ session, selected }, value) => session.writeDriverWord(selected.driverFeature, value),
  },
  0x10: {
    bytes: 2,
    read: ({ vectors }) => vectors.config,
    write: ({ vectors }, value) => vectors.setConfig(value),
  },
  0x12: { bytes: 2, read: ({ session }) => session.queues.length },
  0x14: {
    bytes: 1,
    read: ({ session }) => session.status,
    write: (config, value) => config.writeStatus(value),
  },
  0x15: { bytes: 1, read: ({ session }) => session.generation },
  0x16: selector('queue', 2),
  0x18: {
    bytes: 2,
    read: ({ queue }) => queue?.size ?? 0,
    write: ({ queue, session, selected }, value) => {
      // Up to what the device offers (4.1.4.3.2); a size that is no power of two shows when the queue is used.
      if (queue && !queue.enabled && value <= session.device.queueSizes[selected.queue]!) queue.size = value
    },
  },
  0x1a: {
    bytes: 2,
    read: ({ vectors, selected }) => vectors.ofQueue(selected.queue),
    write: ({ vectors, selected }, value) => vectors.setQueue(selected.queue, value),
  },
  0x1c: {
    bytes: 2,
    read: ({ queue }) => Number(queue?.enabled ?? false),
    // Only a reset disables a queue (4.1.4.3.2).
    write: ({ session, selected }, value) => {
      if (value === 1) session.enableQueue(selected.queue, true)
    },
  },
  0x1e: { bytes: 2, read: ({ queue, selected }) => (queue ? selected.queue : 0) },
  ...address(0x20, 'descriptors'),
  ...address(0x28, 'driver'),
  ...address(0x30, 'device'),
}

function selector(name: keyof SelectorState, bytes: AccessSize): Field {
  return {
    bytes,
    read: ({ selected }) => selected[name],
    write: ({ selected }, value) => void (selected[name] = value),
  }
}

/** 64 bits in two halves. */
function address(offset: number, name: 'descriptors' | 'driver' | 'device'): Record<number, Field> {
  return {
    [offset]: {
      bytes: 4,
      read: ({ queue }) => (queue ? queue[name] % LARGEST_WORD : 0),
      write: ({ queue }, value) => {
        if (queue && !queue.enabled) queue[name] = highOf(queue[name]) * LARGEST_WORD + value
      },
    },
    [offset + 4]: {
      bytes: 4,
      read: ({ queue }) => (queue ? highOf(queue[name]) : 0),
      write: ({ queue }, value) => {
        if (queue && !queue.enabled) queue[name] = value * LARGEST_WORD + (queue[name] % LARGEST_WORD)
      },
    },
  }
}

/** The upper half of an address. Where numbers are no longer exact, no memory is either. */
function highOf(value: number): number {
  return Math.floor(value / LARGEST_WORD)
}

/** Registers of the common configuration structure. */
export class CommonConfig {
  readonly session: Session
  readonly vectors: Vectors
  readonly writeStatus: (value: number) => void
  selected: SelectorState = initialSelectors()

  constructor(session: Session, vectors: Vectors, writeStatus: (value: number) => void) {
    this.session = session
    this.vectors = vectors
    this.writeStatus = writeStatus
  }

  /** The registers of the selected queue; undefined if there is no such queue. */
  get queue(): Session['queues'][number] | undefined {
    return this.session.queues[this.selected.queue]
  }

  /** Any bytes can be read, whole fields are written (4.1.3.1). */
  read(offset: number, size: AccessSize): number {
    let value = 0
    for (let i = 0; i < size; i++) value += this.#readByte(offset + i) * 2 ** (8 * i)
    return value
  }

  write(offset: number, size: AccessSize, value: number): void {
    const field = fields[offset]
    if (field?.bytes === size) field.write?.(this, value)
  }

  reset(): void {
    this.selected = initialSelectors()
  }

  #readByte(offset: number): number {
    for (let start = offset; start > offset - 4 && start >= 0; start--) {
      const field = fields[start]
      if (field) return start + field.bytes > offset ? (field.read(this) >>> (8 * (offset - start))) & 0xff : 0
    }
    return 0
  }
}

function initialSelectors(): SelectorState {
  return { deviceFeature: 0, driverFeature: 0, queue: 0 }
}
