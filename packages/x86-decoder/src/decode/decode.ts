import { DecodeStatus, Instruction } from '../instruction.ts'
import type { Bitness } from '../instruction.ts'
import { decodeInto } from './decoder.ts'

/** What to decode. */
export interface DecodeOptions {
  /** Code size: 16, 32 or 64. */
  readonly bitness: Bitness
  /** Where in the bytes the instruction starts. Default 0. */
  readonly offset?: number
}

/** A decoded instruction, or why there is none. */
export type DecodeResult =
  | { readonly ok: true; readonly instruction: Instruction }
  | { readonly ok: false; readonly status: DecodeStatus; readonly length: number }

/**
 * Decodes one instruction into a record of its own: the convenient sibling of `decodeInto`. Throws a RangeError if the
 * bitness or the offset is out of range; what the bytes hold never throws.
 *
 * @example decode(Uint8Array.of(0x90), { bitness: 32 })
 */
export function decode(bytes: Uint8Array, { bitness, offset = 0 }: DecodeOptions): DecodeResult {
  if (bitness !== 16 && bitness !== 32 && bitness !== 64)
    throw new RangeError(`bitness ${bitness}: expected 16, 32 or 64`)
  if (!Number.isInteger(offset) || offset < 0 || offset > bytes.length) {
    throw new RangeError(`offset ${offset}: expected 0..${bytes.length}`)
  }
  const instruction = new Instruction()
  const status = decodeInto(bytes, offset, bytes.length, bitness, instruction)
  return status === DecodeStatus.Ok ? { ok: true, instruction } : { ok: false, status, length: instruction.length }
}
