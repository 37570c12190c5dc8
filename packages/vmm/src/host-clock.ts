import type { HostClock } from './types.ts'

/** The clock that every JavaScript runtime has. The one place of this package that asks the runtime for the time. */
export const runtimeClock: HostClock = {
  nowNs: () => globalThis.performance.now() * 1e6,
  unixMs: () => globalThis.performance.timeOrigin + globalThis.performance.now(),
}
