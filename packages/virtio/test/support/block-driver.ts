import { BlockDevice, type BlockOptions } from '../../src/index.ts'
import { PciBench, type PciBenchOptions } from '../../src/testing/index.ts'
import type { ArrayStore } from './array-store.ts'

export const Kind = { IN: 0, OUT: 1, FLUSH: 4, GET_ID: 8, DISCARD: 11, WRITE_ZEROES: 13 } as const

export function header(kind: number, sector: number): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, kind, true)
  view.setBigUint64(8, BigInt(sector), true)
  return bytes
}

export function range(sector: number, sectors: number, flags = 0): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(sector), true)
  view.setUint32(8, sectors, true)
  view.setUint32(12, flags, true)
  return bytes
}

export interface Answer {
  readonly status: number
  readonly data: Uint8Array
  readonly written: number
}

/** A disk, and a driver that makes one request after the other. */
export class BlockBench {
  readonly bench: PciBench
  readonly device: BlockDevice
  readonly deferred: (() => void)[] = []

  constructor(store: ArrayStore, options: Partial<BlockOptions> = {}, pci: Partial<PciBenchOptions> = {}) {
    this.device = new BlockDevice({ store, defer: (callback) => void this.deferred.push(callback), ...options })
    this.bench = new PciBench({ memoryBytes: 16 << 20, ...pci, device: this.device })
    this.bench.start()
  }

  /** Makes a request; `readable` follows the header, `writable` precedes the status. */
  request(head: Uint8Array, readable: readonly Uint8Array[] = [], writable: readonly number[] = []): Answer {
    const [driver] = this.bench.drivers
    driver!.add([head, ...readable], [...writable, 1], true)
    if (driver!.mustKick()) this.bench.notify(0)
    const answer = driver!.collect()[0]
    if (!answer) throw new Error(`no answer: ${this.bench.failures.join(', ')}`)
    driver!.enableInterrupts()
    return { status: answer.bytes.at(-1)!, data: answer.bytes.slice(0, -1), written: answer.written }
  }
}
