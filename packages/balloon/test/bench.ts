import { PciBench } from '@mica-vm/virtio/testing'
import { BalloonDevice, type BalloonEvent } from '../src/index.ts'
import { FakePages } from './fake-pages.ts'

export const Queue = { INFLATE: 0, DEFLATE: 1, STATISTICS: 2, HINTS: 3, REPORTS: 4 } as const

export interface BenchOptions {
  readonly pages?: number
  readonly features?: (bit: number) => boolean
}

/** A balloon on a PCI transport with a driver for each queue; deferred work waits until it is asked for. */
export class BalloonBench {
  readonly pages: FakePages
  readonly events: BalloonEvent[] = []
  readonly device: BalloonDevice
  readonly pci: PciBench
  deferred: (() => void)[] = []

  constructor({ pages = 1000, features }: BenchOptions = {}) {
    this.pages = new FakePages(pages)
    this.device = new BalloonDevice({
      pages: this.pages,
      defer: (work) => void this.deferred.push(work),
      onEvent: (event) => void this.events.push(event),
    })
    this.pci = new PciBench({ device: this.device, memoryBytes: 1 << 20 })
    this.pci.start(features ? { features } : {})
  }

  /** What was put off is done, and what it put off. */
  settle(): void {
    for (let turns = 0; this.deferred.length > 0; turns++) {
      if (turns > 1000) throw new Error('the device never comes to an end')
      this.deferred.shift()!()
    }
  }

  /** The driver sends bytes to read and names places to write; all is served. */
  send(queue: number, readable: readonly Uint8Array[], writable: readonly number[] = []): void {
    this.pci.drivers[queue]!.add(readable, writable)
    this.pci.notify(queue)
    this.settle()
  }

  list(queue: number, ...ppns: number[]): void {
    this.send(queue, [new Uint8Array(Uint32Array.from(ppns).buffer)])
    this.pci.drivers[queue]!.collect()
  }

  rules(): string[] {
    return this.events.flatMap((event) => (event.kind === 'violation' ? [event.rule] : []))
  }
}
