export type {
  AccessSize,
  DmaMemory,
  InterruptController,
  Line,
  MmioDevice,
  PortDevice,
  Stateful,
  TimerHandle,
  Timers,
  WallClock,
} from './types.ts'
export { Bus, type Attachment, type AttachOptions } from './bus.ts'
export { ClockTimers, type Clock, type ClockTimersOptions } from './timers.ts'
export { NO_LINE, WiredOr } from './line.ts'
export { I8259 } from './i8259/device.ts'
export type { I8259ChipState, I8259State } from './i8259/state.ts'
export { I8254, type I8254Options } from './i8254/device.ts'
export type { CounterState, I8254State } from './i8254/state.ts'
export { PIT_HZ } from './i8254/registers.ts'
export { Mc146818, type Mc146818Options } from './mc146818/device.ts'
export { Cmos as CMOS_BYTES } from './mc146818/registers.ts'
export type { Mc146818State } from './mc146818/state.ts'
export type { MemorySize } from './mc146818/memory-size.ts'
export { Ns16550a, type Ns16550aOptions } from './ns16550a/device.ts'
export type { ModemLines } from './ns16550a/framing.ts'
export type { Ns16550aState } from './ns16550a/state.ts'
export { I8042, type I8042Options } from './i8042/device.ts'
export { KEY_CODES, type KeyName } from './i8042/keys.ts'
export type { MouseMotion } from './i8042/mouse.ts'
export type { I8042State } from './i8042/state.ts'
export {
  ResetControlPort,
  SystemPortA,
  SystemPortB,
  type Counter2,
  type ResetControlOptions,
  type SystemPortAOptions,
  type SystemPortBOptions,
} from './system-control/device.ts'
export {
  CoprocessorError,
  type CoprocessorErrorOptions,
  type CoprocessorErrorState,
} from './system-control/coprocessor-error.ts'
export { DebugConsole, DebugExit, PostPort } from './debug-ports/device.ts'
export { PciHost, type PciHostOptions } from './pci/host.ts'
export { PciDevice, type PciBar, type PciFunction, type PciIdentity, type PciWiring } from './pci/device.ts'
export { Msix, type MsixOptions, type MsixState } from './pci/msix.ts'
export type { BarOptions } from './pci/bar.ts'
export type { PciDeviceState, PciHostState } from './pci/state.ts'
export { I440fx, type I440fxOptions, type ShadowArea } from './i440fx/device.ts'
export { Piix3, type Piix3Options } from './piix3/device.ts'
export { Piix4Pm, type Piix4PmOptions } from './piix4/device.ts'
export { AcpiPm, type AcpiPmOptions, type WakeSource } from './acpi-pm/device.ts'
export type { AcpiPmState } from './acpi-pm/state.ts'
export {
  ApicBus,
  DeliveryMode,
  type ApicMessage,
  type ApicReceiver,
  type EoiListener,
  type Shorthand,
} from './apic-bus.ts'
export { LocalApic, type LocalApicOptions } from './local-apic/device.ts'
export type { ApicTimerState, LocalApicState } from './local-apic/state.ts'
export { IoApic, type IoApicOptions } from './io-apic/device.ts'
export type { IoApicState } from './io-apic/state.ts'
export type { ApicsState } from './platform/apics.ts'
export { PC_ADDRESSES } from './platform/addresses.ts'
export { CpuInterrupts, type LocalInterrupts } from './platform/cpu-interrupts.ts'
export { assignPciResources } from './platform/pci-resources.ts'
export { createPcPlatform, PcPlatform } from './platform/platform.ts'
export type { PcEvents, PcPlatformOptions, ResetCause, SerialOptions } from './platform/options.ts'
export type { PcPlatformState } from './platform/state.ts'
export { Vga, type VgaOptions } from './vga/device.ts'
export { Screen, type DirtyRows } from './vga/screen.ts'
export type { Picture } from './vga/picture.ts'
export type { TextCell, TextCursor, TextLook } from './vga/render-text.ts'
export type { VbeMode } from './vga/vbe.ts'
export type { VbeState, VgaRegistersState, VgaState } from './vga/state.ts'
export type { PackedBytes } from './internal/packed-bytes.ts'
export {
  BlockStoreError,
  MemoryBlockStore,
  OverlayBlockStore,
  type BlockStore,
  type MemoryBlockStoreOptions,
} from './ide/block-store.ts'
export { AtaDisk, type AtaDiskOptions } from './ide/ata-disk.ts'
export { AtapiCd, type AtapiCdOptions } from './ide/atapi-cd.ts'
export { PiixIde, type PiixIdeOptions } from './ide/device.ts'
export { IdeChannel, type ChannelOptions, type IdeDrive } from './ide/channel.ts'
export type { AtaDiskState, AtapiCdState, BusMasterState, ChannelState, DriveState, PiixIdeState } from './ide/state.ts'
export { FwCfg, type FwCfgOptions } from './fw-cfg/device.ts'
export type { E820Entry, FwCfgFile, FwCfgItems, FwCfgKernel } from './fw-cfg/items.ts'
export { Key as FW_CFG_KEYS } from './fw-cfg/registers.ts'
export type { FwCfgState } from './fw-cfg/state.ts'
export {
  FirmwareDevices,
  type FirmwareDeviceOptions,
  type FirmwareDevicesState,
  type FirmwareDeviceWiring,
} from './platform/firmware-devices.ts'
export { I8237, type DmaResult } from './i8237/device.ts'
export type { DmaChannelState, DmaChipState, I8237State } from './i8237/state.ts'
export { I82077, type I82077Options } from './i82077/device.ts'
export type { FloppyDriveState, I82077State } from './i82077/state.ts'
export { Hpet, type HpetOptions } from './hpet/device.ts'
export type { HpetState, HpetTimerState } from './hpet/state.ts'
