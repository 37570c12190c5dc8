import { DESCRIPTOR_BYTES, Descriptor } from '../registers.ts'
import type { FakeGuestMemory } from './fake-memory.ts'

/** What a driver gets back. */
export interface Returned {
  /** What `add` answered. */
  readonly token: number
  readonly written: number
  /** The writable part's memory, all of it. */
  readonly bytes: Uint8Array
}

export interface ModelDriverOptions {
  readonly memory: FakeGuestMemory
  readonly size: number
  readonly eventIndex?: boolean
}

/** Where a driver's ring lies. */
export interface RingPlace {
  readonly size: number
  readonly descriptors: number
  readonly driver: number
  readonly device: number
}

interface Piece {
  readonly address: number
  readonly bytes: number
  readonly isWritable: boolean
}

interface Pending {
  readonly token: number
  readonly writable: readonly Piece[]
  readonly slots: number
  /** Split rings: the descriptors it has. */
  readonly descriptors: readonly number[]
}

/** A driver's side of a virtqueue, written plainly: it does what the standard tells drivers to do, and keeps everything it did. */
export abstract class ModelDriver {
  readonly place: RingPlace
  readonly size: number
  protected readonly memory: FakeGuestMemory
  protected readonly eventIndex: boolean
  protected readonly pending: Map<number, Pending> = new Map()
  #tokens = 0

  constructor({ memory, size, eventIndex = false }: ModelDriverOptions, bytes: readonly [number, number]) {
    this.memory = memory
    this.size = size
    this.eventIndex = eventIndex
    this.place = {
      size,
      descriptors: memory.allocate(DESCRIPTOR_BYTES * size, 16),
      driver: memory.allocate(bytes[0], 4),
      device: memory.allocate(bytes[1], 4),
    }
  }

  /** Makes a buffer available: pieces to read, and sizes of pieces to write. Null: the ring has no room. */
  add(readable: readonly Uint8Array[], writable: readonly number[] = [], indirect: boolean = false): number | null {
    const count = readable.length + writable.length
    if (count === 0 || !this.hasRoom(indirect ? 1 : count)) return null
    const pieces = [
      ...readable.map((bytes) => ({ address: this.#copy(bytes), bytes: bytes.length, isWritable: false })),
      ...writable.map((bytes) => ({ address: this.memory.allocate(bytes), bytes, isWritable: true })),
    ]
    const token = this.#tokens++
    const entries = indirect ? [this.#table(pieces)] : pieces.map((piece) => ({ ...piece, flags: flagsOf(piece) }))
    this.publish(entries, (id, descriptors) => {
      const isWritten = pieces.filter((piece) => piece.isWritable)
      this.pending.set(id, { token, writable: isWritten, slots: entries.length, descriptors })
    })
    return token
  }

  /** Takes back what the device has used. */
  collect(): Returned[] {
    const all: Returned[] = []
    for (let used = this.nextUsed(); used; used = this.nextUsed()) {
      const pending = this.pending.get(used.id)
      if (!pending) throw new Error(`the device returned ${used.id}, which it does not have`)
      this.pending.delete(used.id)
      this.free(used.id, pending.slots, pending.descriptors)
      all.push({ token: pending.token, written: used.written, bytes: this.#gather(pending.writable) })
    }
    return all
  }

  /** Buffers that the device has. */
  get outstanding(): number {
    return this.pending.size
  }

  /** Whether the device wants to be told of what was added since the last call. */
  abstract mustKick(): boolean
  /** Asks for no interrupts: with event indexes a hint. */
  abstract disableInterrupts(): void
  /** Asks for an interrupt when `skip` more places of the ring were used, and one more. */
  abstract enableInterrupts(skip?: number): void

  protected abstract hasRoom(slots: number): boolean
  protected abstract publish(
    entries: readonly Entry[],
    remember: (id: number, descriptors: readonly number[]) => void,
  ): void
  protected abstract nextUsed(): { id: number; written: number } | null
  protected abstract free(id: number, slots: number, descriptors: readonly number[]): void
  /** A descriptor in a table: in a split ring it names the next one. */
  protected abstract writeTableEntry(at: number, piece: Piece, flags: number, next: number): void

  protected read16(physical: number): number {
    return this.memory.view.getUint16(physical - this.memory.base, true)
  }

  protected read32(physical: number): number {
    return this.memory.view.getUint32(physical - this.memory.base, true)
  }

  protected write16(physical: number, value: number): void {
    this.memory.view.setUint16(physical - this.memory.base, value, true)
  }

  protected write64(physical: number, value: number): void {
    this.memory.view.setBigUint64(physical - this.memory.base, BigInt(value), true)
  }

  protected write32(physical: number, value: number): void {
    this.memory.view.setUint32(physical - this.memory.base, value, true)
  }

  #copy(bytes: Uint8Array): number {
    const address = this.memory.allocate(bytes.length)
    this.memory.write(address, bytes)
    return address
  }

  #table(pieces: readonly Piece[]): Entry {
    const bytes = DESCRIPTOR_BYTES * pieces.length
    const address = this.memory.allocate(bytes, 16)
    pieces.forEach((piece, index) => {
      const isLast = index === pieces.length - 1
      const flags = flagsOf(piece) | (isLast ? 0 : Descriptor.NEXT)
      this.writeTableEntry(address + DESCRIPTOR_BYTES * index, piece, flags, isLast ? 0 : index + 1)
    })
    return { address, bytes, flags: Descriptor.INDIRECT }
  }

  #gather(pieces: readonly Piece[]): Uint8Array {
    const all = new Uint8Array(pieces.reduce((sum, { bytes }) => sum + bytes, 0))
    let at = 0
    for (const { address, bytes } of pieces) {
      this.memory.read(address, all.subarray(at, at + bytes))
      at += bytes
    }
    return all
  }
}

/** A descriptor of the ring, its links left out. */
export interface Entry {
  readonly address: number
  readonly bytes: number
  readonly flags: number
}

function flagsOf({ isWritable }: Piece): number {
  return isWritable ? Descriptor.WRITE : 0
}

/** The driver of a split ring (2.7). */
export class SplitDriver extends ModelDriver {
  readonly #free: number[]
  /** Counted without end. */
  #added = 0
  #collected = 0
  #kickedFor = 0

  constructor(options: ModelDriverOptions) {
    super(options, [6 + 2 * options.size, 6 + 8 * options.size])
    this.#free = Array.from({ length: options.size }, (_, index) => index)
  }

  override mustKick(): boolean {
    const { device } = this.place
    const [from, to] = [this.#kickedFor, this.#added]
    this.#kickedFor = to
    if (from === to) return false
    if (!this.eventIndex) return (this.read16(device) & 1) === 0
    const event = this.read16(device + 4 + 8 * this.size)
    return isPassed(event, from, to, 0x1_0000)
  }

  override disableInterrupts(): void {
    this.write16(this.place.driver, 1)
    if (this.eventIndex) this.write16(this.#usedEvent, (this.#collected - 1) & 0xffff)
  }

  override enableInterrupts(skip: number = 0): void {
    this.write16(this.place.driver, 0)
    if (this.eventIndex) this.write16(this.#usedEvent, (this.#collected + skip) & 0xffff)
  }

  protected override hasRoom(slots: number): boolean {
    return this.#free.length >= slots
  }

  protected override publish(
    entries: readonly Entry[],
    remember: (id: number, descriptors: readonly number[]) => void,
  ): void {
    const { descriptors, driver } = this.place
    const taken = this.#free.splice(0, entries.length)
    entries.forEach(({ address, bytes, flags }, index) => {
      const next = taken[index + 1]
      const at = descriptors + DESCRIPTOR_BYTES * taken[index]!
      this.#write(at, { address, bytes }, next === undefined ? flags : flags | Descriptor.NEXT, next ?? 0)
    })
    this.write16(driver + 4 + 2 * (this.#added % this.size), taken[0]!)
    this.#added++
    this.write16(driver + 2, this.#added & 0xffff)
    remember(taken[0]!, taken)
  }

  protected override nextUsed(): { id: number; written: number } | null {
    const { device } = this.place
    if (this.read16(device + 2) === (this.#collected & 0xffff)) return null
    const at = device + 4 + 8 * (this.#collected % this.size)
    this.#collected++
    return { id: this.read32(at), written: this.read32(at + 4) }
  }

  protected override free(_id: number, _slots: number, descriptors: readonly number[]): void {
    this.#free.push(...descriptors)
  }

  protected override writeTableEntry(at: number, piece: Piece, flags: number, next: number): void {
    this.#write(at, piece, flags, next)
  }

  get #usedEvent(): number {
    return this.place.driver + 4 + 2 * this.size
  }

  #write(at: number, { address, bytes }: { address: number; bytes: number }, flags: number, next: number): void {
    this.write64(at, address)
    this.write32(at + 8, bytes)
    this.write16(at + 12, flags)
    this.write16(at + 14, next)
  }
}

/** The driver of a packed ring (2.8). */
export class PackedDriver extends ModelDriver {
  readonly #freeIds: number[]
  #room: number
  /** Descriptors, counted without end. */
  #added = 0
  #collected = 0
  #kickedFor = 0

  constructor(options: ModelDriverOptions) {
    super(options, [4, 4])
    this.#room = options.size
    // Any numbers below the size will do: they say nothing about places.
    this.#freeIds = Array.from({ length: options.size }, (_, index) => options.size - 1 - index)
  }

  override mustKick(): boolean {
    const { device } = this.place
    const [from, to] = [this.#kickedFor, this.#added]
    this.#kickedFor = to
    if (from === to) return false
    const flags = this.read16(device + 2)
    if (flags !== 2) return flags === 0
    const place = this.read16(device)
    return isPassed((place & 0x7fff) + (place & 0x8000 ? 0 : this.size), from, to, 2 * this.size)
  }

  override disableInterrupts(): void {
    this.write16(this.place.driver + 2, 1)
  }

  override enableInterrupts(skip: number = 0): void {
    const position = this.#collected + skip
    this.write16(this.place.driver, (position % this.size) | (this.#wrapCounter(position) ? 0x8000 : 0))
    this.write16(this.place.driver + 2, this.eventIndex ? 2 : 0)
  }

  protected override hasRoom(slots: number): boolean {
    return this.#room >= slots
  }

  protected override publish(
    entries: readonly Entry[],
    remember: (id: number, descriptors: readonly number[]) => void,
  ): void {
    const id = this.#freeIds.shift()!
    this.#room -= entries.length
    // The first descriptor's flags make the buffer available, and come last (2.8.6).
    for (let index = entries.length - 1; index >= 0; index--) {
      const position = this.#added + index
      const at = this.#addressOf(position)
      const isLast = index === entries.length - 1
      const { address, bytes, flags } = entries[index]!
      this.write64(at, address)
      this.write32(at + 8, bytes)
      this.write16(at + 12, isLast ? id : 0xdead)
      const mark = this.#wrapCounter(position) ? Descriptor.AVAILABLE : Descriptor.USED
      this.write16(at + 14, flags | (isLast ? 0 : Descriptor.NEXT) | mark)
    }
    this.#added += entries.length
    remember(id, [])
  }

  protected override nextUsed(): { id: number; written: number } | null {
    const at = this.#addressOf(this.#collected)
    const flags = this.read16(at + 14)
    const wrap = this.#wrapCounter(this.#collected)
    const isUsed = [Descriptor.AVAILABLE, Descriptor.USED].every((bit) => ((flags & bit) !== 0) === wrap)
    if (!isUsed) return null
    const id = this.read16(at + 12)
    this.#collected += this.pending.get(id)?.slots ?? 1
    return { id, written: this.read32(at + 8) }
  }

  protected override free(id: number, slots: number): void {
    this.#freeIds.push(id)
    this.#room += slots
  }

  /** In a packed ring's table NEXT and the ID mean nothing. */
  protected override writeTableEntry(at: number, { address, bytes }: Piece, flags: number): void {
    this.write64(at, address)
    this.write32(at + 8, bytes)
    this.write16(at + 12, 0)
    this.write16(at + 14, flags & Descriptor.WRITE)
  }

  #addressOf(position: number): number {
    return this.place.descriptors + DESCRIPTOR_BYTES * (position % this.size)
  }

  #wrapCounter(position: number): boolean {
    return Math.floor(position / this.size) % 2 === 0
  }
}

/** Whether the position that is `event` modulo `turn` is among those from `from` up to before `to`. */
function isPassed(event: number, from: number, to: number, turn: number): boolean {
  for (let position = from; position < to; position++) if (position % turn === event) return true
  return false
}
