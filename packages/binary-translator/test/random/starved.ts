// Runs programs on a host that now and then has no frame for an access, and the same access is made again later. Oracle: the same engine on
// a host that always has one. Guest and devices must not notice.
import type { PhysicalPages } from '@mica-vm/shadow-mmu'
import { VcpuExit, type EngineMode } from '../../src/index.ts'
import { differences, snapshot } from '../../src/testing/index.ts'
import { FuzzMachine } from './fuzz-machine.ts'
import { fuzzProgram, type FuzzProgram } from './fuzz-program.ts'
import { Random } from './random.ts'

const outOfFrames = -2
/** Times that a program is left without a frame at most. */
const mostRefusals = 3000

/** The pages of a guest, of which some cannot be had at once. What was had once stays, until it is taken away between two runs. */
export class ScarcePages implements PhysicalPages {
  refusals = 0
  isRefused: () => boolean = () => false
  readonly #had = { read: new Set<number>(), write: new Set<number>() }
  readonly #pages: PhysicalPages

  constructor(pages: PhysicalPages) {
    this.#pages = pages
  }

  readAddress(ppn: number): number {
    return this.#refuses('read', ppn) ? outOfFrames : this.#pages.readAddress(ppn)
  }

  writeAddress(ppn: number): number {
    return this.#refuses('write', ppn) ? outOfFrames : this.#pages.writeAddress(ppn)
  }

  takeAway(): void {
    this.#had.read.clear()
    this.#had.write.clear()
  }

  #refuses(kind: 'read' | 'write', ppn: number): boolean {
    const had = this.#had[kind]
    if (had.has(ppn)) return false
    if (!this.isRefused()) {
      had.add(ppn)
      return false
    }
    this.refusals++
    return true
  }
}

/** A machine whose pages are scarce. */
export class StarvedMachine extends FuzzMachine {
  readonly scarce: ScarcePages

  constructor(mode: EngineMode, heat: number) {
    let scarce: ScarcePages | undefined
    super(mode, heat, (pages) => (scarce = new ScarcePages(pages)))
    this.scarce = scarce!
  }

  /** All pages are somewhere else by now. */
  takeAway(): void {
    this.scarce.takeAway()
    this.pages.forEach((_, ppn) => this.mmu.forget(ppn))
  }
}

/** What became of a program; null where two ways to run it may differ. */
type Course = { exits: number[]; retired: number } | null

/** Two machines with the same engine. */
export class StarvedPair {
  readonly machines: readonly [FuzzMachine, StarvedMachine]
  /** Of all programs. */
  refusals = 0
  /** Programs of which something can be told. */
  compared = 0

  constructor(mode: EngineMode, heat: number) {
    this.machines = [new FuzzMachine(mode, heat), new StarvedMachine(mode, heat)]
  }

  /** What differs after program `seed`, in words. */
  run(seed: number): string[] {
    const random = new Random(seed)
    const program = fuzzProgram(random)
    const part = random.pick([0.02, 0.1, 0.4])
    const luck = random.copy()
    const [fed, starved] = this.machines
    const { scarce } = starved
    const takeAway = (): void => {
      if (luck.chance(0.3)) starved.takeAway()
    }
    program.install(fed)
    const wanted = course(fed, random.copy())
    scarce.isRefused = () => false
    program.install(starved)
    scarce.refusals = 0
    scarce.isRefused = () => scarce.refusals < mostRefusals && luck.chance(part)
    const got = course(starved, random.copy(), takeAway)
    scarce.isRefused = () => false
    this.refusals += scarce.refusals
    if (wanted === null || got === null) return []
    return this.#compare(program, wanted, got)
  }

  #compare(program: FuzzProgram, wanted: NonNullable<Course>, got: NonNullable<Course>): string[] {
    const [fed, starved] = this.machines
    // An instruction with two operands may reach one of them that is a device's again, as after a page fault.
    const reachesDevices = fed.io.log.some(({ kind }) => kind === 'read' || kind === 'write')
    if (reachesDevices || changesTables(program, fed)) return []
    this.compared++
    const found = differences(snapshot(fed.vcpu.state), snapshot(starved.vcpu.state))
    const pairs = [
      [wanted, got],
      [fed.io.log, starved.io.log],
    ].map((pair) => pair.map((side) => JSON.stringify(side)))
    for (const [one, other] of pairs) if (one !== other) found.push(`${one} / ${other}`)
    fed.pages.forEach((page, ppn) => {
      const isTable = tablePages.includes(ppn)
      const at = page.findIndex(
        (byte, i) => ((byte ^ starved.pages[ppn]![i]!) & ~(isTable ? processorsBits(ppn, i) : 0)) !== 0,
      )
      if (at >= 0) found.push(`page ${ppn} at ${at}: ${page[at]} / ${starved.pages[ppn]![at]}`)
    })
    return found
  }
}

function course(machine: FuzzMachine, random: Random, between: () => void = () => {}): Course {
  const { vcpu } = machine
  const before = vcpu.retired
  const exits: number[] = []
  for (let i = random.between(2, 5); i > 0; i--) {
    if (random.chance(0.3)) machine.interrupt(random.below(64))
    if (random.chance(0.1)) vcpu.raiseNmi()
    const end = vcpu.retired + random.pick([1, 3, 10, 40, 100])
    let exit: VcpuExit = VcpuExit.OutOfMemory
    while (exit === VcpuExit.OutOfMemory) {
      between()
      exit = vcpu.run(end - vcpu.retired)
      if (exit !== VcpuExit.OutOfMemory) break
      // A trap comes when all is spent.
      if (vcpu.retired === end) return null
    }
    exits.push(exit)
    if (exit === VcpuExit.Shutdown) break
  }
  return { exits, retired: vcpu.retired - before }
}

/** Pages with descriptors, and those with page tables, as the programs have them. */
const descriptorPages = [1, 2]
const tablePages = [0x28, 0x29, 0x2a, 0x2b]

/** What the processor sets by itself: in page tables accessed and dirty bits, also for what it only looks at; in descriptors accessed and busy bits. */
function processorsBits(ppn: number, offset: number): number {
  if (tablePages.includes(ppn)) return offset % 4 === 0 ? 0x60 : 0
  return descriptorPages.includes(ppn) && offset % 8 === 5 ? 3 : 0
}

/**
 * What a TLB still holds of tables that were changed, is its own affair; and a stack that lies over descriptors has in it what was pushed before
 * a delivery was broken off.
 */
function changesTables(program: FuzzProgram, machine: FuzzMachine): boolean {
  return [...descriptorPages, ...tablePages].some((ppn) =>
    machine.pages[ppn]!.some((byte, at) => (byte ^ program.pages[ppn]![at]!) & ~processorsBits(ppn, at)),
  )
}
