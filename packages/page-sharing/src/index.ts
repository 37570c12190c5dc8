export { PageSharer } from './page-sharer.ts'
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
  SharingClient,
  SharingClock,
  SharingStatistics,
} from './types.ts'
