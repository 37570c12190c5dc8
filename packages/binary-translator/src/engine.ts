import { CodeCache, type Region, type Unit } from './cache/code-cache.ts'
import { UnitField } from './cache/unit.ts'
import { DecodedUnit, maximumUnitLength } from './decode-unit.ts'
import { ShapeTable } from './emit/described.ts'
import { HeadField, RecordField, recordBytes, writeRecord } from './emit/record.ts'
import { firstX87Slot } from './emit/x87-calls.ts'
import { sseBytes, sseFunctions } from './generated/sse.ts'
import { x87Bytes, x87Functions, x87TableBytes, x87Tables } from './generated/x87.ts'
import { Handlers, type Linkage } from './interpreter/handlers.ts'
import { dispatcherModule, type Dispatcher } from './runtime/dispatcher.ts'
import { Mode } from './state/layout.ts'
import { tlbOffsets } from './state/vcpu-memory.ts'
import { directTargetOf, neighboursOf, successorsOf } from './translate/successors.ts'
import { translateRegions, type RegionPlan } from './translate/translator.ts'
import type { EngineOptions, TlbOffsets } from './types.ts'
import type { Upcalls } from './upcalls.ts'
import type { Vcpu } from './vcpu.ts'

const pageBytes = 4096
/** What the x87's tables take at the beginning of the cache's area. */
const tablesRoom = Math.ceil(x87TableBytes / pageBytes) * pageBytes
/** A heat that never reaches zero: the interpreter alone. */
const never = 0x7fff_ffff
/** Units and instructions that one region covers at most. */
const regionUnits = 24
const regionInstructions = 200
/** A Linux boot meets some 750 shapes; a guest that makes them up would have the host keep any number. */
const maximumHandlers = 4096
/** Slots by which the function table grows. */
const tableStep = 4096
/** Room that one decoded unit may take: records for its instructions, head and end, and descriptors for its links. */
const unitRoom = (maximumUnitLength + 2) * recordBytes + 1024

/** Counters of the engine's work; all only grow. */
export interface EngineStatistics {
  /** Units decoded for the interpreter. */
  decodedUnits: number
  /** Regions translated, and the units and instructions that they cover. */
  translatedRegions: number
  translatedUnits: number
  translatedInstructions: number
  /** WebAssembly modules that the regions came in. */
  translationModules: number
  /** Times that the whole cache was dropped because it was full. */
  flushes: number
  /** Times that the oldest regions were dropped because there were too many. */
  evictions: number
  /** Chains made: direct links from a unit to the descriptor of its successor. */
  chains: number
}

/**
 * The part of the engine that all vCPUs of one linear memory share: handlers, translation cache, dispatcher and the
 * function table. One translation of a frame's code serves every vCPU that maps the frame.
 */
export class Engine {
  readonly memory: WebAssembly.Memory
  readonly tlb: TlbOffsets
  readonly cache: CodeCache
  readonly dispatcher: Dispatcher
  readonly handlers: Handlers
  /** The vCPU that is running; helpers act on it. */
  current: Vcpu | null = null
  readonly shapes: ShapeTable = new ShapeTable()
  readonly #decoded: DecodedUnit = new DecodedUnit(this.shapes)
  /** Decoded units of the regions being planned. */
  readonly #pool: DecodedUnit[] = []
  #poolUsed = 0
  /** Units that became hot and wait for their translation. */
  readonly #queue: Unit[] = []
  readonly #batch: number
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #table: WebAssembly.Table
  readonly #freeSlots: number[] = []
  #nextSlot = firstX87Slot
  readonly #linkage: Linkage
  readonly #vcpus: Vcpu[] = []
  readonly #maximumRegions: number
  /** Regions in the order in which they were translated; dropped ones among them. */
  readonly #regions: Region[] = []
  readonly statistics: EngineStatistics = {
    decodedUnits: 0,
    translatedRegions: 0,
    translatedUnits: 0,
    translatedInstructions: 0,
    translationModules: 0,
    flushes: 0,
    evictions: 0,
    chains: 0,
  }

  constructor({
    memory,
    cacheStart,
    cacheBytes,
    mode = 'auto',
    heat = 5000,
    maximumRegions = 20_000,
    regionsPerModule = 16,
  }: EngineOptions) {
    this.memory = memory
    this.tlb = tlbOffsets
    this.#words = new Int32Array(memory.buffer)
    this.#bytes = new Uint8Array(memory.buffer)
    this.#maximumRegions = maximumRegions
    this.#table = new WebAssembly.Table({ element: 'anyfunc', initial: tableStep })
    const threshold = mode === 'interpreter' ? never : mode === 'translator' ? 1 : heat
    this.#batch = regionsPerModule
    const start = cacheStart + tablesRoom
    this.cache = new CodeCache({ memory, start, bytes: cacheBytes - tablesRoom, heat: threshold })
    this.#bytes.set(x87Tables(), cacheStart)
    this.cache.onRegionDropped = (slot) => this.#freeSlot(slot)
    this.cache.onTrace = (frame, on) => {
      for (const vcpu of this.#vcpus) vcpu.traceFrame(frame, on)
    }
    const memoryPages = memory.buffer.byteLength / 65536
    const imports: Record<string, WebAssembly.ImportValue> = { memory, table: this.#table, ...this.#upcalls() }
    const dispatcher = dispatcherModule(this.tlb, this.cache, memoryPages)
    this.dispatcher = new WebAssembly.Instance(new WebAssembly.Module(dispatcher), { mica: imports })
      .exports as unknown as Dispatcher
    this.#table.set(0, this.dispatcher.stub as never)
    // Emitted code calls the dispatcher's helpers, which call those of TypeScript that have the same names.
    Object.assign(imports, this.dispatcher)
    const env = { memory, tables: cacheStart }
    this.#placeFunctions(x87Bytes(), x87Functions, env)
    this.#placeFunctions(sseBytes(), sseFunctions, env)
    this.#linkage = {
      memoryPages,
      imports: { mica: imports },
      place: (code) => this.#place(code),
      remove: (slot) => this.#freeSlot(slot),
    }
    this.handlers = new Handlers(this.tlb, this.#linkage)
  }

  /** Adds a vCPU whose MMU is to trace code frames. */
  attach(vcpu: Vcpu): void {
    this.#vcpus.push(vcpu)
    for (const frame of this.cache.frames()) vcpu.traceFrame(frame, true)
  }

  detach(vcpu: Vcpu): void {
    this.#vcpus.splice(this.#vcpus.indexOf(vcpu), 1)
  }

  #upcalls(): Record<string, Function> {
    const cpu = (): Upcalls => this.current!.upcalls
    return {
      read: (_: number, linear: number, size: number, site: number) => cpu().slowRead(linear, size, site),
      write: (_: number, linear: number, size: number, site: number, value: number) =>
        cpu().slowWrite(linear, size, site, value),
      update: (_: number, linear: number, size: number, site: number) => cpu().slowUpdate(linear, size, site),
      commit: () => cpu().commitUpdate(),
      checkSegment: (_: number, packed: number, offset: number, site: number) =>
        cpu().checkSegment(packed, offset, site),
      callout: (_: number, id: number, x: number, y: number, site: number) => cpu().callout(id, x, y, site),
    }
  }

  /** Links the functions of a generated module, at the slots that emitted code calls. */
  #placeFunctions(bytes: Uint8Array<ArrayBuffer>, names: readonly string[], env: WebAssembly.ModuleImports): void {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env })
    for (const name of names) this.#place(exports[name])
  }

  #place(code: unknown): number {
    const slot = this.#freeSlots.pop() ?? this.#nextSlot++
    if (slot >= this.#table.length) this.#table.grow(tableStep)
    this.#table.set(slot, code as never)
    return slot
  }

  #freeSlot(slot: number): void {
    this.#table.set(slot, null)
    this.#freeSlots.push(slot)
  }

  /** Drops everything if the cache is nearly full, or handlers are many. Only between units, never below translated code. */
  makeRoom(): void {
    const hasTooMany = this.handlers.count > maximumHandlers
    if (this.cache.fits(4 * unitRoom) && !hasTooMany) return
    this.flush()
    this.statistics.flushes++
    if (!hasTooMany) return
    this.handlers.forget()
    this.shapes.forget()
  }

  /** Drops all cached code, as after a change of memory that no trace reported. Only between runs. */
  flush(): void {
    this.#queue.length = 0
    this.#regions.length = 0
    this.cache.flush()
  }

  /**
   * Decodes the unit at `host` into records, unless it is there. Null: its first instruction does not end in the page
   * or must run alone.
   */
  ensureUnit(host: number, mode: number): Unit | null {
    const page = host - (host % pageBytes)
    const unit = this.cache.unit(host, mode)
    if (this.cache.get(unit, UnitField.records) !== 0) {
      return this.cache.get(unit, UnitField.secondPage) === 0 ? unit : null
    }
    const decoded = this.#decoded
    decoded.decode(this.#bytes, page, host - page, mode)
    if (decoded.count === 0) return null
    const head = this.#writeUnit(unit, decoded)
    this.cache.occupy(unit, decoded.length)
    this.cache.set(unit, UnitField.records, head)
    this.cache.set(unit, UnitField.head, head)
    this.statistics.decodedUnits++
    return unit
  }

  /** Caches a unit of one instruction that ends in the page at host address `secondPage`. */
  crossingUnit(host: number, mode: number, decoded: DecodedUnit, secondPage: number): void {
    const unit = this.cache.unit(host, mode)
    if (this.cache.get(unit, UnitField.secondPage) === secondPage) return
    if (this.cache.get(unit, UnitField.records) !== 0) this.cache.drop(unit)
    const head = this.#writeUnit(unit, decoded)
    this.cache.occupy(unit, decoded.length)
    this.cache.extendInto(unit, secondPage)
    this.cache.set(unit, UnitField.heat, never)
    this.cache.set(unit, UnitField.records, head)
  }

  /** Writes head, instructions and end of a unit; returns the head's address. */
  #writeUnit(unit: Unit, decoded: DecodedUnit): number {
    const { count } = decoded
    const address = this.cache.allocate((count + 2) * recordBytes)
    if (address < 0) throw new RangeError('the code cache has no room for a unit; makeRoom comes first')
    this.handlers.prepare(decoded.described, count)
    let word = address >>> 2
    const { head, boundedHead } = this.handlers
    this.#words[word + HeadField.handler / 4] = unit.mode & Mode.flat ? head : boundedHead
    this.#words[word + HeadField.count / 4] = count
    this.#words[word + HeadField.unit / 4] = unit.address
    this.#words[word + HeadField.offset / 4] = unit.offset
    for (let i = 0; i < count; i++) {
      word += recordBytes / 4
      const handler = decoded.described[i]!.slot
      writeRecord(this.#words, word, decoded.instructions[i]!, handler, decoded.site(i))
    }
    this.#link(unit, decoded, word)
    return address
  }

  /** Writes the end record after the last one, at word `last`, and the links of both. */
  #link(unit: Unit, decoded: DecodedUnit, last: number): void {
    const next = unit.offset + decoded.length
    const end = last + recordBytes / 4
    this.#writeEnd(end, next)
    const target = this.#words[last + RecordField.target / 4]!
    for (const successor of this.#successors(decoded)) {
      const link = this.cache.unit(unit.page.frame + successor, unit.mode).address
      this.statistics.chains++
      if (successor === next) this.#words[end + RecordField.linkNext / 4] = link
      if (successor === next) this.#words[last + RecordField.linkNext / 4] = link
      if (successor === target) this.#words[last + RecordField.linkTarget / 4] = link
    }
  }

  #writeEnd(word: number, next: number): void {
    this.#words.fill(0, word, word + recordBytes / 4)
    this.#words[word + RecordField.handler / 4] = this.handlers.end
    this.#words[word + RecordField.next / 4] = next
  }

  /** Direct successors in the page, a call's target among them. */
  #successors(decoded: DecodedUnit): number[] {
    const successors = successorsOf(decoded)
    const target = directTargetOf(decoded)
    if (target !== undefined) successors.push(target)
    return successors
  }

  /** Writes the one instruction of `decoded` and an end to the records at `address`, for a vCPU that runs it alone. */
  writeSingle(address: number, decoded: DecodedUnit): void {
    this.handlers.prepare(decoded.described, 1)
    const word = address >>> 2
    const handler = decoded.described[0]!.slot
    writeRecord(this.#words, word, decoded.instructions[0]!, handler, decoded.site(0))
    this.#writeEnd(word + recordBytes / 4, decoded.offset + decoded.length)
  }

  /**
   * Notes that the unit whose descriptor is at `address` became hot. Regions are translated several at a time, since a
   * WebAssembly module costs more than the code in it; until then the interpreter goes on.
   */
  queue(address: number): void {
    const entry = this.cache.unitAt(address)
    this.cache.set(entry, UnitField.heat, never)
    if (!this.#queue.includes(entry)) this.#queue.push(entry)
    if (this.#queue.length >= this.#batch) this.translateQueued()
  }

  /** Translates what became hot. */
  translateQueued(): void {
    if (this.#queue.length === 0) return
    const entries: Unit[] = []
    const plans: RegionPlan[] = []
    this.#poolUsed = 0
    for (const entry of this.#queue) {
      // Overwritten while it waited: nobody watches its bytes any more.
      if (this.cache.get(entry, UnitField.records) === 0) continue
      const plan = this.#plan(entry)
      if (plan === null) continue
      entries.push(entry)
      plans.push(plan)
    }
    this.#queue.length = 0
    if (plans.length === 0) return
    const slots = translateRegions(plans, this.tlb, this.#linkage)
    plans.forEach((plan, i) => this.#install(entries[i]!, plan, slots[i]!))
    this.statistics.translationModules++
  }

  #install(entry: Unit, plan: RegionPlan, slot: number): void {
    const units = plan.units.map((unit) => this.cache.unit(entry.page.frame + unit.offset, entry.mode))
    const region: Region = { slot, entry, units }
    this.cache.install(region)
    this.#regions.push(region)
    if (this.#regions.length > this.#maximumRegions) this.#evict()
    this.statistics.translatedRegions++
    this.statistics.translatedUnits += units.length
    for (const unit of plan.units) this.statistics.translatedInstructions += unit.count
  }

  /** Drops the oldest quarter of the regions; what of it is still hot will be translated again. */
  #evict(): void {
    for (const region of this.#regions.splice(0, Math.ceil(this.#maximumRegions / 4))) {
      if (region.units.some((unit) => unit.regions.has(region))) this.cache.dropRegion(region)
    }
    this.statistics.evictions++
  }

  /**
   * Whether the unit at `host` decodes to other bytes than are watched: where its next instruction did not fit the
   * page, and another does now. It is dropped, and decoded anew when it runs.
   */
  #isOutdated(host: number, decoded: DecodedUnit): boolean {
    const unit = this.cache.unit(host, decoded.mode)
    if (unit.length === decoded.length) return false
    this.cache.drop(unit)
    return true
  }

  /** Where the last of a unit's `count` instructions went last, if it is an indirect transfer that was interpreted. */
  #lastTarget(unit: Unit, count: number): number {
    const records = this.cache.get(unit, UnitField.records)
    return records === 0 ? -1 : this.#words[(records + count * recordBytes + RecordField.linkTarget) >>> 2]!
  }

  /** Gathers the units around `entry` that have run already, breadth first. */
  #plan(entry: Unit): RegionPlan | null {
    const { frame } = entry.page
    const units: DecodedUnit[] = []
    const seen = new Set([entry.offset])
    const queue = [entry.offset]
    let instructions = 0
    for (const offset of queue) {
      const decoded = (this.#pool[this.#poolUsed] ??= new DecodedUnit(this.shapes))
      decoded.decode(this.#bytes, frame, offset, entry.mode)
      if (decoded.count === 0 || units.length >= regionUnits) continue
      if (this.#isOutdated(frame + offset, decoded)) continue
      if (units.length > 0 && instructions + decoded.count > regionInstructions) continue
      units.push(decoded)
      this.#poolUsed++
      instructions += decoded.count
      decoded.likely = this.#lastTarget(this.cache.unit(frame + offset, entry.mode), decoded.count)
      for (const successor of neighboursOf(decoded)) {
        if (seen.has(successor)) continue
        seen.add(successor)
        const unit = this.cache.unit(frame + successor, entry.mode)
        if (this.cache.get(unit, UnitField.records) !== 0) queue.push(successor)
      }
    }
    if (units.length === 0) return null
    const addressOf = (offset: number): number => {
      this.statistics.chains++
      return this.cache.unit(frame + offset, entry.mode).address
    }
    return { units, addressOf }
  }
}
