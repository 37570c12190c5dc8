import { MmuOutcome, type Mmu } from '@mica-vm/binary-translator'
import type { GuestMemory } from '@mica-vm/firmware'

const pageBytes = 4096
const pageMask = pageBytes - 1
const addressSpace = 2 ** 32
const read = 0
const write = 1

/** Device memory, as the bus has it. */
export interface MmioSpace {
  readMmio(physical: number, size: 1 | 2 | 4): number
  writeMmio(physical: number, size: 1 | 2 | 4, value: number): void
}

/** Pages by guest-physical address, also those that have no frame now. */
export interface PhysicalBytes {
  read(physical: number, into: Uint8Array): boolean
  write(physical: number, from: Uint8Array): boolean
}

/** Copies one page's part of a range; false if it cannot be had. */
type Visit = (outcome: number, offset: number, length: number) => boolean

export interface BiosMemoryParts {
  /** The host's memory, in which frames lie. */
  readonly bytes: Uint8Array
  readonly mmu: Mmu
  readonly mmio: MmioSpace
  readonly pages: PhysicalBytes
  /** 1: as code at CPL 3 reaches memory. */
  readonly privilege: () => 0 | 1
  /** Bytes of a traced frame were written. */
  readonly onTraced: (host: number, bytes: number) => void
}

/** Guest memory by linear address, through the paging and with the rights of the code that runs. Where that would fault, nothing happens. */
export class BiosMemory implements GuestMemory {
  readonly #parts: BiosMemoryParts

  constructor(parts: BiosMemoryParts) {
    this.#parts = parts
  }

  read(linear: number, into: Uint8Array): boolean {
    return this.#isReachable(linear, into.length, read) && this.#each(linear, into.length, read, this.#copyOut(into))
  }

  write(linear: number, from: Uint8Array): boolean {
    return this.#isReachable(linear, from.length, write) && this.#each(linear, from.length, write, this.#copyIn(from))
  }

  #isReachable(linear: number, length: number, kind: 0 | 1): boolean {
    if (!(linear >= 0 && linear + length <= addressSpace)) return false
    return this.#each(linear, length, kind, () => true)
  }

  /** Visits the pages of a range; false at one that cannot be reached. */
  #each(linear: number, length: number, kind: 0 | 1, visit: Visit): boolean {
    const { mmu, privilege } = this.#parts
    for (let done = 0; done < length;) {
      const part = Math.min(length - done, pageBytes - ((linear + done) & pageMask))
      const outcome = mmu.access((linear + done) >>> 0, kind, privilege())
      const isNowhere = outcome === MmuOutcome.OutOfMemory && mmu.physical < 0
      if (outcome === MmuOutcome.Fault || isNowhere || !visit(outcome, done, part)) return false
      done += part
    }
    return true
  }

  #copyOut(into: Uint8Array): Visit {
    const { bytes, mmu, mmio, pages } = this.#parts
    return (outcome, offset, length) => {
      if (outcome === MmuOutcome.OutOfMemory) return pages.read(mmu.physical, into.subarray(offset, offset + length))
      if (outcome !== MmuOutcome.Device) {
        into.set(bytes.subarray(mmu.host, mmu.host + length), offset)
        return true
      }
      const { physical } = mmu
      for (let done = 0; done < length;) {
        const size = widthOf(physical + done, length - done)
        const value = mmio.readMmio(physical + done, size)
        for (let index = 0; index < size; index++) into[offset + done + index] = value >>> (8 * index)
        done += size
      }
      return true
    }
  }

  #copyIn(from: Uint8Array): Visit {
    const { bytes, mmu, mmio, pages, onTraced } = this.#parts
    return (outcome, offset, length) => {
      if (outcome === MmuOutcome.OutOfMemory) return pages.write(mmu.physical, from.subarray(offset, offset + length))
      if (outcome !== MmuOutcome.Device) {
        const { host } = mmu
        bytes.set(from.subarray(offset, offset + length), host)
        if (outcome === MmuOutcome.Traced) onTraced(host, length)
        return true
      }
      const { physical } = mmu
      for (let done = 0; done < length;) {
        const size = widthOf(physical + done, length - done)
        let value = 0
        for (let index = size - 1; index >= 0; index--) value = (value << 8) | from[offset + done + index]!
        mmio.writeMmio(physical + done, size, value >>> 0)
        done += size
      }
      return true
    }
  }
}

/** As wide as alignment and length allow. */
function widthOf(physical: number, length: number): 1 | 2 | 4 {
  if ((physical & 3) === 0 && length >= 4) return 4
  return (physical & 1) === 0 && length >= 2 ? 2 : 1
}
