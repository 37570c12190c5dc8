import {
  Access,
  DecodeStatus,
  Encoding,
  facts,
  FlagBit,
  flagEffect,
  Mnemonic,
  Operation,
  OperandKind,
  Privilege,
  registerClass,
  RegisterClass,
  registerId,
} from '../../src/index.ts'
import type { Instruction } from '../../src/index.ts'
import { iced, icedCode, memorySizes, operandAccess, registerIds } from './iced.ts'
import { isKnown } from './known-differences.ts'

const mnemonicNames = Object.keys(Mnemonic).map((name) => name.toLowerCase())
const K = iced.OpKind

/** What differs between our decode and iced's of the same bytes; null if nothing does. */
export function difference(status: DecodeStatus, ours: Instruction, theirs: iced.Instruction): string | null {
  const valid = theirs.code !== iced.Code.INVALID
  if ((status === DecodeStatus.Ok) !== valid) return `validity ${status} / ${icedCode(theirs).name}`
  if (!valid) return null
  if (ours.length !== theirs.length) return `length ${ours.length} / ${theirs.length}`
  const code = icedCode(theirs)
  if (mnemonicNames[ours.mnemonic] !== code.mnemonic.toLowerCase()) {
    return `mnemonic ${mnemonicNames[ours.mnemonic]} / ${code.mnemonic}`
  }
  return (
    operands(ours, theirs) ??
    prefixes(ours, theirs) ??
    flags(ours, theirs) ??
    control(ours, theirs) ??
    access(ours, theirs) ??
    feature(ours, theirs)
  )
}

function operands(ours: Instruction, theirs: iced.Instruction): string | null {
  if (facts(ours.code).isString) return stringOperation(ours, theirs)
  const implicit = implicitOperands(theirs)
  if (ours.operandCount !== theirs.opCount - implicit) return `operands ${ours.operandCount} / ${theirs.opCount}`
  for (let slot = 0; slot < ours.operandCount; slot++) {
    const found = operand(ours, theirs, slot, slot + implicit)
    if (found !== null) return `operand ${slot}: ${found}`
  }
  return null
}

/** iced lists the memory of XLAT and MASKMOV as an operand; Intel syntax does not. */
function implicitOperands(theirs: iced.Instruction): number {
  if (theirs.mnemonic === iced.Mnemonic.Xlatb) return 1
  const kind = theirs.op0Kind
  return theirs.opCount > 0 && (kind === K.MemorySegDI || kind === K.MemorySegEDI || kind === K.MemorySegRDI) ? 1 : 0
}

function stringOperation(ours: Instruction, theirs: iced.Instruction): string | null {
  if (ours.operandCount !== 0) return 'string operation with operands'
  if (ours.operandSize !== memorySizes[theirs.memorySize]) return `element ${ours.operandSize}`
  const rep = theirs.hasRepnePrefix ? 2 : theirs.hasRepPrefix ? 3 : 0
  if (ours.rep !== rep) return `rep ${ours.rep} / ${rep}`
  for (let slot = 0; slot < theirs.opCount; slot++) {
    const kind = theirs.opKind(slot)
    if (kind < K.MemorySegSI || kind > K.MemoryESRDI) continue
    const address = 2 << ((kind - K.MemorySegSI) % 3)
    if (ours.addressSize !== address) return `address size ${ours.addressSize} / ${address}`
    if (kind <= K.MemorySegRSI) return segment(ours, theirs)
  }
  return null
}

function operand(ours: Instruction, theirs: iced.Instruction, slot: number, theirSlot: number): string | null {
  const kind = theirs.opKind(theirSlot)
  const ourKind = ours.kinds[slot]
  if (kind === K.Register) {
    const id = registerIds[theirs.opRegister(theirSlot)]
    if (ourKind !== OperandKind.Register) return `kind ${ourKind} / register`
    return ours.registers[slot] === id ? null : `register ${ours.registers[slot]} / ${id}`
  }
  if (kind === K.Memory) return ourKind === OperandKind.Memory ? memory(ours, theirs, slot) : `kind ${ourKind} / memory`
  if (kind <= K.NearBranch64)
    return ourKind === OperandKind.Relative ? branch(ours, theirs, slot) : `kind ${ourKind} / near`
  if (kind <= K.FarBranch32) return ourKind === OperandKind.FarPointer ? far(ours, theirs) : `kind ${ourKind} / far`
  return ourKind === OperandKind.Immediate ? immediate(ours, theirs, slot, theirSlot) : `kind ${ourKind} / immediate`
}

const IMMEDIATE_SIZES: ReadonlyMap<number, number> = new Map([
  [K.Immediate8, 1],
  [K.Immediate8_2nd, 1],
  [K.Immediate16, 2],
  [K.Immediate32, 4],
  [K.Immediate64, 8],
  [K.Immediate8to16, 2],
  [K.Immediate8to32, 4],
  [K.Immediate8to64, 8],
  [K.Immediate32to64, 8],
])

function immediate(ours: Instruction, theirs: iced.Instruction, slot: number, theirSlot: number): string | null {
  const kind = theirs.opKind(theirSlot)
  const size = IMMEDIATE_SIZES.get(kind)!
  if (ours.sizes[slot] !== size) return `immediate size ${ours.sizes[slot]} / ${size}`
  const value = BigInt.asUintN(size * 8, theirs.immediate(theirSlot))
  const low = kind === K.Immediate8_2nd ? ours.immediate2 : ours.immediate
  const whole = (BigInt(ours.immediateHigh) << 32n) | BigInt(low >>> 0)
  return BigInt.asUintN(size * 8, whole) === value ? null : `immediate ${whole} / ${value}`
}

function branch(ours: Instruction, theirs: iced.Instruction, slot: number): string | null {
  const size = 2 << (theirs.opKind(slot) - K.NearBranch16)
  if (ours.sizes[slot] !== size) return `branch size ${ours.sizes[slot]} / ${size}`
  const target = BigInt.asUintN(size * 8, theirs.nextIP + BigInt(ours.immediate))
  return target === theirs.nearBranchTarget ? null : `target ${target} / ${theirs.nearBranchTarget}`
}

function far(ours: Instruction, theirs: iced.Instruction): string | null {
  const offset = ours.operandSize === 2 ? theirs.farBranch16 : theirs.farBranch32
  if (ours.immediate >>> 0 !== offset) return `far offset ${ours.immediate} / ${offset}`
  return ours.immediate2 === theirs.farBranchSelector ? null : `selector ${ours.immediate2}`
}

function memory(ours: Instruction, theirs: iced.Instruction, slot: number): string | null {
  const size = memorySizes[theirs.memorySize]
  if (ours.sizes[slot] !== size) return `memory size ${ours.sizes[slot]} / ${size}`
  const base = memoryRegister(ours, ours.base, ours.ripRelative === 1, registerIds[theirs.memoryBase]!)
  if (base !== null) return `base ${base}`
  const index = indexRegister(ours, registerIds[theirs.memoryIndex]!)
  if (index !== null) return `index ${index}`
  if (ours.index >= 0 && 1 << ours.scale !== theirs.memoryIndexScale)
    return `scale ${ours.scale} / ${theirs.memoryIndexScale}`
  // iced counts the four bytes of a displacement in 64-bit addresses as the eight that they extend to.
  const bytes = theirs.memoryDisplSize === 8 && !isOffset(ours) ? 4 : theirs.memoryDisplSize
  if (ours.displacementSize !== bytes) return `displacement of ${ours.displacementSize} / ${bytes} bytes`
  return displacement(ours, theirs) ?? segment(ours, theirs)
}

const ADDRESS_CLASS: Readonly<Record<number, RegisterClass>> = {
  2: RegisterClass.Gpr16,
  4: RegisterClass.Gpr32,
  8: RegisterClass.Gpr64,
}

function memoryRegister(ours: Instruction, number: number, none: boolean, id: number): string | null {
  const expected = number < 0 || none ? -1 : registerId(ADDRESS_CLASS[ours.addressSize]!, number)
  return expected === id ? null : `${expected} / ${id}`
}

function indexRegister(ours: Instruction, id: number): string | null {
  if (ours.vectorIndex === 0) return memoryRegister(ours, ours.index, false, id)
  return registerClass(id) === ours.vectorIndex && (id & 31) === ours.index ? null : `${ours.index} / ${id}`
}

function displacement(ours: Instruction, theirs: iced.Instruction): string | null {
  const bits = ours.addressSize * 8
  let value = (BigInt(ours.displacementHigh) << 32n) | BigInt(ours.displacement >>> 0)
  if (ours.displacementHigh === 0 && !isOffset(ours)) value = BigInt(ours.displacement)
  if (ours.ripRelative === 1) value += theirs.nextIP
  const expected = BigInt.asUintN(64, theirs.memoryDisplacementU64)
  return BigInt.asUintN(bits, value) === expected ? null : `displacement ${value} / ${expected}`
}

/** A moffs operand: an unsigned offset, as wide as an address. */
function isOffset(ours: Instruction): boolean {
  return / O[bv]/.test(facts(ours.code).encoding)
}

/** In 64-bit mode ES, CS, SS and DS are one flat segment; iced shows an ignored override there, we the default. */
function segment(ours: Instruction, theirs: iced.Instruction): string | null {
  const id = registerIds[theirs.memorySegment]! & 31
  const same = ours.segment === id || (ours.bitness === 64 && ours.segment < 4 && id < 4)
  return same ? null : `segment ${ours.segment} / ${id}`
}

function prefixes(ours: Instruction, theirs: iced.Instruction): string | null {
  if ((ours.lock === 1) !== theirs.hasLockPrefix) return `lock ${ours.lock}`
  return ours.encoding === Encoding.Evex ? evex(ours, theirs) : null
}

function evex(ours: Instruction, theirs: iced.Instruction): string | null {
  const mask = registerIds[theirs.opMask]! < 0 ? 0 : registerIds[theirs.opMask]! & 31
  if (ours.mask !== mask) return `mask ${ours.mask} / ${mask}`
  if ((ours.zeroing === 1) !== theirs.zeroingMasking) return `zeroing ${ours.zeroing}`
  if ((ours.broadcast !== 0) !== theirs.isBroadcast) return `broadcast ${ours.broadcast}`
  const rounding = ROUNDING[theirs.roundingControl]
  if (ours.rounding !== rounding) return `rounding ${ours.rounding} / ${rounding}`
  const suppress = ours.rounding !== 0 || ours.suppressExceptions === 1
  return suppress === (theirs.suppressAllExceptions || ours.rounding !== 0) ? null : `sae ${suppress}`
}

/** Our rounding by iced's: none, to nearest, down, up, toward zero. */
const ROUNDING: readonly number[] = [0, 1, 2, 3, 4]

const FLAG_PAIRS: readonly (readonly [number, number])[] = [
  [iced.RflagsBits.OF, FlagBit.OF],
  [iced.RflagsBits.SF, FlagBit.SF],
  [iced.RflagsBits.ZF, FlagBit.ZF],
  [iced.RflagsBits.AF, FlagBit.AF],
  [iced.RflagsBits.CF, FlagBit.CF],
  [iced.RflagsBits.PF, FlagBit.PF],
  [iced.RflagsBits.DF, FlagBit.DF],
  [iced.RflagsBits.IF, FlagBit.IF],
  [iced.RflagsBits.AC, FlagBit.AC],
  [iced.RflagsBits.UIF, FlagBit.UIF],
  [iced.RflagsBits.C0, FlagBit.C0],
  [iced.RflagsBits.C1, FlagBit.C1],
  [iced.RflagsBits.C2, FlagBit.C2],
  [iced.RflagsBits.C3, FlagBit.C3],
]

/** Our mask in iced's bits; iced has none for TF, IOPL, NT, RF and ID. */
function inTheirBits(mask: number): number {
  let bits = 0
  for (const [theirs, ours] of FLAG_PAIRS) if (mask & ours) bits |= theirs
  return bits
}

function flags(ours: Instruction, theirs: iced.Instruction): string | null {
  const effect = flagEffect(ours)
  const pairs: readonly (readonly [string, number, number])[] = [
    ['read', effect.flagsRead, theirs.rflagsRead],
    ['written', effect.flagsWritten, theirs.rflagsWritten],
    ['cleared', effect.flagsCleared, theirs.rflagsCleared],
    ['set', effect.flagsSet, theirs.rflagsSet],
    ['undefined', effect.flagsUndefined, theirs.rflagsUndefined],
  ]
  for (const [name, mine, expected] of pairs) {
    if (inTheirBits(mine) !== expected) return `flags ${name} ${inTheirBits(mine)} / ${expected}`
  }
  return null
}

function control(ours: Instruction, theirs: iced.Instruction): string | null {
  const { flow, privilege } = facts(ours.code)
  if (flow !== (theirs.flowControl as number)) return `flow ${flow} / ${iced.FlowControl[theirs.flowControl]}`
  const mustBeCpl0 = icedCode(theirs).mustBeCpl0
  if ((privilege === Privilege.Cpl0) !== mustBeCpl0) return `privilege ${privilege} / ${mustBeCpl0}`
  return null
}

/** Our access by iced's: none, read, conditional read, write, conditional write, read-write, read-conditional-write, none. */
const ACCESS: readonly Access[] = [
  Access.None,
  Access.Read,
  Access.ConditionalRead,
  Access.Write,
  Access.ConditionalWrite,
  Access.ReadWrite,
  Access.ReadConditionalWrite,
  Access.None,
]

function access(ours: Instruction, theirs: iced.Instruction): string | null {
  const mine = facts(ours.code).access
  // Masking makes any write conditional: not a fact of the form.
  if (ours.mask !== 0 || sameRegisters(ours) || isKnown(icedCode(theirs).name, 'access')) return null
  const expected = operandAccess(theirs)
  const implicit = theirs.opCount - ours.operandCount
  for (let slot = 0; slot < ours.operandCount; slot++) {
    if (theirs.opKind(slot + implicit) >= K.NearBranch16 && theirs.opKind(slot + implicit) <= K.Immediate32to64)
      continue
    const want = ACCESS[expected[slot + implicit]!]
    // In 64-bit mode a 32-bit CMOVcc always clears the upper half (SDM vol. 2, CMOVcc): iced counts that as a write.
    if (ours.operation === Operation.Cmovcc) continue
    if (mine[slot] !== want) return `access ${slot}: ${mine[slot]} / ${want}`
  }
  return null
}

/** Of an operation on one register twice iced may say that it does not read it: then access is not a fact of the form. */
function sameRegisters({ kinds, registers }: Instruction): boolean {
  const same = (a: number, b: number): boolean =>
    kinds[a] === OperandKind.Register && kinds[b] === OperandKind.Register && registers[a] === registers[b]
  return same(0, 1) || same(1, 2) || same(0, 2)
}

function feature(ours: Instruction, theirs: iced.Instruction): string | null {
  const mine = facts(ours.code).cpuFeature
  const known = FEATURE_NAMES[mine] ?? mine
  const { features } = icedCode(theirs)
  return features.includes(known) || known === '' ? null : `feature ${mine} / ${features.join(' ')}`
}

/** Generations of processors go by other names in iced, and need not agree: forms of one row came at different times. */
const FEATURE_NAMES: Readonly<Record<string, string>> = {
  '8086': '',
  '186': '',
  '286': '',
  '386': '',
  '486': '',
  PPRO: '',
  FPU: '',
  '287': '',
  '387': '',
}
