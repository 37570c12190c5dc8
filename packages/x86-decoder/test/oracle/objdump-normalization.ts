import { facts, FlowControl, format, Operation } from '../../src/index.ts'
import type { Instruction } from '../../src/index.ts'

/** A rule that turns a spelling of objdump's into ours, and why the two differ. DESIGN.md lists the reasons. */
export interface Rule {
  readonly name: string
  readonly reason: string
  readonly apply: (text: string, instruction: Instruction) => string
}

const PREFIX = /^(?:data16|data32|addr16|addr32|[cdefgs]s|rex(?:\.[WRXB]+)?|bnd|repz|repnz|rep|lock|xacquire|xrelease) /

/** Without the prefixes that have no effect; LOCK and repetitions once. */
function withoutIdlePrefixes(text: string, instruction: Instruction): string {
  let rest = text
  let kept = ''
  for (let match = PREFIX.exec(rest); match; match = PREFIX.exec(rest)) {
    const word = match[0]
    const effective = word.startsWith('rep') ? instruction.rep !== 0 : /^(?:lock|x)/.test(word)
    if (effective && !kept.includes(word)) kept += word
    rest = rest.slice(word.length)
  }
  return kept + rest
}

const UNDOCUMENTED = /^(?:salc$|fcomp? st|fxch st|fstp(?:nce)? st)/

function instructionText(instruction: Instruction): string {
  return format(instruction, { dialect: 'gnu' })
}

export const rules: readonly Rule[] = [
  {
    name: 'symbols',
    reason:
      'names come from the symbols of the file: objdump writes `1234 <name+0x4>` and notes `# 1234 <name>`; we, without a `symbol` callback, write 0x1234',
    apply: (text) => text.replace(/ # (?:0x)?[0-9a-f]+(?: <.*>)?$/, '').replace(/(^| )([0-9a-f]+) <.*>$/, '$10x$2'),
  },
  {
    name: 'idle prefixes',
    reason:
      'objdump lists each prefix byte without an effect (data16, cs, rex.W, repz before RET); a decoded record has a set of prefixes, neither their order nor their number',
    apply: withoutIdlePrefixes,
  },
  {
    name: 'truncated target',
    reason:
      'a branch with an operand size of 16 bits goes to IP, modulo 64 KiB (SDM vol. 2, Jcc, JMP, CALL); objdump 2.40 shows the target of short ones untruncated',
    apply: (text, instruction) => {
      const near = [FlowControl.ConditionalBranch, FlowControl.UnconditionalBranch, FlowControl.Call] as number[]
      if (instruction.operandSize !== 2 || instruction.bitness !== 32 || !near.includes(facts(instruction.code).flow))
        return text
      return text.replace(
        / 0x[0-9a-f]*?([0-9a-f]{1,4})$/,
        (_, low: string) => ` 0x${Number.parseInt(low, 16).toString(16)}`,
      )
    },
  },
  {
    name: 'far pointers',
    reason:
      'with REX.W a far pointer in memory has an offset of 64 bits, ten bytes in all (SDM vol. 2, JMP, FF /5); objdump 2.40 says FWORD',
    apply: (text, { operandSize, operation }) => {
      const far = operation === Operation.JmpFar || operation === Operation.CallFar
      return far && operandSize === 8 ? text.replace('FWORD', 'TBYTE') : text
    },
  },
  {
    name: 'bounds',
    reason: 'MPX is not decoded: 0F 1A and 0F 1B are reserved NOPs, as they are on every processor that is made now',
    apply: (text, { operation }) =>
      operation === Operation.ReservedNop
        ? text.replace(/^bnd\w+ (?:bnd\d,|\(bad\),)?(\[[^\]]*\]).*$/, 'nop DWORD PTR $1')
        : text,
  },
  {
    name: 'prefetches',
    reason:
      'PREFETCHIT0 and PREFETCHIT1 fetch only what is RIP-relative (ISA extensions, PREFETCHh): otherwise objdump names what they are then, NOPs; iced and we name the opcode',
    apply: (text, { operation, ripRelative }) => {
      if (ripRelative === 1) return text
      if (operation === Operation.Prefetchit0) return text.replace(/^nop \w+/, 'prefetchit0 BYTE')
      return operation === Operation.Prefetchit1 ? text.replace(/^nop \w+/, 'prefetchit1 BYTE') : text
    },
  },
  {
    name: 'waits',
    reason: 'objdump 2.40 lists a WAIT before a lone REX prefix as that prefix',
    apply: (text, { operation }) => (operation === Operation.Wait ? text.replace(/^rex\S*$/, 'fwait') : text),
  },
  {
    name: 'undocumented',
    reason:
      'SALC and the second encodings of FCOM, FCOMP, FXCH and FSTP are executed by every processor; objdump calls them (bad)',
    apply: (text, instruction) =>
      text === '(bad)' && UNDOCUMENTED.test(instructionText(instruction)) ? instructionText(instruction) : text,
  },
]

/** objdump's text after all rules. */
export function normalize(text: string, instruction: Instruction): string {
  let normal = text
  for (const rule of rules) normal = rule.apply(normal, instruction)
  return normal
}
