// A driver that means harm: it sets up a machine's virtio devices by their registers on the PCI bus, as a guest does, and gives them
// rings and buffers of which most break some rule.
import type { DeviceContext } from '../../src/index.ts'

type Random = () => number

const page = 4096
/** Where the driver has its rings and buffers in guest memory. */
const rings = 0x18_0000
const buffers = 0x19_0000
const bufferPages = 16
/** From here on it does not matter to the guest's own program what becomes of a page. */
const ownPages = 0x140
const firstBar = 0xe000_0000
const barBytes = 0x1_0000
const vendor = 0x1af4

/** Registers in the modern BAR (VIRTIO 1.2, 4.1.4). */
const common = { driverFeatures: 0x08, status: 0x14, queue: 0x16, size: 0x18, enable: 0x1c, descriptors: 0x20 }
const notify = 0x3000
const config = 0x2000

const bit = { version1: 0, packed: 2 }
const ringBits = { indirect: 28, eventIndex: 29 }

/** The virtio functions on a PCI bus, and a driver for all of them at once. */
export class HostileDriver {
  readonly #context: DeviceContext
  readonly #random: Random
  readonly #ramPages: number
  /** Where the registers of each device are. */
  readonly #bars: number[] = []
  /** Of the device that was set up last. */
  #bar = 0
  #isPacked = false
  #queues = 0

  constructor(context: DeviceContext, ramBytes: number, random: Random) {
    this.#context = context
    this.#random = random
    this.#ramPages = ramBytes / page
  }

  /** Takes one step, whatever it may be. */
  step(): void {
    if (this.#bars.length === 0) this.#find()
    this.#pick([
      () => this.#setUp(),
      () => this.#scribble(),
      () => this.#give(this.#bytes(this.#below(200))),
      () => this.#give(this.#pageNumbers()),
      () => this.#give(this.#pageNumbers()),
      () => this.#give(this.#statistics()),
      () => this.#kick(),
      () => this.#write(this.#bar + this.#below(0x4000), 4, this.#word()),
    ])()
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!
  }

  #bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#below(256))
  }

  #word(): number {
    return this.#pick([0, 1, 4, this.#below(256), this.#below(2 ** 32), 0xffff_ffff])
  }

  #write(address: number, size: 1 | 2 | 4, value: number): void {
    this.#context.bus.writeMmio(address, size, value)
  }

  /** Gives each virtio function a place for its registers, and lets it master the bus. */
  #find(): void {
    const { bus } = this.#context
    const select = (slot: number, register: number): void =>
      bus.writePort(0xcf8, 4, (0x8000_0000 | (slot << 11) | register) >>> 0)
    for (let slot = 0; slot < 32; slot++) {
      select(slot, 0)
      if ((bus.readPort(0xcfc, 4) & 0xffff) !== vendor) continue
      const bar = firstBar + this.#bars.length * barBytes
      select(slot, 0x20)
      bus.writePort(0xcfc, 4, bar)
      select(slot, 4)
      bus.writePort(0xcfc, 2, 7)
      this.#bars.push(bar)
    }
    this.#bar = this.#bars[0]!
  }

  /** From reset to DRIVER_OK, more or less as it should be. */
  #setUp(): void {
    const bar = (this.#bar = this.#pick(this.#bars))
    const isSane = this.#random() < 0.8
    this.#isPacked = this.#random() < 0.5
    const ring = this.#pick([0, 1 << ringBits.indirect, 1 << ringBits.eventIndex, 3 << ringBits.indirect])
    this.#write(bar + common.status, 1, 0)
    this.#write(bar + common.status, 1, 3)
    this.#write(bar, 4, 0)
    const offered = this.#context.bus.readMmio(bar + 4, 4)
    this.#selectFeatures(0, (isSane ? offered & ~(3 << ringBits.indirect) : this.#word()) | ring)
    this.#selectFeatures(1, (1 << bit.version1) | (this.#isPacked ? 1 << bit.packed : 0))
    this.#write(bar + common.status, 1, isSane ? 0x0b : this.#below(256))
    this.#queues = this.#context.bus.readMmio(bar + 0x12, 2)
    for (let queue = 0; queue < this.#queues; queue++) this.#setUpQueue(queue, isSane)
    this.#write(bar + common.status, 1, 0x0f)
  }

  #selectFeatures(word: number, bits: number): void {
    this.#write(this.#bar + common.driverFeatures, 4, word)
    this.#write(this.#bar + common.driverFeatures + 4, 4, bits >>> 0)
  }

  #setUpQueue(queue: number, isSane: boolean): void {
    const bar = this.#bar
    const address = rings + queue * page
    this.#context.memory.write(address, new Uint8Array(page))
    this.#write(bar + common.queue, 2, queue)
    this.#write(bar + common.size, 2, isSane ? ringSize : this.#pick([0, 1, 3, 8, 64, 128]))
    for (const [area, offset] of [0, 0x400, 0x800].entries()) {
      const place = isSane ? address + offset : this.#pick([address + 1, 0xa_0000, 0xffff_f000, address])
      this.#write(bar + common.descriptors + 8 * area, 4, place)
      this.#write(bar + common.descriptors + 8 * area + 4, 4, isSane ? 0 : this.#pick([0, 0, 1, 0xffff_ffff]))
    }
    this.#write(bar + common.enable, 2, 1)
  }

  /** One good buffer of some bytes on any queue, in whatever ring there is. */
  #give(bytes: Uint8Array): void {
    const queue = this.#below(Math.max(1, this.#queues))
    const ring = rings + queue * page
    const buffer = buffers + this.#below(bufferPages) * page
    this.#context.memory.write(buffer, bytes)
    const isWritable = this.#random() < 0.2
    this.#context.memory.write(
      ring,
      descriptor(buffer, bytes.length, (isWritable ? 2 : 0) | (this.#isPacked ? 0x80 : 0)),
    )
    this.#advance(ring, 1)
    this.#kick(queue)
  }

  /** Descriptors, and the driver's area, that say anything at all. */
  #scribble(): void {
    const ring = rings + this.#below(Math.max(1, this.#queues)) * page
    const address = (): number =>
      this.#pick([
        ring,
        buffers,
        (ownPages + this.#below(this.#ramPages - ownPages)) * page,
        0xa_0000,
        0xfee0_0000,
        2 ** 52 - 8,
        2 ** 63,
      ])
    const length = (): number => this.#pick([0, 4, 16, 32, 512, page, 2 ** 31, 2 ** 32 - 1])
    for (let i = 0; i < ringSize; i++) {
      const flags = this.#pick([0, 1, 2, 3, 4, 5, 6]) | (this.#isPacked && this.#random() < 0.7 ? 0x80 : 0)
      this.#context.memory.write(ring + 16 * i, descriptor(address(), length(), flags, this.#below(ringSize + 2)))
    }
    this.#advance(ring, this.#pick([1, 2, ringSize, 300]))
  }

  /** In a split ring the driver says how many buffers there are. */
  #advance(ring: number, by: number): void {
    if (this.#isPacked) return
    const { memory } = this.#context
    const area = new Uint8Array(4 + 2 * ringSize)
    memory.read(ring + 0x400, area)
    const view = new DataView(area.buffer)
    const index = view.getUint16(2, true)
    view.setUint16(4 + 2 * (index % ringSize), by === 1 ? 0 : this.#below(ringSize + 1), true)
    view.setUint16(2, index + by, true)
    memory.write(ring + 0x400, area)
  }

  #kick(queue: number = this.#below(8)): void {
    this.#write(this.#bar + notify + 4 * queue, 2, queue)
    if (this.#random() < 0.1) this.#write(this.#bar + config + 4 * this.#below(8), 4, this.#word())
  }

  /** For a balloon: pages of its own, the same ones twice, and such as are nobody's. None in which the driver has its things. */
  #pageNumbers(): Uint8Array {
    const number = (): number =>
      this.#pick([
        ownPages + this.#below(64),
        ownPages + this.#below(64),
        this.#below(0x100),
        0xa0 + this.#below(0x60),
        this.#ramPages + this.#below(1000),
        0xffff_ffff,
      ])
    const list = new Uint8Array(Uint32Array.from({ length: this.#below(40) }, number).buffer)
    return this.#random() < 0.1 ? list.slice(0, -3) : list
  }

  /** For a balloon: that it has more than there is. */
  #statistics(): Uint8Array {
    const bytes = new Uint8Array(20)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, 4, true)
    view.setUint32(6, this.#word(), true)
    view.setUint16(10, 5, true)
    view.setUint32(12, this.#word(), true)
    return bytes
  }
}

const ringSize = 8

/** A descriptor of a split ring, or of a packed one, which has its flags last. */
function descriptor(address: number, length: number, flags: number, next: number = 0): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  const isPacked = (flags & 0x80) !== 0
  view.setBigUint64(0, BigInt(address), true)
  view.setUint32(8, length, true)
  view.setUint16(isPacked ? 14 : 12, flags, true)
  view.setUint16(isPacked ? 12 : 14, next, true)
  return bytes
}
