import { facts } from '../facts.ts'
import { Operation } from '../generated/operation.ts'
import { OperandKind, Prefix } from '../instruction.ts'
import type { Instruction } from '../instruction.ts'
import { Trait } from '../table/attributes.ts'
import { formTraits } from '../table/forms.ts'
import { FlowControl } from '../types.ts'
import { isExchange, isFullImmediate } from './gnu-operands.ts'
import { mnemonicName } from './names.ts'

/** LOCK and repetitions, and hints to branches and to transactional memory. Prefixes without an effect do not show. */
export function gnuPrefixes(instruction: Instruction): string {
  const hint = instruction.kinds[0] === OperandKind.Memory ? elision(instruction) : ''
  if (instruction.lock === 1) return `${hint}lock `
  if (hint !== '') return hint
  if (instruction.rep !== 0) return repetition(instruction)
  return isUntracked(instruction) ? 'notrack ' : ''
}

function repetition({ rep, operation }: Instruction): string {
  if (rep === 2) return 'repnz '
  return operation === Operation.Cmps || operation === Operation.Scas ? 'repz ' : 'rep '
}

/** Lock elision (SDM vol. 1, 16.3.5): F2 and F3 before a locked instruction or XCHG, F3 before a store. */
function elision({ code, lock, operation, prefixes }: Instruction): string {
  const locked = lock === 1 || operation === Operation.Xchg
  const stores = operation === Operation.Mov && (formTraits[code]! & Trait.AbsoluteOffset) === 0
  if ((prefixes & Prefix.Rep) !== 0 && (locked || stores)) return 'xrelease '
  return (prefixes & Prefix.Repne) !== 0 && locked ? 'xacquire ' : ''
}

/** True before an indirect near branch that needs no ENDBR at its target (SDM vol. 1, 17.3.2.1). */
function isUntracked({ code, prefixes, operation }: Instruction): boolean {
  if ((prefixes & Prefix.Ds) === 0 || operation === Operation.CallFar || operation === Operation.JmpFar) return false
  const { flow } = facts(code)
  return flow === FlowControl.IndirectBranch || flow === FlowControl.IndirectCall
}

/** Names that GNU has for an operation, whatever its size. */
const NAMES: Readonly<Record<string, string>> = {
  wait: 'fwait',
  xlatb: 'xlat',
  sal: 'shl',
  reservednop: 'nop',
  fneni: 'fneni(8087 only)',
  fndisi: 'fndisi(8087 only)',
  fnsetpm: 'fnsetpm(287 only)',
}

/** Operations without an operand that tells their size: what GNU adds to the name for 16 and for 64 bits. */
const SIZED: Readonly<Record<number, readonly [word: string, quad: string]>> = {
  [Operation.Pushf]: ['w', ''],
  [Operation.Popf]: ['w', ''],
  [Operation.Pusha]: ['w', ''],
  [Operation.Popa]: ['w', ''],
  [Operation.Iret]: ['w', 'q'],
  [Operation.Retf]: ['w', 'q'],
  [Operation.Leave]: ['w', ''],
  [Operation.Enter]: ['w', ''],
  [Operation.Ret]: ['w', ''],
  [Operation.Fldenv]: ['w', ''],
  [Operation.Fnstenv]: ['w', ''],
  [Operation.Frstor]: ['w', ''],
  [Operation.Fnsave]: ['w', ''],
}
/** Bytes of an x87 environment and of a whole state of 16-bit code. */
const WORD_STATES: ReadonlySet<number> = new Set([14, 94])
/** Operations that GNU names by their size where it is not one of 64-bit mode's. */
const TABLES: ReadonlySet<number> = new Set([Operation.Sgdt, Operation.Sidt, Operation.Lgdt, Operation.Lidt])
/** Operations that GNU names by size in 64-bit mode. */
const RETURNS: ReadonlySet<number> = new Set([Operation.Sysret, Operation.Sysexit])
/** Names that tell a size already. */
const STEM = /^(pushf|popf|pusha|popa|iret|sysret|sysexit)[dq]$/

/** GNU's name of an instruction. */
export function gnuMnemonic(instruction: Instruction): string {
  const { code, operation } = instruction
  const name = mnemonicName(instruction.mnemonic)
  if (facts(code).isString) return name.slice(0, -1)
  const suffix = sizeSuffix(instruction)
  if (suffix !== undefined) return name.replace(STEM, '$1') + suffix
  if (operation === Operation.Mov && isFullImmediate(instruction)) return 'movabs'
  if (isExchange(instruction)) return 'xchg'
  return NAMES[name] ?? name
}

/** What GNU adds to a name for the operand size; undefined if it adds nothing to any. */
function sizeSuffix(instruction: Instruction): string | undefined {
  const { operation, operandSize, bitness } = instruction
  if (TABLES.has(operation)) return bitness === 64 ? '' : operandSize === 2 ? 'w' : 'd'
  if (RETURNS.has(operation)) return bitness !== 64 ? '' : operandSize === 8 ? 'q' : 'd'
  const sized = SIZED[operation]
  if (sized) return operandSize === 8 ? sized[1] : wordSuffix(instruction, sized[0])
  return isNarrowed(instruction) ? 'w' : undefined
}

/** The size that is not the code's own shows; in 64-bit mode 16 bits do. */
function wordSuffix({ operandSize, bitness }: Instruction, word: string): string {
  if (bitness === 16) return operandSize === 4 ? 'd' : ''
  return operandSize === 2 || WORD_STATES.has(operandSize) ? word : ''
}

/** Pushes of constants and segment registers, and near branches by 16 bits, that are of 16 bits in wider code. */
function isNarrowed({ operation, operandSize, bitness, kinds, code }: Instruction): boolean {
  if (operandSize !== 2 || bitness === 16) return false
  if (operation === Operation.Call || operation === Operation.Jmp) return / Jz/.test(facts(code).encoding)
  if (operation !== Operation.Push && operation !== Operation.Pop) return false
  return kinds[0] === OperandKind.Immediate || facts(code).encoding.endsWith('S')
}
