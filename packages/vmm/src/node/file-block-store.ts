import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { BlockStoreError, type BlockStore } from '@mica-vm/pc-devices'

/** What went wrong with an image file, in one line. */
export class ImageFileError extends Error {}

export interface FileBlockStoreOptions {
  /** 512 for disks and floppies, 2048 for CD-ROMs. */
  readonly sectorBytes: number
  /** Whether the guest's writes go to the file. If it must not be written, the store is read-only. */
  readonly writable: boolean
  /**
   * Sectors that the medium may have, ascending: it is the smallest that holds the file. Past the file's end it reads zeros, and writing
   * there makes the file longer. Default: the file's own.
   */
  readonly sizes?: readonly number[]
  /** Told, once, why the file could not be read or written while the guest ran; the guest gets an I/O error each time. */
  readonly onFailure?: (reason: string) => void
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'it is a directory',
}

const failures: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on its device',
  EFBIG: 'it would become too large',
  EDQUOT: 'its owner has no space left',
  EIO: 'its device has an error',
}

/** The sectors of an image file, read and written in place. */
export class FileBlockStore implements BlockStore {
  readonly sectorBytes: number
  readonly sectors: number
  /** What the file had of them when it was opened. */
  readonly fileSectors: number
  readonly readOnly: boolean
  readonly #descriptor: number
  readonly #onFailure: (reason: string) => void
  #hasFailed = false

  /** @throws ImageFileError when the file cannot be opened or is no image of whole sectors. */
  constructor(path: string, { sectorBytes, writable, sizes = [], onFailure = () => {} }: FileBlockStoreOptions) {
    this.#onFailure = onFailure
    const { descriptor, readOnly } = open(path, writable)
    this.#descriptor = descriptor
    this.readOnly = readOnly
    this.sectorBytes = sectorBytes
    try {
      this.fileSectors = wholeSectors(descriptor, sectorBytes)
      this.sectors = sizes.find((size) => size >= this.fileSectors) ?? this.fileSectors
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  read(lba: number, into: Uint8Array): void {
    const start = lba * this.sectorBytes
    this.#attempt('read', () => {
      for (let at = 0; at < into.length;) {
        const bytes = readSync(this.#descriptor, into, at, into.length - at, start + at)
        if (bytes === 0 && start + at < this.fileSectors * this.sectorBytes) {
          throw new BlockStoreError('it has become shorter')
        }
        if (bytes === 0) return void into.fill(0, at)
        at += bytes
      }
    })
  }

  write(lba: number, from: Uint8Array): void {
    const start = lba * this.sectorBytes
    this.#attempt('written', () => {
      for (let at = 0; at < from.length;) at += writeSync(this.#descriptor, from, at, from.length - at, start + at)
    })
  }

  flush(): void {
    if (!this.readOnly) this.#attempt('written', () => fsyncSync(this.#descriptor))
  }

  /** What the operating system refuses is the guest's error to handle, and one message for whoever runs it. */
  #attempt(what: 'read' | 'written', access: () => void): void {
    try {
      access()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const reason = error instanceof BlockStoreError ? message : (failures[code ?? ''] ?? code ?? message)
      if (!this.#hasFailed) this.#onFailure(`cannot be ${what}: ${reason}; the guest gets an I/O error`)
      this.#hasFailed = true
      throw new BlockStoreError(reason)
    }
  }

  /** The file is no longer needed. */
  close(): void {
    closeSync(this.#descriptor)
  }
}

function open(path: string, writable: boolean): { descriptor: number; readOnly: boolean } {
  try {
    if (writable) return { descriptor: openSync(path, 'r+'), readOnly: false }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw notOpened(code)
  }
  try {
    return { descriptor: openSync(path, 'r'), readOnly: true }
  } catch (error) {
    throw notOpened((error as NodeJS.ErrnoException).code)
  }
}

function notOpened(code: string | undefined): ImageFileError {
  return new ImageFileError(reasons[code ?? ''] ?? `cannot be opened (${code})`)
}

function wholeSectors(descriptor: number, sectorBytes: number): number {
  const status = fstatSync(descriptor)
  if (status.isDirectory()) throw new ImageFileError('it is a directory')
  if (!status.isFile()) throw new ImageFileError('it is no file')
  if (status.size === 0) throw new ImageFileError('it is empty')
  if (status.size % sectorBytes !== 0) {
    throw new ImageFileError(
      `has ${status.size} bytes, which is no multiple of a sector of ${sectorBytes}: is it cut off?`,
    )
  }
  return status.size / sectorBytes
}
