import { DecodeStatus, Encoding, OperandKind, Prefix } from '../instruction.ts'
import type { Bitness, Instruction } from '../instruction.ts'
import { Trait } from '../table/attributes.ts'
import { Dimension } from '../table/selector.ts'
import { growTree, hasModrm, roots, tree, UNGROWN } from '../table/tree.ts'
import {
  formCondition,
  formMnemonic,
  formOperandCount,
  formOperands,
  formOperation,
  formSize,
  formTraits,
} from '../table/forms.ts'
import { Operation } from '../generated/operation.ts'
import { decodeOperand, sizeOf } from './operand.ts'
import { overrideBit, overrideSegment, PrefixClass, prefixClasses } from './prefixes.ts'
import { state } from './state.ts'
import { isVectorPrefix, readVectorPrefix, settleEvexLength, vectorFault } from './vector-prefix.ts'

const SUFFIX_MAP = 0x400

/** The longest instruction (SDM vol. 2, 2.3.11): more bytes are #GP whatever they are. */
export const MAX_LENGTH: number = 15

/**
 * Decodes the instruction at `bytes[offset]`, reading below `end` only, into `out`. Allocates nothing.
 *
 * `NeedMoreBytes` means that `end` cut an instruction short; `TooLong` that it goes past 15 bytes; `Invalid` that this
 * encoding raises #UD. After any of these only `out.length` (bytes looked at), `out.bitness` and `out.prefixes` hold.
 */
export function decodeInto(
  bytes: Uint8Array,
  offset: number,
  end: number,
  bitness: Bitness,
  out: Instruction,
): DecodeStatus {
  state.bytes = bytes
  state.position = offset
  state.limit = end - offset > MAX_LENGTH ? offset + MAX_LENGTH : end
  state.overrun = 0
  state.invalid = 0
  state.long = bitness === 64 ? 1 : 0
  reset(out, bitness)
  readPrefixes(out)
  const vector = isVectorPrefix(state)
  const root = vector ? readVectorPrefix(state, out) : readOpcode()
  let cell = roots[root]!
  if (cell === UNGROWN) cell = growTree(root)
  if (hasModrm[root] === 1) readModrm()
  setSizes(out, bitness)
  if (vector) {
    state.sizeIndex = state.long & state.rexW ? 2 : 1
    if (state.encoding === Encoding.Evex) settleEvexLength(state, out)
  }
  const code = select(cell)
  if (code !== 0 && state.overrun === 0) decodeForm(out, code)
  out.length = state.position - offset
  if (state.overrun === 1) return end - offset >= MAX_LENGTH ? DecodeStatus.TooLong : DecodeStatus.NeedMoreBytes
  if (code === 0 || state.invalid === 1 || prefixFault(out, code) || (vector && vectorFault(state, out, code))) {
    out.code = 0
    out.operation = 0
    out.mnemonic = 0
    return DecodeStatus.Invalid
  }
  return DecodeStatus.Ok
}

function reset(out: Instruction, bitness: number): void {
  const { kinds } = out
  out.bitness = bitness
  out.lock = 0
  out.rep = 0
  out.base = -1
  out.index = -1
  out.scale = 0
  out.displacement = 0
  out.displacementHigh = 0
  out.displacementSize = 0
  out.sib = 0
  out.ripRelative = 0
  out.immediate = 0
  out.immediateHigh = 0
  out.immediate2 = 0
  kinds[0] = 0
  kinds[1] = 0
  kinds[2] = 0
  kinds[3] = 0
  kinds[4] = 0
  if (out.encoding !== Encoding.Legacy) resetVector(out)
  if (state.encoding !== Encoding.Legacy) resetVectorState()
  state.mandatory = 0
  state.segmentOverride = -1
}

function resetVector(out: Instruction): void {
  out.encoding = Encoding.Legacy
  out.vectorLength = 0
  out.vectorIndex = 0
  out.mask = 0
  out.zeroing = 0
  out.broadcast = 0
  out.rounding = 0
  out.suppressExceptions = 0
}

function resetVectorState(): void {
  state.encoding = Encoding.Legacy
  state.vectorLength = 0
  state.vvvv = 0
  state.vvvvUnused = 0
  state.deferredSlot = 0
  state.broadcastBit = 0
  state.displacementFactor = 1
  state.rmHigh = 0
}

/** Reads the prefixes and leaves the byte after them in `state.opcode`. */
function readPrefixes(out: Instruction): void {
  const classes = state.long << 8
  let prefixes = 0
  let rex = 0
  let byte = state.u8()
  for (let kind = prefixClasses[classes | byte]!; kind !== PrefixClass.None; kind = prefixClasses[classes | byte]!) {
    if (state.overrun === 1) break
    // A REX prefix that another prefix follows has no effect (SDM vol. 2, 2.2.1).
    rex = kind === PrefixClass.Rex ? byte : 0
    if (kind === PrefixClass.Segment) {
      prefixes |= overrideBit[byte]!
      overrideTo(overrideSegment[byte]!)
    } else if (kind === PrefixClass.OperandSize) {
      prefixes |= Prefix.OperandSize
      if (state.mandatory === 0) state.mandatory = 1
    } else if (kind === PrefixClass.AddressSize) prefixes |= Prefix.AddressSize
    else if (kind === PrefixClass.Lock) prefixes |= Prefix.Lock
    else if (kind === PrefixClass.Rep) {
      prefixes |= Prefix.Rep
      state.mandatory = 2
    } else if (kind === PrefixClass.Repne) {
      prefixes |= Prefix.Repne
      state.mandatory = 3
    }
    byte = state.u8()
  }
  state.opcode = byte
  setRex(rex)
  if (rex !== 0) prefixes |= rex & 8 ? Prefix.Rex | Prefix.RexW : Prefix.Rex
  out.prefixes = prefixes
}

/** In 64-bit mode ES, CS, SS and DS overrides are ignored: they do not even cancel FS or GS. */
function overrideTo(segment: number): void {
  if (state.long === 0 || segment >= 4) state.segmentOverride = segment
}

function setRex(rex: number): void {
  state.rex = rex === 0 ? 0 : 1
  state.rexW = (rex >> 3) & 1
  state.rexR = (rex & 4) << 1
  state.rexX = (rex & 2) << 2
  state.rexB = (rex & 1) << 3
}

/** Reads the rest of a legacy opcode and returns its index in `roots`. */
function readOpcode(): number {
  if (state.opcode !== 0x0f) return state.opcode
  const second = state.u8()
  state.opcode = second
  if (second !== 0x38 && second !== 0x3a) return 0x100 | second
  state.opcode = state.u8()
  return (second === 0x38 ? 0x200 : 0x300) | state.opcode
}

function readModrm(): void {
  const modrm = state.u8()
  state.mod = modrm >> 6
  state.reg = (modrm >> 3) & 7
  state.rm = modrm & 7
}

function setSizes(out: Instruction, bitness: number): void {
  const toggled = (out.prefixes & Prefix.OperandSize) !== 0 ? 1 : 0
  const address = (out.prefixes & Prefix.AddressSize) !== 0 ? 1 : 0
  if (bitness === 64) {
    state.sizeIndex = state.rexW === 1 ? 2 : 1 - toggled
    state.addressSize = address === 1 ? 4 : 8
  } else {
    state.sizeIndex = (bitness === 32 ? 1 : 0) ^ toggled
    state.addressSize = (bitness === 32 ? 1 : 0) ^ address ? 4 : 2
  }
  out.addressSize = state.addressSize
}

/** Walks the decision tree of an opcode to a form. */
function select(root: number): number {
  const { cells } = tree
  let cell = root
  while (cell < 0) cell = cells[~cell + 1 + dimensionValue(cells[~cell]!)]!
  return cell
}

function dimensionValue(dimension: number): number {
  switch (dimension) {
    case Dimension.Mode:
      return state.long
    case Dimension.Prefix:
      return state.mandatory
    case Dimension.OperandSize:
      return state.sizeIndex
    case Dimension.Wide:
      return state.rexW
    case Dimension.ExtendedBase:
      return state.rexB >> 3
    case Dimension.Length:
      return state.vectorLength
    case Dimension.Mod:
      return state.mod === 3 ? 1 : 0
    case Dimension.Reg:
      return state.reg
    default:
      return state.rm
  }
}

function decodeForm(out: Instruction, code: number): void {
  const traits = formTraits[code]!
  if (state.long === 1 && (traits & (Trait.Default64 | Trait.Force64)) !== 0) {
    if ((traits & Trait.Force64) !== 0 || state.sizeIndex === 1) state.sizeIndex = 2
  }
  out.code = code
  out.operation = formOperation[code]!
  out.condition = formCondition[code]!
  out.operandSize = sizeOf(state, formSize[code]!)
  const nameIndex = (traits & Trait.ByAddress) !== 0 ? state.addressSize >> 2 : state.sizeIndex
  out.mnemonic = formMnemonic[code * 3 + nameIndex]!
  out.segment = state.segmentOverride >= 0 ? state.segmentOverride : 3
  const count = formOperandCount[code]!
  out.operandCount = count
  for (let slot = 0; slot < count; slot++) decodeOperand(state, out, slot, formOperands[code * 5 + slot]!)
  if (state.deferredSlot !== 0)
    decodeOperand(state, out, state.deferredSlot, formOperands[code * 5 + state.deferredSlot]!)
  if (out.operation === Operation.ThreeDNow) nameBySuffix(out)
  if ((traits & Trait.Rep) !== 0 && state.mandatory > 1) out.rep = state.mandatory === 2 ? 3 : 2
}

/** A 3DNow! operation is named by a byte after its operands (AMD APM vol. 3, appendix A.1.2). */
function nameBySuffix(out: Instruction): void {
  const opcode = SUFFIX_MAP | out.immediate
  const code = roots[opcode] === UNGROWN ? growTree(opcode) : roots[opcode]!
  if (code === 0) state.invalid = 1
  out.code = code
  out.operation = formOperation[code]!
  out.mnemonic = formMnemonic[code * 3]!
  out.operandCount = 2
  out.kinds[2] = OperandKind.None
  out.immediate = 0
}

/** LOCK is legal before the read-modify-write forms with a memory destination only (SDM vol. 2, LOCK). */
function prefixFault(out: Instruction, code: number): boolean {
  const traits = formTraits[code]!
  if ((traits & (Trait.NoOperandSizePrefix | Trait.Address32)) !== 0 && sizeFault(out, traits)) return true
  if ((out.prefixes & Prefix.Lock) === 0) return false
  out.lock = 1
  return (traits & Trait.Lock) === 0 || out.kinds[0] !== OperandKind.Memory
}

function sizeFault({ prefixes, addressSize }: Instruction, traits: number): boolean {
  if ((traits & Trait.NoOperandSizePrefix) !== 0) return (prefixes & Prefix.OperandSize) !== 0
  return addressSize !== 4
}
