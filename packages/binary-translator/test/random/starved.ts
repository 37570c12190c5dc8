// Runs programs on a host that now and then has no frame for an access, and the same access is made again later. Oracle: the same engine on
// a host that always has one. Guest and devices must not notice.
import type { PhysicalPages } from '@mica-vm/shadow-mmu'
import { MmuOutcome, Segment, VcpuExit, type EngineMode } from '../../src/index.ts'
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

/** The code that is to come: its address, and where its bytes are up to the page's end. */
interface Code {
  eip: number
  ppn: number
  start: number
  end: number
  bytes: string
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
    const [fed, starved] = this.machines
    program.install(fed)
    const wanted = course(fed, random.copy())
    const stops: number[] = []
    const got = this.#starve(program, random, part, (retired) => stops.push(retired))
    this.refusals += starved.scarce.refusals
    if (wanted === null || got === null) return []
    const found = this.#compare(program, wanted, got)
    return found.length > 0 && this.#overwritesItself(program, random, part, stops) ? [] : found
  }

  /** Runs the program on the host that has a frame with a probability of 1 - `part`. */
  #starve(program: FuzzProgram, random: Random, part: number, before: (retired: number) => void): Course {
    const [, starved] = this.machines
    const { scarce } = starved
    const luck = random.copy()
    program.install(starved)
    scarce.refusals = 0
    scarce.isRefused = () => scarce.refusals < mostRefusals && luck.chance(part)
    const got = course(starved, random.copy(), (retired) => {
      before(retired)
      if (luck.chance(0.3)) starved.takeAway()
    })
    scarce.isRefused = () => false
    return got
  }

  /**
   * Whether the first thing to differ is the code of a repeated instruction that was broken off after it had overwritten itself: what is there now
   * goes on in its stead, as it does after an interrupt. Told by the code that the host with all frames has before the same instruction.
   */
  #overwritesItself(program: FuzzProgram, random: Random, part: number, stops: readonly number[]): boolean {
    const [fed, starved] = this.machines
    const codes = new Map<number, Code>()
    program.install(fed)
    course(fed, random.copy(), (retired) => codes.set(retired, codeToCome(fed)), stops)
    const outcomes: boolean[] = []
    this.#starve(program, random, part, (retired) => {
      const code = codes.get(retired)
      if (code?.eip !== starved.vcpu.state.eip) outcomes.push(false)
      else if (bytesOf(starved, code) !== code.bytes) outcomes.push(true)
    })
    return outcomes[0] === true
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

/** The code at CS:EIP; no bytes where its page cannot be had. */
function codeToCome(machine: FuzzMachine): Code {
  const { vcpu, mmu, pages } = machine
  const { state } = vcpu
  const linear = (state.segmentBase(Segment.CS) + state.eip) >>> 0
  const isThere = mmu.access(linear, 2, 0) === MmuOutcome.Direct
  const ppn = pages.findIndex(({ byteOffset }) => byteOffset === mmu.host - (linear & 0xfff))
  const start = linear & 0xfff
  const code = { eip: state.eip, ppn, start, end: isThere && ppn >= 0 ? start + 15 : start }
  return { ...code, bytes: bytesOf(machine, code) }
}

const bytesOf = ({ pages }: FuzzMachine, { ppn, start, end }: Omit<Code, 'bytes'>): string =>
  start === end ? '' : Buffer.from(pages[ppn]!.subarray(start, end)).toString('hex')

/**
 * Runs what is installed, in parts that end at random, where the host has no frame, and at `stops`, counts of retired instructions in ascending
 * order. `before` is told before each of them how many have retired.
 */
function course(
  machine: FuzzMachine,
  random: Random,
  before: (retired: number) => void = () => {},
  stops: readonly number[] = [],
): Course {
  const { vcpu } = machine
  const { retired } = vcpu
  const exits: number[] = []
  for (let i = random.between(2, 5); i > 0; i--) {
    if (random.chance(0.3)) machine.interrupt(random.below(64))
    if (random.chance(0.1)) vcpu.raiseNmi()
    const end = vcpu.retired + random.pick([1, 3, 10, 40, 100])
    let exit: VcpuExit
    let isStopped: boolean
    do {
      before(vcpu.retired - retired)
      const stop = Math.min(end, retired + (stops.find((count) => retired + count > vcpu.retired) ?? Infinity))
      exit = vcpu.run(stop - vcpu.retired)
      // A trap comes when all is spent.
      if (exit === VcpuExit.OutOfMemory && vcpu.retired === end) return null
      isStopped = exit === VcpuExit.Budget && stop < end
    } while (exit === VcpuExit.OutOfMemory || isStopped)
    exits.push(exit)
    if (exit === VcpuExit.Shutdown) break
  }
  return { exits, retired: vcpu.retired - retired }
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
