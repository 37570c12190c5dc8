/**
 * A deduplicator over plain buffers, in the manner of Linux's KSM: eight processes load the same library, and their pages are put into one store
 * of reference-counted frames. `page-sharing` finds the equal ones. It knows neither processes nor virtual machines: the two classes
 * below, its ports, are all that it is told.
 */
import assert from 'node:assert/strict'
import { PAGE_BYTES, PageSharer } from '@mica-vm/page-sharing'
import type { ReferenceListener, SharableFrames, SharablePages } from '@mica-vm/page-sharing'

/** The store: one buffer, cut into frames. A frame is written by its only user; one with more users is copied first. */
class Store implements SharableFrames {
  readonly firstFrame = 0
  readonly endFrame: number
  readonly zeroFrame = 0
  readonly bytes: Uint8Array
  readonly #references: Uint32Array
  readonly #free: number[]
  readonly #listeners = new Set<ReferenceListener>()

  constructor(frames: number) {
    this.endFrame = frames
    this.bytes = new Uint8Array(frames * PAGE_BYTES)
    this.#references = new Uint32Array(frames)
    this.#references[this.zeroFrame] = 1
    this.#free = Array.from({ length: frames - 1 }, (_, i) => frames - 1 - i)
  }

  get used(): number {
    return this.endFrame - this.#free.length
  }

  allocate(contents: Uint8Array): number {
    const frame = this.#free.pop()
    if (frame === undefined) throw new Error('the store is full')
    this.#references[frame] = 1
    this.bytes.set(contents, frame * PAGE_BYTES)
    return frame
  }

  contents(frame: number): Uint8Array {
    return this.bytes.subarray(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES)
  }

  references(frame: number): number {
    return this.#references[frame]!
  }

  retain(frame: number): void {
    this.#change(frame, 1)
  }

  release(frame: number): void {
    this.#change(frame, -1)
    if (this.#references[frame] === 0) this.#free.push(frame)
  }

  onReferences(listener: ReferenceListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #change(frame: number, by: number): void {
    this.#references[frame]! += by
    for (const listener of this.#listeners) listener(frame, this.#references[frame]!)
  }
}

/** A process: its page table, and nothing else. */
class Process implements SharablePages {
  readonly #frames: number[]
  readonly #store: Store

  constructor(store: Store, pages: readonly Uint8Array[]) {
    this.#store = store
    this.#frames = pages.map((contents) => store.allocate(contents))
  }

  get endPage(): number {
    return this.#frames.length
  }

  read(page: number): Uint8Array {
    return this.#store.contents(this.#frames[page]!)
  }

  write(page: number, offset: number, byte: number): void {
    const frame = this.#frames[page]!
    if (frame === this.#store.zeroFrame || this.#store.references(frame) > 1) {
      this.#frames[page] = this.#store.allocate(this.#store.contents(frame))
      this.#store.release(frame)
    }
    this.#store.bytes[this.#frames[page]! * PAGE_BYTES + offset] = byte
  }

  /** The zero frame never changes: to the sharer, a page that lies there has no frame. */
  frameOf(page: number): number {
    const frame = this.#frames[page]!
    return frame === this.#store.zeroFrame ? -1 : frame
  }

  lend(page: number): number {
    this.#store.retain(this.#frames[page]!)
    return this.#frames[page]!
  }

  adopt(page: number, frame: number): void {
    const before = this.#frames[page]!
    this.#frames[page] = frame
    this.#store.release(before)
  }
}

/** A page that says what it is, over and over. */
function page(text: string): Uint8Array {
  const line = new TextEncoder().encode(`${text} `)
  return new Uint8Array(PAGE_BYTES).map((_, i) => line[i % line.length]!)
}

const sharedLibrary = Array.from({ length: 48 }, (_, i) => page(`page ${i} of the library`))
const cleared = Array.from({ length: 16 }, () => new Uint8Array(PAGE_BYTES))
const heap = (who: number): Uint8Array[] => Array.from({ length: 16 }, (_, i) => page(`page ${i} of heap ${who}`))

const store = new Store(1024)
const processes = Array.from(
  { length: 8 },
  (_, who) => new Process(store, [...sharedLibrary, ...cleared, ...heap(who)]),
)
const pages = processes.reduce((sum, process) => sum + process.endPage, 0)

const sharer = new PageSharer({
  frames: store,
  random: Math.random,
  // A daemon beside real work would have a cap and a clock. This one has nothing else to do.
  pagesPerSecond: Infinity,
  pagesPerSecondPerClient: Infinity,
})
const clients = processes.map((process) => sharer.addClient({ pages: process, salt: 'one user' }))

const columns = ['scanned', 'frames used', 'zeroed', 'merged', 'hints', 'shared frames', 'shared pages', 'saved']
const row = (cells: readonly (string | number)[]): string =>
  cells.map((cell, i) => String(cell).padStart(columns[i]!.length)).join('  ')
function report(): void {
  const { scanned, zeroed, merged, hints, sharedFrames, sharedPages, savedPages } = sharer.statistics
  console.log(row([scanned, store.used, zeroed, merged, hints, sharedFrames, sharedPages, savedPages]))
}

console.log(
  `${processes.length} processes, ${pages} pages: a library and 16 cleared pages in each, 16 pages of its own\n`,
)
console.log(row(columns))
report()
for (let step = 0; step < 8; step++) {
  sharer.scan({ pages: pages / 8 })
  report()
}
// Cleared pages went to the zero frame; of the library one copy is left; the heaps are as they were, with a hint each.
assert.equal(store.used, 1 + sharedLibrary.length + processes.length * 16)
assert.deepEqual(sharer.statistics, {
  ...sharer.statistics,
  sharedFrames: sharedLibrary.length,
  sharedPages: processes.length * sharedLibrary.length,
  hints: processes.length * 16,
})
console.log(`\none library for all: ${pages} pages lie in ${store.used} frames`)

processes[0]!.write(3, 0, '!'.charCodeAt(0))
assert.equal(processes[0]!.read(3)[0], '!'.charCodeAt(0))
for (const other of processes.slice(1)) assert.deepEqual(other.read(3), sharedLibrary[3])
console.log(
  `process 0 wrote to page 3 and got a copy: ${sharer.statistics.unshared} page unshared, the others see no change`,
)

processes[0]!.write(3, 0, sharedLibrary[3]![0]!)
console.log(`it undid that; asked about this page alone, the sharer says: ${clients[0]!.tryShare(3)}`)
assert.equal(processes[0]!.frameOf(3), processes[1]!.frameOf(3))

// Who shares memory can find out, by timing its writes, what others hold. So sharing ends where trust ends.
const stranger = new Process(store, sharedLibrary)
const client = sharer.addClient({ pages: stranger, salt: 'another user' })
console.log(`a process of another user loads the library, and the sharer says of its page 3: ${client.tryShare(3)}`)
assert.notEqual(stranger.frameOf(3), processes[1]!.frameOf(3))

const { metadataBytes } = sharer.statistics
console.log(`all this took ${metadataBytes} bytes of table for ${store.bytes.length} bytes of store`)
assert.ok(metadataBytes < 0.005 * store.bytes.length)
assert.deepEqual(sharer.contradictions(), [])
