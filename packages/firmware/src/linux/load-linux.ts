import type { AcpiHardware } from '../acpi/hardware.ts'
import { isElf, parseElf, physicalEntry } from '../elf.ts'
import { reserveSegments, writeSegments } from '../elf-loader.ts'
import { flatEntryState } from '../entry-state.ts'
import { FirmwareError, hex } from '../errors.ts'
import { GuestWriter } from '../memory/guest-writer.ts'
import { BOOT_PARAMS_BASE, COMMAND_LINE_BASE, EBDA_BASE, FOUR_GIB, HIGH_START, PAGE } from '../memory/layout.ts'
import { writeLowMemory } from '../memory/low-memory.ts'
import { memoryMap } from '../memory/memory-map.ts'
import { MemoryPlan } from '../memory/memory-plan.ts'
import type { EntryState, GuestMemory, RamRange, Screen } from '../types.ts'
import { buildBootParams } from './boot-params.ts'
import { encodeCommandLine } from './command-line.ts'
import { writeLongModeStub } from './long-mode-stub.ts'
import { parseSetupHeader } from './setup-header.ts'

export interface LinuxBoot {
  readonly memory: GuestMemory
  readonly ram: readonly RamRange[]
  /** A bzImage (protocol 2.02 or later), or an unpacked vmlinux (ELF, 32 or 64 bits), which starts much sooner. */
  readonly kernel: Uint8Array
  readonly initrd?: Uint8Array
  readonly commandLine?: string
  /** The machine that the ACPI tables describe; without it there are none. */
  readonly acpi?: AcpiHardware
  /** Default `none`. */
  readonly screen?: Screen
}

/** A kernel laid out in the plan: how to write it, and where it starts. */
interface PlacedKernel {
  readonly header: Uint8Array | undefined
  readonly start: number
  readonly initrdMax: number
  readonly commandLineLimit: number
  /** Writes the kernel and answers the 32-bit entry point. */
  readonly write: (writer: GuestWriter) => number
}

/** What a kernel without a header says in its bzImage (COMMAND_LINE_SIZE, and 2 GiB for the initrd). */
const VMLINUX_COMMAND_LINE_LIMIT = 2047
const VMLINUX_INITRD_MAX = 0x7fffffff

/**
 * Puts a Linux kernel with its initrd, command line, memory map and ACPI tables into guest memory, and answers the
 * processor state of the 32-bit boot protocol (kernel documentation, arch/x86/boot). Nothing is written before all fits.
 *
 * @throws FirmwareError when the kernel or the initrd cannot be booted in this memory.
 * @example const entry = loadLinux({ memory, ram: [{ start: 0, length: 256 << 20 }], kernel, initrd, commandLine: 'console=ttyS0' })
 */
export function loadLinux(boot: LinuxBoot): EntryState {
  const { memory, ram, kernel: image, initrd = new Uint8Array(0), commandLine = '', acpi, screen = 'none' } = boot
  const plan = new MemoryPlan(ram)
  if (!plan.take(0, EBDA_BASE)) {
    throw new FirmwareError({
      kind: 'does-not-fit',
      what: 'the low memory of a PC',
      bytes: EBDA_BASE,
      where: 'the RAM ranges: they must begin at 0',
    })
  }
  const kernel = isElf(image) ? placeVmlinux(plan, image) : placeBzImage(plan, image)
  const line = encodeCommandLine(commandLine, kernel.commandLineLimit)
  const initrdStart = placeInitrd(plan, initrd, kernel.initrdMax)
  const map = memoryMap(ram)

  const writer = new GuestWriter(memory)
  const page = (rsdp: number): Uint8Array =>
    buildBootParams({
      header: kernel.header,
      loadAddress: kernel.start,
      commandLine: COMMAND_LINE_BASE,
      initrd: { start: initrdStart, bytes: initrd.length },
      map,
      rsdp,
      screen,
    })
  page(0)
  writer.write(BOOT_PARAMS_BASE, page(writeLowMemory(writer, acpi)))
  writer.write(COMMAND_LINE_BASE, line)
  writer.write(initrdStart, initrd)
  const eip = kernel.write(writer)
  return flatEntryState(writer, eip, { esi: BOOT_PARAMS_BASE })
}

function placeBzImage(plan: MemoryPlan, image: Uint8Array): PlacedKernel {
  const { bytes, code, loadAddress, initBytes, initrdMax, commandLineLimit } = parseSetupHeader(image)
  if (!plan.take(loadAddress, initBytes)) throw noRoomForKernel(initBytes, loadAddress)
  const write = (writer: GuestWriter): number => {
    writer.write(loadAddress, code)
    return loadAddress
  }
  return { header: bytes, start: loadAddress, initrdMax, commandLineLimit, write }
}

function placeVmlinux(plan: MemoryPlan, image: Uint8Array): PlacedKernel {
  const elf = parseElf(image, 'the kernel')
  const entry = physicalEntry(elf, 'the kernel')
  reserveSegments(plan, elf, 'the kernel')
  const write = (writer: GuestWriter): number => {
    writeSegments(writer, image, elf)
    return elf.bits === 64 ? writeLongModeStub(writer, entry) : entry
  }
  return {
    header: undefined,
    start: entry,
    initrdMax: VMLINUX_INITRD_MAX,
    commandLineLimit: VMLINUX_COMMAND_LINE_LIMIT,
    write,
  }
}

function noRoomForKernel(bytes: number, address: number): FirmwareError {
  return new FirmwareError({
    kind: 'does-not-fit',
    what: 'the kernel',
    bytes,
    where: `the RAM from ${hex(address)} on`,
  })
}

function placeInitrd(plan: MemoryPlan, initrd: Uint8Array, initrdMax: number): number {
  if (initrd.length === 0) return 0
  const to = Math.min(initrdMax + 1, FOUR_GIB)
  const start = plan.takeHighest({ bytes: initrd.length, align: PAGE, from: HIGH_START, to })
  if (start >= 0) return start
  throw new FirmwareError({
    kind: 'does-not-fit',
    what: 'the initrd',
    bytes: initrd.length,
    where: `the RAM that the kernel leaves below ${hex(to)}`,
  })
}
