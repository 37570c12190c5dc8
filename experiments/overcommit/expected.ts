/** What programs of `experiments/guest` print, worked out on the host. */
import { createHash, type Hash } from 'node:crypto'
import type { BlockStore } from '@mica-vm/vmm'

const wordsPerPage = 1024

/** What `md5sum` and its kind print of their standard input. */
const sumOf = (hash: Hash): string => `${hash.digest('hex')}  -`

/** What `sums` prints of a disk. */
export function sumOfDisk(disk: BlockStore): string {
  const bytes = new Uint8Array(disk.sectors * disk.sectorBytes)
  disk.read(0, bytes)
  return sumOf(createHash('md5').update(bytes))
}

/** What `mix passes pages` prints. */
export function mixed(passes: number, pages: number): string {
  const words = new Uint32Array(pages * wordsPerPage)
  let last = 1
  for (let pass = 0; pass < passes; pass++)
    for (let at = 0; at < words.length; at++)
      last = words[at] = (Math.imul(last, 1_664_525) + words[at]! + 1_013_904_223) >>> 0
  return last.toString(16).padStart(8, '0')
}

/** What `build files` prints. */
export function built(files: number): string {
  const hash = createHash('md5')
  // The shell takes the files in the order of their names.
  for (const file of Array.from({ length: files }, (_, i) => String(i)).sort()) {
    const lines = Array.from({ length: 200 }, (_, i) => `OBJECT ${file} LINE ${i + 1}\n`)
    hash.update(lines.sort().join(''))
  }
  return sumOf(hash)
}

/** What `digest size` prints. */
export function digested(sizeMiB: number): string {
  const hash = createHash('sha256')
  for (let i = 0; i < sizeMiB; i++) hash.update(new Uint8Array(2 ** 20))
  return sumOf(hash)
}
