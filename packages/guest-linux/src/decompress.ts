import { join } from 'node:path'
import { rm, writeFile } from 'node:fs/promises'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { GuestLinuxError } from './errors.ts'
import { unpackLz4Legacy } from './lz4.ts'
import { complaint, runTool } from './run-tool.ts'

export type Compression = 'gzip' | 'xz' | 'zstd' | 'lz4'

export interface Packed {
  readonly compression: Compression
  readonly bytes: Uint8Array
  /** Unpacked, where it is known; LZ4 needs it. */
  readonly size?: number
}

/** Unpacks what a Debian package holds compressed; `what` names it in errors, `scratch` is a directory to work in. */
export async function decompress(packed: Packed, what: string, scratch: string): Promise<Uint8Array> {
  try {
    return await unpack(packed, scratch)
  } catch (error) {
    if (error instanceof GuestLinuxError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new GuestLinuxError('damaged', `cannot decompress ${what} (${reason}): run the build again with refresh`, {
      cause: error,
    })
  }
}

async function unpack({ compression, bytes, size = 0 }: Packed, scratch: string): Promise<Uint8Array> {
  switch (compression) {
    case 'gzip':
      return gunzipSync(bytes)
    case 'zstd':
      return zstdDecompressSync(bytes)
    case 'xz':
      return unpackXz(bytes, scratch)
    case 'lz4': {
      const whole = unpackLz4Legacy(bytes, size)
      if (whole === undefined) throw new Error('damaged LZ4 data')
      return whole
    }
  }
}

/** Node has no xz; the tool of that name does it. */
async function unpackXz(bytes: Uint8Array, scratch: string): Promise<Uint8Array> {
  const file = join(scratch, 'compressed.xz')
  await writeFile(file, bytes)
  const result = await runTool('xz', ['-dc', file], scratch)
  await rm(file)
  if (result.status !== 0) throw new Error(complaint(result))
  return result.stdout
}
