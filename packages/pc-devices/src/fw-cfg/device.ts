import { packBytes, unpackBytes } from '../internal/packed-bytes.ts'
import type { AccessSize, DmaMemory, PortDevice, Stateful } from '../types.ts'
import { buildItems, type FwCfgItems, type Item } from './items.ts'
import { Dma, DMA_SIGNATURE, Port } from './registers.ts'
import type { FwCfgState } from './state.ts'

export interface FwCfgOptions extends FwCfgItems {
  memory: DmaMemory
}

/** Zeros that one transfer writes past an item's end; more is refused, so that work per access has a bound. */
const MOST_ZEROS = 2 ** 20
const NOTHING: Item = { data: new Uint8Array(0), writable: false }

/** The firmware configuration device: named and numbered items, by port or by DMA. */
export class FwCfg implements PortDevice, Stateful<FwCfgState> {
  readonly #memory: DmaMemory
  readonly #items: Map<number, Item>
  #key = 0
  #offset = 0
  #dmaHigh = 0

  constructor(options: FwCfgOptions) {
    this.#memory = options.memory
    this.#items = buildItems(options)
  }

  /** The item of a number, as the guest would read it; undefined if there is none. */
  item(key: number): Uint8Array | undefined {
    return this.#items.get(key)?.data
  }

  readPort(port: number, size: AccessSize): number {
    if (port >= Port.DMA_HIGH) return this.#readSignature(port, size)
    let value = 0
    for (let i = 0; i < size; i++) if (port + i === Port.DATA) value |= this.#next() << (8 * i)
    return value
  }

  writePort(port: number, size: AccessSize, value: number): void {
    if (port === Port.SELECTOR && size === 2) {
      this.#select(value)
    } else if (port === Port.DMA_HIGH && size === 4) {
      this.#dmaHigh = swap(value)
    } else if (port === Port.DMA_LOW && size === 4) {
      const address = this.#dmaHigh * 2 ** 32 + swap(value)
      this.#dmaHigh = 0
      this.#transfer(address)
    }
  }

  snapshot(): FwCfgState {
    const written = [...this.#items].filter(([, item]) => item.writable)
    return {
      key: this.#key,
      offset: this.#offset,
      dmaHigh: this.#dmaHigh,
      written: written.map(([key, { data }]) => [key, packBytes(data)]),
    }
  }

  restore(state: FwCfgState): void {
    this.#key = state.key
    this.#offset = state.offset
    this.#dmaHigh = state.dmaHigh
    for (const [key, bytes] of state.written) {
      const item = this.#items.get(key)
      if (item?.writable) unpackBytes(bytes, item.data)
    }
  }

  reset(): void {
    this.#select(0)
    this.#dmaHigh = 0
  }

  #select(key: number): void {
    this.#key = key
    this.#offset = 0
    const item = this.#items.get(key)
    if (item?.refresh) item.data = item.refresh()
  }

  #current(): Item {
    return this.#items.get(this.#key) ?? NOTHING
  }

  #next(): number {
    const byte = this.#current().data[this.#offset]
    if (byte === undefined) return 0
    this.#offset++
    return byte
  }

  #readSignature(port: number, size: AccessSize): number {
    let value = 0
    for (let i = 0; i < size; i++) {
      const byte = port + i - Port.DMA_HIGH
      value |= ((DMA_SIGNATURE[byte >> 2]! >>> (24 - 8 * (byte & 3))) & 0xff) << (8 * i)
    }
    return value >>> 0
  }

  /** Control, length and address at `address`, all big-endian; control becomes the result. */
  #transfer(address: number): void {
    const request = new Uint8Array(16)
    if (!Number.isSafeInteger(address) || !this.#memory.read(address, request)) return
    const view = new DataView(request.buffer)
    const control = view.getUint32(0)
    if (control & Dma.SELECT) this.#select(control >>> 16)
    const target = view.getUint32(8) * 2 ** 32 + view.getUint32(12)
    const done = this.#move(control, view.getUint32(4), target)
    const result = new Uint8Array(4)
    new DataView(result.buffer).setUint32(0, done ? 0 : Dma.ERROR)
    this.#memory.write(address, result)
  }

  #move(control: number, length: number, target: number): boolean {
    const { data, writable } = this.#current()
    const offset = this.#offset
    const present = Math.min(length, data.length - offset)
    if (control & Dma.READ) {
      if (!Number.isSafeInteger(target) || length - present > MOST_ZEROS) return false
      if (present > 0 && !this.#memory.write(target, data.subarray(offset, offset + present))) return false
      if (length > present && !this.#memory.write(target + present, new Uint8Array(length - present))) return false
    } else if (control & Dma.WRITE) {
      if (!writable || length > present || !Number.isSafeInteger(target)) return false
      if (!this.#memory.read(target, data.subarray(offset, offset + length))) return false
    } else if (!(control & Dma.SKIP)) {
      return true
    }
    this.#offset = offset + present
    return true
  }
}

function swap(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
}
