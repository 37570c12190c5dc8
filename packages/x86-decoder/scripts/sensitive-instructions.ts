import { facts, formCount, mnemonicName, Operation } from '../src/index.ts'
import type { InstructionFacts, Sensitivity } from '../src/index.ts'
import { formMnemonic, formOf } from '../src/table/forms.ts'

/** What the table says of all forms of one instruction, under the name that people use for it. */
export interface SensitiveInstruction {
  readonly name: string
  readonly facts: InstructionFacts
  /** Why; forms of one name may have several reasons, as MOV to and from a segment register. */
  readonly reasons: readonly string[]
  readonly outside64: boolean
  readonly inside64: boolean
}

/** Instructions whose mnemonic alone would mean innocuous ones, too. */
const NAMES: Readonly<Record<number, string>> = {
  [Operation.CallFar]: 'far CALL',
  [Operation.JmpFar]: 'far JMP',
  [Operation.Retf]: 'far RET',
  [Operation.Int]: 'INT n',
  [Operation.MovControl]: 'MOV of a control register',
  [Operation.MovDebug]: 'MOV of a debug register',
  [Operation.MovSegment]: 'MOV of a segment register',
  [Operation.Push]: 'PUSH of a segment register',
  [Operation.Pop]: 'POP of a segment register',
}

function nameOf(code: number, operation: number): string {
  const named = NAMES[operation]
  if (named !== undefined) return named
  const name = mnemonicName(formMnemonic[code * 3]!).toUpperCase()
  return facts(code).isString ? name.slice(0, -1) : name
}

/** All sensitive instructions of a kind, in the order of the table. */
export function sensitiveInstructions(sensitivity: Sensitivity): readonly SensitiveInstruction[] {
  const found = new Map<string, SensitiveInstruction>()
  for (let code = 1; code < formCount(); code++) {
    formOf(code)
    const known = facts(code)
    if (known.sensitivity !== sensitivity) continue
    const name = nameOf(code, known.operation)
    const before = found.get(name)
    found.set(name, {
      name,
      facts: before?.facts ?? known,
      reasons: [...new Set([...(before?.reasons ?? []), known.sensitivityReason])],
      outside64: known.validOutside64BitMode || before?.outside64 === true,
      inside64: known.validIn64BitMode || before?.inside64 === true,
    })
  }
  return [...found.values()]
}

/**
 * Robin and Irvine, "Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine Monitor" (USENIX Security 2000):
 * seventeen, VERR and VERW as one.
 */
export const PUBLISHED: readonly string[] = [
  ...['SGDT', 'SIDT', 'SLDT', 'SMSW', 'PUSHF', 'POPF'],
  ...['LAR', 'LSL', 'VERR', 'VERW', 'STR', 'INT n', 'far CALL', 'far JMP', 'far RET'],
  ...['PUSH of a segment register', 'POP of a segment register', 'MOV of a segment register'],
]

/** What the table finds beside them, on the same processors and on later ones. */
export const OF_THE_SAME_KIND: readonly string[] = [
  ...['IRET', 'INT3', 'INTO', 'INT1', 'LDS', 'LES', 'LSS', 'LFS', 'LGS', 'FNSTENV', 'FNSAVE'],
]
export const LATER: readonly string[] = ['FXSAVE', 'RDPID', 'ENCLU']
