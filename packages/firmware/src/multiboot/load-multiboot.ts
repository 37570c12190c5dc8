import type { AcpiHardware } from '../acpi/hardware.ts'
import { reserveSegments, writeSegments } from '../elf-loader.ts'
import { flatEntryState } from '../entry-state.ts'
import { FirmwareError } from '../errors.ts'
import { GuestWriter } from '../memory/guest-writer.ts'
import { FOUR_GIB, HIGH_START, LOW_START, PAGE } from '../memory/layout.ts'
import { writeLowMemory } from '../memory/low-memory.ts'
import { memoryMap } from '../memory/memory-map.ts'
import { MemoryPlan } from '../memory/memory-plan.ts'
import type { EntryState, GuestMemory, RamRange, Screen } from '../types.ts'
import { parseMultibootImage } from './image.ts'
import { buildMultibootInfo } from './info.ts'
import type { InfoFields, PlacedModule } from './info.ts'

export interface MultibootModule {
  /** First word of the module's command line. */
  readonly name: string
  readonly data: Uint8Array
  readonly commandLine?: string
}

export interface MultibootBoot {
  readonly memory: GuestMemory
  readonly ram: readonly RamRange[]
  /** ELF32, or any file whose Multiboot header has load addresses. */
  readonly kernel: Uint8Array
  /** First word of the command line; default `kernel`. */
  readonly name?: string
  readonly commandLine?: string
  readonly modules?: readonly MultibootModule[]
  /** BIOS number of the drive that the image came from (0x80: first disk); absent: from none. */
  readonly bootDrive?: number
  readonly acpi?: AcpiHardware
  readonly screen?: Screen
}

/** What EAX tells the image: a Multiboot loader started it. */
export const MULTIBOOT_BOOTLOADER_MAGIC = 0x2badb002
const LOADER_NAME = 'Mica'
const INFO_ALIGNMENT = 8

/**
 * Puts a Multiboot 1 image with its modules into guest memory and answers the machine state of the specification's 3.2:
 * EAX the magic, EBX the information structure, flat segments, paging and interrupts off. A requested video mode is not set:
 * the image sees the text screen, if there is one. Nothing is written before all fits.
 *
 * @throws FirmwareError when the image or its modules cannot be booted in this memory.
 * @example const entry = loadMultiboot({ memory, ram: [{ start: 0, length: 64 << 20 }], kernel, modules: [{ name: 'initrd', data }] })
 */
export function loadMultiboot(boot: MultibootBoot): EntryState {
  const {
    memory,
    ram,
    kernel,
    name = 'kernel',
    commandLine = '',
    modules = [],
    bootDrive,
    acpi,
    screen = 'none',
  } = boot
  const plan = new MemoryPlan(ram)
  takeFirmwareMemory(plan)
  const image = parseMultibootImage(kernel, name)
  reserveSegments(plan, image.layout, name)
  const placed = placeModules(plan, modules)
  const fields: InfoFields = {
    commandLine: joinLine(name, commandLine),
    loaderName: LOADER_NAME,
    bootDrive,
    modules: placed,
    map: memoryMap(ram),
    screen,
  }
  const infoBytes = buildMultibootInfo(0, fields).length
  const info = placeInfo(plan, infoBytes)

  const writer = new GuestWriter(memory)
  writeLowMemory(writer, acpi)
  writeSegments(writer, kernel, image.layout)
  modules.forEach(({ data }, index) => writer.write(placed[index]?.start ?? 0, data))
  writer.write(info, buildMultibootInfo(info, fields))
  return flatEntryState(writer, image.entry, { eax: MULTIBOOT_BOOTLOADER_MAGIC, ebx: info })
}

/** Interrupt vectors, BIOS data area, descriptor table: an image that wants these addresses cannot be started. */
function takeFirmwareMemory(plan: MemoryPlan): void {
  if (!plan.take(0, LOW_START)) {
    throw new FirmwareError({
      kind: 'does-not-fit',
      what: 'the low memory of a PC',
      bytes: LOW_START,
      where: 'the RAM ranges: they must begin at 0',
    })
  }
}

/** Above 1 MiB and page aligned whether the header asks or not: an image may rely on neither being otherwise. */
function placeModules(plan: MemoryPlan, modules: readonly MultibootModule[]): PlacedModule[] {
  return modules.map(({ name, data, commandLine = '' }) => {
    const start = plan.takeLowest({ bytes: Math.max(data.length, 1), align: PAGE, from: HIGH_START, to: FOUR_GIB })
    if (start < 0)
      throw new FirmwareError({
        kind: 'does-not-fit',
        what: `module ${name}`,
        bytes: data.length,
        where: 'the RAM that the image leaves',
      })
    return { start, bytes: data.length, commandLine: joinLine(name, commandLine) }
  })
}

/** Below 640 KiB if possible: that is where images look for what they must not overwrite. */
function placeInfo(plan: MemoryPlan, bytes: number): number {
  const info = plan.takeLowest({ bytes, align: INFO_ALIGNMENT, from: LOW_START, to: FOUR_GIB })
  if (info >= 0) return info
  throw new FirmwareError({
    kind: 'does-not-fit',
    what: 'the Multiboot information',
    bytes,
    where: 'the RAM that the image leaves',
  })
}

function joinLine(name: string, commandLine: string): string {
  const line = commandLine === '' ? name : `${name} ${commandLine}`
  if (line.includes('\0'))
    throw new FirmwareError({
      kind: 'bad-option',
      option: 'commandLine',
      reason: `the one of ${name.replaceAll('\0', '')} holds a NUL character`,
    })
  return line
}
