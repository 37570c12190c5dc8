// Random instructions with operands that mostly hit memory, so that programs run for a while.
import { forms } from '../oracle-sse/forms.ts'
import { Map_, selectors } from './map.ts'
import type { Random } from './random.ts'

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const prefixes = [0x26, 0x2e, 0x36, 0x3e, 0x0f, 0x07, 0x17, 0x1f, 0x06, 0x0e, 0x16, 0x1e]

/** One-byte opcodes by how often they are wanted. */
const common: readonly number[] = [
  ...range(0x00, 0x3f).filter((opcode) => !prefixes.includes(opcode)),
  ...range(0x40, 0x5f),
  ...range(0x70, 0x7f),
  ...range(0x80, 0x8b),
  ...range(0x80, 0x83),
  0x68,
  0x69,
  0x6a,
  0x6b,
  0x8d,
  0x8f,
  ...range(0x90, 0x99),
  0x9c,
  0x9e,
  0x9f,
  ...range(0xa0, 0xbf),
  ...range(0xb8, 0xbf),
  0xc0,
  0xc1,
  0xd0,
  0xd1,
  0xd2,
  0xd3,
  0xc0,
  0xc1,
  0xd2,
  0xd3,
  0xc6,
  0xc7,
  0xc9,
  0xd4,
  0xd5,
  0xd6,
  0xd7,
  ...range(0xe0, 0xe3),
  0xe8,
  0xe9,
  0xeb,
  0xf5,
  0xf6,
  0xf7,
  0xf6,
  0xf7,
  0xf8,
  0xf9,
  0xfc,
  0xfd,
  0xfe,
  0xff,
]
const rare: readonly number[] = [
  0x06,
  0x07,
  0x0e,
  0x16,
  0x17,
  0x1e,
  0x1f,
  ...range(0x60, 0x63),
  ...range(0x6c, 0x6f),
  0x8c,
  0x8e,
  0x8e,
  0x9a,
  0x9b,
  0x9d,
  0x9d,
  0xc2,
  0xc3,
  0xc3,
  0xc4,
  0xc5,
  0xc8,
  0xca,
  0xcb,
  0xcc,
  0xcd,
  0xce,
  0xcf,
  ...range(0xd8, 0xdf),
  ...range(0xe4, 0xe7),
  0xea,
  ...range(0xec, 0xef),
  0xf1,
  0xf4,
  0xfa,
  0xfb,
  0xfb,
]
const twoByte: readonly number[] = [
  ...range(0x40, 0x4f),
  ...range(0x80, 0x9f),
  0x1f,
  0x31,
  0xa3,
  0xab,
  0xb3,
  0xbb,
  0xba,
  0xba,
  0xa4,
  0xa5,
  0xac,
  0xad,
  0xaf,
  0xb0,
  0xb1,
  0xb6,
  0xb7,
  0xbe,
  0xbf,
  0xbc,
  0xbd,
  0xb8,
  0xc0,
  0xc1,
  0xc7,
  ...range(0xc8, 0xcf),
]
const rareTwoByte: readonly number[] = [
  0x00, 0x01, 0x02, 0x03, 0x06, 0x08, 0x09, 0x0b, 0x18, 0x20, 0x21, 0x22, 0x23, 0x30, 0x32, 0x33, 0x34, 0x35, 0xa0,
  0xa1, 0xa2, 0xa8, 0xa9, 0xae, 0xb2, 0xb4, 0xb5, 0x6f, 0x10,
]
const strings: readonly number[] = [...range(0xa4, 0xa7), ...range(0xaa, 0xaf), ...range(0x6c, 0x6f)]
const segmentPrefixes: readonly number[] = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]

/** What a program's instructions are made for. */
export interface Style {
  readonly code32: boolean
  /** Segment bases of data; linear addresses less this are offsets. */
  readonly dataBase: number
  readonly codeBase: number
  /** How much system code is wanted, 0 to 1. */
  readonly rareness: number
  /** Most pointers go to the code itself, directly or through its other linear address. */
  readonly selfModifying?: boolean
  /** A third of the instructions are of the vector units, or newer than the Pentium. */
  readonly newer?: boolean
}

/** Opcodes with immediates that name relative targets. */
const isShortJump = (opcode: number): boolean =>
  (opcode >= 0x70 && opcode <= 0x7f) || (opcode >= 0xe0 && opcode <= 0xe3) || opcode === 0xeb
const isNearJump = (opcode: number, two: boolean): boolean =>
  two ? opcode >= 0x80 && opcode <= 0x8f : opcode === 0xe8 || opcode === 0xe9

/** An offset in the data segment that is worth a pointer. */
export function pointer(random: Random, { dataBase, codeBase, selfModifying }: Style): number {
  const near = (address: number): number => address + random.between(-20, 20)
  if (selfModifying && random.chance(0.6)) {
    const offset = random.chance(0.5) ? 0xf00 + random.below(0x200) : random.below(0x180)
    const alias = offset >= 0x1000 && random.chance(0.5)
    return (alias ? Map_.codeAlias + offset - 0x1000 : Map_.code + offset) - dataBase
  }
  switch (random.below(12)) {
    case 0:
      return near(Map_.device) - dataBase
    case 1:
      return near(random.pick([Map_.readOnly, Map_.absent, Map_.supervisor])) - dataBase
    case 2:
      return Map_.codeAlias + random.below(0x200) - dataBase
    case 3:
      return (codeBase === dataBase ? near(Map_.code + random.below(0x200)) : near(Map_.data + 0x5000)) - dataBase
    case 4:
      return near(Map_.data + 0x1000 * random.below(10) + 0x1000) - dataBase
    case 5:
      return near(Map_.code + 0x1000) - codeBase
    case 6:
      return random.interesting()
    default:
      return Map_.data + random.below(Map_.dataEnd - Map_.data) - dataBase
  }
}

function little(value: number, bytes: number): number[] {
  if (bytes === 2) return [value & 0xff, (value >>> 8) & 0xff]
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
}

/** ModRM, SIB and displacement. */
function modrm(random: Random, style: Style, address32: boolean): number[] {
  const byte = random.byte()
  const mod = byte >>> 6
  const rm = byte & 7
  if (mod === 3) return [byte]
  const small = random.between(-40, 40)
  if (!address32) {
    if (mod === 0) return rm === 6 ? [byte, ...little(pointer(random, style), 2)] : [byte]
    return mod === 1 ? [byte, small & 0xff] : [byte, ...little(random.chance(0.8) ? small : random.bits(), 2)]
  }
  const displacement = random.chance(0.9) ? small : random.bits()
  if (rm !== 4) {
    if (mod === 0) return rm === 5 ? [byte, ...little(pointer(random, style), 4)] : [byte]
    return mod === 1 ? [byte, small & 0xff] : [byte, ...little(displacement, 4)]
  }
  const sib = random.chance(0.5) ? 0x20 | random.below(8) : random.byte()
  if (mod === 0) return (sib & 7) === 5 ? [byte, sib, ...little(pointer(random, style), 4)] : [byte, sib]
  return mod === 1 ? [byte, sib, small & 0xff] : [byte, sib, ...little(displacement, 4)]
}

/** MOV of a pointer to a register, which keeps a program's addresses sane. */
export function loadPointer(random: Random, style: Style): number[] {
  const register = random.pick([0, 1, 2, 3, 5, 6, 7, 6, 7, 3])
  return [0xb8 | register, ...little(pointer(random, style), style.code32 ? 4 : 2)]
}

/** MOV ESP, a good stack. */
export function loadStack(random: Random, style: Style): number[] {
  return [0xbc, ...little(Map_.data + 0x8000 + random.below(64) - style.dataBase, style.code32 ? 4 : 2)]
}

function opcodeBytes(random: Random, style: Style): { opcode: number; two: boolean } {
  const unusual = random.chance(style.rareness)
  if (random.chance(0.25)) return { opcode: random.pick(unusual ? rareTwoByte : twoByte), two: true }
  return { opcode: random.pick(unusual ? rare : common), two: false }
}

/** The bytes that may follow the opcode; too many, so the decoder tells how many count. */
function operands(random: Random, style: Style, opcode: number, two: boolean, address32: boolean): number[] {
  if (!two && isShortJump(opcode)) return [random.between(-45, 45) & 0xff]
  const near = random.chance(0.95) ? random.between(-90, 90) : random.between(-4200, 4200)
  if (isNearJump(opcode, two)) return little(near, 4)
  if (!two && opcode >= 0xa0 && opcode <= 0xa3) return little(pointer(random, style), 4)
  if (!two && opcode >= 0xb8 && opcode <= 0xbf)
    return little(random.chance(0.6) ? pointer(random, style) : random.interesting(), 4)
  const far = [
    ...little(Map_.code + random.below(0x100) - style.codeBase, style.code32 ? 4 : 2),
    ...little(random.pick(selectors), 2),
  ]
  if (!two && (opcode === 0x9a || opcode === 0xea)) return far
  if (!two && opcode === 0xc8) return [random.below(64), 0, random.chance(0.8) ? random.below(4) : random.byte(), 0]
  if (!two && opcode === 0xc2) return [random.below(16), 0]
  if (!two && [0x68, 0x6a, 0x04, 0x05, 0x0c, 0x0d, 0x3c, 0x3d, 0xcd, 0xe4, 0xe5, 0xe6, 0xe7].includes(opcode))
    return random.bytes(4)
  return [...modrm(random, style, address32), ...little(random.interesting(), 4)]
}

/** Instructions of later processors that are no vector instructions, as prefix and opcode. */
const later: readonly (readonly number[])[] = [
  [0xf3, 0x0f, 0xb8], // POPCNT
  [0xf3, 0x0f, 0xbc], // TZCNT
  [0xf3, 0x0f, 0xbd], // LZCNT
  [0x0f, 0x38, 0xf0], // MOVBE
  [0x0f, 0x38, 0xf1],
  [0x66, 0x0f, 0x38, 0xf0],
  [0x0f, 0x18], // prefetches
  [0x0f, 0xc7], // CMPXCHG8B, RDRAND, RDSEED, XSAVEC
  [0x0f, 0xae], // FXSAVE ..., fences
]
/** Whole instructions: RDTSCP, XGETBV, MONITOR, MWAIT. */
const fixed: readonly (readonly number[])[] = [
  [0x0f, 0x01, 0xf9],
  [0x0f, 0x01, 0xd0],
  [0x0f, 0x01, 0xc8],
  [0x0f, 0x01, 0xc9],
]
/** FXSAVE, FXRSTOR, XSAVE, XRSTOR, XSAVEOPT, XSAVEC to [EDI] or [DI], less the ModRM's rm field. */
const saves: readonly (readonly number[])[] = [
  ...[0, 1, 4, 5, 6].map((digit) => [0x0f, 0xae, digit << 3]),
  [0x0f, 0xc7, 4 << 3],
]

function newerInstruction(random: Random, style: Style): { bytes: number[]; setup: number[] } {
  if (random.chance(0.03)) return { bytes: [...random.pick(fixed)], setup: [] }
  if (random.chance(0.06)) {
    const area = (Map_.data + 64 * random.below(0x180) - style.dataBase) >>> 0
    const setup = [0xbf, ...little(area, style.code32 ? 4 : 2)]
    const [escape, opcode, digit] = random.pick(saves)
    return { bytes: [escape!, opcode!, digit! | (style.code32 ? 7 : 5)], setup }
  }
  const bytes = random.chance(0.2) ? [...random.pick(later)] : [...random.pick(forms).opcode]
  if (random.chance(0.05)) bytes.unshift(random.pick(segmentPrefixes))
  bytes.push(...modrm(random, style, style.code32), ...random.bytes(4))
  return { bytes, setup: [] }
}

/** One random instruction, or a few that belong together; bytes after it are left over and are to be cut off. */
export function randomInstruction(random: Random, style: Style): { bytes: number[]; setup: number[] } {
  if (style.newer && random.chance(0.35)) return newerInstruction(random, style)
  const { opcode, two } = opcodeBytes(random, style)
  const isString = !two && strings.includes(opcode)
  const bytes: number[] = []
  if (random.chance(0.12)) bytes.push(0x66)
  const address = random.chance(0.06)
  if (address) bytes.push(0x67)
  if (random.chance(0.06)) bytes.push(random.pick(segmentPrefixes))
  if (random.chance(0.03)) bytes.push(0xf0)
  if (random.chance(isString ? 0.6 : 0.02)) bytes.push(random.pick([0xf2, 0xf3]))
  bytes.push(...(two ? [0x0f, opcode] : [opcode]))
  bytes.push(...operands(random, style, opcode, two, style.code32 !== address), ...random.bytes(4))
  const setup: number[] = []
  if (isString && random.chance(0.95)) setup.push(0xb9, ...little(random.below(24), style.code32 ? 4 : 2))
  if (isString && random.chance(0.7)) setup.push(0xbf, ...little(pointer(random, style), style.code32 ? 4 : 2))
  return { bytes, setup }
}
