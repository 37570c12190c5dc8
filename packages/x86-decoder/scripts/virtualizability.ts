import { facts, formCount, Sensitivity, SensitivityKind } from '../src/index.ts'
import { OF_THE_SAME_KIND, PUBLISHED, sensitiveInstructions } from './sensitive-instructions.ts'
import type { SensitiveInstruction } from './sensitive-instructions.ts'

/** Around the part of the document that packages/vmm/test/virtualizability writes. */
export const RESULTS_BEGIN = '<!-- results of packages/vmm/test/virtualizability -->'
export const RESULTS_END = '<!-- end of the results -->'

const KINDS: Readonly<Record<number, string>> = {
  [SensitivityKind.None]: '',
  [SensitivityKind.Control]: 'control',
  [SensitivityKind.Behaviour]: 'behaviour',
  [SensitivityKind.Both]: 'control, behaviour',
}

/** A Markdown table as prettier lays it out. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const [head, ...body] = rows
  return [line(head!), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

function modes({ outside64, inside64 }: SensitiveInstruction): string {
  return outside64 && inside64 ? 'all' : inside64 ? '64-bit' : '16, 32-bit'
}

function origin(name: string): string {
  if (PUBLISHED.includes(name)) return 'published'
  return OF_THE_SAME_KIND.includes(name) ? 'same kind' : 'later'
}

function silentTable(): string {
  const rows = sensitiveInstructions(Sensitivity.Silent).map((found) => {
    const { sensitivityKind, trapsBy } = found.facts
    const reasons = found.reasons.join('; ')
    return [found.name, origin(found.name), modes(found), KINDS[sensitivityKind]!, reasons, trapsBy || 'nothing']
  })
  return markdownTable([['instruction', 'list', 'modes', 'sensitive', 'why', 'traps by'], ...rows])
}

/** One line for all instructions of one reason. */
function byReason(sensitivity: Sensitivity): string {
  const groups = new Map<string, SensitiveInstruction[]>()
  for (const found of sensitiveInstructions(sensitivity)) {
    const key = `${found.facts.sensitivityReason} ${found.facts.trapsBy}`
    groups.set(key, [...(groups.get(key) ?? []), found])
  }
  const rows = [...groups.values()].map((group) => {
    const { sensitivityKind, sensitivityReason, trapsBy } = group[0]!.facts
    const names = group.map(({ name }) => name).join(', ')
    return [names, KINDS[sensitivityKind]!, sensitivityReason, trapsBy]
  })
  return markdownTable([['instructions', 'sensitive', 'why', 'traps by'], ...rows])
}

/** Forms of the table by mode and sensitivity. */
function counts(): string {
  const columns = [
    ['16- and 32-bit', 'validOutside64BitMode'],
    ['64-bit', 'validIn64BitMode'],
  ] as const
  const rows = columns.map(([name, valid]) => {
    const count = new Array<number>(5).fill(0)
    for (let code = 1; code < formCount(); code++) if (facts(code)[valid]) count[facts(code).sensitivity]!++
    const { None, Privileged, Conditional, Silent, Identity } = Sensitivity
    const cells = [None, Privileged, Conditional, Silent, Identity].map((level) => String(count[level]))
    return [name, ...cells, count[Silent] === 0 ? 'yes' : 'no']
  })
  const head = ['mode', 'innocuous', 'privileged', 'conditional', 'silent', 'identity', 'classically virtualizable']
  return markdownTable([head, ...rows])
}

/** The document; `results` is what stands between its markers. */
export function virtualizability(results: string): string {
  const identity = sensitiveInstructions(Sensitivity.Identity)
  return `<!-- Made by packages/x86-decoder/scripts/generate-virtualizability.ts from the decoder's table. -->

# Is x86 classically virtualizable?

No. Popek and Goldberg (1974) ask that every _sensitive_ instruction be _privileged_: that it trap when it runs without privilege. Then a
monitor can run a guest's kernel de-privileged, let it run by itself, and emulate what traps. It is a sufficient condition, and x86
does not meet it in any mode. The decoder's table says for each form of each instruction whether it is privileged, whether and
in which way it is sensitive, and why; this document is made from it. Forms of instructions, by mode:

${counts()}

- _Control-sensitive_: it may change the mode of the processor or the resources it has. _Behaviour-sensitive_: what it does depends on
  the mode (here: the privilege level and what goes with it), or on where in the machine things are.
- _Privileged_: it traps above ring 0, always. _Conditional_: it traps or not by IOPL, a control register or a map, and a
  monitor can have it trap. _Silent_: it is sensitive and does not trap. One of those is enough for the answer no.
- Of instructions that the processor does not have, and of AMD's and Intel's differing ones, the table has the union.
- Real mode has no privilege levels. Its code, de-privileged, runs in virtual-8086 mode: there PUSHF, POPF, INT n and IRET trap by IOPL, selectors
  are plain numbers, and LAR, LSL, VERR, VERW, SLDT and STR do not exist (SDM vol. 3, 8086 emulation), so that SGDT, SIDT and SMSW alone are silent.

## Sensitive, and silent

_Published_ are those of Robin and Irvine, "Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine Monitor"
(2000): seventeen, VERR and VERW counted as one. _Same kind_: on the Pentium already, not on their list. _Later_: came after it.

${silentTable()}

CR4.UMIP (2016 on) makes five of them trap. The others are what they were: the answer is still no. VT-x and AMD-V do not change these
instructions either; they add a mode in which the guest's kernel keeps ring 0 with state of its own, so that nothing has to be de-privileged.
Binary translation, which Mica does, gives each of them the meaning that it has in the guest.

## Sensitive, and trapping if the monitor wants

${byReason(Sensitivity.Conditional)}

What traps here traps for everyone: with CR4.OSXSAVE off, say, no program has AVX.

## Sensitive, and privileged

${byReason(Sensitivity.Privileged)}

## ${identity.map(({ name }) => name).join(', ')}

CPUID changes nothing, and its answer depends neither on the privilege level nor on where things are: by the definition it is innocuous.
(Its few bits that follow CR4, such as OSXSAVE, are of what the kernel turned on itself.) But it says which processor this is, and a
monitor that models another has to answer instead. It traps in VMX, by CPUID faulting where there is that, and under binary translation.

## Each of them, de-privileged and translated

${RESULTS_BEGIN}
${results}
${RESULTS_END}
`
}

/** What stands between the markers of a document. */
export function resultsOf(document: string): string {
  const begin = document.indexOf(RESULTS_BEGIN)
  const end = document.indexOf(RESULTS_END)
  return begin < 0 || end < 0 ? '' : document.slice(begin + RESULTS_BEGIN.length, end).replace(/^\n|\n$/g, '')
}
