import { readLittleEndian, writeLittleEndian } from '../internal/little-endian.ts'
import type { AccessSize, MmioDevice, Stateful } from '../types.ts'

/** PCI Local Bus Specification 3.0, 6.8.2: MSI-X. */
export const MSIX_CAPABILITY = 0x11
const ENTRY_BYTES = 16
const MOST_VECTORS = 2048
const LEAST_BAR_BYTES = 4096
/** Of an entry: message address, upper half, data, vector control. */
const ADDRESS = 0
const ADDRESS_HIGH = 4
const DATA = 8
const CONTROL = 12
const ENTRY_MASKED = 1
/** Bits of Message Control. */
const ENABLE = 0x8000
const FUNCTION_MASK = 0x4000

export interface MsixOptions {
  /** Entries of the table: 1 to 2048. */
  readonly vectors: number
  /** Writes a message to an address below 4 GiB: on a PC, to the local APICs. */
  readonly deliver: (address: number, data: number) => void
}

export interface MsixState {
  /** Bytes of the table. */
  table: number[]
  /** One bit for each vector, in words of 32. */
  pending: number[]
}

/** A function's MSI-X table and pending bits, which have a BAR to themselves. */
export class Msix implements MmioDevice, Stateful<MsixState> {
  readonly vectors: number
  /** What the BAR needs: the table from its beginning, the pending bits from its middle on. */
  readonly barBytes: number
  readonly #deliver: (address: number, data: number) => void
  readonly #table: Uint8Array
  readonly #pending: Uint32Array
  #control = 0

  constructor({ vectors, deliver }: MsixOptions) {
    if (!(vectors >= 1 && vectors <= MOST_VECTORS)) throw new RangeError(`MSI-X has 1..2048 vectors, got ${vectors}`)
    this.vectors = vectors
    this.#deliver = deliver
    this.#table = new Uint8Array(ENTRY_BYTES * vectors)
    // A read of the pending bits may take 64 of them at once.
    this.#pending = new Uint32Array(2 * Math.ceil(vectors / 64))
    this.barBytes = Math.max(LEAST_BAR_BYTES, 2 ** Math.ceil(Math.log2(2 * this.#table.length)))
    this.reset()
  }

  /** The guest uses MSI-X: INTx is not pulled then. */
  get enabled(): boolean {
    return (this.#control & ENABLE) !== 0
  }

  /** What follows number and link in the capability: control, place of the table, place of the pending bits. */
  capabilityBody(bar: number): number[] {
    const body = new Uint8Array(10)
    writeLittleEndian(body, 0, 2, this.vectors - 1)
    writeLittleEndian(body, 2, 4, bar)
    writeLittleEndian(body, 6, 4, this.barBytes / 2 + bar)
    return [...body]
  }

  /** Which bits of the body the guest writes. */
  static readonly capabilityMask: readonly number[] = [0, (ENABLE | FUNCTION_MASK) >> 8]

  /** The guest wrote Message Control. */
  set control(value: number) {
    this.#control = value
    for (let vector = 0; vector < this.vectors; vector++) this.#retry(vector)
  }

  /** Sends a vector's message, or keeps it pending while it is masked. Nothing happens while MSI-X is off. */
  signal(vector: number): void {
    if (!this.enabled || vector >= this.vectors) return
    this.#pending[vector >> 5]! |= 1 << (vector & 31)
    this.#retry(vector)
  }

  readMmio(offset: number, size: AccessSize): number {
    const half = this.barBytes / 2
    if (offset < half) return offset + size <= this.#table.length ? readLittleEndian(this.#table, offset, size) : 0
    const word = this.#pending[(offset - half) >> 2] ?? 0
    return (word >>> (8 * (offset & 3))) & (2 ** (8 * size) - 1)
  }

  writeMmio(offset: number, size: AccessSize, value: number): void {
    if (offset + size > this.#table.length) return
    writeLittleEndian(this.#table, offset, size, value)
    this.#retry(Math.floor(offset / ENTRY_BYTES))
  }

  snapshot(): MsixState {
    return { table: [...this.#table], pending: [...this.#pending] }
  }

  restore(state: MsixState): void {
    this.#table.set(state.table)
    this.#pending.set(state.pending)
  }

  reset(): void {
    this.#table.fill(0)
    for (let at = CONTROL; at < this.#table.length; at += ENTRY_BYTES) this.#table[at] = ENTRY_MASKED
    this.#pending.fill(0)
    this.#control = 0
  }

  #retry(vector: number): void {
    const bit = 1 << (vector & 31)
    if (!(this.#pending[vector >> 5]! & bit) || (this.#control & (ENABLE | FUNCTION_MASK)) !== ENABLE) return
    const entry = ENTRY_BYTES * vector
    if (this.#table[entry + CONTROL]! & ENTRY_MASKED) return
    this.#pending[vector >> 5]! &= ~bit
    const read = (field: number): number => readLittleEndian(this.#table, entry + field, 4)
    if (read(ADDRESS_HIGH) === 0) this.#deliver(read(ADDRESS), read(DATA))
  }
}
