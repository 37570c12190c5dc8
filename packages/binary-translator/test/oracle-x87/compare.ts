// Compares records afterwards, byte by byte, and tells a difference in words.
import { Offset, RECORD_BYTES, isCompared } from './image.ts'
import type { Instruction } from './instructions.ts'

/** With `ulps`, finite ST(0) and ST(1) may be that far apart, and C1 (which way the last bit was rounded) is not compared. */
export function differs(expected: DataView, actual: DataView, { ulps, ignored }: Instruction): boolean {
  for (let i = 0; i < RECORD_BYTES; i++) {
    if (i >= Offset.memory + ignored[0] && i < Offset.memory + ignored[1]) continue
    const skipped = ulps > 0 && i >= Offset.registers && i < Offset.registers + 20
    const mask = ulps > 0 && i === Offset.status + 1 ? ~2 : ~0
    if (isCompared(i) && !skipped && (expected.getUint8(i) ^ actual.getUint8(i)) & mask) return true
  }
  return ulps > 0 && (distance(expected, actual, 0) > BigInt(ulps) || distance(expected, actual, 1) > BigInt(ulps))
}

/** How many representable values lie from one register to the other; infinitely many (here 2^80) across signs or special values. */
export function distance(expected: DataView, actual: DataView, i: number): bigint {
  const at = Offset.registers + 10 * i
  const [a, b] = [expected, actual].map((view) => [view.getUint16(at + 8, true), view.getBigUint64(at, true)] as const)
  if (a![0] === b![0] && a![1] === b![1]) return 0n
  const isSpecial = ([se, significand]: readonly [number, bigint]): boolean =>
    (se & 0x7fff) === 0x7fff || ((se & 0x7fff) !== 0 && significand >> 63n === 0n)
  if ((a![0] ^ b![0]) & 0x8000 || isSpecial(a!) || isSpecial(b!)) return 1n << 80n
  const order = ([se, significand]: readonly [number, bigint]): bigint =>
    (BigInt(Math.max(se & 0x7fff, 1)) << 63n) + significand
  const difference = order(a!) - order(b!)
  return difference < 0n ? -difference : difference
}

function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function register(view: DataView, i: number): string {
  const at = Offset.registers + 10 * i
  return `${hex(view.getUint16(at + 8, true), 4)}:${hex(view.getBigUint64(at, true), 16)}`
}

export function show(view: DataView): string {
  const words = [Offset.control, Offset.status, Offset.tags].map((at) => hex(view.getUint16(at, true), 4))
  const memory = `${hex(view.getUint16(Offset.memory + 8, true), 4)}:${hex(view.getBigUint64(Offset.memory, true), 16)}`
  const registers = [0, 1, 2, 3, 7].map((i) => register(view, i)).join(' ')
  return `cw ${words[0]} sw ${words[1]} tw ${words[2]} fl ${hex(view.getUint16(Offset.flags, true), 2)} m ${memory} st ${registers}`
}
