import type { CpuModel, EngineMode, ModelName } from '@mica-vm/binary-translator'
import type { BalloonEvent, BalloonState } from '@mica-vm/balloon'
import type {
  BlockStore,
  Bus,
  Line,
  PciHost,
  Picture,
  TextCell,
  TextCursor,
  Timers,
  WakeSource,
} from '@mica-vm/pc-devices'
import type { PolicyName } from '@mica-vm/shadow-mmu'
import type { HostMemoryOptions } from './host-memory.ts'
import type { CrashReport } from './crash-report.ts'
import type { VirtioOptions } from './virtio/options.ts'
import type { GuestMemory } from './vm-memory.ts'

/** Port: the clock of the machine that Mica runs on. */
export interface HostClock {
  /** Nanoseconds from any beginning, never backwards. */
  nowNs(): number
  /** Time of day: milliseconds since 1970-01-01T00:00:00Z. */
  unixMs(): number
}

/** How to make a `Host`. */
export interface HostOptions {
  /** Bytes of memory for all guests together, at most about 3.9 GiB. What no guest touches costs nothing. */
  readonly memory: number
  /** Which tiers run guest code; default `auto`. */
  readonly engine?: EngineMode
  /** Bytes for decoded guest code; default 64 MiB. What is not used costs nothing. */
  readonly translationCache?: number
  /** Virtual machines at a time; default 16. */
  readonly maximumVms?: number
  /** Default: the runtime's own clock. */
  readonly clock?: HostClock
  /** How memory is divided when there is not enough for all: `{}` for the defaults. Without it, machines take what they touch until there is no more. */
  readonly memoryPolicy?: HostMemoryOptions
}

/** Events of a host and what their listeners get. */
export interface HostEvents {
  /** How short of memory the host is has changed. */
  'memory-state': { readonly state: 'high' | 'soft' | 'hard' | 'low' }
}

/** Processor models by name; further features follow behind commas: `x86-64-v2,+aes`. */
export type CpuName = ModelName | `${ModelName},${string}`

/** An image to boot: Linux (bzImage or ELF vmlinux) or Multiboot 1, told apart by their headers. */
export interface BootSource {
  readonly kernel: Uint8Array
  /** First word of a Multiboot command line; default `kernel`. */
  readonly name?: string
  readonly commandLine?: string
  /** Linux only. */
  readonly initrd?: Uint8Array
  /** Multiboot only. */
  readonly modules?: readonly BootModule[]
}

export interface BootModule {
  readonly name: string
  readonly data: Uint8Array
  readonly commandLine?: string
}

/**
 * When input reaches the guest. Either way it waits until the guest listens: halts with receive interrupts enabled, or polls.
 * - `at-once`: from then on as it arrives, as a person types;
 * - `on-demand`: a line whenever the guest waits for one: it polls, or it has halted behind a prompt (a line that it has not
 *   ended) or after a quarter of a second of silence; and at latest a second of guest time after the line before. With the
 *   instructions clock a guest then gets its input at the same instruction in every run.
 */
export type InputPacing = 'at-once' | 'on-demand'

export interface SerialOptions {
  /** Default: `on-demand` with the instructions clock, else `at-once`. */
  readonly input?: InputPacing
}

/** What a device of yours gets to attach itself with. */
export interface DeviceContext {
  /** Ports and memory-mapped ranges; one that overlaps another is refused with a RangeError. */
  readonly bus: Bus
  readonly pci: PciHost
  /** The guest's time. */
  readonly timers: Timers
  readonly memory: DeviceMemory
  /** A new input of ISA interrupt line `irq` (0-15). */
  irq(irq: number): Line
  /** A message-signalled interrupt: `data` is written to an address of FEExxxxxh. */
  msi(address: number, data: number): void
}

/** Guest memory as a device reaches it: false, and nothing done, unless all bytes are memory. */
export interface DeviceMemory {
  read(physical: number, into: Uint8Array): boolean
  write(physical: number, from: Uint8Array): boolean
}

export interface DeviceHooks {
  /** The machine was reset. */
  reset?(): void
  /** The machine is destroyed. */
  release?(): void
}

/**
 * A device: called once, while the machine is built.
 * @example const post: Device = ({ bus }) => void bus.attachPorts(0x300, 1, { readPort: () => 42, writePort() {} })
 */
export type Device = (context: DeviceContext) => DeviceHooks | void

/**
 * What guest time is.
 * - `real`: the host's clock; HLT sleeps;
 * - `instructions`: one nanosecond per retired instruction, and idle time is skipped: a run is a function of its inputs;
 * - a `HostClock` of yours, treated as `real`.
 */
export type ClockChoice = 'real' | 'instructions' | HostClock

/** What firmware starts a guest from. */
export type BootDevice = 'floppy' | 'disk' | 'cdrom'

/** Firmware of yours: images as they would be in the machine's ROMs. */
export interface FirmwareImages {
  /** At the top of 4 GiB, its end also below 1 MiB: a multiple of 64 KiB, at most 16 MiB. */
  readonly bios: Uint8Array
  /** The VGA's option ROM, at most 64 KiB. */
  readonly vgaBios?: Uint8Array
}

/** Media in drives. Block stores of 512-byte sectors, CD-ROMs of 2048. */
export interface Media {
  /**
   * Drives A and B: diskettes of 360K, 720K, 1.2M, 1.44M or 2.88M; null for an empty drive, which is one of 1.44M. Others can be
   * inserted that fit the drive.
   */
  readonly floppies?: readonly (BlockStore | null)[]
  /** IDE disks; with the CD-ROMs at most four. */
  readonly disks?: readonly BlockStore[]
  /** Null: an empty drive. */
  readonly cdroms?: readonly (BlockStore | null)[]
}

/**
 * A drive whose medium the host may change at any time, also while the machine runs. The guest is told as by real drives: by the
 * disk change line of a floppy drive, by a unit attention and a media event of a CD-ROM drive.
 */
export interface RemovableDrive {
  /** What is in the drive. */
  readonly medium: BlockStore | null
  /**
   * Puts a medium in; one that is there comes out.
   * @throws VmmError for a medium that the drive does not take, and for a disc in a tray that the guest has locked.
   */
  insert(medium: BlockStore): void
  /**
   * Presses the button of the drive: whether it is empty now. A guest that has locked the tray is told of the wish instead, and may
   * eject the disc itself; `force` takes it out all the same.
   */
  eject(options?: { readonly force?: boolean }): boolean
}

/** What a machine shows. */
export interface Screen {
  /** The rows of a text mode, without the blanks at their ends; no rows in a graphics mode. */
  text(): string[]
  /** The same with colours, and with the blanks. */
  cells(): TextCell[][]
  readonly cursor: TextCursor
  /** The picture that a monitor would show; null where there is only a text page. */
  pixels(): Picture | null
}

/** How to make a virtual machine. */
export interface VmOptions {
  /** Told apart from others by it in statistics and errors; default `vm1`, `vm2` and so on. */
  readonly name?: string
  /** Bytes of guest RAM, a multiple of 64 KiB: from 1 MiB to 3.5 GiB. Or that with limits, for a host that has a memory policy. */
  readonly memory: number | GuestMemory
  /** A kernel to start by its boot protocol. Without one, firmware starts the guest from its media. */
  readonly boot?: BootSource
  /** What runs from the reset vector: Mica's own BIOS, or images of yours. Default: nothing with `boot`, else `mica`. */
  readonly firmware?: 'mica' | FirmwareImages
  readonly media?: Media
  /** Which kinds of media firmware tries, in this order. Default: all that are there, floppy, disk, cdrom. */
  readonly bootOrder?: readonly BootDevice[]
  /** Default `mica32`. */
  readonly cpu?: CpuName | CpuModel
  /**
   * What becomes of translations of addresses when the guest switches address spaces: `noncaching` (default) drops them as a processor does,
   * `caching` keeps those of the last ones and watches the guest's page tables. The guest cannot tell.
   */
  readonly mmu?: PolicyName
  /** Trust domain: frames are shared between machines of one salt only. Default: that of all which have none. */
  readonly salt?: string
  /** Default `real`. */
  readonly clock?: ClockChoice
  /**
   * Nanoseconds by which a one-shot timer may wake up an idle guest late, at most; default 0. It is a twentieth of the time for which
   * the guest has been idle: has run no program. Kernels that tick all the time then cost a host of idle guests far less, and least if all
   * have the same slack, as they wake up together. With half a second and more Linux writes to its log that its clocks were read late.
   */
  readonly timerSlackNs?: number
  /** Weight of the machine's claim to the host's processor, beside those of the others; default 1000. */
  readonly cpuShares?: number
  readonly devices?: readonly Device[]
  /** Disks, console and more for guests that have virtio drivers. Default none. */
  readonly virtio?: VirtioOptions
  /** COM1 and up, at most four; default one port. */
  readonly serial?: readonly SerialOptions[]
  /**
   * `text80x25`: a text page at B8000h, which the guest is told of; `vga`: a VGA with Bochs' extensions.
   * Default `vga` with firmware, else `none`.
   */
  readonly screen?: 'none' | 'text80x25' | 'vga'
  /** What a reset by the guest does: boot again from the same source (the default), or end the run. */
  readonly onReset?: 'reboot' | 'stop'
}

/** What the parts of a machine are made from. */
export interface MachineOptions extends Omit<VmOptions, 'memory'> {
  /** Bytes of guest RAM. */
  readonly memory: number
}

/** Why `VirtualMachine.run` came to an end. */
export type VmExit =
  /** The guest switched the machine off (ACPI S5), or `powerOff` did. */
  | { readonly reason: 'powered-off'; readonly by: 'guest' | 'host' }
  /** `pause` was called; `run` goes on. */
  | { readonly reason: 'paused' }
  /** The guest wrote to the debug exit port F4h. */
  | { readonly reason: 'debug-exit'; readonly value: number }
  /** The guest reset the machine, and `onReset` is `stop`. */
  | { readonly reason: 'reset'; readonly cause: string }
  /** Three faults in a row: the processor has shut down. */
  | { readonly reason: 'triple-fault'; readonly report: CrashReport }
  /** The host has no frame for a page that the guest touched, or cannot read what it swapped out; when it can, `run` goes on. */
  | { readonly reason: 'out-of-memory'; readonly message: string }

export type VmState = 'ready' | 'running' | 'paused' | 'off' | 'destroyed'

/** Events of a virtual machine and what their listeners get. */
export interface VmEvents {
  /** A run ended. */
  exit: VmExit
  /** The machine was reset and boots again. */
  reset: { readonly cause: string }
  /** HLT with interrupts disabled: nothing but the host wakes this guest. Said once per boot. */
  stuck: Record<string, never>
  /** What the guest sent by a serial port since the last time; the streams get the same bytes. */
  serial: { readonly port: number; readonly bytes: Uint8Array }
  /** What the guest sent by its virtio console since the last time; the streams get the same bytes. */
  console: { readonly bytes: Uint8Array }
  /** The guest's driver broke the rules of a virtio device, which needs a reset by it. */
  'virtio-failure': { readonly device: string; readonly reason: string }
  /** What the guest's balloon driver did, beside inflating and deflating: whether it is there, which rules it broke, what it says. */
  balloon: BalloonEvent
  /**
   * The guest does not give its host the memory that it is asked for (`stalled`) or has broken a rule of its balloon (`lying`), and is swapped
   * out instead; or it complies again.
   */
  compliance: { readonly isCompliant: boolean; readonly state: BalloonState }
  /** A byte for the debug console: port E9h, or 402h, where SeaBIOS and its kind write their log. */
  debug: { readonly byte: number }
  /** A power-on self test code, port 80h. */
  post: { readonly code: number }
  /** The guest suspended the machine to its memory; `wake`, `pressPowerButton`, a key or its clock's alarm wake it up. */
  suspend: Record<string, never>
  /** The machine was woken up. */
  wake: { readonly by: WakeSource }
  /** The guest has ejected the disc of CD-ROM drive `cdrom`. */
  eject: { readonly cdrom: number }
  /** The speaker starts a tone of `hz`, or falls silent (0), at the guest's time `timeNs`. */
  tone: { readonly hz: number; readonly timeNs: number }
}
