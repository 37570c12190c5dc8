import { Encoding, OperandKind } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { RegisterClass } from '../register.ts'
import { formBroadcast, formDisplacement } from '../table/forms.ts'
import { FIRST_VECTOR_SIZE, operandSizes, vectorSizes } from '../table/sizes.ts'
import { templateColumns, TemplateKind } from '../table/templates.ts'
import { readMemoryOperand } from './memory-operand.ts'
import type { DecodeState } from './state.ts'

const templateKind: Uint8Array = templateColumns.kind
const templateRegisterSize: Uint8Array = templateColumns.registerSize
const templateMemorySize: Uint8Array = templateColumns.memorySize
const templateNumber: Uint16Array = templateColumns.number

/** Register id of general register 0 by operand size in bytes. */
const GENERAL = Uint8Array.of(
  RegisterClass.Gpr32 << 5,
  RegisterClass.Gpr8 << 5,
  RegisterClass.Gpr16 << 5,
  0,
  RegisterClass.Gpr32 << 5,
  0,
  0,
  0,
  RegisterClass.Gpr64 << 5,
)

/** Decodes operand `slot` of `out` from its template. */
export function decodeOperand(state: DecodeState, out: Instruction, slot: number, template: number): void {
  switch (templateKind[template]) {
    case TemplateKind.RmGeneral:
      if (state.mod === 3) general(state, out, slot, template, state.rm | state.rexB)
      else memory(state, out, slot, template)
      return
    case TemplateKind.RegGeneral:
      return general(state, out, slot, template, state.reg | state.rexR)
    case TemplateKind.OpcodeGeneral:
      return general(state, out, slot, template, (state.opcode & 7) | state.rexB)
    case TemplateKind.RmGeneralOnly:
      return general(state, out, slot, template, state.rm | state.rexB)
    case TemplateKind.MemoryOnly:
      if (state.mod === 3) state.invalid = 1
      else memory(state, out, slot, template)
      return
    case TemplateKind.RegVector:
      return vector(state, out, slot, template, state.reg | state.rexR)
    case TemplateKind.VvvvVector:
      state.vvvvUnused = 0
      return vector(state, out, slot, template, state.vvvv)
    case TemplateKind.RmVector:
      if (state.mod === 3) vector(state, out, slot, template, state.rm | state.rexB | state.rmHigh)
      else memory(state, out, slot, template)
      return
    case TemplateKind.RmVectorOnly:
      return vector(state, out, slot, template, state.rm | state.rexB | state.rmHigh)
    case TemplateKind.Fixed:
      return register(out, slot, templateNumber[template]!, registerBytes(state, template))
    case TemplateKind.FixedGeneral:
      return general(state, out, slot, template, templateNumber[template]!)
    case TemplateKind.RegSegment:
    case TemplateKind.RegSegmentTarget:
      return segmentRegister(state, out, slot, templateKind[template] === TemplateKind.RegSegmentTarget)
    case TemplateKind.RegControl:
      return controlRegister(state, out, slot)
    case TemplateKind.RegDebug:
      if (state.rexR !== 0) state.invalid = 1
      return register(out, slot, (RegisterClass.Debug << 5) | state.reg, state.long ? 8 : 4)
    case TemplateKind.RegAddress:
      return addressRegister(state, out, slot, state.reg | state.rexR)
    case TemplateKind.RmAddress:
      return addressRegister(state, out, slot, state.rm | state.rexB)
    case TemplateKind.RmX87:
      return register(out, slot, (RegisterClass.X87 << 5) | state.rm, 10)
    default:
      if (templateKind[template]! >= TemplateKind.VvvvVector) return vectorOperand(state, out, slot, template)
      return immediateOperand(state, out, slot, template)
  }
}

/** Operands that only VEX, EVEX and XOP forms have. */
function vectorOperand(state: DecodeState, out: Instruction, slot: number, template: number): void {
  switch (templateKind[template]) {
    case TemplateKind.VvvvGeneral:
      state.vvvvUnused = 0
      return general(state, out, slot, template, state.vvvv & 15)
    case TemplateKind.ImmediateVector:
      return immediateVector(state, out, slot, template)
    case TemplateKind.ImmediateNibble:
      out.kinds[slot] = OperandKind.Immediate
      out.sizes[slot] = 1
      return
    case TemplateKind.RegMask:
      return mask(state, out, slot, state.reg | state.rexR)
    case TemplateKind.RmMask:
      if (state.mod === 3) mask(state, out, slot, state.rm)
      else memory(state, out, slot, template)
      return
    case TemplateKind.VvvvMask:
      state.vvvvUnused = 0
      return mask(state, out, slot, state.vvvv)
    case TemplateKind.MemoryVector:
      return vectorMemory(state, out, slot, template)
    case TemplateKind.RegTile:
      return tile(state, out, slot, state.reg | state.rexR)
    case TemplateKind.RmTile:
      return tile(state, out, slot, state.rm | state.rexB)
    case TemplateKind.VvvvTile:
      state.vvvvUnused = 0
      return tile(state, out, slot, state.vvvv)
    case TemplateKind.MemorySib:
      if (state.rm !== 4) state.invalid = 1
      return memory(state, out, slot, template)
  }
}

/** A register in the upper half of an immediate; VPERMIL2 has a number of four bits in the lower one. */
function immediateVector(state: DecodeState, out: Instruction, slot: number, template: number): void {
  if (slot === 2 && state.deferredSlot === 0) {
    state.deferredSlot = slot
    return
  }
  const byte = state.u8()
  vector(state, out, slot, template, (byte >> 4) & (state.long === 1 ? 15 : 7))
  if (out.operandCount === 5) out.immediate = byte & 15
}

/** There are eight opmask registers. */
function mask(state: DecodeState, out: Instruction, slot: number, number: number): void {
  if (number > 7) state.invalid = 1
  register(out, slot, (RegisterClass.Mask << 5) | (number & 7), 8)
}

/** There are eight tiles. */
function tile(state: DecodeState, out: Instruction, slot: number, number: number): void {
  if (number > 7) state.invalid = 1
  register(out, slot, (RegisterClass.Tile << 5) | (number & 7), 0)
}

/** VSIB: the index is a vector register, so that a SIB byte is needed (SDM vol. 2, 2.3.12). */
function vectorMemory(state: DecodeState, out: Instruction, slot: number, template: number): void {
  if (state.mod === 3 || state.rm !== 4 || state.addressSize === 2) {
    state.invalid = 1
    return
  }
  const size = registerBytes(state, template)
  state.vvvvUnused &= 15
  out.vectorIndex = size <= 16 ? RegisterClass.Xmm : size === 32 ? RegisterClass.Ymm : RegisterClass.Zmm
  memory(state, out, slot, template)
}

function immediateOperand(state: DecodeState, out: Instruction, slot: number, template: number): void {
  const size = registerBytes(state, template)
  switch (templateKind[template]) {
    case TemplateKind.Immediate:
      return immediate(out, slot, size, size === 1 ? state.u8() : state.u16(), 0)
    case TemplateKind.ImmediateByteSigned: {
      const value = (state.u8() << 24) >> 24
      return immediate(out, slot, size, value, value >> 31)
    }
    case TemplateKind.ImmediateSigned: {
      const value = size === 2 ? state.u16() : state.i32()
      return immediate(out, slot, size, value, value >> 31)
    }
    case TemplateKind.ImmediateFull: {
      const value = size === 2 ? state.u16() : state.i32()
      return immediate(out, slot, size, value, size === 8 ? state.i32() : value >> 31)
    }
    case TemplateKind.ImmediateSecond:
      out.kinds[slot] = OperandKind.Immediate
      out.sizes[slot] = 1
      out.immediate2 = state.u8()
      return
    case TemplateKind.One:
      return immediate(out, slot, 1, 1, 0)
    case TemplateKind.Relative:
      return relative(state, out, slot, template)
    case TemplateKind.Far:
      return farPointer(state, out, slot)
    case TemplateKind.Offset:
      return offset(state, out, slot, template)
  }
}

/** Bytes that a size code means for this instruction. */
export function sizeOf(state: DecodeState, code: number): number {
  if (code >= FIRST_VECTOR_SIZE) return vectorSizes[((code - FIRST_VECTOR_SIZE) << 2) | state.vectorLength]!
  return operandSizes[(code << 3) | (state.long << 2) | state.sizeIndex]!
}

function registerBytes(state: DecodeState, template: number): number {
  return sizeOf(state, templateRegisterSize[template]!)
}

function register(out: Instruction, slot: number, id: number, size: number): void {
  out.kinds[slot] = OperandKind.Register
  out.registers[slot] = id
  out.sizes[slot] = size
}

function general(state: DecodeState, out: Instruction, slot: number, template: number, number: number): void {
  const size = registerBytes(state, template)
  if (number > 15) state.invalid = 1
  // Without REX, 4..7 of the byte registers are AH, CH, DH and BH (SDM vol. 2, 2.2.1.2).
  const high = size === 1 && number >= 4 && number < 8 && state.rex === 0
  register(out, slot, high ? (RegisterClass.Gpr8High << 5) | (number - 4) : GENERAL[size]! | number, size)
}

/** A register that holds an address: as wide as addresses are. */
function addressRegister(state: DecodeState, out: Instruction, slot: number, number: number): void {
  register(out, slot, GENERAL[state.addressSize]! | number, state.addressSize)
}

function vector(state: DecodeState, out: Instruction, slot: number, template: number, number: number): void {
  const kind = templateNumber[template]!
  if (kind === RegisterClass.Mmx) register(out, slot, (kind << 5) | (number & 7), 8)
  else {
    const size = registerBytes(state, template)
    const wide = size <= 16 ? RegisterClass.Xmm : size === 32 ? RegisterClass.Ymm : RegisterClass.Zmm
    register(out, slot, (wide << 5) | number, size)
  }
}

function memory(state: DecodeState, out: Instruction, slot: number, template: number): void {
  out.kinds[slot] = OperandKind.Memory
  const size = sizeOf(state, templateMemorySize[template]!)
  out.sizes[slot] = state.encoding === Encoding.Evex ? evexMemory(state, out, size) : size
  readMemoryOperand(state, out)
  if (state.segmentOverride >= 0) out.segment = state.segmentOverride
}

/** Broadcast and compressed displacement (SDM vol. 2, 2.7.5): returns the bytes that memory gives. */
function evexMemory(state: DecodeState, out: Instruction, size: number): number {
  const element = formBroadcast[out.code]!
  if (state.broadcastBit === 1 && element !== 0) {
    out.broadcast = size / element
    state.displacementFactor = element
    return element
  }
  state.displacementFactor = formDisplacement[out.code]! || size || 1
  return size
}

function segmentRegister(state: DecodeState, out: Instruction, slot: number, target: boolean): void {
  // There are six segment registers, and CS is not loaded by MOV.
  if (state.reg > 5 || (target && state.reg === 1)) state.invalid = 1
  register(out, slot, (RegisterClass.Segment << 5) | state.reg, 2)
}

function controlRegister(state: DecodeState, out: Instruction, slot: number): void {
  const number = state.reg | state.rexR
  if (number !== 0 && number !== 2 && number !== 3 && number !== 4 && number !== 8) state.invalid = 1
  register(out, slot, (RegisterClass.Control << 5) | number, state.long ? 8 : 4)
}

function immediate(out: Instruction, slot: number, size: number, low: number, high: number): void {
  out.kinds[slot] = OperandKind.Immediate
  out.sizes[slot] = size
  out.immediate = low
  out.immediateHigh = high
}

function relative(state: DecodeState, out: Instruction, slot: number, template: number): void {
  const bytes = registerBytes(state, template)
  const value = bytes === 1 ? (state.u8() << 24) >> 24 : bytes === 2 ? (state.u16() << 16) >> 16 : state.i32()
  out.kinds[slot] = OperandKind.Relative
  out.sizes[slot] = sizeOf(state, templateMemorySize[template]!)
  out.immediate = value
  out.immediateHigh = value >> 31
}

function farPointer(state: DecodeState, out: Instruction, slot: number): void {
  out.kinds[slot] = OperandKind.FarPointer
  out.sizes[slot] = state.sizeIndex === 0 ? 4 : 6
  out.immediate = state.sizeIndex === 0 ? state.u16() : state.i32()
  out.immediate2 = state.u16()
}

function offset(state: DecodeState, out: Instruction, slot: number, template: number): void {
  out.kinds[slot] = OperandKind.Memory
  out.sizes[slot] = registerBytes(state, template)
  out.displacement = state.addressSize === 2 ? state.u16() : state.i32()
  if (state.addressSize === 8) out.displacementHigh = state.i32()
  out.displacementSize = state.addressSize
  out.segment = state.segmentOverride >= 0 ? state.segmentOverride : 3
}
