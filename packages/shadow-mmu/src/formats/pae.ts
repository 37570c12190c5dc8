import { ENTRY } from '../registers.ts'
import { OUT_OF_FRAMES, WalkStatus } from '../walk.ts'
import type { Walk } from '../walk.ts'
import type { PhysicalPages } from '../types.ts'
import { walkWideDirectory } from './wide-levels.ts'

/** Bits 2:1 and 8:5 of a PDPTE, SDM vol. 3 section 4.4.1. The upper half must be zero from MAXPHYADDR on, bit 63 included. */
const RESERVED_LOW = 0x1e6

/** What has become of the attempt to load the PDPTEs. */
export const PdpteLoad = {
  Loaded: 0,
  /** One is present and has a reserved bit set: the guest's MOV must raise #GP(0). */
  Reserved: 1,
  /** The host has no frame for the page that they are in. */
  OutOfMemory: 2,
} as const
export type PdpteLoad = (typeof PdpteLoad)[keyof typeof PdpteLoad]

/** The four PDPTEs: registers of the processor, loaded with CR3 and not from memory at each walk. */
export class PdpteRegisters {
  readonly #values: Int32Array = new Int32Array(8)

  /** Loads all four or none. */
  load(cr3: number, words: Int32Array, pages: PhysicalPages, pageMask: number, physicalAddressBits: number): PdpteLoad {
    const page = pages.readAddress((cr3 >>> 12) & pageMask)
    if (page === OUT_OF_FRAMES) return PdpteLoad.OutOfMemory
    const reservedHigh = ~((1 << (physicalAddressBits - 32)) - 1)
    const loaded = new Int32Array(8).fill(-1)
    if (page >= 0) {
      const first = (page + (cr3 & 0xfe0)) >>> 2
      loaded.set(words.subarray(first, first + 8))
    }
    for (let i = 0; i < 8; i += 2) {
      const isReserved = (loaded[i]! & RESERVED_LOW) !== 0 || (loaded[i + 1]! & reservedHigh) !== 0
      if ((loaded[i]! & ENTRY.P) !== 0 && isReserved) return PdpteLoad.Reserved
    }
    this.#values.set(loaded)
    return PdpteLoad.Loaded
  }

  /** Whether these are the values that were copied to `into` before; copies them there. */
  copyTo(into: Int32Array): boolean {
    const isSame = this.#values.every((value, i) => value === into[i])
    into.set(this.#values)
    return isSame
  }

  /** Loads what `copyTo` has copied. */
  set(values: Int32Array): void {
    this.#values.set(values)
  }

  isPresent(index: number): boolean {
    return (this.#values[index * 2]! & ENTRY.P) !== 0
  }

  /** Page number of the page directory. */
  directory(index: number): number {
    return (this.#values[index * 2]! >>> 12) | ((this.#values[index * 2 + 1]! & 0x7ff) << 20)
  }
}

/** PAE paging, SDM vol. 3 section 4.4. */
export function walkPae(walk: Walk, pdptes: PdpteRegisters, linear: number): WalkStatus {
  walk.begin()
  const index = linear >>> 30
  if (!pdptes.isPresent(index)) return WalkStatus.NotPresent
  return walkWideDirectory(walk, pdptes.directory(index), linear)
}
