import type { Compression } from './decompress.ts'

/**
 * A bzImage carries the kernel proper, an ELF file, compressed, with a program in front that unpacks it in the guest
 * (boot protocol 2.08: payload_offset, payload_length). Unpacking it once on the host spares every boot that work.
 */
export interface KernelPayload {
  readonly compression: Compression
  readonly bytes: Uint8Array
  /** Unpacked. */
  readonly size: number
}

const SETUP_SECTORS = 0x1f1
const HEADER_MAGIC = 0x202
const VERSION = 0x206
const PAYLOAD_OFFSET = 0x248
const PAYLOAD_LENGTH = 0x24c
const HDRS = 0x53726448
/** The unpacked size comes last: gzip's own, or appended to the other formats by the kernel's build. */
const SIZE_BYTES = 4

const MAGICS: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
]

/** The compressed kernel inside a bzImage; undefined when this is no bzImage or its compression is another. */
export function kernelPayload(image: Uint8Array): KernelPayload | undefined {
  if (image.length < 0x260) return undefined
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  if (view.getUint32(HEADER_MAGIC, true) !== HDRS || view.getUint16(VERSION, true) < 0x208) return undefined
  const start = ((view.getUint8(SETUP_SECTORS) || 4) + 1) * 512 + view.getUint32(PAYLOAD_OFFSET, true)
  const end = start + view.getUint32(PAYLOAD_LENGTH, true)
  const magic = MAGICS.find(([, bytes]) => bytes.every((byte, index) => image[start + index] === byte))
  if (end > image.length || end - start < SIZE_BYTES || magic === undefined) return undefined
  const compression = magic[0]
  return {
    compression,
    bytes: image.subarray(start, compression === 'gzip' ? end : end - SIZE_BYTES),
    size: view.getUint32(end - SIZE_BYTES, true),
  }
}
