// A vCPU with the real MMU and memory, for programs that may be anything at all.
import { MachineMemory, PhysicalMap } from '@mica-vm/machine-memory'
import { ShadowMmu, type PhysicalPages } from '@mica-vm/shadow-mmu'
import { Engine, Vcpu, tlbOffsets, vcpuBytes, type EngineMode } from '../../src/index.ts'
import { Canaries } from './canaries.ts'
import { ramPages, romStart, type ProgramTarget } from './fuzz-program.ts'
import { fullModel } from './full-model.ts'
import { FakeInterrupts, FakeIo, FakeRandom } from '../../src/testing/index.ts'

const base = 4096
const gap = 4096
const cacheStart = base + vcpuBytes + gap
const cacheBytes = 1 << 20
const romPage = new Uint8Array(4096).fill(0xf4)
const { entries, ...offsets } = tlbOffsets

const romPages = 2

export class FuzzMachine implements ProgramTarget {
  readonly engine: Engine
  readonly vcpu: Vcpu
  readonly mmu: ShadowMmu
  readonly io: FakeIo = new FakeIo()
  readonly random: FakeRandom = new FakeRandom()
  readonly interrupts: FakeInterrupts = new FakeInterrupts()
  /** Each page of RAM where it lies in the host's memory. */
  readonly pages: readonly Uint8Array[]
  readonly #canaries: Canaries
  readonly #roms: readonly Uint8Array[]

  /** `behind` may stand between the MMU and the map of pages. */
  constructor(mode: EngineMode, heat: number, behind: (pages: PhysicalPages) => PhysicalPages = (pages) => pages) {
    const reserved = cacheStart + cacheBytes + gap
    const frames = ramPages + romPages
    const bytes = Math.ceil((reserved + (2 * frames + 8) * 4096) / 65536) * 65536
    const memory = new MachineMemory({ bytes, reservedBytes: reserved })
    this.#canaries = new Canaries(memory, frames, base, [
      [base + vcpuBytes, cacheStart],
      [cacheStart + cacheBytes, reserved],
    ])
    const map = new PhysicalMap(memory, {
      ranges: [
        { start: 0, length: ramPages * 4096, kind: 'ram' },
        { start: romStart, length: romPages * 4096, kind: 'rom' },
      ],
    })
    const page = (host: number): Uint8Array => memory.bytes.subarray(host, host + 4096)
    this.pages = Array.from({ length: ramPages }, (_, ppn) => page(map.writeAddress(ppn)))
    this.#roms = Array.from({ length: romPages }, (_, i) => {
      map.load(romStart + i * 4096, romPage)
      return page(map.readAddress((romStart >>> 12) + i))
    })
    this.engine = new Engine({ memory: memory.memory, cacheStart, cacheBytes, mode, heat })
    const { engine, io, interrupts } = this
    this.mmu = new ShadowMmu({
      memory: memory.memory,
      base,
      layout: { entries, offsets },
      pages: behind(map),
      onTracedUpdate: (host, count) => engine.cache.invalidate(host, count),
    })
    map.onChange((ppn) => this.mmu.forget(ppn))
    this.vcpu = new Vcpu({ engine, base, mmu: this.mmu, io, interrupts, random: this.random, model: fullModel() })
    interrupts.onAcknowledge = () => this.vcpu.setInterruptLine(interrupts.pending)
    io.onAccess = ({ kind, value }) => {
      if ((kind === 'write' || kind === 'out') && (value & 15) === 3) this.interrupt(0x20 + ((value >>> 4) & 15))
    }
  }

  interrupt(vector: number): void {
    this.interrupts.queue.push(vector)
    this.vcpu.setInterruptLine(true)
  }

  /** Empty memory, no code cached, the processor at its reset. */
  reset(): void {
    for (const page of this.pages) page.fill(0)
    this.engine.flush()
    this.interrupts.queue.length = 0
    this.io.log.length = 0
    this.random.reset()
    this.vcpu.reset()
    this.vcpu.setInterruptLine(false)
    this.mmu.flush()
  }

  /** Whether what the guest cannot write is as it was. */
  get intact(): boolean {
    return this.#canaries.intact && this.#roms.every((rom) => Buffer.compare(rom, romPage) === 0)
  }
}
