import { readFileSync } from 'node:fs'
import type { Bitness } from '../../src/index.ts'

/** A line of a vector file. */
export interface Vector {
  readonly bytes: Uint8Array
  readonly bitness: Bitness
  /** What `format` makes of it. */
  readonly text: string
  readonly length: number
}

/** The files: legacy encodings, VEX, EVEX, XOP; made by scripts/generate-vectors.ts. */
export const VECTOR_FILES: readonly string[] = ['legacy.txt', 'vex.txt', 'evex.txt', 'xop.txt']

export function vectorLine({ bytes, bitness, text, length }: Vector): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return `${hex} | ${bitness} | ${text} | ${length}`
}

/** All vectors of a file. */
export function readVectors(file: string): readonly Vector[] {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [hex, bitness, text, length] = line.split(' | ') as [string, string, string, string]
    return {
      bytes: Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16)),
      bitness: Number(bitness) as Bitness,
      text,
      length: Number(length),
    }
  })
}
