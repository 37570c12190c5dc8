/**
 * What scanning costs: `node --conditions=@mica-vm/source packages/page-sharing/bench/scan.ts`.
 * Prints gigabytes per second of processor time, the median of several rounds, beside a plain copy of the same pages in the same run.
 */
import { PAGE_BYTES, PageSharer } from '../src/index.ts'
import type { SharableFrames, SharablePages } from '../src/index.ts'
import { createKernel } from '../src/internal/page-kernel.ts'

const PAGES = 16384
const ROUNDS = 15
const BYTES = PAGES * PAGE_BYTES

function measure(name: string, setUp: () => void, operation: () => void): void {
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    setUp()
    const start = process.cpuUsage()
    operation()
    const { user, system } = process.cpuUsage(start)
    rates.push(BYTES / (1000 * (user + system)))
  }
  rates.sort((a, b) => a - b)
  console.log(`${name.padEnd(58)} ${rates[ROUNDS >> 1]!.toFixed(2).padStart(7)} GB/s`)
}

/** Pages 0 to `PAGES`, each in the frame of its number unless it was merged; nothing is allocated or copied. */
class Store implements SharableFrames, SharablePages {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: BYTES / 65536, maximum: BYTES / 65536 })
  readonly bytes: Uint8Array = new Uint8Array(this.memory.buffer)
  readonly firstFrame = 0
  readonly endFrame: number = PAGES
  readonly zeroFrame = -1
  readonly endPage: number = PAGES
  readonly counts: Uint32Array = new Uint32Array(PAGES)
  readonly table: Int32Array = new Int32Array(PAGES)
  listener: (mpn: number, references: number) => void = () => {}

  /** Page n gets the contents number n % `contents`, as if it had just been written. */
  reset(contents: number): void {
    const words = new Uint32Array(this.memory.buffer)
    this.counts.fill(1)
    for (let ppn = 0; ppn < PAGES; ppn++) {
      this.table[ppn] = ppn
      for (let i = 0; i < 1024; i++) words[1024 * ppn + i] = Math.imul((ppn % contents) + 1, 0x9e3779b1 + 2 * i)
    }
  }

  references(mpn: number): number {
    return this.counts[mpn]!
  }
  retain(mpn: number): void {
    this.listener(mpn, ++this.counts[mpn]!)
  }
  release(mpn: number): void {
    this.listener(mpn, --this.counts[mpn]!)
  }
  onReferences(listener: (mpn: number, references: number) => void): () => void {
    this.listener = listener
    return () => {}
  }
  frameOf(ppn: number): number {
    return this.table[ppn]!
  }
  lend(ppn: number): number {
    this.retain(this.table[ppn]!)
    return this.table[ppn]!
  }
  adopt(ppn: number, mpn: number): void {
    this.release(this.table[ppn]!)
    this.table[ppn] = mpn
  }
}

const store = new Store()
const plain: SharableFrames & SharablePages = Object.create(store, { memory: { value: undefined } })
const target = new Uint8Array(BYTES)
const kernel = createKernel(store, Math.random)
let sharer: PageSharer

/** A sharer that has looked `passes` times at pages of so many different contents. */
function scanned(pages: SharableFrames & SharablePages, contents: number, passes: number): () => void {
  return () => {
    store.reset(contents)
    sharer = new PageSharer({
      frames: pages,
      random: Math.random,
      pagesPerSecond: Infinity,
      pagesPerSecondPerClient: Infinity,
    })
    sharer.addClient({ pages })
    for (let pass = 0; pass < passes; pass++) sharer.scan({ pages: PAGES })
  }
}

function scan(): void {
  const { scanned: pages } = sharer.scan({ pages: PAGES })
  if (pages !== PAGES) throw new Error(`${pages} of ${PAGES} pages scanned`)
}

const nothing = (): void => {}
measure('copy of all pages (for comparison)', nothing, () => target.set(store.bytes))
measure('hash alone, in place', nothing, () => {
  for (let ppn = 0; ppn < PAGES; ppn++) kernel.hash(ppn * PAGE_BYTES)
})
measure('scan: first pass, nothing equal', scanned(store, PAGES, 0), scan)
measure('scan: second pass, nothing equal, nothing changed', scanned(store, PAGES, 1), scan)
measure('scan: first pass, four copies of each page', scanned(store, PAGES / 4, 0), scan)
measure('scan: first pass, nothing equal, pages in a plain buffer', scanned(plain, PAGES, 0), scan)
const { metadataBytes } = sharer!.statistics
console.log(
  `metadata: ${metadataBytes / PAGES} bytes a frame, ${((100 * metadataBytes) / BYTES).toFixed(3)} % of memory`,
)
