// A machine for a few vector instructions: code at 0x1000, data where EDI points, exceptions as numbers.
import { Layout } from '../../src/state/layout.ts'
import { fullModel } from '../random/full-model.ts'
import type { CpuModel } from '../../src/system/types.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'

/** The data page, and the one after it. */
export const dataPage = 0x4000
const codeAt = 0x1000
const hlt = 0xf4

export interface Setup {
  readonly mode: EngineMode
  readonly model?: CpuModel
  readonly cr0?: number
  readonly cr4?: number
}

export class VectorMachine {
  readonly machine: FlatMachine

  constructor({ mode, model = fullModel(), cr0 = 0x31, cr4 = 0x600 }: Setup) {
    this.machine = new FlatMachine({ mode, model, ramBytes: 0x8000 })
    const { state, vcpu } = this.machine
    this.machine.start({ eip: codeAt, cr0 })
    state.set(Layout.cr4, cr4)
    vcpu.system.refresh()
    state.set(Layout.idtrLimit, 0)
    state.setGpr(7, dataPage)
  }

  /** Runs `code` and the HLT behind it: the first exception's vector, -1: none. */
  run(...code: readonly number[]): number {
    const { machine } = this
    machine.write(codeAt, [...code, hlt])
    machine.state.eip = codeAt
    machine.state.set(Layout.halted, 0)
    machine.vcpu.statistics.exceptions.fill(0)
    machine.run(100)
    return machine.vcpu.statistics.exceptions.findIndex((count) => count > 0)
  }

  /** Where register XMM`n` lies. */
  xmm(n: number): Uint8Array {
    const { state } = this.machine
    const at = state.base + Layout.vector + 32 * n
    return state.u8.subarray(at, at + 16)
  }

  /** Where physical register `n` of the x87 lies: MM`n` is its first eight bytes. */
  physical(n: number): Uint8Array {
    const { state } = this.machine
    const at = state.base + Layout.x87 + 16 * n
    return state.u8.subarray(at, at + 10)
  }

  get(cell: number): number {
    return this.machine.state.get(cell)
  }

  set(cell: number, value: number): void {
    this.machine.state.set(cell, value)
  }
}

export const counting: readonly number[] = Array.from({ length: 16 }, (_, i) => i + 1)
