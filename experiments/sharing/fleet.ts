import { setTimeout as after } from 'node:timers/promises'
import { Host, type VmStatistics } from '@mica-vm/vmm'
import { cpuNs } from '../frame/cpu-time.ts'
import { DebianGuest, type Growth } from '../frame/debian-guest.ts'
import { addMachine, memoryMiB, type Image } from './machine.ts'

const mib = 2 ** 20
export const fleetVms = 2
/** In the turns that do not count, pages are looked at so many times as often, so that equal ones have been found. */
export const warmUpPace = 50
/** After its work a fleet is waited for: what the runtime compiles beside it is its own work. */
const settleMs = 100

/** How a fleet's host shares pages. */
export interface FleetOptions {
  readonly sharing: boolean
}

/** What the guests of a fleet do, one command in a turn; those of the first turns do not count. */
export interface Orders {
  readonly commands: readonly string[]
  readonly warmUps: number
}

/** What a turn, or several, took of the processor, of this process and all its threads, and what was done. */
export interface Work {
  readonly cpuNs: number
  readonly instructions: number
  readonly interpreted: number
  readonly decodedUnits: number
  readonly translatedRegions: number
  readonly copies: number
  /** In the end. */
  readonly savedPages: number
}

/** Of turns one after the other. */
export function sumOf(works: readonly Work[]): Work {
  return works.reduce((sum, work) => ({
    cpuNs: sum.cpuNs + work.cpuNs,
    instructions: sum.instructions + work.instructions,
    interpreted: sum.interpreted + work.interpreted,
    decodedUnits: sum.decodedUnits + work.decodedUnits,
    translatedRegions: sum.translatedRegions + work.translatedRegions,
    copies: sum.copies + work.copies,
    savedPages: work.savedPages,
  }))
}

/** Machines that do equal work: with a clock that counts instructions, they do the same in every fleet. */
export class Fleet {
  readonly #host: Host
  readonly #guests: readonly DebianGuest[]
  readonly #clock = new PacedClock()
  readonly #warmUps: number
  #turns = 0

  constructor(image: Image, { sharing }: FleetOptions, { commands, warmUps }: Orders) {
    this.#warmUps = warmUps
    this.#host = new Host({
      memory: (fleetVms + 1) * memoryMiB * mib,
      maximumVms: fleetVms,
      clock: { nowNs: () => this.#clock.nowNs(), unixMs: Date.now },
      memoryPolicy: { sharing },
    })
    this.#guests = Array.from({ length: fleetVms }, () => {
      const guest = new DebianGuest(addMachine(this.#host, image, 'instructions'))
      guest.order(commands)
      return guest
    })
  }

  /** One guest after the other does its next command; the first one begins with its boot. */
  async turn(): Promise<Work> {
    if (this.#turns++ === this.#warmUps) this.#clock.pace = 1
    const from = cpuNs()
    const engine = this.#engine
    const growths: Growth[] = []
    for (const guest of this.#guests) growths.push(await guest.turn())
    const end = this.#engine
    await after(settleMs)
    const grown = (of: (statistics: VmStatistics) => number): number =>
      growths.reduce((sum, { before, after }) => sum + of(after) - of(before), 0)
    return {
      cpuNs: cpuNs() - from,
      instructions: grown(({ instructions }) => instructions),
      interpreted: grown(({ tiers }) => tiers.interpreted),
      copies: grown(({ memory }) => memory.copyOnWriteBreaks),
      decodedUnits: end.decodedUnits - engine.decodedUnits,
      translatedRegions: end.translatedRegions - engine.translatedRegions,
      savedPages: this.#host.memory?.sharing?.savedPages ?? 0,
    }
  }

  /** Counters of the engine, which the guests have in common. */
  get #engine(): VmStatistics['engine'] {
    return this.#guests[0]!.vm.statistics.engine
  }
}

/** Processor time of this process, which passes faster at first. The host's clock: it says how many pages may be looked at. */
class PacedClock {
  pace = warmUpPace
  #ns = 0
  #readNs = cpuNs()

  nowNs(): number {
    const now = cpuNs()
    this.#ns += (now - this.#readNs) * this.pace
    this.#readNs = now
    return this.#ns
  }
}
