const CHUNK_BYTES = 4096

/** Bytes as plain data that survives JSON: chunks that are not all zero, by number, in base64. */
export type PackedBytes = [chunk: number, base64: string][]

export function packBytes(bytes: Uint8Array): PackedBytes {
  const packed: PackedBytes = []
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const chunk = bytes.subarray(start, start + CHUNK_BYTES)
    if (chunk.every((byte) => byte === 0)) continue
    packed.push([start / CHUNK_BYTES, btoa(String.fromCharCode(...chunk))])
  }
  return packed
}

/** Replaces all of `into`. What lies beyond its end is dropped. */
export function unpackBytes(packed: PackedBytes, into: Uint8Array): void {
  into.fill(0)
  for (const [chunk, base64] of packed) {
    const text = atob(base64)
    const start = chunk * CHUNK_BYTES
    for (let i = 0; i < text.length; i++) if (start + i < into.length) into[start + i] = text.charCodeAt(i)
  }
}
