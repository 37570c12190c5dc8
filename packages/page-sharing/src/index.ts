export { PageSharer } from './page-sharer.ts'
export { SharingClient } from './sharing-client.ts'
export { PAGE_BYTES, ShareOutcome } from './types.ts'
export type {
  ClientOptions,
  ClientStatistics,
  PageHasher,
  PageSharerOptions,
  ReferenceListener,
  ScanBudget,
  ScanReport,
  SharableFrames,
  SharablePages,
  SharingClock,
  SharingStatistics,
} from './types.ts'
