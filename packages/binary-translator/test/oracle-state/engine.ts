// Runs the harness's records on a vCPU, which loads and stores its state by FXRSTOR and FXSAVE as the harness does.
import { Layout } from '../../src/state/layout.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { fullModel } from '../random/full-model.ts'
import { Part, areaBytes, recordBytes, stateBytes } from './cases.ts'

const codeAt = 0x1000
const stateAt = 0x2000
const areaAt = 0x3000
const hlt = 0xf4
const fxrstor = [0x0f, 0xae, 0x0e] // [ESI]
const fxsave = [0x0f, 0xae, 0x06]
const GP = 13
const segmentationFault = 11

export class StateMachine {
  readonly #machine: FlatMachine
  #code = ''

  constructor(mode: EngineMode) {
    this.#machine = new FlatMachine({ mode, ramBytes: 0x4000, model: fullModel() })
    const { state, vcpu } = this.#machine
    this.#machine.start({ eip: codeAt })
    state.set(Layout.cr4, 0x4_0600)
    state.set(Layout.xcr0, 3)
    vcpu.system.refresh()
    state.set(Layout.idtrLimit, 0)
  }

  /** The record as the engine leaves it. */
  run(record: Uint8Array): Uint8Array {
    const machine = this.#machine
    const { ram, state, vcpu } = machine
    const view = new DataView(record.buffer, record.byteOffset, recordBytes)
    const code = record.subarray(0, view.getUint32(Part.length, true))
    const text = Buffer.from(code).toString('hex')
    if (text !== this.#code) machine.write(codeAt, [...fxrstor, ...code, ...fxsave, hlt])
    this.#code = text
    const operand = areaAt + view.getUint32(Part.skew, true)
    ram.set(record.subarray(Part.state, Part.state + stateBytes), stateAt)
    ram.set(record.subarray(Part.area), operand)
    state.setGpr(0, view.getUint32(Part.eax, true))
    state.setGpr(2, 0)
    state.setGpr(6, stateAt)
    state.setGpr(7, operand)
    state.eip = codeAt
    state.set(Layout.nextUnit, 0)
    state.set(Layout.halted, 0)
    vcpu.statistics.exceptions.fill(0)
    vcpu.run(4)
    const result = record.slice()
    result[0] = vcpu.statistics.exceptions[GP]! > 0 ? segmentationFault : 0
    result.set(ram.subarray(stateAt, stateAt + stateBytes), Part.state)
    result.set(ram.subarray(operand, operand + areaBytes), Part.area)
    return result
  }
}
