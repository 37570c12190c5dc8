import type { GuestMemory, RamRange } from '../../src/index.ts'

const PAGE = 4096

/** Guest memory in pages that exist once written; keeps every access that was outside its ranges. */
export class SparseMemory implements GuestMemory {
  readonly refused: { address: number; bytes: number }[] = []
  writes = 0
  readonly ranges: readonly RamRange[]
  private readonly pages = new Map<number, Uint8Array>()

  constructor(ranges: readonly RamRange[]) {
    this.ranges = ranges
  }

  write(physical: number, bytes: Uint8Array): boolean {
    this.writes += 1
    if (!this.holds(physical, bytes.length)) return this.refuse(physical, bytes.length)
    this.eachPage(physical, bytes.length, true, (page, at, from, length) =>
      page?.set(bytes.subarray(from, from + length), at),
    )
    return true
  }

  read(physical: number, into: Uint8Array): boolean {
    if (!this.holds(physical, into.length)) return this.refuse(physical, into.length)
    this.eachPage(physical, into.length, false, (page, at, from, length) => {
      if (page === undefined) into.fill(0, from, from + length)
      else into.set(page.subarray(at, at + length), from)
    })
    return true
  }

  bytes(physical: number, length: number): Uint8Array {
    const into = new Uint8Array(length)
    if (!this.read(physical, into)) throw new RangeError(`no memory at ${physical}`)
    return into
  }

  u32(physical: number): number {
    return new DataView(this.bytes(physical, 4).buffer).getUint32(0, true)
  }

  u64(physical: number): number {
    return Number(new DataView(this.bytes(physical, 8).buffer).getBigUint64(0, true))
  }

  /** All 64 bits, in hexadecimal. */
  hex64(physical: number): string {
    return new DataView(this.bytes(physical, 8).buffer).getBigUint64(0, true).toString(16)
  }

  text(physical: number): string {
    let length = 0
    while (this.bytes(physical + length, 1)[0] !== 0) length += 1
    return new TextDecoder().decode(this.bytes(physical, length))
  }

  private refuse(address: number, bytes: number): false {
    this.refused.push({ address, bytes })
    return false
  }

  private holds(start: number, bytes: number): boolean {
    return (
      Number.isInteger(start) &&
      this.ranges.some((range) => start >= range.start && start + bytes <= range.start + range.length)
    )
  }

  private eachPage(
    physical: number,
    bytes: number,
    create: boolean,
    visit: (page: Uint8Array | undefined, at: number, from: number, length: number) => void,
  ): void {
    for (let from = 0; from < bytes;) {
      const number = Math.floor((physical + from) / PAGE)
      const at = (physical + from) % PAGE
      const length = Math.min(PAGE - at, bytes - from)
      let page = this.pages.get(number)
      if (page === undefined && create) this.pages.set(number, (page = new Uint8Array(PAGE)))
      visit(page, at, from, length)
      from += length
    }
  }
}

/** RAM as a PC has it: nothing between 640 KiB and 1 MiB. */
export function pcRam(mebibytes: number): RamRange[] {
  return [
    { start: 0, length: 0xa0000 },
    { start: 0x100000, length: (mebibytes - 1) << 20 },
  ]
}
