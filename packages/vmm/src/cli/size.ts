import { UsageError } from './status.ts'

const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

const least = 2 ** 20
const most = 3584 * 2 ** 20
const step = 2 ** 16

/** Bytes of a size such as 512K, 256M or 1.5G; a bare number counts MiB. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?$/i.exec(text)
  const bytes = match ? Number(match[1]) * units[(match[2] || 'M').toUpperCase()]! : NaN
  if (!Number.isInteger(bytes) || bytes <= 0) throw new UsageError(`--memory ${text}: not a size such as 256M or 1G`)
  if (bytes < least || bytes > most || bytes % step !== 0) {
    throw new UsageError(`--memory ${text}: give a guest 1M to 3584M, in steps of 64K`)
  }
  return bytes
}
