import { markdownTable, resultsOf, RESULTS_BEGIN, RESULTS_END } from '../../../x86-decoder/scripts/virtualizability.ts'
import type { Result } from './results.ts'

const hexadecimal = (value: number): string => (value < 16 ? String(value) : `0x${value.toString(16)}`)

function table(results: readonly Result[]): string {
  const rows = results.map(({ program, deprivileged, emulated, translated }) => [
    program.instruction,
    program.sees,
    ...[program.native, deprivileged, translated].map(hexadecimal),
    String(emulated),
  ])
  return markdownTable([
    ['instruction', 'the kernel sees', 'ring 0', 'de-privileged', 'translated', 'trapped'],
    ...rows,
  ])
}

/** What docs/virtualizability.md says of the runs. */
export function resultsText(silent: readonly Result[], trapping: readonly Result[]): string {
  return `
A tiny kernel per instruction, of its own tables and handlers, ends with what it saw. "Ring 0" is what the manual says it sees on a machine of its
own. "De-privileged": the same image in ring 1 of an inner CPU (Mica's engine), under a monitor that emulates whatever traps: it loads tables for the
guest with the guest's segments compressed into ring 1 and cut short below itself, keeps virtual control registers, interrupt flag and MSRs,
and reflects the guest's own faults to it; "trapped" counts the instructions that it emulated, four of
them (LGDT, MOV SS, LIDT, the OUT at the end) in every kernel; 13 is the handler of #GP. "Translated": the same image as a Mica guest,
whose kernel is in ring 0. Made by \`packages/vmm/test/virtualizability\`; the test fails where a run ends otherwise.

Sensitive and silent: the monitor is never asked, and the kernel is told wrong.

${table(silent)}

For comparison, instructions that trap: de-privileged they are right, too.

${table(trapping)}
`
}

/** The results in a document, and the document with others. */
export const resultsIn = (document: string): string => `\n${resultsOf(document).trim()}\n`
export function withResults(document: string, results: string): string {
  const begin = document.indexOf(RESULTS_BEGIN) + RESULTS_BEGIN.length
  return `${document.slice(0, begin)}\n${results}\n${document.slice(document.indexOf(RESULTS_END))}`
}
