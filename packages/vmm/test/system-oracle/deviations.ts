/** Where QEMU 7.2 does otherwise than the manual says, and the manual is followed. */
export interface Deviation {
  /** Name of the feature, and of its cases. */
  readonly feature: string
  readonly cases: RegExp
  /** The rule and where it stands. */
  readonly rule: string
  /** What QEMU does. */
  readonly qemu: string
}

const limits = 'checks no limits of segments'
const ext = 'leaves EXT clear in the error code of a fault met while an exception is delivered'

export const deviations: readonly Deviation[] = [
  {
    feature: 'segment-loads',
    cases: /^far pointers load|^a null segment can be/,
    rule: 'SDM vol. 3, 5.4.1: a reference to memory through a null segment is a #GP(0)',
    qemu: 'takes a null segment for one with base 0',
  },
  {
    feature: 'descriptor-queries',
    cases: /^lar ebx, eax in ring [03]$/,
    rule: 'SDM vol. 3, 3.4.5.1: loading a code segment sets the accessed bit',
    qemu: 'does not set it on a far JMP and IRET',
  },
  {
    feature: 'descriptor-queries',
    cases: /^LTR takes no null selector/,
    rule: 'SDM vol. 2, LTR: a null selector is a #GP(0)',
    qemu: 'loads it',
  },
  {
    feature: 'far-transfers',
    cases: /through a gate: ring 3 to conforming/,
    rule: 'SDM vol. 2, CALL: the RPL of CS becomes CPL',
    qemu: "takes the conforming segment's DPL for the RPL",
  },
  {
    feature: 'far-transfers',
    cases: /^a 16-bit gate ignores/,
    rule: 'SDM vol. 3, 5.8.3.1: a 16-bit call gate has an offset of 16 bits',
    qemu: 'uses all 32 bits',
  },
  {
    feature: 'far-transfers',
    cases: /room on the new stack|^a far call that cannot push/,
    rule: 'SDM vol. 2, CALL: no room on the stack is a #SS, of the new selector where stacks are switched',
    qemu: limits,
  },
  {
    feature: 'far-transfers',
    cases: /beyond the limit of the code/,
    rule: 'SDM vol. 2, JMP, CALL, RET, IRET: an EIP beyond the limit is a #GP(0) of the transfer',
    qemu: "names the selector in JMP's error code and lets the others go there",
  },
  {
    feature: 'far-transfers',
    cases: /outer ring checks the stack selector/,
    rule: 'SDM vol. 2, RET, IRET: a stack segment that is not present is a #SS of its selector',
    qemu: 'raises #NP',
  },
  {
    feature: 'interrupt-gates',
    cases: /through a gate of type [67]$/,
    rule: 'SDM vol. 3, 6.11, and vol. 2, INT: a 16-bit gate has an offset of 16 bits',
    qemu: 'uses all 32 bits',
  },
  {
    feature: 'interrupt-gates',
    cases: /^INT in ring [03], gate beyond the code limit/,
    rule: "SDM vol. 2, INT: a handler beyond its segment's limit is a #GP(EXT)",
    qemu: limits,
  },
  {
    feature: 'interrupt-gates',
    cases: /^#UD in ring 3, gate|^ud2 in ring 3 meets|^double faults: #UD/,
    rule: 'SDM vol. 3, 6.13: EXT is set when an earlier exception was being delivered',
    qemu: `${ext}, and ${limits}`,
  },
  {
    feature: 'interrupt-gates',
    cases: /meets a stack without room|cannot push is a #SS|^a double fault without a stack/,
    rule: 'SDM vol. 2, INT: no room on the stack is a #SS, of the new selector where stacks are switched',
    qemu: limits,
  },
  {
    feature: 'interrupt-gates',
    cases: /meets a 16-bit stack/,
    rule: 'SDM vol. 2, INT: ESP is loaded from the TSS, all of it, and SP alone moves then',
    qemu: "keeps the upper half of the outer ring's ESP",
  },
  {
    feature: 'interrupt-gates',
    cases: /^INT1 is a #DB/,
    rule: 'SDM vol. 2, INT1: a #DB as a trap, for which the DPL of the gate does not count',
    qemu: 'raises #UD outside of ring 0',
  },
  {
    feature: 'shutdown',
    cases: /^no stack/,
    rule: 'SDM vol. 3, 6.15: a #SS while a #DF is delivered shuts the processor down',
    qemu: limits,
  },
]

/** The deviation that a case shows. */
export const deviationOf = (feature: string, name: string): Deviation | undefined =>
  deviations.find((deviation) => deviation.feature === feature && deviation.cases.test(name))
