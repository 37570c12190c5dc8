export { BufferFrames } from './buffer-frames.ts'
export { BufferPages } from './buffer-pages.ts'
export { ManualClock } from './manual-clock.ts'
