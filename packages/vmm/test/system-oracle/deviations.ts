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
    feature: 'task-switches',
    cases: /^PAE: a task whose directory pointer/,
    rule: "SDM vol. 3, 4.4.1: reserved bits of directory pointers are a #GP, here the new task's, before its first instruction; EXT is set if an event caused the switch (6.13)",
    qemu: 'ignores reserved bits of directory pointers',
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
    feature: 'debug',
    cases: /^TF and REP/,
    rule: 'SDM vol. 3, 17.3.1.1: a trap between two elements of a repeated string instruction saves RF set',
    qemu: 'saves RF clear',
  },
  {
    feature: 'debug',
    cases: /^TF and (two MOV SS|LSS|STI)/,
    rule: 'SDM vol. 3, 6.8.3: MOV SS and POP SS hold debug traps back for one instruction, the first of several alone; LSS and STI do not',
    qemu: 'holds them back behind each of these',
  },
  {
    feature: 'debug',
    cases: /^TF and HLT/,
    rule: 'SDM vol. 2, HLT, and vol. 3, 17.3.1.4: HLT traps like any instruction, and the trap ends it',
    qemu: 'sleeps',
  },
  {
    feature: 'debug',
    cases: /^INT1/,
    rule: 'SDM vol. 2, INT1: a #DB as a trap',
    qemu: 'raises #UD',
  },
  {
    feature: 'debug',
    cases: /^DR6 is sticky/,
    rule: 'SDM vol. 3, 17.2.3: software alone clears DR6',
    qemu: 'clears the bits of breakpoints at a single step',
  },
  {
    feature: 'debug',
    cases: /^reserved bits of DR6|^DR4 and DR5 are/,
    rule: 'SDM vol. 3, figure 17-1: bits that read as 0 and as 1 whatever was written',
    qemu: 'keeps what was written',
  },
  {
    feature: 'debug',
    cases: /^general detect/,
    rule: 'SDM vol. 3, 17.2.4: with DR7.GD an access to a debug register is a #DB with DR6.BD, and clears GD',
    qemu: 'has no general detect',
  },
  {
    feature: 'debug',
    cases: /^code: RF in an IRETD frame/,
    rule: 'SDM vol. 3, 17.3.1.1: RF is cleared when the instruction behind IRET is done',
    qemu: 'keeps RF where no breakpoint is met',
  },
  {
    feature: 'debug',
    cases: /^writes: [12] bytes|^a length that/,
    rule: 'SDM vol. 3, 17.2.5: LEN bytes are watched, from an address whose low bits LEN masks',
    qemu: 'reports neighbours, and masks nothing',
  },
  {
    feature: 'debug',
    cases: /^data and MOV SS/,
    rule: 'SDM vol. 3, 6.8.3 and 17.3.1.2: a data breakpoint met by MOV SS is held back for one instruction, behind INT3 too',
    qemu: 'traps behind MOV SS',
  },
  {
    feature: 'debug',
    cases: /^data and REP/,
    rule: 'SDM vol. 3, 17.3.1.1: a trap between two elements of a repeated string instruction saves RF set',
    qemu: 'saves RF clear',
  },
  {
    feature: 'debug',
    cases: /^two at once|^disabled ones/,
    rule: 'SDM vol. 3, 17.2.3: B0 to B3 tell all conditions that are met, of disabled breakpoints too',
    qemu: 'tells of one',
  },
  {
    feature: 'debug',
    cases: /^what the processor writes itself/,
    rule: 'SDM vol. 3, 17.2.5: pushes of an interrupt are writes',
    qemu: 'does not go on',
  },
  {
    feature: 'debug',
    cases: /^a fault goes before/,
    rule: 'SDM vol. 3, 6.9, table 6-2: faults of the instruction go before data breakpoints, which are traps behind it',
    qemu: 'reports the breakpoint',
  },
  {
    feature: 'debug',
    cases: /^the trap flag of a task/,
    rule: 'SDM vol. 3, 17.3.1.5: the T bit of a TSS is a #DB with DR6.BT before the first instruction of the new task',
    qemu: 'has no T bit',
  },
  {
    feature: 'supervisor-protection',
    cases: /^SMAP: the supervisor does not touch/,
    rule: 'Real processors: an instruction that reads and writes faults as a write, as `real-cpu` shows',
    qemu: 'faults as a read',
  },
  {
    feature: 'supervisor-protection',
    cases: /^SMAP: (the LDT|a task) is never/,
    rule: "SDM vol. 3, 4.6.1: the processor's own accesses to its tables are never to pages of the user, whatever AC is",
    qemu: 'heeds AC for LDTs and TSSs',
  },
  {
    feature: 'supervisor-protection',
    cases: /^alignment checks in ring 3/,
    rule: 'SDM vol. 3, 6.15, interrupt 17: with CR0.AM and EFLAGS.AC a misaligned access of ring 3 is a #AC(0)',
    qemu: 'has no #AC',
  },
  {
    feature: 'virtual-interrupts',
    cases: /./,
    rule: 'SDM vol. 3, 20.3 and 20.4: VME and PVI keep a virtual interrupt flag, VIF, and redirect INT n',
    qemu: 'has neither under TCG',
  },
  {
    feature: 'events',
    cases: /^STI and MOV SS in a row/,
    rule: 'SDM vol. 3, 6.8.3: MOV SS holds interrupts back until after the next instruction',
    qemu: 'lets interrupts in behind a MOV SS in the shadow of STI',
  },
  {
    feature: 'events',
    cases: /^INT n with an interrupt pending/,
    rule: 'SDM vol. 2, STI: the shadow ends with the next instruction, INT n here',
    qemu: "lets the handler's first instruction go before",
  },
  {
    feature: 'events',
    cases: /keep the bits that are there|less the status|masks its local vectors|^the spurious vector register/,
    rule: 'SDM vol. 3, 10.4.7.2, 10.5.1, 10.6.1 and 10.9: reserved and read-only bits; a software-disabled APIC keeps its mask bits set',
    qemu: 'keeps what was written',
  },
  {
    feature: 'events',
    cases: /^an illegal vector/,
    rule: 'SDM vol. 3, 10.5.3: vectors 0 to 15 are an error, and never requested',
    qemu: 'requests them',
  },
  {
    feature: 'events',
    cases: /^self-IPI to a software-disabled/,
    rule: 'SDM vol. 3, 10.4.7.2: a software-disabled APIC takes no fixed interrupts',
    qemu: 'takes them',
  },
  {
    feature: 'events',
    cases: /^logically: (cluster, all|no logical number)/,
    rule: 'SDM vol. 3, 10.6.2.2: a destination of all ones is everybody',
    qemu: 'looks for a match',
  },
  {
    feature: 'events',
    cases: /^IRQ 13/,
    rule: 'SDM vol. 1, 8.7 and appendix D: with CR0.NE clear the next waiting instruction waits for IRQ 13, whose handler lets it go on by port F0h',
    qemu: 'does not go on',
  },
  {
    feature: 'io-apic',
    cases: /^the version register/,
    rule: '82093AA data sheet, 3.2.2: version 11h, 24 entries',
    qemu: 'is of version 20h',
  },
  {
    feature: 'io-apic',
    cases: /^what can be written/,
    rule: '82093AA data sheet, 3.2.4: bits 17 to 55 of an entry are reserved',
    qemu: 'keeps what was written',
  },
  {
    feature: 'io-apic',
    cases: /^a level that (no local APIC accepts|a software-disabled)/,
    rule: '82093AA data sheet, 3.2.4: remote IRR is set when a local APIC has accepted the interrupt',
    qemu: 'sets it when the interrupt is sent; a software-disabled local APIC accepts it',
  },
  {
    feature: 'io-apic',
    cases: /^an illegal vector/,
    rule: 'SDM vol. 3, 10.5.3: a message with a vector of 0 to 15 is an error, and never requested',
    qemu: 'requests it',
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
