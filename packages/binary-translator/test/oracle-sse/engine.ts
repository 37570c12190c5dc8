// Runs the harness's records on a vCPU.
import { Layout } from '../../src/state/layout.ts'
import { fullModel } from '../random/full-model.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { Part, recordBytes } from './case.ts'

const codeAt = 0x1000
const dataAt = 0x3000
const hlt = 0xf4
/** Signals by the exception that makes Linux send them. */
const signals: Readonly<Record<number, number>> = { 6: 4, 13: 11, 19: 8 }

export class SseMachine {
  readonly #machine: FlatMachine
  readonly #code = new Uint8Array(16)

  constructor(mode: EngineMode) {
    this.#machine = new FlatMachine({ mode, ramBytes: 0x4000, model: fullModel() })
    const { state, vcpu } = this.#machine
    this.#machine.start({ eip: codeAt })
    state.set(Layout.cr4, 0x600)
    vcpu.system.refresh()
    state.set(Layout.idtrLimit, 0)
  }

  /** The record as the engine leaves it. */
  run(record: Uint8Array): Uint8Array {
    const { ram, state, vcpu, engine } = this.#machine
    const view = new DataView(record.buffer, record.byteOffset, recordBytes)
    const length = view.getUint8(Part.length)
    const code = new Uint8Array(16).fill(hlt)
    code.set(record.subarray(0, length))
    if (Buffer.compare(code, this.#code) !== 0) {
      ram.set(code, codeAt)
      this.#code.set(code)
      engine.cache.invalidateFrame(ram.byteOffset + codeAt)
    }
    ram.set(record.subarray(Part.memory, recordBytes), dataAt)
    for (let i = 0; i < 3; i++) {
      state.u8.set(record.subarray(Part.xmm + 16 * i, Part.xmm + 16 * i + 16), state.base + Layout.vector + 32 * i)
      state.u8.set(record.subarray(Part.mm + 8 * i, Part.mm + 8 * i + 8), state.base + Layout.x87 + 16 * i)
      state.setGpr(i, view.getUint32(Part.gpr + 4 * i, true))
    }
    state.setGpr(7, dataAt)
    state.set(Layout.mxcsr, view.getUint32(Part.mxcsr, true))
    state.eflags = view.getUint32(Part.eflags, true)
    state.eip = codeAt
    state.set(Layout.nextUnit, 0)
    state.set(Layout.halted, 0)
    vcpu.statistics.exceptions.fill(0)
    vcpu.run(2)
    const vector = vcpu.statistics.exceptions.findIndex((count) => count > 0)
    return this.#outcome(record, vector < 0 ? 0 : (signals[vector] ?? 255))
  }

  #outcome(record: Uint8Array, trap: number): Uint8Array {
    const { ram, state } = this.#machine
    const result = record.slice()
    const view = new DataView(result.buffer)
    result[0] = trap
    for (let i = 0; i < 3; i++) {
      const xmm = state.base + Layout.vector + 32 * i
      const mm = state.base + Layout.x87 + 16 * i
      result.set(state.u8.subarray(xmm, xmm + 16), Part.xmm + 16 * i)
      result.set(state.u8.subarray(mm, mm + 8), Part.mm + 8 * i)
      view.setUint32(Part.gpr + 4 * i, state.gpr(i), true)
    }
    view.setUint32(Part.mxcsr, state.get(Layout.mxcsr), true)
    view.setUint32(Part.eflags, state.eflags, true)
    result.set(ram.subarray(dataAt, dataAt + 32), Part.memory)
    return result
  }
}
