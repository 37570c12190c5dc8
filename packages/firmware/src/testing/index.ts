export { FakeCpu, FakeMemory, FakePc } from './fake-pc.ts'
export type { CallOutcome, RegisterValues } from './fake-pc.ts'
export { FakePorts } from './fake-ports.ts'
