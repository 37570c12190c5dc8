import type { Attachment } from '../bus.ts'
import type { AccessSize, MmioDevice } from '../types.ts'

const SPACE = 2 ** 52
const ALL_ONES = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const

interface Claim {
  base: number
  attached: boolean
  readonly length: number
  readonly width: AccessSize
  readonly yields: boolean
  readonly device: MmioDevice
}

/** A stretch of addresses with one owner. */
interface Segment {
  readonly start: number
  readonly end: number
  readonly claim: Claim
}

/** Which device answers at which physical address: sorted, disjoint segments, searched by halving. */
export class MmioMap {
  #claims: Claim[] = []
  #segments: Segment[] = []
  #last: Segment | undefined

  attach(base: number, length: number, device: MmioDevice, yields: boolean): Attachment {
    if (
      !Number.isSafeInteger(base) ||
      !Number.isSafeInteger(length) ||
      base < 0 ||
      length < 1 ||
      base + length > SPACE
    ) {
      throw new RangeError(`the range at ${base} of ${length} bytes must lie in 0..2^52-1`)
    }
    if (!yields) this.#refuseOverlap(base, length)
    const claim: Claim = { base, attached: false, length, width: device.mmioWidth ?? 4, yields, device }
    this.#add(claim)
    return {
      get base() {
        return claim.base
      },
      get attached() {
        return claim.attached
      },
      detach: () => this.#drop(claim),
      move: (to) => this.#move(claim, to),
    }
  }

  claims(physical: number): boolean {
    return this.#find(physical) !== undefined
  }

  read(physical: number, size: AccessSize): number {
    const segment = this.#find(physical)
    if (segment !== undefined && size <= segment.claim.width && physical + size <= segment.end) {
      const { device, base } = segment.claim
      return (device.readMmio(physical - base, size) & ALL_ONES[size]) >>> 0
    }
    if (size !== 2 && size !== 4) return 0xff
    const half = size === 4 ? 2 : 1
    return (this.read(physical, half) | (this.read(physical + half, half) << (8 * half))) >>> 0
  }

  write(physical: number, size: AccessSize, value: number): void {
    const segment = this.#find(physical)
    if (segment !== undefined && size <= segment.claim.width && physical + size <= segment.end) {
      const { device, base } = segment.claim
      return device.writeMmio(physical - base, size, (value & ALL_ONES[size]) >>> 0)
    }
    if (size !== 2 && size !== 4) return
    const half = size === 4 ? 2 : 1
    this.write(physical, half, value)
    this.write(physical + half, half, value >>> (8 * half))
  }

  #find(physical: number): Segment | undefined {
    const last = this.#last
    if (last !== undefined && physical >= last.start && physical < last.end) return last
    let low = 0
    let high = this.#segments.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const segment = this.#segments[middle]!
      if (physical < segment.start) high = middle - 1
      else if (physical >= segment.end) low = middle + 1
      else return (this.#last = segment)
    }
    return undefined
  }

  #refuseOverlap(base: number, length: number): void {
    for (const claim of this.#claims) {
      if (!claim.yields && base < claim.base + claim.length && claim.base < base + length) {
        throw new RangeError(`the range at ${base} of ${length} bytes overlaps the device at ${claim.base}`)
      }
    }
  }

  #add(claim: Claim): void {
    claim.attached = true
    const place = claim.yields ? this.#claims.length : this.#claims.findIndex((other) => other.yields)
    this.#claims.splice(place < 0 ? this.#claims.length : place, 0, claim)
    this.#rebuild()
  }

  #drop(claim: Claim): void {
    if (!claim.attached) return
    claim.attached = false
    this.#claims = this.#claims.filter((other) => other !== claim)
    this.#rebuild()
  }

  #move(claim: Claim, base: number): void {
    this.#drop(claim)
    if (!Number.isSafeInteger(base) || base < 0 || base + claim.length > SPACE) return
    if (!claim.yields) this.#refuseOverlap(base, claim.length)
    claim.base = base
    this.#add(claim)
  }

  /** Each claim gets what the claims before it left over. */
  #rebuild(): void {
    let segments: Segment[] = []
    for (const claim of this.#claims) {
      const free = segments.reduce<[number, number][]>(
        (rest, taken) => rest.flatMap((range) => subtract(range, taken.start, taken.end)),
        [[claim.base, claim.base + claim.length]],
      )
      segments = [...segments, ...free.map(([start, end]) => ({ start, end, claim }))]
    }
    this.#segments = segments.sort((a, b) => a.start - b.start)
    this.#last = undefined
  }
}

function subtract([start, end]: [number, number], from: number, to: number): [number, number][] {
  if (to <= start || from >= end) return [[start, end]]
  const rest: [number, number][] = []
  if (start < from) rest.push([start, from])
  if (to < end) rest.push([to, end])
  return rest
}
