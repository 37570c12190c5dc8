export { FileSwapStore } from './file-swap-store.ts'
export type { FileSwapStoreOptions } from './file-swap-store.ts'
