import type { Attachment } from '../bus.ts'
import type { AccessSize, PortDevice } from '../types.ts'

const PORTS = 0x10000
const ALL_ONES = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const

interface Claim {
  first: number
  attached: boolean
  readonly count: number
  readonly width: AccessSize
  readonly yields: boolean
  readonly device: PortDevice
}

/** Which device answers at which port: one table entry per port. */
export class PortMap {
  readonly #owner: (Claim | undefined)[] = new Array<Claim | undefined>(PORTS).fill(undefined)
  /** In order of precedence: fixed ranges first, then yielding ones by age. */
  #claims: Claim[] = []

  attach(first: number, count: number, device: PortDevice, yields: boolean): Attachment {
    if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 1 || first + count > PORTS) {
      throw new RangeError(`ports ${first}..${first + count - 1} must lie in 0..65535`)
    }
    if (!yields) this.#refuseOverlap(first, count)
    const claim: Claim = { first, attached: false, count, width: device.portWidth ?? 4, yields, device }
    this.#add(claim)
    return {
      get base() {
        return claim.first
      },
      get attached() {
        return claim.attached
      },
      detach: () => this.#drop(claim),
      move: (base) => this.#move(claim, base),
    }
  }

  read(port: number, size: AccessSize): number {
    const claim = this.#owner[port]
    if (size === 1) return claim === undefined ? 0xff : claim.device.readPort(port, 1) & 0xff
    if (this.#whole(port, size)) {
      if (claim === undefined) return ALL_ONES[size] ?? 0xff
      if (size <= claim.width) return (claim.device.readPort(port, size) & ALL_ONES[size]) >>> 0
    }
    const half = size === 4 ? 2 : 1
    const low = this.read(port, half)
    return (low | (this.read((port + half) & 0xffff, half) << (8 * half))) >>> 0
  }

  write(port: number, size: AccessSize, value: number): void {
    const claim = this.#owner[port]
    if (size === 1) return claim?.device.writePort(port, 1, value & 0xff)
    if (this.#whole(port, size)) {
      if (claim === undefined) return
      if (size <= claim.width) return claim.device.writePort(port, size, (value & ALL_ONES[size]) >>> 0)
    }
    const half = size === 4 ? 2 : 1
    this.write(port, half, value)
    this.write((port + half) & 0xffff, half, value >>> (8 * half))
  }

  /** Whether one owner (or nobody) has all the ports of the access. */
  #whole(port: number, size: AccessSize): boolean {
    const claim = this.#owner[port]
    for (let i = 1; i < size; i++) if (this.#owner[(port + i) & 0xffff] !== claim || port + i >= PORTS) return false
    return true
  }

  #refuseOverlap(first: number, count: number): void {
    for (const claim of this.#claims) {
      if (!claim.yields && first < claim.first + claim.count && claim.first < first + count) {
        throw new RangeError(
          `ports ${first}..${first + count - 1} overlap the device at ${claim.first}..${claim.first + claim.count - 1}`,
        )
      }
    }
  }

  #add(claim: Claim): void {
    claim.attached = true
    const place = claim.yields ? this.#claims.length : this.#claims.findIndex((other) => other.yields)
    this.#claims.splice(place < 0 ? this.#claims.length : place, 0, claim)
    this.#paint(claim.first, claim.count)
  }

  #drop(claim: Claim): void {
    if (!claim.attached) return
    claim.attached = false
    this.#claims = this.#claims.filter((other) => other !== claim)
    this.#paint(claim.first, claim.count)
  }

  #move(claim: Claim, base: number): void {
    this.#drop(claim)
    if (!Number.isInteger(base) || base < 0 || base + claim.count > PORTS) return
    if (!claim.yields) this.#refuseOverlap(base, claim.count)
    claim.first = base
    this.#add(claim)
  }

  /** Finds the owners of the range anew. */
  #paint(first: number, count: number): void {
    const end = first + count
    this.#owner.fill(undefined, first, end)
    for (const claim of this.#claims) {
      for (let port = Math.max(first, claim.first); port < Math.min(end, claim.first + claim.count); port++) {
        this.#owner[port] ??= claim
      }
    }
  }
}
