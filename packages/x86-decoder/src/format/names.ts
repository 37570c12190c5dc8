import { Mnemonic } from '../generated/mnemonic.ts'
import { RegisterClass, registerClass, registerNumber } from '../register.ts'

/** Mnemonics in lower case, by `Instruction.mnemonic`. */
const MNEMONICS: readonly string[] = Object.keys(Mnemonic).map((name) => name.toLowerCase())

const LEGACY: readonly string[] = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di']
const BYTES: readonly string[] = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil']
const SEGMENTS: readonly string[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs']

/** Names of the classes that are just a prefix and a number. */
const PREFIXES: Readonly<Record<number, string>> = {
  [RegisterClass.Control]: 'cr',
  [RegisterClass.Debug]: 'dr',
  [RegisterClass.Test]: 'tr',
  [RegisterClass.Mmx]: 'mm',
  [RegisterClass.Xmm]: 'xmm',
  [RegisterClass.Ymm]: 'ymm',
  [RegisterClass.Zmm]: 'zmm',
  [RegisterClass.Mask]: 'k',
  [RegisterClass.Bound]: 'bnd',
  [RegisterClass.Tile]: 'tmm',
}

/** The name of an instruction by `Instruction.mnemonic`, in lower case. */
export function mnemonicName(mnemonic: number): string {
  return MNEMONICS[mnemonic] ?? '(bad)'
}

/** The name of a register by its id, in lower case. */
export function registerName(id: number): string {
  const number = registerNumber(id)
  switch (registerClass(id)) {
    case RegisterClass.Gpr8:
      return number < 8 ? BYTES[number]! : `r${number}b`
    case RegisterClass.Gpr8High:
      return `${'acdb'.charAt(number)}h`
    case RegisterClass.Gpr16:
      return number < 8 ? LEGACY[number]! : `r${number}w`
    case RegisterClass.Gpr32:
      return number < 8 ? `e${LEGACY[number]!}` : `r${number}d`
    case RegisterClass.Gpr64:
      return number < 8 ? `r${LEGACY[number]!}` : `r${number}`
    case RegisterClass.Segment:
      return SEGMENTS[number]!
    case RegisterClass.X87:
      return `st(${number})`
    default:
      return `${PREFIXES[registerClass(id)] ?? '?'}${number}`
  }
}

const SIZES: Readonly<Record<number, string>> = {
  1: 'byte',
  2: 'word',
  4: 'dword',
  6: 'fword',
  8: 'qword',
  10: 'tbyte',
  16: 'xmmword',
  32: 'ymmword',
  64: 'zmmword',
}

/** `dword ptr ` for 4 bytes; nothing for sizes that have no name. */
export function sizeName(bytes: number): string {
  const name = SIZES[bytes]
  return name === undefined ? '' : `${name} ptr `
}
