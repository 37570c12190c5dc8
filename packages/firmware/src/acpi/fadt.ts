import type { LittleEndian } from '../little-endian.ts'
import type { AcpiHardware } from './hardware.ts'
import { table } from './table-header.ts'

/** Offsets in the FADT of ACPI 2.0, revision 3 (ACPI 5.2.9). */
const FIRMWARE_CTRL = 36
const DSDT = 40
const SCI_INT = 46
const PM1A_EVT_BLK = 56
const PM1A_CNT_BLK = 64
const PM_TMR_BLK = 76
const GPE0_BLK = 80
const PM1_EVT_LEN = 88
const PM1_CNT_LEN = 89
const PM_TMR_LEN = 91
const GPE0_BLK_LEN = 92
const P_LVL2_LAT = 96
const P_LVL3_LAT = 98
const CENTURY = 108
const IAPC_BOOT_ARCH = 109
const FLAGS = 112
const RESET_REG = 116
const RESET_VALUE = 128
const X_FIRMWARE_CTRL = 132
const X_DSDT = 140
const X_PM1A_EVT_BLK = 148
const X_PM1A_CNT_BLK = 172
const X_PM_TMR_BLK = 208
const X_GPE0_BLK = 220
const LENGTH = 244
const REVISION = 3

/** A pointer in a table: its offset and its size. */
export type Pointer = readonly [offset: number, bytes: 4 | 8]

/** The pointers to FACS and DSDT. */
export const FADT_POINTERS: readonly Pointer[] = [
  [FIRMWARE_CTRL, 4],
  [DSDT, 4],
  [X_FIRMWARE_CTRL, 8],
  [X_DSDT, 8],
]

const Flag = {
  /** WBINVD works as the processor manual says. */
  WBINVD: 1 << 0,
  /** C1 (HLT) on every processor. */
  PROC_C1: 1 << 2,
  /** No sleep button among the fixed features. */
  SLP_BUTTON: 1 << 5,
  /** The RTC's wake status is not among the fixed features. */
  FIX_RTC: 1 << 6,
  RESET_REG_SUP: 1 << 10,
} as const

const BootArch = {
  LEGACY_DEVICES: 1 << 0,
  KEYBOARD_CONTROLLER: 1 << 1,
  VGA_NOT_PRESENT: 1 << 2,
  MSI_NOT_SUPPORTED: 1 << 3,
} as const

/** Larger latencies mean that the state does not exist. */
const NO_C2 = 101
const NO_C3 = 1001
/** Index of the century in the RTC's memory. */
const RTC_CENTURY = 0x32
const SYSTEM_IO = 1

const PM1_EVENT_BYTES = 4
const PM1_CONTROL_BYTES = 2
const PM_TIMER_BYTES = 4
const GPE0_BYTES = 4

/** SMI_CMD stays zero: the machine is always in ACPI mode, SCI_EN is set (ACPI 4.7.2.5). The timer has 24 bits. */
export function buildFadt(
  hardware: AcpiHardware,
  addresses: { readonly facs: number; readonly dsdt: number },
): Uint8Array {
  return table('FACP', REVISION, LENGTH, (fadt) => {
    fadt.u32(FIRMWARE_CTRL, addresses.facs)
    fadt.u32(DSDT, addresses.dsdt)
    fadt.u64(X_FIRMWARE_CTRL, addresses.facs)
    fadt.u64(X_DSDT, addresses.dsdt)
    fadt.u16(SCI_INT, hardware.sci)
    registers(fadt, hardware)
    fadt.u16(P_LVL2_LAT, NO_C2)
    fadt.u16(P_LVL3_LAT, NO_C3)
    fadt.u8(CENTURY, RTC_CENTURY)
    fadt.u16(IAPC_BOOT_ARCH, bootArchitecture(hardware))
    fadt.u32(FLAGS, flags(hardware))
    address(fadt, RESET_REG, hardware.reset.port, 1)
    fadt.u8(RESET_VALUE, hardware.reset.value)
  })
}

/** A machine that sleeps is woken by the alarm among its fixed features. */
function flags({ s3SleepType }: AcpiHardware): number {
  const common = Flag.WBINVD | Flag.PROC_C1 | Flag.SLP_BUTTON | Flag.RESET_REG_SUP
  return s3SleepType === undefined ? common | Flag.FIX_RTC : common
}

function registers(fadt: LittleEndian, { pm1aEvent, pm1aControl, pmTimer, gpe0 }: AcpiHardware): void {
  fadt.u32(PM1A_EVT_BLK, pm1aEvent)
  fadt.u32(PM1A_CNT_BLK, pm1aControl)
  fadt.u32(PM_TMR_BLK, pmTimer)
  fadt.u32(GPE0_BLK, gpe0)
  fadt.u8(PM1_EVT_LEN, PM1_EVENT_BYTES)
  fadt.u8(PM1_CNT_LEN, PM1_CONTROL_BYTES)
  fadt.u8(PM_TMR_LEN, PM_TIMER_BYTES)
  fadt.u8(GPE0_BLK_LEN, GPE0_BYTES)
  address(fadt, X_PM1A_EVT_BLK, pm1aEvent, PM1_EVENT_BYTES)
  address(fadt, X_PM1A_CNT_BLK, pm1aControl, PM1_CONTROL_BYTES)
  address(fadt, X_PM_TMR_BLK, pmTimer, PM_TIMER_BYTES)
  address(fadt, X_GPE0_BLK, gpe0, GPE0_BYTES)
}

/** Without a local APIC there is nothing to send message-signalled interrupts to. */
function bootArchitecture({ vga, localApic }: AcpiHardware): number {
  return (
    BootArch.LEGACY_DEVICES |
    BootArch.KEYBOARD_CONTROLLER |
    (vga ? 0 : BootArch.VGA_NOT_PRESENT) |
    (localApic === undefined ? BootArch.MSI_NOT_SUPPORTED : 0)
  )
}

/** Generic address structure in I/O space (ACPI 5.2.3.2). */
function address(fadt: LittleEndian, offset: number, port: number, bytes: number): void {
  fadt.u8(offset, SYSTEM_IO)
  fadt.u8(offset + 1, bytes * 8)
  fadt.u64(offset + 4, port)
}
