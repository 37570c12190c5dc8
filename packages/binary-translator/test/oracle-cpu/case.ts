// One instruction with everything that it sees: the input of the C harness, and how it is made.
import type { Random } from '../random/random.ts'

export const codePage = 0x2000_0000
export const entry = 0x800
export const dataPage = 0x3000_0000
export const windowOffset = 0xf80
export const windowBytes = 512
export const edgeOffset = 0x1fc0
export const edgeBytes = 64
export const memoryBytes: number = windowBytes + edgeBytes
/** Base of GS; FS begins at the data page. */
export const gsBase: number = dataPage + 0x1000

const instructionBytes = 16
const headerBytes = 8 + 32

/** Input record: 16-bit code, EFLAGS, EAX ECX EDX EBX ESP EBP ESI EDI, code, memory. */
export const inputBytes: number = headerBytes + instructionBytes + memoryBytes
/** Output record: trap, error code, CR2, EIP, EFLAGS, registers, memory, selectors. */
export const outputBytes: number = 20 + 32 + memoryBytes + 12
/** Where the selectors lie: ES CS SS DS FS GS. */
export const selectorsAt: number = outputBytes - 12
/** Selectors of a process: 32-bit code and data, and the harness's 16-bit segments. */
export const Selector = { code32: 0x23, data32: 0x2b, data16: 0x07, gs: 0x0f, code16: 0x17 } as const

/** ES CS SS DS FS GS before a case. */
export const selectorsBefore = (code16: boolean): readonly number[] => {
  const data = code16 ? Selector.data16 : Selector.data32
  return [data, code16 ? Selector.code16 : Selector.code32, data, data, Selector.data16, Selector.gs]
}

const [ESP, EBP] = [4, 5]

/** What a memory operand's builder may choose. */
export interface OperandOptions {
  /** Bytes of the access, for operands at the edge of a page. */
  readonly size: number
  /** Always memory (register) instead of either. */
  readonly only?: 'memory' | 'register'
}

/**
 * Builds the input of one case; whatever the instruction does not care about is random. `random` decides on the code and
 * where its operands lie, `state` on what is in registers, flags and memory: with the same `random`, cases have the same
 * code.
 */
export class CaseMaker {
  readonly random: Random
  readonly state: Random
  readonly code16: boolean
  eflags: number
  readonly registers: number[]
  readonly memory: Uint8Array
  prefixes: number[] = []
  addressSize: 2 | 4
  isMemory = false
  #pinned = 0
  #segmentBase: number

  constructor(random: Random, state: Random, code16: boolean) {
    this.random = random
    this.state = state
    this.code16 = code16
    this.eflags = state.bits() & 0x8d5
    this.registers = Array.from({ length: 8 }, () => state.interesting())
    const words = new Uint32Array(memoryBytes / 4)
    for (let i = 0; i < words.length; i++)
      words[i] = i % 4 === 0 && state.chance(0.4) ? state.interesting() : state.bits()
    this.memory = new Uint8Array(words.buffer)
    this.addressSize = code16 ? 2 : 4
    this.#segmentBase = code16 ? dataPage : 0
    this.setStack()
  }

  /** Bytes of operands without a prefix. */
  get defaultSize(): number {
    return this.code16 ? 2 : 4
  }

  /** Stores into the memory record. */
  put(at: number, value: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) this.memory[at + i] = value >>> (8 * i)
  }

  /** Stores at an offset from the data page's start. */
  putAt(offset: number, value: number, bytes: number): void {
    this.put(offset - windowOffset, value, bytes)
  }

  pin(register: number, value: number): void {
    this.registers[register] = value >>> 0
    this.#pinned |= 1 << register
  }

  /** Linear address to offset in the data segment in use. */
  #offset(linear: number): number {
    return (linear - this.#segmentBase) >>> 0
  }

  /** ESP in the middle of the window, not pinned: an operand may move it. */
  setStack(offset: number = windowOffset + 256 + this.random.between(-16, 16)): void {
    const address = this.code16 ? offset : dataPage + offset
    this.registers[ESP] = address
  }

  /** Fixes ESP at its place, for instructions that use the stack. */
  pinStack(): void {
    this.pin(ESP, this.registers[ESP]!)
  }

  /** Makes the operand size `size` and adds the prefix that it takes. */
  operandSize(size: number): void {
    if (size > 1 && size !== this.defaultSize) this.prefixes.push(0x66)
  }

  #overrides(): void {
    const { random } = this
    if (random.chance(0.12)) {
      const gs = random.chance(0.4)
      this.prefixes.push(gs ? 0x65 : 0x64)
      this.#segmentBase = gs ? gsBase : dataPage
    }
    if (!random.chance(0.1)) return
    this.prefixes.push(0x67)
    this.addressSize = this.code16 ? 4 : 2
  }

  /** An offset from the data page's start for an operand of `size` bytes. */
  #target(size: number): number {
    const { random } = this
    if (random.chance(0.04)) return 0x2000 - random.below(size + 4)
    if (random.chance(0.2)) return 0x1000 - random.below(size + 1)
    return windowOffset + 128 + random.below(windowBytes - 256)
  }

  /** ModRM, SIB and displacement with `reg` in its middle field. */
  operand(reg: number, { size, only }: OperandOptions): number[] {
    const { random } = this
    this.isMemory = only === undefined ? random.chance(0.6) : only === 'memory'
    if (!this.isMemory) return [0xc0 | (reg << 3) | random.below(8)]
    this.#overrides()
    const target = this.#offset(dataPage + this.#target(size))
    return this.addressSize === 4 ? this.#address32(reg, target) : this.#address16(reg, target)
  }

  #isPinned(register: number): boolean {
    return (this.#pinned & (1 << register)) !== 0
  }

  #address32(reg: number, target: number): number[] {
    const { random } = this
    const mod = random.below(3)
    const rm = random.below(8)
    const field = (mod << 6) | (reg << 3)
    const short =
      mod === 1
        ? (random.byte() << 24) >> 24
        : mod === 2
          ? random.chance(0.5)
            ? random.bits() | 0
            : random.between(-300, 300)
          : 0
    if (rm !== 4) {
      if (mod === 0 && rm === EBP) return [field | 5, ...little(target, 4)]
      if (this.#isPinned(rm)) return [(reg << 3) | 5, ...little(target, 4)]
      this.registers[rm] = (target - short) >>> 0
      return [field | rm, ...displacement(mod, short)]
    }
    const scale = random.below(4)
    const index = random.below(8)
    let base = random.below(8)
    while (this.#isPinned(base) || (base === index && scale === 0)) base = random.below(8)
    const sib = (scale << 6) | (index << 3)
    const scaled = index === ESP ? 0 : Math.imul(this.registers[index]!, 1 << scale)
    if (mod === 0 && base === EBP) return [field | 4, sib | 5, ...little(target - scaled, 4)]
    if (index === base && index !== ESP) this.registers[base] = Math.imul(target - short, inverse[scale]!) >>> 0
    else this.registers[base] = (target - short - scaled) >>> 0
    return [field | 4, sib | base, ...displacement(mod, short)]
  }

  #address16(reg: number, target: number): number[] {
    const { random } = this
    let mod = random.below(3)
    let rm = random.below(8)
    const [base, index] = registers16[rm]!
    if (base >= 0 && this.#isPinned(base)) [mod, rm] = [0, 6]
    const field = (mod << 6) | (reg << 3) | rm
    if (mod === 0 && rm === 6) return [field, ...little(target, 2)]
    const short = mod === 1 ? (random.byte() << 24) >> 24 : mod === 2 ? random.bits() & 0xffff : 0
    const other = index >= 0 ? this.registers[index]! : 0
    this.registers[base] = ((this.registers[base]! & 0xffff_0000) | ((target - short - other) & 0xffff)) >>> 0
    return mod === 0 ? [field] : [field, ...little(short, mod === 1 ? 1 : 2)]
  }

  /** The harness's input record. */
  record(code: readonly number[], into: Uint8Array, at: number): void {
    const view = new DataView(into.buffer, into.byteOffset + at)
    view.setUint32(0, this.code16 ? 1 : 0, true)
    view.setUint32(4, this.eflags, true)
    this.registers.forEach((value, i) => view.setUint32(8 + 4 * i, value, true))
    const bytes = [...this.prefixes, ...code]
    if (bytes.length > 15) throw new RangeError(`an instruction of ${bytes.length} bytes`)
    into.fill(0xcc, at + headerBytes, at + headerBytes + instructionBytes)
    into.set(bytes, at + headerBytes)
    into.set(this.memory, at + headerBytes + instructionBytes)
  }
}

/** Inverses of 1 + 2^scale modulo 2^32. */
const inverse: readonly number[] = [0, 0xaaaa_aaab, 0xcccc_cccd, 0x38e3_8e39]

/** Base and index register of each 16-bit form. */
const registers16: readonly (readonly [base: number, index: number])[] = [
  [3, 6],
  [3, 7],
  [5, 6],
  [5, 7],
  [6, -1],
  [7, -1],
  [5, -1],
  [3, -1],
]

export function little(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff)
}

const displacement = (mod: number, value: number): number[] => (mod === 0 ? [] : little(value, mod === 1 ? 1 : 4))

/** A record of `input` as named fields. */
export interface Input {
  readonly code16: boolean
  readonly eflags: number
  readonly registers: readonly number[]
  readonly code: Uint8Array
  readonly memory: Uint8Array
}

export function readInput(records: Uint8Array, at: number): Input {
  const view = new DataView(records.buffer, records.byteOffset + at)
  return {
    code16: view.getUint32(0, true) !== 0,
    eflags: view.getUint32(4, true),
    registers: Array.from({ length: 8 }, (_, i) => view.getUint32(8 + 4 * i, true)),
    code: records.subarray(at + headerBytes, at + headerBytes + instructionBytes),
    memory: records.subarray(at + headerBytes + instructionBytes, at + inputBytes),
  }
}

/** What is left of the processor after an instruction. */
export interface Outcome {
  /** Exception vector; 3: none, the next instruction was reached. */
  trap: number
  error: number
  cr2: number
  /** Linear address. */
  eip: number
  eflags: number
  registers: number[]
  memory: Uint8Array
  /** ES CS SS DS FS GS. */
  selectors: readonly number[]
}

export function readOutcome(records: Uint8Array, at: number): Outcome {
  const view = new DataView(records.buffer, records.byteOffset + at)
  const [trap, error, cr2, eip, eflags] = [0, 4, 8, 12, 16].map((field) => view.getUint32(field, true))
  const registers = Array.from({ length: 8 }, (_, i) => view.getUint32(20 + 4 * i, true))
  return {
    trap: trap!,
    error: error!,
    cr2: cr2!,
    eip: eip!,
    eflags: eflags!,
    registers,
    memory: records.subarray(at + 52, at + selectorsAt),
    selectors: Array.from({ length: 6 }, (_, i) => view.getUint16(selectorsAt + 2 * i, true)),
  }
}
