import type { AcpiHardware } from '../acpi/hardware.ts'
import type { GuestMemory } from '../types.ts'

/** In which mode the processor is; each decides whether a trap may be a BIOS call. */
export type CpuMode = 'real' | 'virtual8086' | 'protected'

/**
 * Port: the processor between two instructions. General registers and flags are unsigned 32-bit numbers; reading and writing
 * them has no side effect. Segment registers are selectors; writing one loads its base as real and virtual-8086 mode do.
 */
export interface BiosCpu {
  eax: number
  ecx: number
  edx: number
  ebx: number
  esp: number
  ebp: number
  esi: number
  edi: number
  es: number
  cs: number
  ss: number
  ds: number
  fs: number
  gs: number
  /** Of the instruction that runs next. */
  eip: number
  eflags: number
  readonly mode: CpuMode
  /** Current privilege level, 0 to 3; 3 in virtual-8086 mode. */
  readonly privilege: number
  /** Base of the code segment. */
  readonly codeBase: number
}

/** Port: the I/O ports, as the guest's own IN and OUT reach them. */
export interface BiosPorts {
  readPort(port: number, size: 1 | 2 | 4): number
  writePort(port: number, size: 1 | 2 | 4, value: number): void
}

/** Port: what a drive keeps its sectors in; it answers at once. Reads and writes are whole sectors within `sectors`. */
export interface SectorStore {
  /** 512 for floppies and hard disks, 2048 for CD-ROMs. */
  readonly sectorBytes: number
  readonly sectors: number
  readonly readOnly: boolean
  read(sector: number, into: Uint8Array): void
  write(sector: number, from: Uint8Array): void
  flush(): void
}

/** A drive whose medium may be absent or change. */
export interface RemovableDrive {
  /** Null: no medium. */
  readonly medium: SectorStore | null
  /** How often the medium was changed since power-on. */
  readonly changes: number
}

/** Where on the IDE channels a drive is: what the drive parameters say (EDD 3.0, device path). */
export interface IdePlace {
  readonly channel: 0 | 1
  readonly unit: 0 | 1
}

export interface HardDisk {
  readonly store: SectorStore
  readonly place: IdePlace
}

export interface CdRom extends RemovableDrive {
  readonly place: IdePlace
  /** Opens the tray and takes the disc out; absent: only the machine's owner can. */
  eject?(): void
}

export type BootDevice = 'floppy' | 'disk' | 'cdrom'

/** The machine that the BIOS serves: what it cannot ask the hardware for. */
export interface BiosMachine {
  /** Bytes of RAM from address 0 on; 640 KiB to 1 MiB of it is not RAM. At least 1 MiB. */
  readonly ramBytes: number
  /** What CPUID says in leaf 1: EAX and EDX. */
  readonly processor?: { readonly signature: number; readonly features: number } | undefined
  /** Drives A and B. */
  readonly floppies: readonly RemovableDrive[]
  /** Hard disks from 80h on. */
  readonly disks: readonly HardDisk[]
  readonly cdroms: readonly CdRom[]
  /** Kinds of device to boot from, first to last. */
  readonly bootOrder: readonly BootDevice[]
  /** Null: no ACPI tables. */
  readonly acpi: AcpiHardware | null
}

/** What a BIOS needs from the rest of the machine. */
export interface BiosOptions {
  readonly cpu: BiosCpu
  /**
   * Memory by linear address, with the rights and the paging of the code that runs, and with device memory. Both methods answer
   * false, and change nothing, where that code would have faulted.
   */
  readonly memory: GuestMemory
  readonly ports: BiosPorts
  readonly machine: BiosMachine
}
