import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FRAME_BYTES, MemorySwapStore, OpfsSwapStore, SwapStoreError } from '../../src/index.ts'
import type { SwapStore, SyncAccessHandle } from '../../src/index.ts'
import { FileSwapStore } from '../../src/node/index.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mica-swap-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function pageOf(seed: number): Uint8Array {
  return Uint8Array.from({ length: FRAME_BYTES }, (_, i) => seed + i * 7 + (i >>> 8))
}

/** As the File System Standard has it: reads and writes may be short, at most `most` bytes here. */
class FakeHandle implements SyncAccessHandle {
  bytes = new Uint8Array(0)
  isClosed = false
  error: Error | null = null
  readonly #most: number

  constructor(most = Infinity) {
    this.#most = most
  }

  read(into: Uint8Array, { at }: { at: number }): number {
    if (this.error) throw this.error
    const part = this.bytes.subarray(at, at + Math.min(into.length, this.#most))
    into.set(part)
    return part.length
  }

  write(from: Uint8Array, { at }: { at: number }): number {
    if (this.error) throw this.error
    const part = from.subarray(0, Math.min(from.length, this.#most))
    if (at + part.length > this.bytes.length) this.truncate(at + part.length)
    this.bytes.set(part, at)
    return part.length
  }

  truncate(length: number): void {
    const bytes = new Uint8Array(length)
    bytes.set(this.bytes.subarray(0, length))
    this.bytes = bytes
  }

  flush(): void {
    if (this.error) throw this.error
  }

  close(): void {
    this.isClosed = true
  }
}

const stores: readonly [string, () => SwapStore][] = [
  ['MemorySwapStore', () => new MemorySwapStore(32)],
  ['OpfsSwapStore', () => new OpfsSwapStore(new FakeHandle(), 32)],
  ['OpfsSwapStore with short accesses', () => new OpfsSwapStore(new FakeHandle(1000), 32)],
  ['FileSwapStore', () => new FileSwapStore({ path: join(directory, 'swap'), slots: 32 })],
]

// Oracle: a map from slot to contents.
describe.each(stores)('%s', (_, createStore) => {
  it('reads what was written last, in any order', () => {
    const store = createStore()
    const wanted = new Map<number, Uint8Array>()
    for (let i = 0; i < 100; i++) {
      const slot = (i * 13) % 32
      const page = pageOf(i)
      store.write(slot, page)
      wanted.set(slot, page.slice())
      page.fill(0)
    }
    store.flush?.()
    const into = new Uint8Array(FRAME_BYTES)
    for (const [slot, page] of wanted) {
      store.read(slot, into)
      expect(into).toEqual(page)
    }
    expect(store.slots).toBe(32)
    store.close()
  })
})

describe('MemorySwapStore', () => {
  it('has lost what was never written, or given back', () => {
    const store = new MemorySwapStore(4)
    const into = new Uint8Array(FRAME_BYTES)
    expect(() => store.read(1, into)).toThrow(SwapStoreError)
    store.write(1, pageOf(1))
    store.discard(1)
    expect(() => store.read(1, into)).toThrow('slot 1 was never written')
  })
})

describe('OpfsSwapStore', () => {
  it('begins with an empty file and leaves one', () => {
    const handle = new FakeHandle()
    handle.write(pageOf(1), { at: 0 })
    const store = new OpfsSwapStore(handle, 4)
    expect(handle.bytes.length).toBe(0)
    store.write(3, pageOf(2))
    store.close()
    expect([handle.bytes.length, handle.isClosed]).toEqual([0, true])
  })

  it('notices a file that has become shorter, or takes no more', () => {
    const handle = new FakeHandle()
    const store = new OpfsSwapStore(handle, 4)
    store.write(0, pageOf(1))
    handle.truncate(100)
    expect(kindOf(() => store.read(0, new Uint8Array(FRAME_BYTES)))).toBe('lost')
    handle.write = () => 0
    expect(kindOf(() => store.write(0, pageOf(1)))).toBe('full')
  })

  it('tells a used-up quota from other errors', () => {
    const handle = new FakeHandle()
    const store = new OpfsSwapStore(handle, 4)
    handle.error = Object.assign(new Error('no quota'), { name: 'QuotaExceededError' })
    expect(kindOf(() => store.write(0, pageOf(1)))).toBe('full')
    handle.error = Object.assign(new Error('closed'), { name: 'InvalidStateError' })
    expect(kindOf(() => store.flush())).toBe('lost')
  })
})

function kindOf(access: () => void): string {
  try {
    access()
  } catch (error) {
    if (error instanceof SwapStoreError) return error.kind
    throw error
  }
  return 'none'
}

describe('FileSwapStore', () => {
  const path = (): string => join(directory, 'swap')

  it('is a sparse file for its owner alone, and gone when it is closed', () => {
    const store = new FileSwapStore({ path: path(), slots: 2 ** 18 })
    const { size, mode, blocks } = statSync(path())
    expect([size, mode & 0o777]).toEqual([2 ** 30, 0o600])
    expect(blocks * 512).toBeLessThan(2 ** 20)
    store.close()
    expect(existsSync(path())).toBe(false)
  })

  it('takes no file that is there, and leaves it', () => {
    writeFileSync(path(), 'precious')
    expect(() => new FileSwapStore({ path: path(), slots: 4 })).toThrow(
      `swap file ${path()} cannot be made: it exists: another host may be using it; delete it or name another file`,
    )
    expect(readFileSync(path(), 'utf8')).toBe('precious')
    expect(() => new FileSwapStore({ path: join(path(), 'x'), slots: 4 })).toThrow('there is no such directory')
    expect(() => new FileSwapStore({ path: join(directory, 'no', 'x'), slots: 4 })).toThrow(
      'there is no such directory',
    )
  })

  it('leaves no file that its file system cannot hold', () => {
    expect(() => new FileSwapStore({ path: path(), slots: 2 ** 50 })).toThrow(/cannot be made/)
    expect(existsSync(path())).toBe(false)
  })

  it('notices that somebody has cut the file off', () => {
    const store = new FileSwapStore({ path: path(), slots: 4 })
    store.write(2, pageOf(5))
    truncateSync(path(), 2 * FRAME_BYTES + 10)
    expect(() => store.read(2, new Uint8Array(FRAME_BYTES))).toThrow(`${path()} has become shorter`)
    store.close()
  })

  it('leaves a file that has taken its place', () => {
    const store = new FileSwapStore({ path: path(), slots: 4 })
    renameSync(path(), join(directory, 'moved'))
    writeFileSync(path(), 'precious')
    store.close()
    expect(readFileSync(path(), 'utf8')).toBe('precious')
  })

  it('can be closed when the file was deleted', () => {
    const store = new FileSwapStore({ path: path(), slots: 4 })
    store.write(1, pageOf(1))
    rmSync(path())
    store.read(1, new Uint8Array(FRAME_BYTES))
    store.close()
    expect(kindOf(() => store.read(1, new Uint8Array(FRAME_BYTES)))).toBe('lost')
  })

  it('says that there is no room when the system allows no larger file', () => {
    // The shell counts in units of 512 bytes.
    const program = join(import.meta.dirname, '..', 'support', 'write-past-limit.ts')
    const command = 'ulimit -f 32 && exec "$0" --conditions=@mica-vm/source "$1" "$2"'
    const { stdout } = spawnSync('sh', ['-c', command, process.execPath, program, path()], { encoding: 'utf8' })
    expect(stdout).toBe(`full: ${path()}: its file system takes no larger file\n`)
    expect(existsSync(path())).toBe(false)
  })
})
