export type { AccessSize, Chain, DeviceHost, Features, GuestMemory, Segment, VirtioDevice, Virtqueue } from './types.ts'
export { DeviceId, Feature, Status } from './registers.ts'
export { BlockDevice, type BlockOptions, type BlockState, type BlockStatistics } from './block/device.ts'
export type { BlockBacking } from './block/store.ts'
export { ConsoleDevice, type ConsoleOptions, type ConsolePort, type ConsoleState } from './console/device.ts'
export { EntropyDevice, type EntropyOptions } from './entropy/device.ts'
export { drain } from './queue/drain.ts'
export { SplitQueue } from './queue/split-queue.ts'
export { PackedQueue } from './queue/packed-queue.ts'
export type { RingPorts, RingSetup, RingState } from './queue/queue.ts'
export { Session, type QueueRegisters, type SessionOptions, type SessionPorts, type SessionState } from './session.ts'
export {
  VirtioPci,
  type PciBarNeed,
  type PciFunctionPort,
  type VirtioPciOptions,
  type VirtioPciState,
} from './pci/transport.ts'
export { BAR as VIRTIO_PCI_BAR, type PciMode, type PciNumbers } from './pci/layout.ts'
export { Window as PCI_WINDOW, type PciCapability } from './pci/capabilities.ts'
