import { Descriptor, DESCRIPTOR_BYTES } from '../registers.ts'
import type { BufferChain } from './chain.ts'
import { MOST_DESCRIPTORS, RingQueue, type RingSetup } from './queue.ts'
import type { RawDescriptor } from './ring-memory.ts'

/** Event suppression structures (2.8.14): an offset with its wrap counter, then flags. */
const FLAGS = 2
const EventFlags = { ENABLE: 0, DISABLE: 1, DESCRIPTOR: 2 } as const
const OFFSET = 0x7fff
/** Length, buffer ID and flags in a descriptor (2.8.13). */
const LENGTH = 8
const MARK = Descriptor.AVAILABLE | Descriptor.USED
/** Alignment of descriptor ring and event suppression structures (2.8). */
const ALIGNED = [16, 4, 4]

/**
 * A packed virtqueue (2.8). A position counts descriptors modulo twice the size: its first half is the wrap counter 1, with which both
 * sides begin, its second half 0.
 */
export class PackedQueue extends RingQueue {
  /** Why there can be no such ring, or null. */
  static problemOf(setup: RingSetup): string | null {
    const { size } = setup
    if (!(size >= 1 && size <= MOST_DESCRIPTORS)) return `the queue's size is ${size}; a packed ring has 1 to 32768`
    return RingQueue.misplaced(setup, ALIGNED)
  }

  protected override next(): BufferChain | null {
    const { ring, size } = this
    const start = this.state.nextAvailable
    const first = ring.read16(this.#addressOf(start) + 14)
    if (!this.#isAvailable(first, start)) return null
    const chain = this.newChain()
    for (let count = 1; ; count++) {
      if (count + this.slotsTaken > size) {
        this.fail(`buffers of more than ${size} descriptors are available in a ring of as many`)
        return null
      }
      const descriptor = this.add(chain, this.#addressOf(this.#moved(start, count - 1)))
      if (!descriptor) return null
      if (descriptor.flags & Descriptor.NEXT) continue
      chain.id = descriptor.last
      chain.slots = count
      this.state.nextAvailable = this.#moved(start, count)
      return chain
    }
  }

  protected override rewind(chain: BufferChain): void {
    this.state.nextAvailable = this.#moved(this.state.nextAvailable, -chain.slots)
  }

  /** One descriptor says that all of the buffer is used; the places of the others are skipped (2.8.6). */
  protected override use(chain: BufferChain, written: number): void {
    const position = this.state.nextUsed
    const mark = this.#wrapCounter(position) ? MARK : 0
    const flags = mark | (written > 0 ? Descriptor.WRITE : 0)
    this.ring.write64(this.#addressOf(position) + LENGTH, written, chain.id + flags * 0x1_0000)
    this.state.nextUsed = this.#moved(position, chain.slots)
  }

  protected override driverWants(): boolean {
    const { state, setup, ring, size } = this
    const area = ring.read32(setup.driver)
    const flags = (area >>> (8 * FLAGS)) & 3
    if (flags === EventFlags.ENABLE) return true
    if (flags === EventFlags.DISABLE) return false
    if (!setup.eventIndex) return true
    const offset = area & OFFSET
    const event = offset + (area & 0x8000 ? 0 : size)
    const signalled = state.nextUsed - (state.unsignalled % (2 * size))
    return offset >= size || state.unsignalled > size || this.#moved(event, -signalled) < state.unsignalled
  }

  protected override tellWish(): void {
    const flags = this.state.wantsNotifications ? EventFlags.ENABLE : EventFlags.DISABLE
    this.ring.write16(this.setup.device + FLAGS, flags)
  }

  protected override readAt(physical: number, into: RawDescriptor): boolean {
    return this.ring.readPacked(physical, into)
  }

  /** A table is read from front to back, whatever NEXT says (2.8.7). */
  protected override nextInTable(index: number, _descriptor: Readonly<RawDescriptor>, entries: number): number {
    return index + 1 < entries ? index + 1 : -1
  }

  #addressOf(position: number): number {
    return this.setup.descriptors + DESCRIPTOR_BYTES * (position % this.size)
  }

  #wrapCounter(position: number): boolean {
    return position < this.size
  }

  /** 2.8.5: AVAIL is the driver's wrap counter, USED is not. */
  #isAvailable(flags: number, position: number): boolean {
    const wrap = this.#wrapCounter(position)
    return ((flags & Descriptor.AVAILABLE) !== 0) === wrap && ((flags & Descriptor.USED) !== 0) !== wrap
  }

  /** `by` is less than a whole turn. */
  #moved(position: number, by: number): number {
    const turn = 2 * this.size
    return (position + by + turn) % turn
  }
}
