import { UsageError } from './status.ts'

const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

const least = 2 ** 20
const most = 3584 * 2 ** 20
const step = 2 ** 16

/** Bytes of a size such as 512K, 256M or 1.5G; a bare number counts MiB. Null: it is none. */
export function bytesOfSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?$/i.exec(text)
  const bytes = match ? Number(match[1]) * units[(match[2] || 'M').toUpperCase()]! : NaN
  return Number.isInteger(bytes) && bytes > 0 ? bytes : null
}

/** Bytes of `--memory`. @throws UsageError */
export function parseSize(text: string): number {
  const bytes = bytesOfSize(text)
  if (bytes === null) throw new UsageError(`--memory ${text}: not a size such as 256M or 1G`)
  if (bytes < least || bytes > most || bytes % step !== 0) {
    throw new UsageError(`--memory ${text}: give a guest 1M to 3584M, in steps of 64K`)
  }
  return bytes
}
