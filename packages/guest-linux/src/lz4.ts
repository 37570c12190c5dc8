/**
 * LZ4 in the "legacy" framing that Linux kernels are packed in: a magic number, then blocks of a length and LZ4 sequences
 * (lz4 project, doc/lz4_Block_format and lz4_Frame_format). Debian's cloud kernels use it, and neither Node nor a base
 * system can unpack it.
 */
export const LZ4_LEGACY_MAGIC = 0x184c2102
/** What one block unpacks to at most. */
const BLOCK_BYTES = 8 << 20
const MIN_MATCH = 4
/** A length nibble of this value goes on in the bytes that follow. */
const LONG = 15

/** Unpacks a legacy LZ4 file of which `size`, the unpacked size, is known; undefined when it is damaged. */
export function unpackLz4Legacy(packed: Uint8Array, size: number): Uint8Array | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const out = new Uint8Array(size)
  let done = 0
  let at = 4
  if (packed.length < 4 || view.getUint32(0, true) !== LZ4_LEGACY_MAGIC) return undefined
  while (at + 4 <= packed.length && done < size) {
    const bytes = view.getUint32(at, true)
    at += 4
    if (at + bytes > packed.length) return undefined
    const end = unpackBlock(packed.subarray(at, at + bytes), out, done, Math.min(done + BLOCK_BYTES, size))
    if (end < 0) return undefined
    done = end
    at += bytes
  }
  return done === size ? out : undefined
}

/** Unpacks one block to `out` from `start` on, not beyond `limit`; answers where it ended, or -1. Matches stay within the block. */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number, limit: number): number {
  let read = 0
  let write = start
  const longLength = (nibble: number): number => {
    let length = nibble
    if (nibble === LONG) {
      let more: number
      do {
        more = block[read] ?? 0
        read += 1
        length += more
      } while (more === 255 && read < block.length)
    }
    return length
  }
  while (read < block.length) {
    const token = block[read] ?? 0
    read += 1
    const literals = longLength(token >> 4)
    if (read + literals > block.length || write + literals > limit) return -1
    out.set(block.subarray(read, read + literals), write)
    read += literals
    write += literals
    if (read === block.length) return write
    if (read + 2 > block.length) return -1
    const distance = (block[read] ?? 0) | ((block[read + 1] ?? 0) << 8)
    read += 2
    const match = longLength(token & 0xf) + MIN_MATCH
    if (distance === 0 || write - distance < start || write + match > limit) return -1
    // Byte by byte, since a match may overlap what it is still writing.
    for (const end = write + match; write < end; write += 1) out[write] = out[write - distance] ?? 0
  }
  return write
}
