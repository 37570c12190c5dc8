export { CPU_MODELS, Host } from './host.ts'
export { VirtualMachine } from './virtual-machine.ts'
export { SerialPort } from './serial/serial-port.ts'
export { Balloon } from './virtio/balloon.ts'
export type { BalloonPatience } from './virtio/balloon.ts'
export { VirtioConsolePort } from './virtio/console-port.ts'
export type { VirtioConsoleOptions, VirtioDisk, VirtioOptions } from './virtio/options.ts'
export { Keyboard } from './keyboard.ts'
export { Mouse } from './mouse.ts'
export { VmmError } from './errors.ts'
export type { VmmErrorKind } from './errors.ts'
export { bootProtocolOf } from './boot-source.ts'
export type { BootProtocol } from './boot-source.ts'
export type { CrashReport } from './crash-report.ts'
export type { CodeUnit } from './disassembly.ts'
export type { VmStatistics } from './statistics.ts'
export { VmMemory } from './vm-memory.ts'
export type { GuestMemory, MemoryLimits, VmMemoryCounters, VmMemoryStatistics } from './vm-memory.ts'
export type { HostMemoryOptions, HostMemoryStatistics, SharingRates } from './host-memory.ts'
export type { MemoryPolicyOptions } from './memory-policy/types.ts'
export type {
  BootDevice,
  BootModule,
  BootSource,
  ClockChoice,
  CpuName,
  Device,
  DeviceContext,
  DeviceHooks,
  DeviceMemory,
  FirmwareImages,
  HostClock,
  HostEvents,
  HostOptions,
  InputPacing,
  Media,
  RemovableDrive,
  Screen,
  SerialOptions,
  VmEvents,
  VmExit,
  VmOptions,
  VmState,
} from './types.ts'
export { FirmwareError } from '@mica-vm/firmware'
export { MemoryBlockStore, OverlayBlockStore } from '@mica-vm/pc-devices'
export type { BlockStore, KeyName, MouseMotion, Picture, TextCell, TextCursor } from '@mica-vm/pc-devices'
