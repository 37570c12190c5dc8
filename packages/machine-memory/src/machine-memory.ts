import { FRAME_BYTES, LARGEST_MEMORY_BYTES, WASM_PAGE_BYTES } from './geometry.ts'
import { NumberPool } from './internal/number-pool.ts'
import { SharedPages } from './internal/shared-pages.ts'
import { NOT_MEMORY } from './types.ts'
import type { AuditReport, FrameHolder, MachineMemoryOptions, MachineStatistics, ReferenceListener } from './types.ts'

/**
 * The memory of the host machine: a reserved region, then a pool of 4 KiB frames that all virtual machines share.
 * A frame is named by its machine page number (MPN); its host byte address is `mpn * 4096`.
 *
 * ```ts
 * const machine = new MachineMemory({ bytes: 64 * 2 ** 20, reservedBytes: 2 ** 20 })
 * const frame = machine.allocate()   // one reference, all zero; -1 when none is free
 * machine.release(frame)
 * ```
 */
export class MachineMemory {
  /** Has its whole size from the start and never grows, so views of its buffer stay valid. */
  readonly memory: WebAssembly.Memory
  readonly bytes: Uint8Array
  /** The first MPN that the pool manages. */
  readonly firstFrame: number
  /** One past the last MPN. */
  readonly endFrame: number
  /** A frame that reads as zero and that nobody may write. Its own reference is never given up. */
  readonly zeroFrame: number
  /** @internal Of each map, the pages in frames that have other references. */
  readonly sharedPages: SharedPages

  readonly #pool: NumberPool
  readonly #holders = new Set<FrameHolder>()
  #freedListeners: readonly ((mpn: number) => void)[] = []
  #referenceListeners: readonly ReferenceListener[] = []
  #copies = 0

  constructor({ bytes, reservedBytes }: MachineMemoryOptions) {
    if (!Number.isInteger(bytes) || bytes <= 0 || bytes > LARGEST_MEMORY_BYTES || bytes % WASM_PAGE_BYTES !== 0) {
      throw new RangeError(
        `bytes is ${bytes}; must be a multiple of ${WASM_PAGE_BYTES} from ${WASM_PAGE_BYTES} to ${LARGEST_MEMORY_BYTES}`,
      )
    }
    if (!Number.isInteger(reservedBytes) || reservedBytes < 0 || reservedBytes > bytes - FRAME_BYTES) {
      throw new RangeError(`reservedBytes is ${reservedBytes}; must be an integer from 0 to ${bytes - FRAME_BYTES}`)
    }
    const pages = bytes / WASM_PAGE_BYTES
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    this.bytes = new Uint8Array(this.memory.buffer)
    this.firstFrame = Math.ceil(reservedBytes / FRAME_BYTES)
    this.endFrame = bytes / FRAME_BYTES
    this.#pool = new NumberPool('frame', this.firstFrame, this.endFrame)
    this.zeroFrame = this.#pool.take()
    this.sharedPages = new SharedPages(this.endFrame, (mpn) => this.#pool.references(mpn))
  }

  /** A frame of zeros with one reference, or -1 when none is free. */
  allocate(): number {
    const pool = this.#pool
    const recycled = pool.nextIsRecycled
    const mpn = pool.take()
    // The bump part of the pool has never been written since the memory was made, and a new memory is zero.
    if (mpn !== NOT_MEMORY && recycled) {
      this.bytes.fill(0, mpn * FRAME_BYTES, (mpn + 1) * FRAME_BYTES)
    }
    return mpn
  }

  /** As `allocate`, with whatever the frame held before: the caller overwrites all of it before anybody else sees it. */
  allocateUncleared(): number {
    return this.#pool.take()
  }

  /** A frame with the contents of `source` and one reference, or -1 when none is free. */
  allocateCopy(source: number): number {
    this.#pool.requireUsed(source)
    if (source === this.zeroFrame) return this.allocate()
    const mpn = this.#pool.take()
    if (mpn !== NOT_MEMORY) {
      this.bytes.copyWithin(mpn * FRAME_BYTES, source * FRAME_BYTES, (source + 1) * FRAME_BYTES)
      this.#copies++
    }
    return mpn
  }

  /** Adds a reference. Throws RangeError if `mpn` is no frame in use. */
  retain(mpn: number): void {
    this.#pool.retain(mpn)
    if (this.#pool.references(mpn) === 2) this.sharedPages.second(mpn)
    this.#tellReferences(mpn)
  }

  /** Gives up a reference; the last one frees the frame. Throws RangeError if `mpn` is no frame in use. */
  release(mpn: number): void {
    if (mpn === this.zeroFrame && this.#pool.references(mpn) === 1) {
      throw new RangeError(`frame ${mpn} is the zero frame; its own reference cannot be released`)
    }
    const isFreed = this.#pool.release(mpn)
    if (this.#pool.references(mpn) === 1) this.sharedPages.lone(mpn)
    this.#tellReferences(mpn)
    if (isFreed) for (const listener of this.#freedListeners) listener(mpn)
  }

  /**
   * Calls `listener` when the last reference to a frame has gone, whoever gave it up: for caches by frame, such as of translated code or of
   * frames to share. The frame's contents are still there. The listener must not allocate frames or call maps. Returns the function that
   * stops this.
   */
  onFrameFreed(listener: (mpn: number) => void): () => void {
    this.#freedListeners = [...this.#freedListeners, listener]
    return () => {
      this.#freedListeners = this.#freedListeners.filter((other) => other !== listener)
    }
  }

  /**
   * Calls `listener` after each `retain` and `release`, whoever called it: for whoever counts along, such as page sharing. As to listeners of
   * `onFrameFreed`, nothing but the memory's contents is theirs to touch. Returns the function that stops this.
   */
  onReferences(listener: ReferenceListener): () => void {
    this.#referenceListeners = [...this.#referenceListeners, listener]
    return () => {
      this.#referenceListeners = this.#referenceListeners.filter((other) => other !== listener)
    }
  }

  /** References to a frame; 0 for a free one and for numbers that name no frame. */
  references(mpn: number): number {
    return this.#pool.references(mpn)
  }

  /** Frames that `allocate` can still hand out. */
  get freeFrames(): number {
    return this.#pool.free
  }

  get statistics(): MachineStatistics {
    const { total, free, taken, returned, refused } = this.#pool
    // The zero frame was taken once, by the constructor.
    return {
      frames: total,
      free,
      used: total - free - 1,
      allocations: taken - 1,
      frees: returned,
      refusals: refused,
      copies: this.#copies,
    }
  }

  /** Makes `holder` part of the audit; returns the function that ends this. */
  register(holder: FrameHolder): () => void {
    this.#holders.add(holder)
    return () => {
      this.#holders.delete(holder)
    }
  }

  /** Adds everything up from the ground: O(frames + pages of all maps). */
  audit(): AuditReport {
    const counts = new Uint32Array(this.endFrame)
    counts[this.zeroFrame] = 1
    const contradictions: string[] = []
    for (const holder of this.#holders) {
      holder.countReferences(counts)
      contradictions.push(...holder.contradictions())
    }
    contradictions.push(...this.#pool.contradictions())
    let held = 0
    let loose = 0
    for (let mpn = this.firstFrame; mpn < this.endFrame; mpn++) {
      const references = this.#pool.references(mpn)
      const counted = counts[mpn]!
      if (counted > references)
        contradictions.push(`frame ${mpn} is held ${counted} times but counts ${references} references`)
      else loose += references - counted
      held += counted
    }
    for (let mpn = 0; mpn < this.firstFrame; mpn++) {
      if (counts[mpn] !== 0) contradictions.push(`frame ${mpn} is held but lies in the reserved region`)
    }
    const zeroStart = this.zeroFrame * FRAME_BYTES
    if (this.bytes.subarray(zeroStart, zeroStart + FRAME_BYTES).some((byte) => byte !== 0))
      contradictions.push('the zero frame is not zero')
    const { frames, free, used } = this.statistics
    return { frames, free, used, held, loose, contradictions }
  }

  #tellReferences(mpn: number): void {
    for (const listener of this.#referenceListeners) listener(mpn, this.#pool.references(mpn))
  }
}
