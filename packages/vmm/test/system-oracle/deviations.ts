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
    feature: 'segment-loads',
    cases: /^PUSH of a segment register with a 32-bit/,
    rule: 'SDM vol. 2, PUSH: recent processors write the selector with a 16-bit move (seen on one)',
    qemu: 'writes zeros above it, as older ones do',
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
    feature: 'task-switches',
    cases: /^a task gate for a fault pushes/,
    rule: 'SDM vol. 3, 17.3.1.1: a fault saves EFLAGS with RF set, here in the TSS',
    qemu: 'saves RF as it is',
  },
  {
    feature: 'task-switches',
    cases: /a task gate into the LDT/,
    rule: 'SDM vol. 2, JMP and INT: a task gate whose selector names the LDT is a #GP of that selector',
    qemu: 'raises #TS',
  },
  {
    feature: 'task-switches',
    cases: /^a new task with|^a task of ring 3 cannot have data/,
    rule: "SDM vol. 3, 7.3, step 12: faults while segments are loaded are the new task's, before its first instruction",
    qemu: "saves an EIP that is not the new task's",
  },
  {
    feature: 'task-switches',
    cases: /^EIP of a new task beyond/,
    rule: 'SDM vol. 3, 7.3 and 5.3: EIP beyond the limit of CS is a #GP before the first instruction',
    qemu: limits,
  },
  {
    feature: 'virtual-8086',
    cases: /^the limit of 64 KiB|^a far jump beyond|^running off|^IRETD to virtual-8086 mode with a large/,
    rule: 'SDM vol. 3, 20.1.1: segments of virtual-8086 mode have a limit of FFFFh; vol. 2, IRET: EIP beyond it is a #GP(0) of the IRET',
    qemu: limits,
  },
  {
    feature: 'virtual-8086',
    cases: /^INT n to ring 1/,
    rule: 'SDM vol. 2, INT: from virtual-8086 mode a handler that is not of ring 0 is a #GP of its selector',
    qemu: 'goes there',
  },
  {
    feature: 'virtual-8086',
    cases: /^IRET from ring 3 does not set VM/,
    rule: 'SDM vol. 2, IRET: a return to virtual-8086 mode takes CPL 0',
    qemu: 'returns to virtual-8086 mode from any ring',
  },
  {
    feature: 'paging',
    cases: /^a page( table)? with rights|^an access over two pages/,
    rule: 'Real processors: an instruction that reads and writes faults as a write, as `real-cpu` shows; and what faults sets no accessed bit in its page (SDM vol. 3, 4.8)',
    qemu: 'faults as a read, and sets the accessed bit of a page whose write it denies',
  },
  {
    feature: 'paging',
    cases: /^PAE: (directory pointers are read|reserved bit .* of a directory pointer)/,
    rule: 'SDM vol. 3, 4.4.1: MOV to CR3 loads the directory pointers, and raises #GP(0) if a present one has reserved bits',
    qemu: 'reads them from memory at each walk, and ignores reserved bits',
  },
  {
    feature: 'paging',
    cases: /^PAE: reserved bits of entries/,
    rule: 'SDM vol. 3, 4.7: an error code with RSVD has P set',
    qemu: 'clears P',
  },
  {
    feature: 'segment-limits',
    cases: /limit|expand-down|stack faults|EBP addresses|MOVS checks|PUSHA/,
    rule: 'SDM vol. 3, 5.3: an access beyond the limit is a #GP(0), through SS a #SS(0), before anything has happened',
    qemu: limits,
  },
  {
    feature: 'segment-limits',
    cases: /^writes to what|^code that cannot/,
    rule: 'SDM vol. 3, 5.1: writes to read-only and to code segments, and reads of execute-only ones, are #GP(0)',
    qemu: 'checks no types of segments',
  },
  {
    feature: 'control-registers',
    cases: /^CR0: combinations/,
    rule: 'SDM vol. 2, MOV to CR: PG without PE, and NW without CD, are #GP(0)',
    qemu: 'checks neither, and does not survive them',
  },
  {
    feature: 'control-registers',
    cases: /^CR0: bits/,
    rule: 'SDM vol. 3, 2.5: reserved bits of CR0 stay clear',
    qemu: 'keeps what was written',
  },
  {
    feature: 'control-registers',
    cases: /^CR4: bits that are not there/,
    rule: 'SDM vol. 3, 2.5: a reserved bit of CR4 is a #GP(0)',
    qemu: 'lets the guest set them, or does not go on',
  },
  {
    feature: 'control-registers',
    cases: /^MSRs that|^PAT: types that are not|^EFER: bits|^APIC base|^MTRRs/,
    rule: 'SDM vol. 2, RDMSR and WRMSR: an unknown register, a reserved bit and an unknown memory type are #GP(0)',
    qemu: 'reads zeros, and ignores or keeps what was written',
  },
  {
    feature: 'control-registers',
    cases: /^RDTSC follows/,
    rule: 'SDM vol. 3, 17.17.3: WRMSR to the time-stamp counter sets it',
    qemu: 'sets another one than RDTSC reads',
  },
  {
    feature: 'control-registers',
    cases: /^RDPMC/,
    rule: 'SDM vol. 2, RDPMC: a counter that is not there, or that may not be read, is a #GP(0)',
    qemu: 'has no RDPMC',
  },
  {
    feature: 'privilege',
    cases: /^LOCK /,
    rule: 'SDM vol. 2, LOCK: before anything but its list of instructions it is a #UD',
    qemu: 'ignores it before system instructions',
  },
  {
    feature: 'privilege',
    cases: /^IRETD in ring 0/,
    rule: 'SDM vol. 2, IRET: at CPL 0 it loads VIF and VIP',
    qemu: 'has neither',
  },
  {
    feature: 'floating-point-exceptions',
    cases: /^CR0\.MP/,
    rule: 'SDM vol. 2, EMMS: #UD by CR0.EM, #NM by CR0.TS; vol. 3, 13.1: SSE with EM is a #UD',
    qemu: 'lets EMMS pass, and puts #NM before #UD',
  },
  {
    feature: 'floating-point-exceptions',
    cases: /^CR0\.NE|^FNSTENV|^FLDCW/,
    rule: 'SDM vol. 1, 8.5 and 8.6: an unmasked divide-by-zero leaves the stack alone, and the next waiting instruction raises it, until FNSTENV has masked it',
    qemu: 'pops, waits for another instruction, or raises what was masked',
  },
  {
    feature: 'floating-point-exceptions',
    cases: /^SSE: (reserved|an exception)/,
    rule: 'SDM vol. 1, 11.5: reserved bits of MXCSR are a #GP(0), unmasked exceptions a #XM, or #UD without CR4.OSXMMEXCPT',
    qemu: 'knows no #XM and no reserved bits',
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
