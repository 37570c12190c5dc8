import { Bios, PIIX_HARDWARE, PIIX_HPET, type BiosMachine, type IdePlace } from '@mica-vm/firmware'
import type { ShadowMmu } from '@mica-vm/shadow-mmu'
import type { CpuModel, Engine, Vcpu } from '@mica-vm/binary-translator'
import type { PcPlatform } from '@mica-vm/pc-devices'
import { VcpuRegisters } from './bios-cpu.ts'
import { BiosMemory, type PhysicalBytes } from './bios-memory.ts'
import { SUSPEND_TYPE } from './firmware-files.ts'
import type { Drives } from './media.ts'

/** Bytes of the BIOS that this package brings with it. */
export const micaBiosBytes = 0x1_0000

export interface BiosHostParts {
  readonly vcpu: Vcpu
  readonly engine: Engine
  readonly mmu: ShadowMmu
  readonly pages: PhysicalBytes
  readonly bytes: Uint8Array
  readonly platform: PcPlatform
  readonly drives: Drives
  readonly ramBytes: number
  readonly model: CpuModel
}

/** Mica's own BIOS in a machine: its trap port on the bus, its services between two slices. */
export class BiosHost {
  readonly #bios: Bios
  #isCalled = false

  constructor({ vcpu, engine, mmu, pages, bytes, platform, drives, ramBytes, model }: BiosHostParts) {
    const { bus } = platform
    const memory = new BiosMemory({
      bytes,
      mmu,
      mmio: bus,
      pages,
      privilege: () => (vcpu.state.cpl === 3 ? 1 : 0),
      onTraced: (host, length) => engine.cache.invalidate(host, length),
    })
    const cpu = new VcpuRegisters(vcpu)
    this.#bios = new Bios({ cpu, memory, ports: bus, machine: describe(drives, ramBytes, model) })
    bus.attachPorts(this.#bios.trapPort, 1, {
      portWidth: 1,
      readPort: () => 0xff,
      writePort: () => {
        this.#isCalled = true
        vcpu.requestExit()
      },
    })
  }

  get rom(): Uint8Array {
    return this.#bios.rom
  }

  /** The processor has returned: if it was called meanwhile, the BIOS does what was asked of it. Whether it did anything. */
  serve(): boolean {
    if (!this.#isCalled) return false
    this.#isCalled = false
    return this.#bios.service()
  }
}

const placeOnCables = (place: number): IdePlace => ({ channel: (place >> 1) as 0 | 1, unit: (place & 1) as 0 | 1 })

function describe({ floppies, disks, cdroms, bootOrder }: Drives, ramBytes: number, model: CpuModel): BiosMachine {
  const { eax: signature, edx: features } = model.cpuid(1, 0)
  const byPlace = <Placed extends { readonly place: number }>(drives: readonly Placed[]): Placed[] =>
    [...drives].sort((one, other) => one.place - other.place)
  return {
    ramBytes,
    processor: { signature, features },
    floppies,
    disks: byPlace(disks).map(({ store, place }) => ({ store, place: placeOnCables(place) })),
    cdroms: byPlace(cdroms).map((drive) => ({
      get medium() {
        return drive.medium
      },
      get changes() {
        return drive.changes
      },
      eject: () => drive.ejectForGuest(),
      place: placeOnCables(drive.place),
    })),
    bootOrder,
    acpi: { ...PIIX_HARDWARE, hpet: PIIX_HPET, vga: true, s3SleepType: SUSPEND_TYPE },
  }
}
