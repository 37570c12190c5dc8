import type { Screen } from '../types.ts'
import { UsageError } from './status.ts'

/** What `--screen FILE` writes, by the file's name. */
export type ScreenFormat = 'text' | 'png'

/** @throws UsageError for a name that tells no format. */
export function screenFormatOf(path: string): ScreenFormat {
  if (/\.png$/i.test(path)) return 'png'
  if (/\.txt$/i.test(path) || !/\.[a-z]+$/i.test(path)) return 'text'
  throw new UsageError(`--screen ${path}: end the name in .txt for text or .png for a picture`)
}

/** What a screen shows, as the bytes of a file. */
export async function encodeScreen(screen: Screen, format: ScreenFormat): Promise<Uint8Array> {
  if (format === 'text') return new TextEncoder().encode(`${screen.text().join('\n')}\n`)
  const { width, height, data } = screen.pixels() ?? { width: 1, height: 1, data: new Uint8ClampedArray(4) }
  const { encode } = await import('fast-png')
  return encode({ width, height, data, depth: 8, channels: 4 })
}
