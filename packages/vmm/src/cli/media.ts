import { OverlayBlockStore, type BlockStore } from '@mica-vm/pc-devices'
import { FileBlockStore, ImageFileError, type FileBlockStoreOptions } from '../node/file-block-store.ts'
import { floppySizes } from '../internal/removable-drives.ts'
import type { BootDevice, Media } from '../types.ts'
import type { RunOptions } from './options.ts'
import { UsageError } from './status.ts'

const bootNames: Readonly<Record<string, BootDevice>> = { floppy: 'floppy', disk: 'disk', cdrom: 'cdrom' }
/** As QEMU's -boot names them. */
const bootLetters: Readonly<Record<string, BootDevice>> = { a: 'floppy', c: 'disk', d: 'cdrom' }

/** The options that name images. */
export type MediaOptions = Pick<RunOptions, 'floppy' | 'disk' | 'cdrom' | 'snapshot'>

/** Opens the image files that the options name; `warn` hears of what goes wrong with them while the guest runs. @throws UsageError */
export function openMedia({ floppy, disk, cdrom, snapshot }: MediaOptions, warn: (text: string) => void): Media {
  const openImage = imageOpener(warn)
  const writable = (option: string, path: string, sizes: readonly number[] = []): BlockStore => {
    const file = openImage(option, path, { sectorBytes: 512, writable: !snapshot, sizes })
    if (file.sectors !== file.fileSectors) {
      const [has, medium] = [file.fileSectors / 2, file.sectors / 2]
      warn(`${option} ${path} has ${has}K; on its ${medium}K diskette the rest reads as zeros`)
    }
    if (snapshot) return new OverlayBlockStore(file)
    if (file.readOnly) warn(`${option} ${path}: no permission to write it: the guest's writes will fail`)
    return file
  }
  return {
    floppies: floppy.map((path) => writable('--floppy', path, floppySizes)),
    disks: disk.map((path) => writable('--disk', path)),
    cdroms: cdrom.map((path) => openImage('--cdrom', path, { sectorBytes: 2048, writable: false })),
  }
}

/** Opens the image of a virtio disk. @throws UsageError */
export function openVirtioDisk(
  { snapshot }: Pick<RunOptions, 'snapshot'>,
  path: string,
  isReadOnly: boolean,
  warn: (text: string) => void,
): BlockStore {
  const option = '--virtio-disk'
  const file = imageOpener(warn)(option, path, { sectorBytes: 512, writable: !snapshot && !isReadOnly })
  if (snapshot && !isReadOnly) return new OverlayBlockStore(file)
  if (file.readOnly && !isReadOnly)
    warn(`${option} ${path}: no permission to write it: the guest gets a read-only disk`)
  return file
}

type ImageOpener = (option: string, path: string, options: FileBlockStoreOptions) => FileBlockStore

function imageOpener(warn: (text: string) => void): ImageOpener {
  return (option, path, options) => {
    const onFailure = (reason: string): void => warn(`${option} ${path} ${reason}`)
    try {
      return new FileBlockStore(path, { ...options, onFailure })
    } catch (error) {
      if (!(error instanceof ImageFileError)) throw error
      throw new UsageError(`${option} ${path}: ${error.message}`)
    }
  }
}

/** `floppy,disk,cdrom`, or QEMU's letters `acd`. @throws UsageError */
export function parseBootOrder(text: string): readonly BootDevice[] {
  const named = text.split(',').map((word) => bootNames[word.trim()])
  const order = named.every((device) => device !== undefined) ? named : [...text].map((letter) => bootLetters[letter])
  if (text === '' || order.some((device) => device === undefined)) {
    throw new UsageError(
      `--boot ${text}: name media in order, such as floppy,disk,cdrom, or by QEMU's letters, such as acd`,
    )
  }
  return [...new Set(order as BootDevice[])]
}
