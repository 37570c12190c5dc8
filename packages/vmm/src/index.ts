export { CPU_MODELS, Host } from './host.ts'
export { VirtualMachine } from './virtual-machine.ts'
export { SerialPort } from './serial/serial-port.ts'
export { VmmError } from './errors.ts'
export type { VmmErrorKind } from './errors.ts'
export { bootProtocolOf } from './boot-source.ts'
export type { BootProtocol } from './boot-source.ts'
export type { CrashReport } from './crash-report.ts'
export type { CodeUnit } from './disassembly.ts'
export type { VmStatistics } from './statistics.ts'
export type {
  BootModule,
  BootSource,
  ClockChoice,
  CpuName,
  Device,
  DeviceContext,
  DeviceHooks,
  DeviceMemory,
  HostClock,
  HostOptions,
  InputPacing,
  SerialOptions,
  VmEvents,
  VmExit,
  VmOptions,
  VmState,
} from './types.ts'
export { FirmwareError } from '@mica-vm/firmware'
