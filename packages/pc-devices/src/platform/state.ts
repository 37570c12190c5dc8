import type { AcpiPmState } from '../acpi-pm/state.ts'
import type { I8042State } from '../i8042/state.ts'
import type { I8254State } from '../i8254/state.ts'
import type { I8259State } from '../i8259/state.ts'
import type { Mc146818State } from '../mc146818/state.ts'
import type { Ns16550aState } from '../ns16550a/state.ts'
import type { PciDeviceState, PciHostState } from '../pci/state.ts'
import type { CoprocessorErrorState } from '../system-control/coprocessor-error.ts'
import type { PortAState, PortBState, ResetControlState } from '../system-control/state.ts'
import type { ApicsState } from './apics.ts'
import type { FirmwareDevicesState } from './firmware-devices.ts'

export interface PcPlatformState {
  pic: I8259State
  /** Null in a machine without APICs. */
  apics: ApicsState | null
  pit: I8254State
  rtc: Mc146818State
  keyboardController: I8042State
  serial: (Ns16550aState | null)[]
  acpi: AcpiPmState
  pci: PciHostState
  /** Host bridge, ISA bridge, power management. */
  bridges: PciDeviceState[]
  portA: PortAState
  portB: PortBState
  resetControl: ResetControlState
  post: { code: number }
  /** Absent in older snapshots. */
  coprocessorError?: CoprocessorErrorState
  /** Absent in snapshots of before there were such devices. */
  firmwareDevices?: FirmwareDevicesState
  /** Address line 20 is let through. Absent in older snapshots. */
  a20?: boolean
}
