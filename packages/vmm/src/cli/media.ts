import { OverlayBlockStore, type BlockStore } from '@mica-vm/pc-devices'
import { FileBlockStore, ImageFileError } from '../node/file-block-store.ts'
import type { BootDevice, Media } from '../types.ts'
import type { RunOptions } from './options.ts'
import { UsageError } from './status.ts'

const bootNames: Readonly<Record<string, BootDevice>> = { floppy: 'floppy', disk: 'disk', cdrom: 'cdrom' }
/** As QEMU's -boot names them. */
const bootLetters: Readonly<Record<string, BootDevice>> = { a: 'floppy', c: 'disk', d: 'cdrom' }

/** Opens the image files that the options name; `warn` hears of what goes wrong with them while the guest runs. @throws UsageError */
export function openMedia({ floppy, disk, cdrom, snapshot }: RunOptions, warn: (text: string) => void): Media {
  const openImage = imageOpener(warn)
  const writable = (option: string, path: string): BlockStore => {
    const file = openImage(option, path, 512, !snapshot)
    if (snapshot) return new OverlayBlockStore(file)
    if (file.readOnly) warn(`${option} ${path}: no permission to write it: the guest's writes will fail`)
    return file
  }
  return {
    floppies: floppy.map((path) => writable('--floppy', path)),
    disks: disk.map((path) => writable('--disk', path)),
    cdroms: cdrom.map((path) => openImage('--cdrom', path, 2048, false)),
  }
}

type ImageOpener = (option: string, path: string, sectorBytes: number, writable: boolean) => FileBlockStore

function imageOpener(warn: (text: string) => void): ImageOpener {
  return (option, path, sectorBytes, writable) => {
    const onFailure = (reason: string): void => warn(`${option} ${path} ${reason}`)
    try {
      return new FileBlockStore(path, { sectorBytes, writable, onFailure })
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
