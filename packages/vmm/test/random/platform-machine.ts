// A machine with every device that a PC can have, driven slice by slice, for guests that may do anything.
import { isDeepStrictEqual } from 'node:util'
import {
  Engine,
  type EngineMode,
  VcpuExit,
  Flag,
  cpuModel,
  addableFeatures,
  vcpuBytes,
} from '@mica-vm/binary-translator'
import { differences, snapshot } from '@mica-vm/binary-translator/testing'
import { MachineMemory } from '@mica-vm/machine-memory'
import { MemoryBlockStore } from '@mica-vm/pc-devices'
import { Canaries } from '../../../binary-translator/test/random/canaries.ts'
import { ramPages, type ProgramTarget } from '../../../binary-translator/test/random/fuzz-program.ts'
import { Machine, type Request } from '../../src/internal/machine.ts'
import { Listeners } from '../../src/internal/listeners.ts'
import { Wakeup } from '../../src/internal/wakeup.ts'
import type { MachineOptions, VmEvents } from '../../src/types.ts'

const wasmPage = 65_536
const base = wasmPage
const cacheStart = base + Math.ceil(vcpuBytes / wasmPage) * wasmPage + wasmPage
const cacheBytes = 2 ** 20
const reservedBytes = cacheStart + cacheBytes + wasmPage
/** RAM, BIOS, its shadow, and a few. */
const guestFrames = 400
const frameBytes = 4096

const hlt = 0xf4
const sectors = (count: number, sectorBytes: number): MemoryBlockStore =>
  new MemoryBlockStore(new Uint8Array(count * sectorBytes).fill(0x5a), { sectorBytes })

function options(): MachineOptions {
  return {
    memory: 2 ** 20,
    clock: 'instructions',
    firmware: { bios: new Uint8Array(wasmPage).fill(hlt) },
    media: { floppies: [sectors(1440, 512)], disks: [sectors(64, 512)], cdroms: [sectors(16, 2048)] },
    serial: [{}, {}],
  }
}

/** Where a machine is after a program. */
export interface Ending {
  readonly exits: readonly number[]
  readonly requests: readonly Request[]
  readonly retired: number
  readonly timeNs: number
}

export class PlatformMachine implements ProgramTarget {
  readonly #memory: MachineMemory
  readonly #canaries: Canaries
  readonly #machine: Machine
  readonly #stores: readonly { store: MemoryBlockStore; original: Uint8Array }[]
  pages: readonly Uint8Array[] = []

  constructor(mode: EngineMode, heat: number) {
    const frames = 2 * guestFrames + 16
    const bytes = reservedBytes + Math.ceil((frames * frameBytes) / wasmPage) * wasmPage
    this.#memory = new MachineMemory({ bytes, reservedBytes })
    this.#canaries = new Canaries(this.#memory, guestFrames, base, [
      [base + vcpuBytes, cacheStart],
      [cacheStart + cacheBytes, reservedBytes],
    ])
    const engine = new Engine({ memory: this.#memory.memory, cacheStart, cacheBytes, mode, heat })
    this.#memory.onFrameFreed((frame) => engine.cache.invalidateFrame(frame * frameBytes))
    const vmOptions = options()
    const { floppies = [], disks = [], cdroms = [] } = vmOptions.media!
    this.#stores = [...floppies, ...disks, ...cdroms].map((store) => ({
      store: store as MemoryBlockStore,
      original: (store as MemoryBlockStore).bytes.slice(),
    }))
    this.#machine = new Machine({
      memory: this.#memory,
      engine,
      base,
      options: vmOptions,
      model: cpuModel('x86-64-v2', addableFeatures),
      clock: null,
      wakeup: new Wakeup(),
      listeners: new Listeners<VmEvents>(),
    })
  }

  get vcpu(): Machine['vcpu'] {
    return this.#machine.vcpu
  }

  /** As if new: memory, media, devices, processor. */
  reset(): void {
    const machine = this.#machine
    machine.reset('lost')
    machine.request = null
    machine.load()
    machine.platform.assignPciResources()
    this.#stores.forEach(({ store, original }) => store.bytes.set(original))
    const { pages } = machine
    this.pages = Array.from({ length: ramPages }, (_, ppn) => {
      const host = pages.writeAddress(ppn)
      return this.#memory.bytes.subarray(host, host + frameBytes)
    })
  }

  /** Runs some slices of `budgets` instructions, each cut short by the next timer. */
  run(budgets: readonly number[]): Ending {
    const { time, timers, vcpu, platform } = this.#machine
    const before = vcpu.retired
    const exits: number[] = []
    const requests: Request[] = []
    for (const most of budgets) {
      timers.runDue(time.begin())
      const budget = Math.max(1, Math.min(most, Math.ceil(timers.nextDeadline() - time.nowNs())))
      timers.sliceEndNs = time.nowNs() + budget
      const exit = vcpu.run(budget)
      timers.sliceEndNs = -Infinity
      exits.push(exit)
      if (this.#machine.request) requests.push(this.#machine.request)
      this.#machine.request = null
      for (const port of this.#machine.serial) port.flush()
      if (exit === VcpuExit.Shutdown) break
      if (exit !== VcpuExit.Halt || platform.interrupts.pending) continue
      const deadline = timers.nextDeadline()
      if (!(vcpu.state.systemFlags & Flag.IF) || deadline === Infinity) break
      time.skipTo(deadline)
    }
    return { exits, requests, retired: vcpu.retired - before, timeNs: time.nowNs() }
  }

  /** What differs from another machine after the same program; empty: nothing. */
  differencesFrom(other: PlatformMachine): string[] {
    const found = differences(snapshot(this.vcpu.state), snapshot(other.vcpu.state))
    const theirs = other.#devices()
    for (const [name, state] of Object.entries(this.#devices())) {
      if (!isDeepStrictEqual(state, theirs[name])) found.push(`${name} differs`)
    }
    found.push(...this.#videoMemoryDifferences(other))
    this.#stores.forEach(({ store }, i) => {
      if (Buffer.compare(store.bytes, other.#stores[i]!.store.bytes) !== 0) found.push(`medium ${i} differs`)
    })
    for (let ppn = 0; ppn < 256; ppn++) {
      const [a, b] = [this.#page(ppn), other.#page(ppn)]
      if (Buffer.compare(a, b) === 0) continue
      const at = a.findIndex((byte, i) => byte !== b[i])
      found.push(`page ${ppn.toString(16)} at ${at.toString(16)}: ${a[at]!.toString(16)} / ${b[at]!.toString(16)}`)
    }
    return found
  }

  /** The devices' states by name; of the VGA's memory which pages are in use. */
  #devices(): Record<string, unknown> {
    const { pic, pit, rtc, keyboardController, acpi, pci, localApic, ioApic, firmwareDevices } = this.#machine.platform
    const { vga, ide, floppy, dma, fwCfg } = firmwareDevices
    const states = { pic, pit, rtc, keyboardController, acpi, pci, localApic, ioApic, ide, floppy, dma, fwCfg }
    return {
      ...Object.fromEntries(Object.entries(states).map(([name, device]) => [name, device?.snapshot()])),
      vga: [vga?.registers.snapshot(), vga?.vbe.snapshot(), vga?.memory.latches],
      vgaPages: vga!.memory.usedPages,
    }
  }

  #videoMemoryDifferences(other: PlatformMachine): string[] {
    const [mine, theirs] = [this, other].map((machine) => machine.#machine.platform.firmwareDevices.vga!.memory)
    const differs = (used: number, page: number): boolean => {
      const pageOf = ({ bytes }: { bytes: Uint8Array }): Uint8Array =>
        bytes.subarray(page * frameBytes, (page + 1) * frameBytes)
      return used !== 0 && Buffer.compare(pageOf(mine!), pageOf(theirs!)) !== 0
    }
    return mine!.usedPages.some(differs) ? ['video memory differs'] : []
  }

  #page(ppn: number): Uint8Array {
    const frame = this.#machine.pages.frameOf(ppn)
    return frame < 0 ? empty : this.#memory.bytes.subarray(frame * frameBytes, (frame + 1) * frameBytes)
  }

  /** Whether memory that is not the guest's is as it was. */
  get intact(): boolean {
    return this.#canaries.intact
  }
}

const empty = new Uint8Array(frameBytes)
