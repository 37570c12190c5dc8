import { elfBits, isElf, parseElf, physicalEntry } from '../elf.ts'
import type { ElfImage, ElfSegment } from '../elf.ts'
import { FirmwareError, hex } from '../errors.ts'
import { HeaderFlag, findMultibootHeader } from './header.ts'
import type { MultibootHeader } from './header.ts'

export interface MultibootImage {
  readonly header: MultibootHeader
  /** What to copy and to clear, in the form of ELF segments whichever way the image says it. */
  readonly layout: ElfImage
  /** Physical. */
  readonly entry: number
}

/** Reads a Multiboot image: by its own address fields if it has them, else as ELF32. */
export function parseMultibootImage(image: Uint8Array, name: string): MultibootImage {
  const header = findMultibootHeader(image)
  if (header === undefined) {
    throw new FirmwareError({ kind: 'foreign-image', image: name, reason: 'no Multiboot 1 header in its first 8 KiB' })
  }
  if (header.unknownRequirements !== 0) {
    throw new FirmwareError({
      kind: 'unsupported',
      image: name,
      reason: `its Multiboot header requires features that are not known (flags ${hex(header.unknownRequirements)})`,
    })
  }
  if ((header.flags & HeaderFlag.ADDRESS_FIELDS) !== 0) return placeByAddressFields(image, name, header)
  if (!isElf(image)) {
    throw new FirmwareError({
      kind: 'foreign-image',
      image: name,
      reason: 'neither ELF nor with load addresses in its Multiboot header',
    })
  }
  if (elfBits(image) === 64) {
    throw new FirmwareError({
      kind: 'unsupported',
      image: name,
      reason:
        "Multiboot 1 loads ELF32 and this is ELF64; convert it with objcopy -O elf32-i386, or set the header's address fields (flag 16)",
    })
  }
  const layout = parseElf(image, name)
  return { header, layout, entry: physicalEntry(layout, name) }
}

/** Multiboot 3.1.3: the header's own address says which file offset is loaded where. */
function placeByAddressFields(image: Uint8Array, name: string, header: MultibootHeader): MultibootImage {
  const { addresses } = header
  if (addresses === undefined)
    throw new FirmwareError({ kind: 'truncated', image: name, needed: header.offset + 32, present: image.length })
  const offset = header.offset - (addresses.header - addresses.load)
  const fileBytes = addresses.loadEnd === 0 ? image.length - offset : addresses.loadEnd - addresses.load
  if (addresses.header < addresses.load || offset < 0 || fileBytes <= 0) {
    throw new FirmwareError({
      kind: 'foreign-image',
      image: name,
      reason: 'the load addresses in its Multiboot header contradict each other',
    })
  }
  if (offset + fileBytes > image.length) {
    throw new FirmwareError({ kind: 'truncated', image: name, needed: offset + fileBytes, present: image.length })
  }
  const memoryBytes = Math.max(fileBytes, addresses.bssEnd === 0 ? 0 : addresses.bssEnd - addresses.load)
  if (addresses.entry < addresses.load || addresses.entry >= addresses.load + memoryBytes) {
    throw new FirmwareError({
      kind: 'foreign-image',
      image: name,
      reason: `its entry ${hex(addresses.entry)} is not in what it loads`,
    })
  }
  const segment: ElfSegment = { offset, fileBytes, memoryBytes, virtual: addresses.load, physical: addresses.load }
  return { header, layout: { bits: 32, entry: addresses.entry, segments: [segment] }, entry: addresses.entry }
}
