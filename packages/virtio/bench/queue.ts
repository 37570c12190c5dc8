/**
 * What a buffer costs from the driver's kick to the used ring: `node --conditions=@mica-vm/source packages/virtio/bench/queue.ts`.
 * Prints nanoseconds per buffer, and megabytes per second of a disk's reads; medians of several rounds.
 */
import { BlockDevice, EntropyDevice, type VirtioDevice } from '../src/index.ts'
import { PciBench } from '../src/testing/index.ts'

const ROUNDS = 15
const BUFFERS = 32
const READ_BYTES = 128 * 1024

const image = new Uint8Array(4 << 20)
const store = {
  sectorBytes: 512,
  sectors: image.length / 512,
  readOnly: true,
  read: (sector: number, into: Uint8Array): void => into.set(image.subarray(sector * 512, sector * 512 + into.length)),
  write: (): void => {},
  flush: (): void => {},
}
const header = new Uint8Array(16)

/** Nanoseconds per buffer; only the device's part is timed. */
function measure(makeDevice: () => VirtioDevice, packed: boolean, readable: Uint8Array[], writable: number[]): number {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const bench = new PciBench({ device: makeDevice(), memoryBytes: 16 << 20, packed })
    bench.start()
    for (let buffer = 0; buffer < BUFFERS; buffer++) bench.drivers[0]!.add(readable, writable, true)
    const start = process.hrtime.bigint()
    bench.notify(0)
    times.push(Number(process.hrtime.bigint() - start) / BUFFERS)
    if (bench.drivers[0]!.collect().length !== BUFFERS) throw new Error('not all buffers came back')
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!
}

for (const packed of [false, true]) {
  const name = packed ? 'packed' : 'split'
  const smallest = measure(() => new EntropyDevice({ random: () => {} }), packed, [], [8])
  const read = measure(() => new BlockDevice({ store, defer: () => {} }), packed, [header], [READ_BYTES, 1])
  console.log(
    `${name} ring: ${smallest.toFixed(0)} ns a buffer of 8 bytes; reads of 128 KiB at ${((READ_BYTES / read) * 1000).toFixed(0)} MB/s`,
  )
}
