import { FRAME_BYTES, PhysicalMap, type MachineMemory } from '@mica-vm/machine-memory'
import type { Bus, MmioDevice, ShadowArea } from '@mica-vm/pc-devices'

const start = 0xc_0000
const end = 0x10_0000
const pages = (end - start) / FRAME_BYTES
/** As much of a BIOS as a PC shows below 1 MiB. */
const biosBytes = 0x2_0000

/**
 * C0000h..FFFFFh of a machine with ROMs: for each page memory and ROM, of which one is read. The other one is kept in a map of
 * its own, and they change places when the host bridge says so. Where reads are ROM's and writes memory's, writes come over the bus.
 */
export class ShadowMemory implements MmioDevice {
  readonly #visible: PhysicalMap
  /** The faces that are not read. */
  readonly #hidden: PhysicalMap
  /** By page: memory is read, memory is written. */
  readonly #read: boolean[] = Array.from({ length: pages }, () => false)
  readonly #written: boolean[] = Array.from({ length: pages }, () => false)

  /** The ROM is what is read at first. */
  constructor(memory: MachineMemory, visible: PhysicalMap) {
    this.#visible = visible
    this.#hidden = new PhysicalMap(memory, {
      ranges: [{ start, length: end - start, kind: 'ram' }],
      swap: visible.swap,
    })
    visible.redefine({ start, length: end - start, kind: 'rom' })
  }

  /** Pages that are not read: whoever caches contents listens to them too. */
  get hidden(): PhysicalMap {
    return this.#hidden
  }

  attach(bus: Bus): void {
    bus.attachMmio(start, end - start, this)
  }

  /** Shows the end of a BIOS below 1 MiB; where no ROM is, an empty bus is read. */
  installRom(bios: Uint8Array): void {
    const rom = new Uint8Array(end - start).fill(0xff)
    const low = bios.subarray(Math.max(0, bios.length - biosBytes))
    rom.set(low, rom.length - low.length)
    for (let page = 0; page < pages; page++) {
      const holder = this.#read[page] ? this.#hidden : this.#visible
      holder.load(start + page * FRAME_BYTES, rom.subarray(page * FRAME_BYTES, (page + 1) * FRAME_BYTES))
    }
  }

  /** What the host bridge says of a stretch. */
  shadow({ start: from, length, read, write }: ShadowArea): void {
    const first = (from - start) / FRAME_BYTES
    for (let page = first; page < first + length / FRAME_BYTES; page++) {
      if (this.#read[page] !== read) this.#swap(start / FRAME_BYTES + page)
      this.#read[page] = read
      this.#written[page] = write
    }
    this.#visible.redefine({ start: from, length, kind: read && write ? 'ram' : 'rom' })
  }

  /** What a device in the place of an unread page would say: it is never asked, reads find memory or ROM. */
  readMmio(): number {
    return 0xffff_ffff
  }

  writeMmio(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) {
      const page = Math.floor((offset + i) / FRAME_BYTES)
      if (this.#written[page] && !this.#read[page]) this.#hidden.write8(start + offset + i, (value >>> (8 * i)) & 0xff)
    }
  }

  #swap(ppn: number): void {
    this.#visible.exchange(ppn, this.#hidden, ppn)
  }
}
