export { hostileGuest, type GuestOperation } from './guest-operations.ts'
export { FakeTimers, fakeWallClock, ManualClock } from './manual-clock.ts'
export { recordedLine, type RecordedLine } from './recorded-line.ts'
