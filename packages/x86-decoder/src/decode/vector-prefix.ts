import { Encoding, OperandKind, Prefix } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { Trait } from '../table/attributes.ts'
import { formTraits } from '../table/forms.ts'
import { EVEX_MAPS, VEX_MAPS, XOP_MAPS } from '../table/selector.ts'
import type { DecodeState } from './state.ts'

/** True if `state.opcode` starts a VEX, EVEX or XOP prefix: outside 64-bit mode only if it cannot be a ModRM memory form. */
export function isVectorPrefix(state: DecodeState): boolean {
  const { opcode } = state
  if (opcode !== 0xc5 && opcode !== 0xc4 && opcode !== 0x62 && opcode !== 0x8f) return false
  const next = state.position < state.limit ? state.bytes[state.position]! : 0
  if (opcode === 0x8f) return (next & 0x1f) >= 8
  return state.long === 1 || next >= 0xc0
}

/** Prefixes that must not precede VEX, EVEX and XOP (SDM vol. 2, 2.3.2 and 2.3.3). */
const FORBIDDEN = Prefix.OperandSize | Prefix.Repne | Prefix.Rep | Prefix.Lock | Prefix.Rex

/** A map that has no rows. */
const NO_MAP = VEX_MAPS << 8

/** Reads the rest of the prefix and the opcode; returns the opcode's index in `roots`. */
export function readVectorPrefix(state: DecodeState, out: Instruction): number {
  if ((out.prefixes & FORBIDDEN) !== 0) state.invalid = 1
  state.rex = 1
  switch (state.opcode) {
    case 0xc5:
      return readShortVex(state, out)
    case 0xc4:
      return readLongVex(state, out, Encoding.Vex)
    case 0x8f:
      return readLongVex(state, out, Encoding.Xop)
    default:
      return readEvex(state, out)
  }
}

function readShortVex(state: DecodeState, out: Instruction): number {
  const byte = state.u8()
  setExtensions(state, ~byte & 0x80, 0)
  readLast(state, out, byte & 0x7f, Encoding.Vex)
  return ((VEX_MAPS + 1) << 8) | state.opcode
}

function readLongVex(state: DecodeState, out: Instruction, encoding: Encoding): number {
  const byte = state.u8()
  setExtensions(state, ~byte & 0xe0, 0)
  readLast(state, out, state.u8(), encoding)
  const map = encoding === Encoding.Xop ? XOP_MAPS + (byte & 0x1f) - 8 : VEX_MAPS + (byte & 0x1f)
  const known = encoding === Encoding.Xop ? (byte & 0x1f) <= 10 : (byte & 0x1f) >= 1 && (byte & 0x1f) <= 3
  return known ? (map << 8) | state.opcode : NO_MAP
}

/** EVEX (SDM vol. 2, 2.7): R X B R' 0 mmm, W vvvv 1 pp, z L'L b V' aaa. */
function readEvex(state: DecodeState, out: Instruction): number {
  const first = state.u8()
  const second = state.u8()
  const third = state.u8()
  if ((first & 8) !== 0 || (second & 4) === 0) state.invalid = 1
  setExtensions(state, ~first & 0xe0, state.long === 1 ? ~first & 0x10 : 0)
  state.rmHigh = state.long === 1 ? (~first & 0x40) >> 2 : 0
  readLast(state, out, second, Encoding.Evex)
  const high = (~third & 8) << 1
  state.vvvvUnused |= high
  if (state.long === 1) state.vvvv |= high
  else if (high !== 0) state.invalid = 1
  state.vectorLength = (third >> 5) & 3
  out.mask = third & 7
  out.zeroing = third >> 7
  state.broadcastBit = (third >> 4) & 1
  const map = first & 7
  return map === 0 || map === 4 || map === 7 ? NO_MAP : ((EVEX_MAPS + map) << 8) | state.opcode
}

/**
 * After ModRM: in a register form EVEX.b makes L'L a rounding mode, of the whole 512 bits; before a memory form L'L is
 * the length, and 3 is none.
 */
export function settleEvexLength(state: DecodeState, out: Instruction): void {
  if (state.mod === 3 && state.broadcastBit === 1) {
    out.rounding = state.vectorLength + 1
    state.vectorLength = 2
  } else if (state.vectorLength === 3) {
    state.vectorLength = 2
    state.invalid = 1
  }
  out.vectorLength = state.vectorLength
}

/** R, X and B in bits 7 to 5, as set bits; only 64-bit mode has the registers that they reach. */
function setExtensions(state: DecodeState, bits: number, high: number): void {
  const allowed = state.long === 1 ? 8 : 0
  state.rexR = ((bits >> 4) & allowed) | high
  state.rexX = (bits >> 3) & allowed
  state.rexB = (bits >> 2) & allowed
}

/** W vvvv L pp, and then the opcode. */
function readLast(state: DecodeState, out: Instruction, byte: number, encoding: Encoding): void {
  state.rexW = byte >> 7
  const vvvv = (~byte >> 3) & 15
  state.vvvv = state.long === 1 ? vvvv : vvvv & 7
  state.vvvvUnused = vvvv
  state.vectorLength = (byte >> 2) & 1
  state.mandatory = byte & 3
  state.encoding = encoding
  out.encoding = encoding
  out.vectorLength = state.vectorLength
  state.opcode = state.u8()
}

/** True if the form forbids what the prefix says: `vvvv` without an operand, a gather with a register twice, masks. */
export function vectorFault(state: DecodeState, out: Instruction, code: number): boolean {
  if (state.vvvvUnused !== 0) return true
  const traits = formTraits[code]!
  if (state.encoding === Encoding.Evex && evexFault(state, out, traits)) return true
  if ((traits & Trait.UniqueTiles) !== 0 && sameTile(out)) return true
  return (traits & Trait.Gather) !== 0 && gatherFault(state, out)
}

/** A product of tiles needs three different ones (SDM vol. 2, exception type AMX-E4). */
function sameTile({ registers }: Instruction): boolean {
  return registers[0] === registers[1] || registers[0] === registers[2] || registers[1] === registers[2]
}

function gatherFault(state: DecodeState, out: Instruction): boolean {
  const target = out.registers[0]! & 31
  if (state.encoding === Encoding.Evex) return target === out.index
  const mask = out.registers[2]! & 31
  return target === out.index || mask === out.index || target === mask
}

function evexFault(state: DecodeState, out: Instruction, traits: number): boolean {
  if (out.mask === 0 ? (traits & Trait.MaskRequired) !== 0 : (traits & Trait.Mask) === 0) return true
  if (out.zeroing === 1) {
    if (out.mask === 0 || (traits & Trait.Zeroing) === 0 || out.kinds[0] === OperandKind.Memory) return true
  }
  if ((traits & Trait.UniqueTarget) !== 0 && targetIsSource(out)) return true
  return state.broadcastBit === 1 && broadcastFault(state, out, traits)
}

function targetIsSource({ kinds, registers }: Instruction): boolean {
  if (registers[0] === registers[1]) return true
  return kinds[2] === OperandKind.Register && registers[0] === registers[2]
}

/** EVEX.b: a broadcast from memory, or rounding control or SAE between registers; else it is an error. */
function broadcastFault(state: DecodeState, out: Instruction, traits: number): boolean {
  if (state.mod !== 3) return out.broadcast === 0
  if ((traits & Trait.Rounding) !== 0) return false
  out.rounding = 0
  out.suppressExceptions = 1
  return (traits & Trait.Suppress) === 0
}
