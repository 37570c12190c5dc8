// Runs the harness's cases on a vCPU that looks like the harness's process: the same segments, pages and privilege.
import type { SystemUnit } from '../../src/system/system-unit.ts'
import type { SegmentState } from '../../src/system/types.ts'
import { Activity, Layout, Segment, SegmentField, segmentSlot } from '../../src/state/layout.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import { fullModel } from '../random/full-model.ts'
import type { EngineMode } from '../../src/types.ts'
import {
  codePage,
  dataPage,
  edgeBytes,
  edgeOffset,
  entry,
  gsBase,
  type Input,
  memoryBytes,
  type Outcome,
  Selector,
  selectorsBefore,
  windowBytes,
  windowOffset,
} from './case.ts'

/** Descriptors as Linux makes them: flat segments in the GDT, and what the harness put into the LDT. */
const descriptors: Readonly<Record<number, readonly [low: number, high: number]>> = {
  [Selector.code32]: [0x0000_ffff, 0x00cf_fb00],
  [Selector.data32]: [0x0000_ffff, 0x00cf_f300],
  [Selector.data16]: segment16(dataPage, 0x0000_f300),
  [Selector.gs]: segment16(gsBase, 0x0000_f300),
  [Selector.code16]: segment16(codePage, 0x0000_fb00),
}

/** A segment of 64 KiB. */
function segment16(base: number, rights: number): readonly [low: number, high: number] {
  return [((base << 16) | 0xffff) >>> 0, ((base & 0xff00_0000) | rights | ((base >>> 16) & 0xff)) >>> 0]
}

/** Where the tables lie, out of the program's reach; both have room for all that a process has. */
const tablePage = 0xffff_e000
const ldtOffset = 0x100
const gdtLimit = 0x7f
const ldtLimit = 3 * 8 - 1

/** The hidden part that goes with a selector. */
function segmentOf(selector: number): SegmentState {
  const [low, high] = descriptors[selector]!
  const limit = (low & 0xffff) | (high & 0xf_0000)
  return {
    selector,
    base: ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0,
    limit: high & 0x80_0000 ? 0xffff_ffff : limit,
    attributes: (high >>> 8) & 0xf0ff,
  }
}

/** #GP of the INT3 that follows the instruction: without an IDT its gate is beyond the limit. */
const int3 = 3 * 8 + 2
const into = 4 * 8 + 2

/** A vCPU for cases of one code size. */
export class CaseMachine {
  readonly #machine: FlatMachine
  readonly #code16: boolean
  readonly #memory = new Uint8Array(memoryBytes)
  #code: Uint8Array = new Uint8Array()
  readonly #first = { vector: -1, error: 0 }

  constructor(mode: EngineMode, code16: boolean) {
    this.#code16 = code16
    this.#machine = new FlatMachine({ mode, ramBytes: 0x4000, model: fullModel() })
    const { mmu, state, ram } = this.#machine
    this.#watch(this.#machine.vcpu.system)
    const segments = selectorsBefore(code16).map(segmentOf)
    this.#machine.start({ segments })
    mmu.clear()
    mmu.map(codePage >>> 12, { frame: 0 })
    mmu.map(dataPage >>> 12, { frame: 1 })
    mmu.map((dataPage >>> 12) + 1, { frame: 2 })
    mmu.map(tablePage >>> 12, { frame: 3, user: false })
    const tables = new DataView(ram.buffer, ram.byteOffset + 0x3000, 0x1000)
    for (const [selector, [low, high]] of Object.entries(descriptors)) {
      const at = (Number(selector) & 4 ? ldtOffset : 0) + (Number(selector) & ~7)
      tables.setUint32(at, low, true)
      tables.setUint32(at + 4, high, true)
    }
    state.set(Layout.gdtrBase, tablePage)
    state.set(Layout.gdtrLimit, gdtLimit)
    state.set(Layout.idtrLimit, 0)
    const ldt = segmentSlot(Segment.LDTR)
    state.set(ldt + SegmentField.selector, 0x58)
    state.set(ldt + SegmentField.attributes, 0x82)
    state.set(ldt + SegmentField.base, tablePage + ldtOffset)
    state.set(ldt + SegmentField.limit, ldtLimit)
    state.set(segmentSlot(Segment.TR) + SegmentField.limit, 0)
  }

  /** Notes the first exception of each run. */
  #watch(system: SystemUnit): void {
    const deliver = system.deliver.bind(system)
    system.deliver = (vector, error) => {
      if (this.#first.vector < 0) Object.assign(this.#first, { vector, error })
      return deliver(vector, error)
    }
  }

  /** Gives the segment registers what they hold before each case. */
  #resetSegments(): void {
    const { state, vcpu } = this.#machine
    const before = selectorsBefore(this.#code16)
    if (before.every((selector, i) => state.selector(i) === selector)) return
    before.map(segmentOf).forEach(({ selector, attributes, base, limit }, i) => {
      const slot = segmentSlot(i)
      state.set(slot + SegmentField.selector, selector)
      state.set(slot + SegmentField.attributes, attributes)
      state.set(slot + SegmentField.base, base)
      state.set(slot + SegmentField.limit, limit)
    })
    vcpu.system.refresh()
  }

  /** Puts the code of a case in place; those that follow mostly have the same. */
  #loadCode(code: Uint8Array): void {
    if (Buffer.compare(code, this.#code) === 0) return
    const { ram, engine } = this.#machine
    this.#code = code
    ram.fill(0xcc, 0, 0x1000)
    ram.set(code, entry)
    engine.cache.invalidateFrame(ram.byteOffset)
  }

  #load({ registers, eflags, code, memory }: Input): void {
    const { ram, state } = this.#machine
    this.#loadCode(code)
    this.#resetSegments()
    ram.fill(0, 0x1000, 0x3000)
    ram.set(memory.subarray(0, windowBytes), 0x1000 + windowOffset)
    ram.set(memory.subarray(windowBytes), 0x1000 + edgeOffset)
    registers.forEach((value, i) => state.setGpr(i, value))
    state.eflags = eflags | 0x202
    state.eip = this.#code16 ? entry : codePage + entry
    state.set(Layout.cr2, 0)
    state.set(Layout.nextUnit, 0)
    state.set(Layout.halted, Activity.Running)
    this.#first.vector = -1
  }

  run(input: Input): Outcome {
    const { ram, state, vcpu } = this.#machine
    this.#load(input)
    // The instruction and the INT3 after it, which ends in shutdown.
    const exit = vcpu.run(3)
    this.#memory.set(ram.subarray(0x1000 + windowOffset, 0x1000 + windowOffset + windowBytes))
    this.#memory.set(ram.subarray(0x1000 + edgeOffset, 0x1000 + edgeOffset + edgeBytes), windowBytes)
    const { vector, error } = this.#first
    const linear = (state.segmentBase(Segment.CS) + state.eip) >>> 0
    // Without a way to deliver it, every exception ends in shutdown: the first is what the instruction met.
    const trap = exit !== 2 ? -1 : vector !== 13 ? vector : error === int3 ? 3 : error === into ? 4 : 13
    return {
      trap,
      error: trap >= 10 && trap <= 14 ? error : 0,
      cr2: trap === 14 ? state.get(Layout.cr2) : 0,
      eip: linear,
      eflags: state.eflags,
      registers: Array.from({ length: 8 }, (_, i) => state.gpr(i)),
      memory: this.#memory,
      selectors: Array.from({ length: 6 }, (_, i) => state.selector(i)),
    }
  }
}
