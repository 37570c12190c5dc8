// Runs records on a vCPU: what emitted code does itself, without the module, is held against the CPU too.
import { FlatMachine } from '../../src/testing/index.ts'
import { Layout } from '../../src/state/layout.ts'
import type { EngineMode } from '../../src/types.ts'
import { fullModel } from '../random/full-model.ts'
import { encodings } from './encodings.ts'
import { MEMORY_BYTES, Offset } from './image.ts'
import type { Instruction } from './instructions.ts'
import { Model } from './module.ts'

const codeAt = 0x1000
const operandAt = 0x2000
/** Arithmetic flags that x87 instructions read or write. */
const flags = 0x45

/** Whether the vCPU has the instruction: all but what only 64-bit mode has. */
export const isRunnable = ({ name }: Instruction): boolean => name in encodings

/** Copies of a model's x87 state and operand in a vCPU. */
export class X87Machine {
  readonly #machine: FlatMachine
  /** Turns records into the state's format and back. */
  readonly #model = new Model()
  readonly #state: Uint8Array
  #code = ''

  constructor(mode: EngineMode) {
    this.#machine = new FlatMachine({ mode, ramBytes: 0x4000, model: fullModel() })
    this.#machine.start()
    this.#state = new Uint8Array(this.#machine.memory.buffer, this.#machine.state.base, 0x800)
  }

  /** Changes the record as the instruction does. */
  run({ name }: Instruction, record: DataView): void {
    const machine = this.#machine
    const { state, vcpu, ram } = machine
    const code = encodings[name]!
    if (code !== this.#code) machine.write(codeAt, [...Buffer.from(code, 'hex'), 0xf4])
    this.#code = code
    this.#model.load(record)
    const source = new Uint8Array(this.#model.state.buffer, this.#model.state.byteOffset, 0x800)
    const x87 = [
      [Layout.x87, 0x490],
      [Layout.x87Top, Layout.x87Top + 4],
    ] as const
    for (const part of x87) this.#state.set(source.subarray(...part), part[0])
    ram.set(new Uint8Array(record.buffer, record.byteOffset + Offset.memory, MEMORY_BYTES), operandAt)
    state.setGpr(0, operandAt)
    state.setGpr(3, operandAt)
    state.eip = codeAt
    state.set(Layout.nextUnit, 0)
    state.set(Layout.halted, 0)
    state.eflags = 2 | (record.getUint16(Offset.flags, true) & flags)
    vcpu.run(3)
    for (const part of x87) source.set(this.#state.subarray(...part), part[0])
    const operand = new Uint8Array(this.#model.operand.buffer, this.#model.operand.byteOffset, MEMORY_BYTES)
    operand.set(ram.subarray(operandAt, operandAt + MEMORY_BYTES))
    this.#model.save(record)
    record.setUint16(Offset.flags, state.eflags & flags, true)
  }
}
