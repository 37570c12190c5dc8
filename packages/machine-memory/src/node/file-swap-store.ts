import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { SwapStoreError } from '../errors.ts'
import { FRAME_BYTES } from '../geometry.ts'
import type { SwapStore } from '../types.ts'

export interface FileSwapStoreOptions {
  /** Of a file that does not exist yet. Its directory must. */
  readonly path: string
  /** Pages that the file can hold. It takes disk space as pages are written. */
  readonly slots: number
}

/** What the system's error codes mean for whoever started the host. */
const openFailures: Readonly<Record<string, string>> = {
  EEXIST: 'it exists: another host may be using it; delete it or name another file',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'there is no such directory',
  EACCES: 'no permission to create it',
  EPERM: 'no permission to create it',
  EROFS: 'its file system is read-only',
  EFBIG: 'its file system takes no file of that size',
}

const noRoom: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on its device',
  EDQUOT: 'its owner has no space left',
  EFBIG: 'its file system takes no larger file',
}

const broken: Readonly<Record<string, string>> = {
  EIO: 'its device has an error',
  EBADF: 'it is not open any more',
}

/**
 * Swap in a file of its own, for Node: created for this store alone, readable by its owner only, sparse, and deleted by `close`. Pages of guests
 * lie there as they are.
 */
export class FileSwapStore implements SwapStore {
  readonly path: string
  readonly slots: number
  readonly #descriptor: number

  /** @throws SwapStoreError when the file exists or cannot be made. */
  constructor({ path, slots }: FileSwapStoreOptions) {
    this.path = path
    this.slots = slots
    try {
      this.#descriptor = openSync(path, 'wx+', 0o600)
    } catch (error) {
      throw notMade(path, error)
    }
    try {
      ftruncateSync(this.#descriptor, slots * FRAME_BYTES)
    } catch (error) {
      this.close()
      throw notMade(path, error)
    }
  }

  read(slot: number, into: Uint8Array): void {
    this.#attempt(() => {
      for (let done = 0; done < into.length;) {
        const count = readSync(this.#descriptor, into, done, into.length - done, slot * FRAME_BYTES + done)
        if (count === 0) throw new SwapStoreError('lost', `${this.path} has become shorter`)
        done += count
      }
    })
  }

  write(slot: number, from: Uint8Array): void {
    this.#attempt(() => {
      for (let done = 0; done < from.length;) {
        const count = writeSync(this.#descriptor, from, done, from.length - done, slot * FRAME_BYTES + done)
        if (count === 0) throw new SwapStoreError('full', `${this.path} takes no more`)
        done += count
      }
    })
  }

  flush(): void {
    this.#attempt(() => fsyncSync(this.#descriptor))
  }

  /** Deletes the file, unless another one has taken its place by now. */
  close(): void {
    const { dev, ino } = fstatSync(this.#descriptor)
    closeSync(this.#descriptor)
    const there = statSync(this.path, { throwIfNoEntry: false })
    if (there && there.dev === dev && there.ino === ino) unlinkSync(this.path)
  }

  #attempt(access: () => void): void {
    try {
      access()
    } catch (error) {
      if (error instanceof SwapStoreError) throw error
      const { code = '', message } = error as NodeJS.ErrnoException
      const kind = code in noRoom ? 'full' : 'lost'
      throw new SwapStoreError(kind, `${this.path}: ${noRoom[code] ?? broken[code] ?? message}`, { cause: error })
    }
  }
}

function notMade(path: string, error: unknown): SwapStoreError {
  const { code = '', message } = error as NodeJS.ErrnoException
  const reason = openFailures[code] ?? noRoom[code] ?? message
  return new SwapStoreError(code in noRoom ? 'full' : 'lost', `swap file ${path} cannot be made: ${reason}`, {
    cause: error,
  })
}
