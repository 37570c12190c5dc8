import { Engine } from '../engine.ts'
import type { CpuState } from '../state/cpu-state.ts'
import { Layout, Segment, SegmentField, segmentSlot } from '../state/layout.ts'
import { vcpuBytes } from '../state/vcpu-memory.ts'
import { mica32 } from '../system/cpu-models.ts'
import type { CpuModel, SegmentState } from '../system/types.ts'
import type { EngineMode } from '../types.ts'
import { Vcpu } from '../vcpu.ts'
import type { VcpuExit } from '../vcpu-options.ts'
import { FakeInterrupts, FakeIo } from './fake-io.ts'
import { FakeMmu } from './fake-mmu.ts'
import { FakeRandom } from './fake-random.ts'

const pageBytes = 4096
const wasmPageBytes = 65536
const vcpuBase = pageBytes
/** What the frames around the RAM hold. */
const pattern = 0x5aa5_c33c

/** How to make a `FlatMachine`. */
export interface FlatMachineOptions {
  readonly mode?: EngineMode
  readonly heat?: number
  /** Default: 1, so that what is hot is translated at once. */
  readonly regionsPerModule?: number
  /** Guest RAM from linear address 0 on; a multiple of 4096. Default: 1 MiB. */
  readonly ramBytes?: number
  /** Size of the translation cache in bytes. Default: 2 MiB. */
  readonly cacheBytes?: number
  readonly model?: CpuModel
}

/** The eight general registers by name. */
export const registerNames = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const
export type RegisterName = (typeof registerNames)[number]

/** A processor state to start from; what is left out is flat 32-bit protected mode at privilege level 0. */
export interface StartState {
  readonly eip?: number
  readonly eflags?: number
  readonly cr0?: number
  readonly registers?: Partial<Readonly<Record<RegisterName, number>>>
  /** By number of the segment register. */
  readonly segments?: Readonly<Record<number, SegmentState>>
}

/** Rights of a present segment: 32-bit code and data at privilege level 0. */
export const flatCode: SegmentState = { selector: 0x08, base: 0, limit: 0xffff_ffff, attributes: 0xc09b }
export const flatData: SegmentState = { selector: 0x10, base: 0, limit: 0xffff_ffff, attributes: 0xc093 }

/**
 * One vCPU with RAM at linear address 0 and fakes around it: what a test of the engine needs, without any sibling
 * package. A frame on each side of the RAM holds a pattern that nothing may change.
 *
 * ```ts
 * const machine = new FlatMachine({ mode: 'translator' })
 * machine.start({ eip: 0x1000, registers: { eax: 41 } })
 * machine.write(0x1000, [0x40, 0xf4]) // INC EAX; HLT
 * machine.run(100)
 * machine.state.gpr(0) // 42
 * ```
 */
export class FlatMachine {
  readonly memory: WebAssembly.Memory
  readonly engine: Engine
  readonly vcpu: Vcpu
  readonly mmu: FakeMmu
  readonly io: FakeIo = new FakeIo()
  readonly interrupts: FakeInterrupts = new FakeInterrupts()
  readonly random: FakeRandom = new FakeRandom()
  readonly ramBytes: number
  /** The guest's RAM. */
  readonly ram: Uint8Array
  readonly #canaries: readonly Int32Array[]

  constructor({
    mode,
    heat,
    regionsPerModule = 1,
    ramBytes = 1 << 20,
    cacheBytes = 2 << 20,
    model = mica32(),
  }: FlatMachineOptions = {}) {
    if (ramBytes % pageBytes !== 0) throw new RangeError(`ramBytes is ${ramBytes}; must be a multiple of ${pageBytes}`)
    const cacheStart = vcpuBase + vcpuBytes
    const ram = cacheStart + cacheBytes + pageBytes
    const pages = Math.ceil((ram + ramBytes + pageBytes) / wasmPageBytes)
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    this.ramBytes = ramBytes
    this.ram = new Uint8Array(this.memory.buffer, ram, ramBytes)
    const canary = (at: number): Int32Array => new Int32Array(this.memory.buffer, at, pageBytes / 4).fill(pattern)
    this.#canaries = [canary(ram - pageBytes), canary(ram + ramBytes)]
    const engineMode = { ...(mode && { mode }), ...(heat !== undefined && { heat }) }
    this.engine = new Engine({ memory: this.memory, cacheStart, cacheBytes, regionsPerModule, ...engineMode })
    this.mmu = new FakeMmu({ memory: this.memory, base: vcpuBase, ram, ramBytes })
    const { engine, mmu, io, interrupts, random } = this
    this.vcpu = new Vcpu({ engine, base: vcpuBase, mmu, io, interrupts, random, model })
    interrupts.onAcknowledge = () => this.vcpu.setInterruptLine(interrupts.pending)
    this.start()
  }

  get state(): CpuState {
    return this.vcpu.state
  }

  /** Forgets everything that ran before, and starts anew; RAM, and what `mmu.map` changed, stay. */
  start(start: StartState = {}): void {
    const { state, vcpu } = this
    this.engine.flush()
    this.interrupts.queue.length = 0
    this.io.log.length = 0
    this.random.reset()
    vcpu.reset()
    vcpu.setInterruptLine(false)
    state.set(Layout.cr0, (start.cr0 ?? 0x11) >>> 0)
    for (let number = Segment.ES as number; number <= Segment.GS; number++) {
      this.#setSegment(number, start.segments?.[number] ?? (number === Segment.CS ? flatCode : flatData))
    }
    const virtual = ((start.eflags ?? 0) & 0x2_0000) !== 0
    state.set(Layout.cpl, virtual ? 3 : (start.cr0 ?? 1) & 1 ? state.selector(Segment.CS) & 3 : 0)
    registerNames.forEach((name, number) => state.setGpr(number, start.registers?.[name] ?? 0))
    state.eflags = start.eflags ?? 2
    state.eip = start.eip ?? 0
    vcpu.system.refresh()
  }

  #setSegment(number: number, { selector, base, limit, attributes }: SegmentState): void {
    const slot = segmentSlot(number)
    this.state.set(slot + SegmentField.selector, selector)
    this.state.set(slot + SegmentField.base, base)
    this.state.set(slot + SegmentField.limit, limit)
    this.state.set(slot + SegmentField.attributes, attributes)
  }

  /** Puts bytes into RAM, as a loader does: code that was cached there is dropped. */
  write(address: number, bytes: ArrayLike<number>): void {
    this.ram.set(bytes, address)
    this.engine.flush()
    this.vcpu.state.set(Layout.nextUnit, 0)
  }

  /** Puts a 32-bit number into RAM. */
  write32(address: number, value: number): void {
    for (let i = 0; i < 4; i++) this.ram[address + i] = value >>> (8 * i)
  }

  read32(address: number): number {
    const [a, b, c, d] = this.ram.subarray(address, address + 4)
    return (a! | (b! << 8) | (c! << 16) | (d! << 24)) >>> 0
  }

  /** Asserts INTR with `vector`. */
  interrupt(vector: number): void {
    this.interrupts.queue.push(vector)
    this.vcpu.setInterruptLine(true)
  }

  run(instructions: number): VcpuExit {
    return this.vcpu.run(instructions)
  }

  /** Whether the frames around the RAM are as they were. */
  get intact(): boolean {
    for (const canary of this.#canaries) {
      for (let i = 0; i < canary.length; i++) if (canary[i] !== pattern) return false
    }
    return true
  }
}
