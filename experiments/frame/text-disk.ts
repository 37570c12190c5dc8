import { MemoryBlockStore, type BlockStore } from '@mica-vm/vmm'

/** A disk of words that differ from line to line: no two of its pages are equal, and all disks of one size and seed are. */
export function textDisk(bytes: number, seed: number = 1): BlockStore {
  const disk = new Uint8Array(bytes)
  const encoder = new TextEncoder()
  let state = seed
  for (let at = 0; at < bytes;) {
    // A linear congruential generator: the words need to be many, not random.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const { written } = encoder.encodeInto(`${at.toString(36)} ${state.toString(36)}\n`, disk.subarray(at))
    if (written === 0) break
    at += written
  }
  return new MemoryBlockStore(disk, { readOnly: true })
}
