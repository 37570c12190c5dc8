export { buildAcpiTables } from './acpi/tables.ts'
export type { AcpiTables } from './acpi/tables.ts'
export { buildAcpiLoaderFiles } from './acpi/table-loader.ts'
export type { AcpiLoaderFiles } from './acpi/table-loader.ts'
export { buildSmbiosFiles } from './bios/structures/smbios.ts'
export { PIIX_HARDWARE, PIIX_HPET } from './acpi/hardware.ts'
export type { AcpiHardware, HpetDescription, PciInterrupts } from './acpi/hardware.ts'
export { FirmwareError } from './errors.ts'
export type { FirmwareProblem, FirmwareProblemKind } from './errors.ts'
export { buildFirmwareKernel } from './linux/firmware-kernel.ts'
export type { FirmwareKernel, FirmwareKernelOptions } from './linux/firmware-kernel.ts'
export { loadLinux } from './linux/load-linux.ts'
export type { LinuxBoot } from './linux/load-linux.ts'
export { memoryMap, MemoryType } from './memory/memory-map.ts'
export type { MemoryMapEntry } from './memory/memory-map.ts'
export { MULTIBOOT_BOOTLOADER_MAGIC, loadMultiboot } from './multiboot/load-multiboot.ts'
export type { MultibootBoot, MultibootModule } from './multiboot/load-multiboot.ts'
export { REGISTER_NAMES, SEGMENT_NAMES } from './types.ts'
export type { EntryState, GuestMemory, RamRange, RegisterName, Screen, SegmentName, SegmentState } from './types.ts'
export { Bios } from './bios/bios.ts'
export type {
  BiosCpu,
  BiosMachine,
  BiosOptions,
  BiosPorts,
  BootDevice,
  CdRom,
  CpuMode,
  HardDisk,
  IdePlace,
  RemovableDrive,
  SectorStore,
} from './bios/types.ts'
