/** Rules of the manual that QEMU breaks in every trace: what it sent is brought in line with them. */

const faults: readonly string[] = ['#DE', '#BR', '#UD', '#NM', '#TS', '#NP', '#SS', '#GP', '#PF', '#MF', '#AC', '#XM']
const withErrorCode: readonly string[] = ['#DF', '#TS', '#NP', '#SS', '#GP', '#PF', '#AC']
const resumeFlag = 0x1_0000

/** A fault saves EFLAGS with RF set: SDM vol. 3, section 17.3.1.1. QEMU saves RF as it is. */
function withResumeFlag(line: string): string {
  const parts = /^(\S+) \[(.*?)\](.*)$/.exec(line)
  if (!parts || !faults.includes(parts[1]!)) return line
  const words = parts[2]!.split(' ')
  const place = withErrorCode.includes(parts[1]!) ? 3 : 2
  const saved = words[place]
  if (saved === undefined || !/^[0-9a-f]{8}$/.test(saved)) return line
  words[place] = (Number.parseInt(saved, 16) | resumeFlag).toString(16).padStart(8, '0')
  return `${parts[1]} [${words.join(' ')}]${parts[3]}`
}

/** A trace of QEMU's as the manual has it. */
export const byTheManual = (trace: readonly string[]): readonly string[] => trace.map(withResumeFlag)
