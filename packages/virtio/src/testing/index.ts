export { FakeGuestMemory } from './fake-memory.ts'
export { Common, PciBench, type PciBenchOptions, type StartOptions } from './pci-bench.ts'
export {
  ModelDriver,
  PackedDriver,
  SplitDriver,
  type Entry,
  type ModelDriverOptions,
  type Returned,
  type RingPlace,
} from './model-driver.ts'
