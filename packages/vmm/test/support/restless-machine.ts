// A machine whose host never leaves its memory alone: between slices pages are swapped out, shared with forks and ballooned, and
// now and then the swap store does not answer. A guest must not notice.
import { Engine, cpuModel, vcpuBytes, type CpuFeature, type EngineMode } from '@mica-vm/binary-translator'
import {
  FRAME_BYTES,
  MachineMemory,
  MemorySwapStore,
  PageState,
  SwapSpace,
  type DirtyLog,
  type PhysicalMap,
  type SwapStore,
} from '@mica-vm/machine-memory'
import { runtimeClock } from '../../src/host-clock.ts'
import { Listeners } from '../../src/internal/listeners.ts'
import { Machine } from '../../src/internal/machine.ts'
import { HostProcessor } from '../../src/internal/processor.ts'
import { RunLoop } from '../../src/internal/run-loop.ts'
import { turn } from '../../src/internal/turn.ts'
import { Wakeup } from '../../src/internal/wakeup.ts'
import type { MachineOptions, VmEvents } from '../../src/types.ts'

const wasmPage = 65_536
const base = wasmPage
const cacheStart = base + Math.ceil(vcpuBytes / wasmPage) * wasmPage
const cacheBytes = 2 ** 23
const reservedBytes = cacheStart + cacheBytes
const poolBytes = 2 ** 25
/** Where guests have their tables, stacks and code. */
const lowPages = 2 ** 10

/** Repeatable numbers from 0 to below 1 (xorshift). */
export function randomFrom(seed: number): () => number {
  let state = (seed * 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** A store of which some reads fail. */
class UnsteadyStore implements SwapStore {
  readonly slots: number
  readonly #store: MemorySwapStore
  readonly #fails: () => boolean

  constructor(slots: number, fails: () => boolean) {
    this.slots = slots
    this.#store = new MemorySwapStore(slots)
    this.#fails = fails
  }

  read(slot: number, into: Uint8Array): void {
    if (this.#fails()) throw new Error('not now')
    this.#store.read(slot, into)
  }

  write(slot: number, from: Uint8Array): void {
    this.#store.write(slot, from)
  }

  discard(slot: number): void {
    this.#store.discard(slot)
  }

  close(): void {
    this.#store.close()
  }
}

export interface RestlessOptions {
  readonly engine: EngineMode
  readonly seed: number
  /** Of the resident pages, the part that is swapped out each time. 0: memory is left alone. */
  readonly swapped: number
  /** Of the reads of swap, the part that fails. */
  readonly failing: number
  /** Guest time between two times. */
  readonly periodNs: number
  readonly vm: MachineOptions
  readonly features?: readonly CpuFeature[]
  /** Told of what the guest does. */
  readonly watch: (listeners: Listeners<VmEvents>, machine: Machine) => void
}

export interface RestlessResult {
  readonly reason: string
  readonly retired: number
  readonly swapIns: number
  readonly outOfMemory: number
  readonly pops: number
  readonly copies: number
  /** Pages that the dirty log told of, and those of which a copy that followed it is wrong in the end. */
  readonly dirtied: number
  readonly missed: readonly number[]
  readonly contradictions: readonly string[]
}

/** Runs a machine to its end. */
export async function runRestless(options: RestlessOptions): Promise<RestlessResult> {
  const random = randomFrom(options.seed)
  const memory = new MachineMemory({ bytes: reservedBytes + poolBytes, reservedBytes })
  const engine = new Engine({ memory: memory.memory, cacheStart, cacheBytes, mode: options.engine, heat: 4 })
  memory.onFrameFreed((frame) => engine.cache.invalidateFrame(frame * FRAME_BYTES))
  const slots = poolBytes / FRAME_BYTES
  const space = new SwapSpace(new UnsteadyStore(2 * slots, () => random() < options.failing))
  const listeners = new Listeners<VmEvents>()
  const wakeup = new Wakeup()
  const machine = new Machine({
    memory,
    swap: space.reserve(slots)!,
    engine,
    base,
    options: options.vm,
    model: cpuModel('x86-64-v2', ['APIC', ...(options.features ?? [])]),
    clock: null,
    wakeup,
    listeners,
  })
  machine.load()
  options.watch(listeners, machine)
  const unrest = new Unrest(machine.pages, random, options.swapped)
  const mirror = options.swapped > 0 && options.failing === 0 ? new Mirror(machine.pages) : null
  const again = (): void => {
    mirror?.follow()
    unrest.stir()
    machine.timers.schedule(machine.time.nowNs() + options.periodNs, again)
  }
  again()
  const processor = new HostProcessor(runtimeClock, turn).join()
  const loop = new RunLoop({
    machine,
    clock: runtimeClock,
    wakeup,
    listeners,
    processor,
    timerSlackNs: 0,
    relieve: () => false,
  })
  let exit = await loop.run()
  // Nothing has happened: the same access is made again.
  while ('reason' in exit && exit.reason === 'out-of-memory') exit = await loop.run()
  const { swapIns, pops, copyOnWriteBreaks } = machine.pages.statistics
  const contradictions = [...memory.audit().contradictions, ...space.audit().contradictions]
  const outOfMemory = loop.statistics.exits.OutOfMemory
  const { retired } = machine.vcpu
  mirror?.follow()
  const missed = mirror?.differences() ?? []
  unrest.end()
  machine.release()
  return {
    reason: 'kind' in exit ? exit.kind : exit.reason,
    retired,
    swapIns,
    outOfMemory,
    pops,
    copies: copyOnWriteBreaks,
    dirtied: mirror?.dirtied ?? 0,
    missed,
    contradictions,
  }
}

/** A copy of a guest's memory that follows it by the dirty log, as for a move to another host. */
class Mirror {
  readonly #pages: PhysicalMap
  readonly #log: DirtyLog
  readonly #copies = new Map<number, Uint8Array>()
  dirtied = 0

  constructor(pages: PhysicalMap) {
    this.#pages = pages
    this.#log = pages.startDirtyLog()
    for (let ppn = 0; ppn < pages.endPage; ppn++) if (pages.frameOf(ppn) >= 0) this.#copy(ppn)
  }

  follow(): void {
    for (const ppn of this.#log.collect()) {
      this.dirtied++
      this.#copy(ppn)
    }
  }

  #copy(ppn: number): void {
    this.#copies.set(ppn, this.#contents(ppn))
  }

  /** A ballooned page is not read, which would pop it: it is zero. */
  #contents(ppn: number): Uint8Array {
    const bytes = new Uint8Array(FRAME_BYTES)
    if (this.#pages.stateOf(ppn) !== PageState.Ballooned) this.#pages.read(ppn * FRAME_BYTES, bytes)
    return bytes
  }

  differences(): number[] {
    const different: number[] = []
    for (let ppn = 0; ppn < this.#pages.endPage; ppn++) {
      const state = this.#pages.stateOf(ppn)
      const copy = this.#copies.get(ppn)
      if (!copy && state !== PageState.Resident && state !== PageState.Swapped) continue
      const wanted = copy ?? new Uint8Array(FRAME_BYTES)
      if (this.#contents(ppn).some((byte, i) => byte !== wanted[i])) different.push(ppn)
    }
    return different
  }
}

/** What a host may do to a guest's pages. */
class Unrest {
  readonly #pages: PhysicalMap
  readonly #random: () => number
  readonly #swapped: number
  #twin: PhysicalMap | null = null

  constructor(pages: PhysicalMap, random: () => number, swapped: number) {
    this.#pages = pages
    this.#random = random
    this.#swapped = swapped
  }

  stir(): void {
    if (this.#swapped === 0) return
    const pages = this.#pages
    if (this.#random() < 0.1) this.#exchangeTwin()
    const count = Math.ceil(pages.statistics.resident * this.#swapped)
    for (const ppn of pages.chooseVictims(count, this.#random, { shared: this.#random() < 0.5 })) pages.swapOut(ppn)
    // A page that the guest never touched is as zero when it was ballooned.
    for (let ppn = 0; ppn < lowPages; ppn++)
      if (pages.stateOf(ppn) === PageState.Untouched && this.#random() < 0.1) pages.balloon(ppn)
  }

  /** Shares every frame with a fork for a while. */
  #exchangeTwin(): void {
    if (this.#twin) this.end()
    else this.#twin = this.#pages.fork()
  }

  end(): void {
    this.#twin?.release()
    this.#twin = null
  }
}
