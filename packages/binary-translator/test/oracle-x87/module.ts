// Runs a record through the module, with the state and the operand in a memory of its own.
import { type X87Exports, x87Bytes, x87Tables } from '../../src/generated/x87.ts'
import { MEMORY_BYTES, Offset } from './image.ts'
import type { Instruction } from './instructions.ts'

const CPU = 0x1000
const OPERAND = 0x800
const TABLES = 0x2000

export class Model {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1 })
  readonly x87: X87Exports
  readonly state: DataView = new DataView(this.memory.buffer, CPU, 0x800)
  readonly operand: DataView = new DataView(this.memory.buffer, OPERAND, MEMORY_BYTES)
  readonly cpu: number = CPU

  constructor() {
    const module = new WebAssembly.Module(x87Bytes())
    const env = { memory: this.memory, tables: TABLES }
    new Uint8Array(this.memory.buffer).set(x87Tables(), TABLES)
    this.x87 = new WebAssembly.Instance(module, { env }).exports as unknown as X87Exports
  }

  /** Changes the record as the instruction would. */
  run(instruction: Instruction, record: DataView): void {
    this.load(record)
    const { x87, cpu, state, operand: memory } = this
    const flags = record.getUint16(Offset.flags, true) & 0x45
    const after = instruction.run({ x87, cpu, memory, operand: OPERAND, state, flags })
    this.save(record)
    record.setUint16(Offset.flags, typeof after === 'number' ? after : flags, true)
  }

  load(record: DataView): void {
    const { state } = this
    state.setUint32(0x480, record.getUint16(Offset.control, true), true)
    state.setUint32(0x484, record.getUint16(Offset.status, true), true)
    state.setUint32(0x4c0, record.getUint16(Offset.status, true) & 0x3800, true)
    state.setUint32(0x488, record.getUint16(Offset.tags, true), true)
    const top = (record.getUint16(Offset.status, true) >> 11) & 7
    for (let i = 0; i < 8; i++) {
      const at = 0x400 + 16 * ((top + i) & 7)
      state.setBigUint64(at, record.getBigUint64(Offset.registers + 10 * i, true), true)
      state.setUint16(at + 8, record.getUint16(Offset.registers + 10 * i + 8, true), true)
    }
    for (let i = 0; i < MEMORY_BYTES; i++) this.operand.setUint8(i, record.getUint8(Offset.memory + i))
  }

  save(record: DataView): void {
    const { state } = this
    record.setUint16(Offset.control, state.getUint32(0x480, true), true)
    record.setUint16(Offset.status, state.getUint32(0x484, true), true)
    const top = (state.getUint32(0x484, true) >> 11) & 7
    if (state.getUint32(0x4c0, true) !== top << 11) throw new Error('TOP is not what the status word says')
    let tags = 0
    for (let r = 0; r < 8; r++) tags |= this.#tag(r) << (2 * r)
    record.setUint16(Offset.tags, tags, true)
    for (let i = 0; i < 8; i++) {
      const at = 0x400 + 16 * ((top + i) & 7)
      record.setBigUint64(Offset.registers + 10 * i, state.getBigUint64(at, true), true)
      record.setUint16(Offset.registers + 10 * i + 8, state.getUint16(at + 8, true), true)
    }
    for (let i = 0; i < MEMORY_BYTES; i++) record.setUint8(Offset.memory + i, this.operand.getUint8(i))
  }

  /** The tag of a physical register as FNSTENV classifies it (SDM vol. 1, section 8.1.7). */
  #tag(register: number): number {
    if (((this.state.getUint32(0x488, true) >> (2 * register)) & 3) === 3) return 3
    const exponent = this.state.getUint16(0x408 + 16 * register, true) & 0x7fff
    const significand = this.state.getBigUint64(0x400 + 16 * register, true)
    if (exponent === 0 && significand === 0n) return 1
    return exponent === 0 || exponent === 0x7fff || significand >> 63n === 0n ? 2 : 0
  }
}
