/**
 * What frames and pages cost: `node --conditions=@mica-vm/source packages/machine-memory/bench/pages.ts`.
 * Prints nanoseconds per operation, the median of several rounds.
 */
import { FRAME_BYTES, MachineMemory, MemorySwapStore, PhysicalMap, SwapSpace } from '../src/index.ts'

const PAGES = 4096
const ROUNDS = 31

function measure(name: string, setUp: () => void, operation: (ppn: number) => void): void {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    setUp()
    const start = process.hrtime.bigint()
    for (let ppn = 0; ppn < PAGES; ppn++) operation(ppn)
    times.push(Number(process.hrtime.bigint() - start) / PAGES)
  }
  times.sort((a, b) => a - b)
  console.log(`${name.padEnd(50)} ${times[ROUNDS >> 1]!.toFixed(1).padStart(9)} ns`)
}

const machine = new MachineMemory({ bytes: 128 * 2 ** 20, reservedBytes: 2 ** 20 })
const map = new PhysicalMap(machine, { ranges: [{ start: 0, length: PAGES * FRAME_BYTES, kind: 'ram' }] })
let child: PhysicalMap | undefined
let sum = 0

function discardAll(): void {
  for (let ppn = 0; ppn < PAGES; ppn++) map.discard(ppn)
}

function forkAnew(): void {
  child?.release()
  child = map.fork()
}

function nothing(): void {}

measure('population, frame zeroed on reuse', discardAll, (ppn) => map.writeAddress(ppn))
measure('readAddress, resident', nothing, (ppn) => (sum += map.readAddress(ppn)))
measure('writeAddress, resident and private', nothing, (ppn) => (sum += map.writeAddress(ppn)))
measure('readAddress, no memory', nothing, (ppn) => (sum += map.readAddress(PAGES + ppn)))
measure('copy-on-write break', forkAnew, (ppn) => map.writeAddress(ppn))
child?.release()
measure('read32, inside a page', nothing, (ppn) => (sum += map.read32(ppn * FRAME_BYTES)))
measure('write32, inside a page', nothing, (ppn) => map.write32(ppn * FRAME_BYTES, ppn))
const buffer = new Uint8Array(FRAME_BYTES)
measure('read of 4 KiB across two pages', nothing, (ppn) => map.read(ppn * (FRAME_BYTES - 1), buffer))
measure(
  'discard',
  () => {
    for (let ppn = 0; ppn < PAGES; ppn++) map.writeAddress(ppn)
  },
  (ppn) => map.discard(ppn),
)
map.release()
const swap = new SwapSpace(new MemorySwapStore(2 * PAGES)).reserve(PAGES)
const swapped = new PhysicalMap(machine, { ranges: [{ start: 0, length: PAGES * FRAME_BYTES, kind: 'ram' }], swap })
function writeAll(): void {
  for (let ppn = 0; ppn < PAGES; ppn++) swapped.write32(ppn * FRAME_BYTES, ppn)
}
function readAll(): void {
  for (let ppn = 0; ppn < PAGES; ppn++) swapped.readAddress(ppn)
}
function swapAll(): void {
  for (let ppn = 0; ppn < PAGES; ppn++) swapped.swapOut(ppn)
}
measure('swap out, to memory', writeAll, (ppn) => swapped.swapOut(ppn))
measure('swap in, from memory', swapAll, (ppn) => swapped.readAddress(ppn))
measure('swap out, not written since', readAll, (ppn) => swapped.swapOut(ppn))
writeAll()
const log = swapped.startDirtyLog()
measure(
  'first write of a page that is logged',
  () => void log.collect(),
  (ppn) => swapped.writeAddress(ppn),
)
log.stop()
const start = process.hrtime.bigint()
const { contradictions } = machine.audit()
console.log(
  `audit of ${machine.statistics.frames} frames: ${Number(process.hrtime.bigint() - start) / 1e6} ms, ${contradictions.length} contradictions`,
)
if (Number.isNaN(sum)) throw new Error('unreachable: keeps the sums alive')
