import type { BlockBacking } from '../../src/index.ts'

/** Sectors in an array; it can be told to fail. */
export class ArrayStore implements BlockBacking {
  readonly bytes: Uint8Array
  readonly sectorBytes: number
  readonly sectors: number
  readonly readOnly: boolean
  failsWith: Error | null = null
  flushes = 0
  /** Times that it was asked for what a store is never asked for. */
  misuses = 0
  readonly discarded: [number, number][] = []

  constructor(
    sectors: number,
    { sectorBytes = 512, readOnly = false }: { sectorBytes?: number; readOnly?: boolean } = {},
  ) {
    this.bytes = Uint8Array.from({ length: sectors * sectorBytes }, (_, at) => (at * 7 + (at >> 8)) & 0xff)
    this.sectorBytes = sectorBytes
    this.sectors = sectors
    this.readOnly = readOnly
  }

  read(sector: number, into: Uint8Array): void {
    const start = this.#start(sector, into.length)
    into.set(this.bytes.subarray(start, start + into.length))
  }

  write(sector: number, from: Uint8Array): void {
    this.bytes.set(from, this.#start(sector, from.length))
  }

  flush(): void {
    if (this.failsWith) throw this.failsWith
    this.flushes++
  }

  trim(sector: number, sectors: number): void {
    this.#start(sector, sectors * this.sectorBytes)
    this.discarded.push([sector, sectors])
  }

  /** @throws when a device asks for what a store is never asked for. */
  #start(sector: number, bytes: number): number {
    if (this.failsWith) throw this.failsWith
    const isWhole = Number.isInteger(sector) && sector >= 0 && bytes % this.sectorBytes === 0
    if (!isWhole || sector + bytes / this.sectorBytes > this.sectors) {
      this.misuses++
      throw new RangeError(`sector ${sector}, ${bytes} bytes: outside of ${this.sectors}`)
    }
    return sector * this.sectorBytes
  }
}
