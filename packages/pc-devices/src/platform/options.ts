import type { WakeSource } from '../acpi-pm/device.ts'
import type { ShadowArea } from '../i440fx/device.ts'
import type { MemorySize } from '../mc146818/memory-size.ts'
import type { Timers, WallClock } from '../types.ts'
import type { FirmwareDeviceOptions } from './firmware-devices.ts'

/** Who asked for a reset. */
export type ResetCause = 'keyboard-controller' | 'port-92h' | 'reset-control'

/** What the machine tells its owner. None of them changes the platform: the owner stops, resets or goes on. */
export interface PcEvents {
  /** The guest entered soft-off (S5). */
  powerOff?: () => void
  /** The guest suspended to memory: `PcPlatform.suspend` takes the devices' power, and the processor stops, until `wake`. */
  suspend?: () => void
  /** The machine was woken up: its processor begins at the reset vector. */
  wake?: (source: WakeSource) => void
  /** `hard`: of the whole machine; else the chips reset the processor alone. */
  reset?: (cause: ResetCause, hard: boolean) => void
  /** The guest wrote `value` to the debug exit port. */
  debugExit?: (value: number) => void
  /** A character for the debug console. */
  debugOutput?: (byte: number) => void
  /** A power-on self test code. */
  post?: (code: number) => void
  /** Address line 20 is let through (true) or forced to zero. */
  a20?: (enabled: boolean) => void
  /** A non-maskable interrupt for the CPU. */
  nmi?: () => void
  /** The x87's error was cleared in port F0h: the processor may go on with it (IGNNE#). */
  ignoreNumericError?: () => void
  /** INIT and start-up messages for the CPU, from a local APIC's interrupt command register. */
  init?: () => void
  startup?: (vector: number) => void
  /** The speaker starts a tone of `hz`, or falls silent (0). */
  tone?: (hz: number) => void
  /** The host bridge gives a stretch of C0000h..FFFFFh to memory or to what lies on PCI in its place. */
  shadow?: (area: ShadowArea) => void
  /** Keyboard lights: bit 0 Scroll Lock, 1 Num Lock, 2 Caps Lock. */
  leds?: (leds: number) => void
}

export interface SerialOptions {
  transmit?: (byte: number) => void
  onInputRoom?: (freeBytes: number) => void
  inputCapacityBytes?: number
  pacing?: 'instant' | 'baud'
}

export interface PcPlatformOptions extends FirmwareDeviceOptions {
  timers: Timers
  wallClock: WallClock
  /** What CMOS tells about memory. */
  memory: MemorySize
  /** Contents of further CMOS bytes: [index, value]. */
  cmos?: readonly (readonly [number, number])[]
  events?: PcEvents
  /** COM1..COM4; `null` leaves a port out. Default: COM1 alone, whose output goes nowhere. */
  serial?: readonly (SerialOptions | null)[]
  /** Whether there is a mouse, and with it an auxiliary port. Default true. */
  mouse?: boolean
  /** What C0000h..FFFFFh is after reset. Default `memory`, as firmware leaves it. */
  shadowAtReset?: 'memory' | 'pci'
  /** Level of A20 after reset. Default true, as firmware leaves it. */
  a20AtReset?: boolean
  /** Whether there are a local APIC and an I/O APIC. Default true. */
  apic?: boolean
  /** Whether LINT0 takes the PIC's interrupts from reset on, as firmware sets it up. Default true. */
  virtualWire?: boolean
  /** Time stamp counter, for the APIC timer's TSC-deadline mode. Absent: the mode does nothing. */
  tsc?: { toNs: (tsc: number) => number }
  /** Whether the debug ports 80h, E9h and F4h exist. Default true. */
  debugPorts?: boolean
  /** Timer edges of PIT and APIC that come faster than this are folded into one. Default 10 us. */
  shortestEdgeNs?: number
  /** SLP_TYP values of soft-off. Default 0 and 5. */
  softOffTypes?: readonly number[]
  /** SLP_TYP values of suspend to memory. Default none. */
  suspendTypes?: readonly number[]
}
