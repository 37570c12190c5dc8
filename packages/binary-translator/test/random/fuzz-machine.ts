// A vCPU with the real MMU and memory, for programs that may be anything at all.
import { MachineMemory, PhysicalMap } from '@mica-vm/machine-memory'
import { ShadowMmu } from '@mica-vm/shadow-mmu'
import { Engine, Vcpu, mica32, tlbOffsets, vcpuBytes, type EngineMode } from '../../src/index.ts'
import { FakeInterrupts, FakeIo } from '../../src/testing/index.ts'

const base = 4096
const cacheBytes = 1 << 20
const canaryPage = new Uint8Array(4096).fill(0xa5)
const romPage = new Uint8Array(4096).fill(0xf4)
const { entries, ...offsets } = tlbOffsets

/** Guest pages of RAM, from physical address 0 on; a few of ROM lie behind a hole. */
export const ramPages = 64
export const romStart = 0x6_0000
const romPages = 2

export class FuzzMachine {
  readonly engine: Engine
  readonly vcpu: Vcpu
  readonly mmu: ShadowMmu
  readonly io: FakeIo = new FakeIo()
  readonly interrupts: FakeInterrupts = new FakeInterrupts()
  /** Each page of RAM where it lies in the host's memory. */
  readonly pages: readonly Uint8Array[]
  readonly #canaries: readonly Uint8Array[]
  readonly #roms: readonly Uint8Array[]

  constructor(mode: EngineMode, heat: number) {
    const reserved = base + vcpuBytes + cacheBytes
    const bytes = Math.ceil((reserved + (ramPages + romPages + 8) * 4096) / 65536) * 65536
    const memory = new MachineMemory({ bytes, reservedBytes: reserved })
    const canary = (): Uint8Array => {
      const frame = memory.bytes.subarray(memory.allocate() * 4096).subarray(0, 4096)
      frame.set(canaryPage)
      return frame
    }
    const first = canary()
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
    this.#canaries = [first, canary()]
    this.engine = new Engine({ memory: memory.memory, cacheStart: base + vcpuBytes, cacheBytes, mode, heat })
    const { engine, io, interrupts } = this
    this.mmu = new ShadowMmu({
      memory: memory.memory,
      base,
      layout: { entries, offsets },
      pages: map,
      onTracedUpdate: (host, count) => engine.cache.invalidate(host, count),
    })
    map.onChange((ppn) => this.mmu.forget(ppn))
    this.vcpu = new Vcpu({ engine, base, mmu: this.mmu, io, interrupts, model: mica32() })
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
    this.vcpu.reset()
    this.vcpu.setInterruptLine(false)
    this.mmu.flush()
  }

  /** Whether what the guest cannot write is as it was. */
  get intact(): boolean {
    return (
      this.#canaries.every((canary) => Buffer.compare(canary, canaryPage) === 0) &&
      this.#roms.every((rom) => Buffer.compare(rom, romPage) === 0)
    )
  }
}
