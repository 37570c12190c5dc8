import iced from 'iced-x86'
import { RegisterClass, registerId } from '../../src/index.ts'

export { iced }

/** What iced says about one of its codes, read once. */
export interface IcedCode {
  readonly name: string
  readonly mnemonic: string
  readonly text: string
  readonly encoding: number
  readonly features: readonly string[]
  readonly mustBeCpl0: boolean
  readonly mayRequireCpl0: boolean
  /** Access of each operand, by whether the last decode had a memory operand. */
  readonly access: (readonly number[] | undefined)[]
}

const codes = new Map<number, IcedCode>()

/** The cached facts of the code of `instruction`. */
export function icedCode(instruction: iced.Instruction): IcedCode {
  const known = codes.get(instruction.code)
  if (known) return known
  const info = instruction.opCode
  const made: IcedCode = {
    name: iced.Code[instruction.code]!,
    mnemonic: iced.Mnemonic[instruction.mnemonic]!,
    text: info.instructionString,
    encoding: info.encoding,
    features: [...instruction.cpuidFeatures()].map((feature) => iced.CpuidFeature[feature]!),
    mustBeCpl0: info.mustBeCpl0,
    mayRequireCpl0: info.mayRequireCpl0,
    access: [],
  }
  info.free()
  codes.set(instruction.code, made)
  return made
}

const factory = new iced.InstructionInfoFactory()

/** How iced says that `instruction` uses its operands. */
export function operandAccess(instruction: iced.Instruction): readonly number[] {
  const { access } = icedCode(instruction)
  const kinds = [instruction.op0Kind, instruction.op1Kind, instruction.op2Kind]
  const key = kinds.includes(iced.OpKind.Memory) ? 1 : 0
  const known = access[key]
  if (known) return known
  const info = factory.info(instruction)
  const found = Array.from({ length: instruction.opCount }, (_, slot) => info.opAccess(slot) as number)
  info.free()
  access[key] = found
  return found
}

const NAMED: Readonly<Record<string, number>> = {
  AL: 0,
  CL: 1,
  DL: 2,
  BL: 3,
  SPL: 4,
  BPL: 5,
  SIL: 6,
  DIL: 7,
  AH: registerId(RegisterClass.Gpr8High, 0),
  CH: registerId(RegisterClass.Gpr8High, 1),
  DH: registerId(RegisterClass.Gpr8High, 2),
  BH: registerId(RegisterClass.Gpr8High, 3),
  ES: 0xa0,
  CS: 0xa1,
  SS: 0xa2,
  DS: 0xa3,
  FS: 0xa4,
  GS: 0xa5,
}
const GENERAL = ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI']
const NUMBERED: readonly (readonly [RegExp, RegisterClass])[] = [
  [/^R(\d+)L$/, RegisterClass.Gpr8],
  [/^R(\d+)W$/, RegisterClass.Gpr16],
  [/^R(\d+)D$/, RegisterClass.Gpr32],
  [/^R(\d+)$/, RegisterClass.Gpr64],
  [/^CR(\d+)$/, RegisterClass.Control],
  [/^DR(\d+)$/, RegisterClass.Debug],
  [/^TR(\d+)$/, RegisterClass.Test],
  [/^ST(\d+)$/, RegisterClass.X87],
  [/^MM(\d+)$/, RegisterClass.Mmx],
  [/^XMM(\d+)$/, RegisterClass.Xmm],
  [/^YMM(\d+)$/, RegisterClass.Ymm],
  [/^ZMM(\d+)$/, RegisterClass.Zmm],
  [/^K(\d+)$/, RegisterClass.Mask],
  [/^BND(\d+)$/, RegisterClass.Bound],
  [/^TMM(\d+)$/, RegisterClass.Tile],
]

function idOf(name: string): number {
  const named = NAMED[name]
  if (named !== undefined) return named
  const short = GENERAL.indexOf(name.slice(-2))
  if (short >= 0 && name.length === 2) return registerId(RegisterClass.Gpr16, short)
  if (short >= 0 && name.startsWith('E')) return registerId(RegisterClass.Gpr32, short)
  if (short >= 0 && name.startsWith('R')) return registerId(RegisterClass.Gpr64, short)
  for (const [pattern, kind] of NUMBERED) {
    const match = pattern.exec(name)
    if (match) return registerId(kind, Number(match[1]))
  }
  return -1
}

/** Our register id by iced's register number; -1 for what has none (none, EIP, RIP). */
export const registerIds: Int32Array = Int32Array.from(
  Object.keys(iced.Register).filter((key) => /^\d+$/.test(key)),
  (key) => idOf(iced.Register[Number(key)]!),
)

/** Size in bytes by iced's memory size. */
export const memorySizes: number[] = Object.keys(iced.MemorySize)
  .filter((key) => /^\d+$/.test(key))
  .map((key) => iced.MemorySizeExt.size(Number(key)))
