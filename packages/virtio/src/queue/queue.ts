import { Descriptor, DESCRIPTOR_BYTES } from '../registers.ts'
import type { Chain, GuestMemory, Virtqueue } from '../types.ts'
import { BufferChain, hex } from './chain.ts'
import { RingMemory, type RawDescriptor } from './ring-memory.ts'

/** Where a ring lies, and what was negotiated for it. */
export interface RingSetup {
  readonly size: number
  /** Descriptor area. */
  readonly descriptors: number
  /** Driver area: the available ring, or what the driver wants to be told. */
  readonly driver: number
  /** Device area: the used ring, or what the device wants to be told. */
  readonly device: number
  readonly eventIndex: boolean
  readonly indirect: boolean
}

/** What a ring needs from its transport. */
export interface RingPorts {
  readonly memory: GuestMemory
  /** Whether the device may use memory now. */
  mayRun(): boolean
  interrupt(): void
  fail(reason: string): void
}

/** Where a ring is: plain data. */
export interface RingState {
  nextAvailable: number
  nextUsed: number
  /** Places used since the driver was last told, or would have been. */
  unsignalled: number
  wantsNotifications: boolean
  isBroken: boolean
}

/**
 * Descriptors in an indirect table that belong to one buffer, at most. A chain shall not be longer than its queue (2.7.5.3.1), but
 * drivers exceed that with indirect tables.
 */
const LONGEST_TABLE = 1024
/** Largest size of a queue (2.7, 2.8). */
export const MOST_DESCRIPTORS = 32768

/** What split and packed rings have in common. */
export abstract class RingQueue implements Virtqueue {
  readonly index: number
  readonly size: number
  protected readonly setup: RingSetup
  protected readonly ring: RingMemory
  protected readonly state: RingState = {
    nextAvailable: 0,
    nextUsed: 0,
    unsignalled: 0,
    wantsNotifications: true,
    isBroken: false,
  }
  /** Places of the ring that belong to buffers which were taken and not completed. */
  protected slotsTaken = 0
  readonly #ports: RingPorts
  readonly #open = new Set<Chain>()
  readonly #descriptor: RawDescriptor = { address: 0, bytes: 0, flags: 0, last: 0 }

  constructor(index: number, setup: RingSetup, ports: RingPorts) {
    this.index = index
    this.size = setup.size
    this.setup = setup
    this.#ports = ports
    this.ring = new RingMemory(ports.memory)
  }

  /** The rule that the places of the parts break, or null. */
  protected static misplaced({ descriptors, driver, device }: RingSetup, aligned: readonly number[]): string | null {
    const places = [descriptors, driver, device]
    const at = places.findIndex((address, part) => address % aligned[part]! !== 0)
    return at < 0 ? null : `a part of the ring lies at ${hex(places[at]!)}, which is no multiple of ${aligned[at]}`
  }

  get isReady(): boolean {
    return !this.state.isBroken
  }

  take(): Chain | null {
    if (this.state.isBroken || !this.#ports.mayRun()) return null
    const chain = this.next()
    if (!this.#isIntact() || !chain) return null
    this.slotsTaken += chain.slots
    this.#open.add(chain)
    return chain
  }

  putBack(chain: Chain): void {
    const own = this.#close(chain)
    if (!this.state.isBroken) this.rewind(own)
  }

  complete(chain: Chain, written: number): void {
    const own = this.#close(chain)
    if (this.state.isBroken) return
    this.use(own, Math.min(written, own.writableBytes))
    this.state.unsignalled += own.slots
    this.#isIntact()
  }

  notifyDriver(): void {
    if (this.state.isBroken || this.state.unsignalled === 0) return
    const isWanted = this.driverWants()
    this.state.unsignalled = 0
    if (this.#isIntact() && isWanted) this.#ports.interrupt()
  }

  wantNotifications(wanted: boolean): void {
    if (this.state.isBroken || wanted === this.state.wantsNotifications) return
    this.state.wantsNotifications = wanted
    this.tellWish()
    this.#isIntact()
  }

  fail(reason: string): void {
    if (this.state.isBroken) return
    this.state.isBroken = true
    this.#ports.fail(`queue ${this.index}: ${reason}`)
  }

  /** The device was reset: what is still done with this queue shall do nothing. */
  close(): void {
    this.state.isBroken = true
  }

  snapshot(): RingState {
    return { ...this.state }
  }

  restore(state: RingState): void {
    Object.assign(this.state, state)
  }

  /** The next available buffer, counted as taken; null when there is none or the ring is broken. */
  protected abstract next(): BufferChain | null
  protected abstract rewind(chain: BufferChain): void
  protected abstract use(chain: BufferChain, written: number): void
  /** Whether the driver wants to hear of what was used and not signalled. */
  protected abstract driverWants(): boolean
  /** Writes into the ring whether the device wants to be notified. */
  protected abstract tellWish(): void
  /** Address of the descriptor `index`, and how it is read. */
  protected abstract readAt(physical: number, into: RawDescriptor): boolean

  protected newChain(): BufferChain {
    return new BufferChain(this.#ports.memory, (reason) => this.fail(reason))
  }

  /**
   * Reads the descriptor at `physical` and adds what it names to the chain: its flags and last field, or null if the ring is broken.
   * The object is the same in every call.
   */
  protected add(chain: BufferChain, physical: number): Readonly<RawDescriptor> | null {
    const descriptor = this.#descriptor
    if (!this.readAt(physical, descriptor)) return null
    const { address, bytes, flags, last } = descriptor
    if (!(flags & Descriptor.INDIRECT)) {
      const problem = chain.append(address, bytes, (flags & Descriptor.WRITE) !== 0)
      return problem === null ? descriptor : this.#broken(problem)
    }
    if (!this.setup.indirect) return this.#broken('a descriptor is indirect, which was not negotiated')
    if (flags & Descriptor.NEXT) return this.#broken('an indirect descriptor has a next one')
    if (!this.#addTable(chain, address, bytes)) return null
    descriptor.flags = flags
    descriptor.last = last
    return descriptor
  }

  /** Whether one step along a table leads on, and where to: -1 at its end. */
  protected abstract nextInTable(index: number, descriptor: Readonly<RawDescriptor>, entries: number): number

  #addTable(chain: BufferChain, table: number, bytes: number): boolean {
    const entries = bytes / DESCRIPTOR_BYTES
    if (entries === 0 || bytes % DESCRIPTOR_BYTES !== 0) {
      return this.#broken(`an indirect table has ${bytes} bytes, which are no whole descriptors`) !== null
    }
    const most = Math.max(LONGEST_TABLE, this.size)
    const descriptor = this.#descriptor
    for (let index = 0, count = 1; index >= 0; count++) {
      if (count > most || count > entries) return this.#broken('an indirect table is a loop, or too long') !== null
      if (index >= entries) return this.#broken(`an indirect table has no descriptor ${index}`) !== null
      if (!this.readAt(table + index * DESCRIPTOR_BYTES, descriptor)) return false
      const { address, flags } = descriptor
      if (flags & Descriptor.INDIRECT) return this.#broken('an indirect table has an indirect descriptor') !== null
      const problem = chain.append(address, descriptor.bytes, (flags & Descriptor.WRITE) !== 0)
      if (problem !== null) return this.#broken(problem) !== null
      index = this.nextInTable(index, descriptor, entries)
    }
    return true
  }

  #broken(reason: string): null {
    this.fail(reason)
    return null
  }

  #isIntact(): boolean {
    const { missingAt } = this.ring
    if (missingAt >= 0) this.fail(`the ring names ${hex(missingAt)}, which is no memory for it`)
    return !this.state.isBroken
  }

  #close(chain: Chain): BufferChain {
    if (!this.#open.delete(chain)) throw new RangeError(`the chain is not one that queue ${this.index} has handed out`)
    const own = chain as BufferChain
    this.slotsTaken -= own.slots
    return own
  }
}
