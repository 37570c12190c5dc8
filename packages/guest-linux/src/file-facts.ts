import { createHash } from 'node:crypto'
import type { FileFacts } from './types.ts'

/** What a manifest says of a file. */
export function fileFacts(bytes: Uint8Array): FileFacts {
  return { bytes: bytes.length, sha256: sha256(bytes) }
}

/** The hash as apt's indexes write it. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
