/** Fills a swap file of four pages, then writes one page more: for a process that may not make larger files. */
import { SwapStoreError } from '../../src/index.ts'
import { FileSwapStore } from '../../src/node/index.ts'

const store = new FileSwapStore({ path: process.argv[2]!, slots: 4 })
try {
  for (let slot = 0; slot <= 4; slot++) store.write(slot, new Uint8Array(4096))
} catch (error) {
  if (!(error instanceof SwapStoreError)) throw error
  console.log(`${error.kind}: ${error.message}`)
}
store.close()
