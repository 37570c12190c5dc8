// Runs the harness's cases on a vCPU that looks like the harness's process: the same segments, pages and privilege.
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
  windowBytes,
  windowOffset,
} from './case.ts'

const flat = 0xffff_ffff
const segment = (selector: number, attributes: number, base: number, limit: number): SegmentState => ({
  selector,
  attributes,
  base,
  limit,
})
const data32 = segment(0x2b, 0xc0f3, 0, flat)
const data16 = segment(0x07, 0x00f3, dataPage, 0xffff)
const fs = segment(0x07, 0x00f3, dataPage, 0xffff)
const gs = segment(0x0f, 0x00f3, gsBase, 0xffff)
/** ES CS SS DS FS GS, as Linux gives them to a 32-bit process, and with the harness's 16-bit segments. */
const segments32 = [data32, segment(0x23, 0xc0fb, 0, flat), data32, data32, fs, gs]
const segments16 = [data16, segment(0x17, 0x00fb, codePage, 0xffff), data16, data16, fs, gs]
/** #GP of the INT3 that follows the instruction: without an IDT its gate is beyond the limit. */
const int3 = 3 * 8 + 2
const into = 4 * 8 + 2

/** A vCPU for cases of one code size. */
export class CaseMachine {
  readonly #machine: FlatMachine
  readonly #code16: boolean
  readonly #memory = new Uint8Array(memoryBytes)

  constructor(mode: EngineMode, code16: boolean) {
    this.#code16 = code16
    this.#machine = new FlatMachine({ mode, ramBytes: 0x3000, model: fullModel() })
    const { mmu, state } = this.#machine
    this.#machine.start({ segments: code16 ? segments16 : segments32 })
    mmu.clear()
    mmu.map(codePage >>> 12, { frame: 0 })
    mmu.map(dataPage >>> 12, { frame: 1 })
    mmu.map((dataPage >>> 12) + 1, { frame: 2 })
    state.set(Layout.idtrLimit, 0)
    state.set(segmentSlot(Segment.TR) + SegmentField.limit, 0)
  }

  #load({ registers, eflags, code, memory }: Input): void {
    const { ram, state, vcpu, engine } = this.#machine
    ram.fill(0xcc, 0, 0x1000)
    ram.fill(0, 0x1000)
    ram.set(code, entry)
    ram.set(memory.subarray(0, windowBytes), 0x1000 + windowOffset)
    ram.set(memory.subarray(windowBytes), 0x1000 + edgeOffset)
    engine.cache.invalidateFrame(ram.byteOffset)
    registers.forEach((value, i) => state.setGpr(i, value))
    state.eflags = eflags | 0x202
    state.eip = this.#code16 ? entry : codePage + entry
    state.set(Layout.cr2, 0)
    state.set(Layout.nextUnit, 0)
    state.set(Layout.halted, Activity.Running)
    vcpu.statistics.exceptions.fill(0)
  }

  run(input: Input): Outcome {
    const { ram, state, vcpu } = this.#machine
    this.#load(input)
    // The instruction and the INT3 after it, which ends in shutdown.
    const exit = vcpu.run(3)
    this.#memory.set(ram.subarray(0x1000 + windowOffset, 0x1000 + windowOffset + windowBytes))
    this.#memory.set(ram.subarray(0x1000 + edgeOffset, 0x1000 + edgeOffset + edgeBytes), windowBytes)
    const vector = vcpu.statistics.exceptions.findIndex((count) => count > 0)
    const error = state.get(Layout.faultError) | 0
    const linear = (state.segmentBase(Segment.CS) + state.eip) >>> 0
    // Without a way to deliver it, every exception ends in shutdown.
    const trap = exit !== 2 ? -1 : vector !== 13 ? vector : error === int3 ? 3 : error === into ? 4 : 13
    return {
      trap,
      error: trap >= 10 && trap <= 14 ? error : 0,
      cr2: trap === 14 ? state.get(Layout.cr2) : 0,
      eip: linear,
      eflags: state.eflags,
      registers: Array.from({ length: 8 }, (_, i) => state.gpr(i)),
      memory: this.#memory,
    }
  }
}
