import { Descriptor, DESCRIPTOR_BYTES } from '../registers.ts'
import type { BufferChain } from './chain.ts'
import { MOST_DESCRIPTORS, RingQueue, type RingSetup, type RingState } from './queue.ts'
import type { RawDescriptor } from './ring-memory.ts'

/** Offsets in the available and the used ring (2.7.6, 2.7.8). */
const FLAGS = 0
const INDEX = 2
const RING = 4
const NO_INTERRUPT = 1
const NO_NOTIFY = 1
const AVAILABLE_BYTES = 2
const USED_BYTES = 8
/** Alignment of descriptor table, available ring and used ring (2.7). */
const ALIGNED = [16, 2, 4]

/** A split virtqueue (2.7). Positions count modulo 2^16, as `idx` does. */
export class SplitQueue extends RingQueue {
  /** What the driver's `idx` was when it was last looked at. */
  #available = 0

  /** Why there can be no such ring, or null. */
  static problemOf(setup: RingSetup): string | null {
    const { size } = setup
    if (!(size >= 1 && size <= MOST_DESCRIPTORS) || (size & (size - 1)) !== 0) {
      return `the queue's size is ${size}; a split ring's is a power of two`
    }
    return RingQueue.misplaced(setup, ALIGNED)
  }

  override restore(state: RingState): void {
    super.restore(state)
    this.#available = state.nextAvailable
  }

  protected override next(): BufferChain | null {
    const { state, setup, ring, size } = this
    if (state.nextAvailable === this.#available && !this.#look()) return null
    const place = setup.driver + RING + AVAILABLE_BYTES * (state.nextAvailable & (size - 1))
    const head = ring.read16(place)
    const chain = this.newChain()
    chain.id = head
    chain.slots = 1
    if (!this.#collect(chain, head)) return null
    state.nextAvailable = (state.nextAvailable + 1) & 0xffff
    if (state.nextAvailable === this.#available) this.#tellEvent()
    return chain
  }

  protected override rewind(): void {
    this.state.nextAvailable = (this.state.nextAvailable - 1) & 0xffff
  }

  protected override use(chain: BufferChain, written: number): void {
    const { state, setup, ring, size } = this
    const used = setup.device + RING + USED_BYTES * (state.nextUsed & (size - 1))
    ring.write64(used, chain.id, written)
    state.nextUsed = (state.nextUsed + 1) & 0xffff
    ring.write16(setup.device + INDEX, state.nextUsed)
  }

  /** 2.7.7: with event indexes, whether the driver's is among those that were passed. */
  protected override driverWants(): boolean {
    const { state, setup, ring, size } = this
    if (!setup.eventIndex) return (ring.read16(setup.driver + FLAGS) & NO_INTERRUPT) === 0
    const event = ring.read16(setup.driver + RING + AVAILABLE_BYTES * size)
    return ((state.nextUsed - event - 1) & 0xffff) < state.unsignalled
  }

  protected override tellWish(): void {
    const { wantsNotifications } = this.state
    if (!this.setup.eventIndex) this.ring.write16(this.setup.device + FLAGS, wantsNotifications ? 0 : NO_NOTIFY)
    else if (wantsNotifications) this.#tellEvent()
  }

  protected override readAt(physical: number, into: RawDescriptor): boolean {
    return this.ring.readDescriptor(physical, into)
  }

  protected override nextInTable(_index: number, { flags, last }: Readonly<RawDescriptor>): number {
    return flags & Descriptor.NEXT ? last : -1
  }

  /** Whether the driver has made anything available since the last look. */
  #look(): boolean {
    const { state, setup, ring, size } = this
    const index = ring.read16(setup.driver + INDEX)
    const waiting = (index - state.nextAvailable) & 0xffff
    if (waiting + this.slotsTaken > size) {
      this.fail(`${waiting} buffers are available in a ring of ${size}`)
      return false
    }
    this.#available = index
    return waiting > 0
  }

  /** Asks to be told of the next buffer (2.7.10). */
  #tellEvent(): void {
    const { state, setup, ring, size } = this
    if (!setup.eventIndex || !state.wantsNotifications) return
    ring.write16(setup.device + RING + USED_BYTES * size, state.nextAvailable)
  }

  #collect(chain: BufferChain, head: number): boolean {
    let index = head
    for (let count = 1; ; count++) {
      if (index >= this.size) return this.#refuse(`there is no descriptor ${index} in a ring of ${this.size}`)
      if (count > this.size) return this.#refuse('a chain of descriptors is a loop')
      const descriptor = this.add(chain, this.setup.descriptors + DESCRIPTOR_BYTES * index)
      if (!descriptor) return false
      if (!(descriptor.flags & Descriptor.NEXT)) return true
      index = descriptor.last
    }
  }

  #refuse(reason: string): false {
    this.fail(reason)
    return false
  }
}
