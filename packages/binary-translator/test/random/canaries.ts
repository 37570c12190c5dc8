// Memory around the guest's that nothing may change: frames of the pool between the guest's, and gaps in the reserved region.
import type { MachineMemory } from '@mica-vm/machine-memory'

const frameBytes = 4096
const pattern = 0xa5
const patternFrame: Uint8Array = new Uint8Array(frameBytes).fill(pattern)

/** An area in bytes of the machine's memory. */
export type Area = readonly [start: number, end: number]

export class Canaries {
  readonly #frames: readonly Uint8Array[]
  readonly #gaps: readonly Uint8Array[]
  /** Address 0 on is what the engine reads where there is no unit: it stays zero. */
  readonly #nothing: Uint8Array

  /**
   * Takes all frames that are free, gives every other one back until `left` are free again, and fills the rest with a pattern; so the gaps.
   * `first` is the address below which there must be zeros only.
   */
  constructor(memory: MachineMemory, left: number, first: number, gaps: readonly Area[]) {
    const frames: number[] = []
    for (let frame = memory.allocate(); frame >= 0; frame = memory.allocate()) frames.push(frame)
    if (frames.length < 2 * left) throw new RangeError(`${frames.length} frames; must be ${2 * left} at least`)
    const kept = frames.filter((frame, i) => {
      const guests = i % 2 === 1 && i < 2 * left
      if (guests) memory.release(frame)
      return !guests
    })
    this.#frames = kept.map((frame) => memory.bytes.subarray(frame * frameBytes, (frame + 1) * frameBytes))
    this.#gaps = gaps.map(([start, end]) => memory.bytes.subarray(start, end))
    this.#nothing = memory.bytes.subarray(0, first)
    for (const area of [...this.#frames, ...this.#gaps]) area.fill(pattern)
  }

  /** Whether all is as it was. */
  get intact(): boolean {
    return (
      this.#frames.every((frame) => Buffer.compare(frame, patternFrame) === 0) &&
      this.#gaps.every((gap) => gap.every((byte) => byte === pattern)) &&
      this.#nothing.every((byte) => byte === 0)
    )
  }
}
