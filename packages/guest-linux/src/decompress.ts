import { join } from 'node:path'
import { rm, writeFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { GuestLinuxError } from './errors.ts'
import { complaint, runTool } from './run-tool.ts'

export type Compression = 'gzip' | 'xz' | 'zstd'

/** Unpacks what a Debian package holds compressed; Node has no xz of its own, so the tool of that name does it. */
export async function decompress(compression: Compression, bytes: Uint8Array, what: string, scratch: string): Promise<Uint8Array> {
  if (compression === 'gzip') return gunzipSync(bytes)
  const file = join(scratch, 'compressed')
  await writeFile(file, bytes)
  const result = await runTool(compression, ['-dc', file], scratch)
  await rm(file)
  if (result.status === 0) return result.stdout
  throw new GuestLinuxError('damaged', `cannot decompress ${what} (${complaint(result)}): run the build again with refresh`)
}
