import { SwapStoreError } from '../errors.ts'
import { FRAME_BYTES } from '../geometry.ts'
import type { SwapStore, SyncAccessHandle } from '../types.ts'

/**
 * Swap in a file that is open for synchronous access: in a browser's worker, a `FileSystemSyncAccessHandle` of the origin private file system.
 * The store takes the handle over; `close` empties the file and closes it.
 *
 * ```ts
 * const root = await navigator.storage.getDirectory()
 * const file = await root.getFileHandle('swap', { create: true })
 * const store = new OpfsSwapStore(await file.createSyncAccessHandle(), 65536)
 * ```
 */
export class OpfsSwapStore implements SwapStore {
  readonly slots: number
  readonly #handle: SyncAccessHandle

  constructor(handle: SyncAccessHandle, slots: number) {
    this.#handle = handle
    this.slots = slots
    handle.truncate(0)
  }

  read(slot: number, into: Uint8Array): void {
    const at = slot * FRAME_BYTES
    for (let done = 0; done < into.length;) {
      const count = this.#attempt(() => this.#handle.read(into.subarray(done), { at: at + done }))
      if (!(count > 0)) throw new SwapStoreError('lost', `the file ends before byte ${at + into.length}`)
      done += count
    }
  }

  write(slot: number, from: Uint8Array): void {
    const at = slot * FRAME_BYTES
    for (let done = 0; done < from.length;) {
      const count = this.#attempt(() => this.#handle.write(from.subarray(done), { at: at + done }))
      if (!(count > 0)) throw new SwapStoreError('full', `the file takes no more at byte ${at + done}`)
      done += count
    }
  }

  flush(): void {
    this.#attempt(() => this.#handle.flush())
  }

  close(): void {
    this.#attempt(() => {
      this.#handle.truncate(0)
      this.#handle.close()
    })
  }

  /** Browsers say by the error's name that an origin has used up its quota. */
  #attempt<T>(access: () => T): T {
    try {
      return access()
    } catch (error) {
      if (error instanceof SwapStoreError) throw error
      const { name, message } = error instanceof Error ? error : { name: '', message: String(error) }
      throw new SwapStoreError(name === 'QuotaExceededError' ? 'full' : 'lost', message, { cause: error })
    }
  }
}
