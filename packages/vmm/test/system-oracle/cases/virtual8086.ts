import { At } from '../layout.ts'
import { resumeAt, toVirtual8086 } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const V = 0x2_0002
const iopl3 = 0x2_3002

/** One-byte instructions, and longer ones, that virtual-8086 mode treats in its own way. */
const sensitive: readonly (readonly [name: string, code: string])[] = [
  ['CLI', 'cli'],
  ['STI', 'sti'],
  ['PUSHF', 'pushf; pop ax'],
  ['PUSHFD', 'pushfd; pop eax'],
  ['POPF', 'push 0x4dd5; popf; pushfd; pop eax'],
  ['POPFD', 'db 0x66, 0x68; dd 0x3ffdd5; popfd; db 0x66; pushfw; db 0x66; pop ax'],
  ['INT 3Eh', 'int 0x3e'],
  ['INT3', 'int3'],
  ['INTO', 'mov al, 0x7f; add al, 1; into'],
  ['IRET', 'push 0x12; push 0x800; push there-LOW; iret; there: nop'],
  ['IRETD', 'db 0x66, 0x6a, 2; db 0x66, 0x68; dd 0x800; db 0x66, 0x68; dd there-LOW; iretd; there: nop'],
  ['HLT', 'hlt'],
  ['CLTS', 'clts'],
  ['LGDT', 'lgdt [0]'],
  ['SGDT', 'sgdt [0]'],
  ['SMSW', 'smsw ax'],
  ['LMSW', 'lmsw ax'],
  ['SLDT', 'sldt ax'],
  ['LLDT', 'lldt ax'],
  ['STR', 'str ax'],
  ['LAR', 'lar ax, ax'],
  ['VERR', 'verr ax'],
  ['ARPL', 'arpl ax, ax'],
  ['MOV CR0', 'mov eax, cr0'],
  ['MOV DR7', 'mov eax, dr7'],
  ['INVLPG', 'invlpg [0]'],
  ['RDMSR', 'rdmsr'],
  ['WBINVD', 'wbinvd'],
  ['IN AL', 'in al, 0x60'],
  ['OUT DX', 'mov dx, 0x3f8; out dx, al'],
  ['SYSENTER', 'sysenter'],
  ['SYSEXIT', 'sysexit'],
]

const instructions: readonly SystemCase[] = [V, iopl3].flatMap((flags) =>
  sensitive.map(([name, low]) => ({
    name: `${name} with IOPL ${flags === V ? 0 : 3}`,
    low: `${low}\nint 0x21`,
    code: toVirtual8086(flags),
  })),
)

const gates: readonly SystemCase[] = [
  ['ring 1', 'mov word [IDT+0x202], CODE1'],
  ['a conforming segment', 'mov word [IDT+0x202], CONFORMING'],
  ['a gate of DPL 0', 'mov byte [IDT+0x205], 0x8e'],
  ['a gate of DPL 3', 'mov byte [IDT+0x205], 0xee'],
  ['a trap gate', 'mov byte [IDT+0x205], 0xef'],
].map(([name, make]) => ({
  name: `INT n to ${name} with IOPL 3`,
  low: 'int 0x40',
  code: `mov byte [IDT+0x205], 0xee; ${make}; ${toVirtual8086(iopl3 | 0x200)}`,
}))

const segments: readonly SystemCase[] = [
  {
    name: 'registers and segments on entry',
    low: 'int 0x21',
    code: toVirtual8086(iopl3),
  },
  {
    name: 'segment loads need no descriptors',
    low: 'mov ax, 0x1234; mov ds, ax; mov es, ax; push 0x4567; pop fs; push 0xffff; pop gs; int 0x21',
    code: toVirtual8086(iopl3),
  },
  {
    name: 'memory through 16-bit segments',
    low: 'mov word [0x10], 0x1234; mov ax, [0x10]; mov word [es:0x20], 0x5678; mov bx, [0x1020]; int 0x21',
    code: toVirtual8086(iopl3),
    shows: [{ address: At.DATA, words: 5 }],
  },
  ...[
    'mov ax, [0xffff]',
    'db 0x66; mov ax, [0xfffd]',
    'db 0x67, 0xa0; dd 0x10000',
    'mov sp, 1; push ax',
    'mov sp, 0; push ax',
  ].map((low) => ({
    name: `the limit of 64 KiB: ${low}`,
    low: `${low}; int 0x21`,
    code: toVirtual8086(iopl3),
  })),
  {
    name: 'the stack wraps at 64 KiB',
    low: 'mov sp, 0; push ax; mov bx, sp; mov sp, 0xfffe; pop cx; int 0x21',
    code: toVirtual8086(iopl3),
  },
  {
    name: 'far calls and returns',
    low: 'call 0x7f0:far_away-LOW+0x100; int 0x21; int 0x20; far_away: int 0x21; retf',
    code: toVirtual8086(iopl3),
  },
  {
    name: 'a far jump beyond FFFFh',
    low: 'db 0x66, 0xea; dd 0x10000; dw 0x800',
    code: toVirtual8086(iopl3),
  },
  {
    name: 'running off the end of the segment',
    low: 'jmp 0x7f1:0xffff',
    code: `mov byte [0x17f0f], 0x90; ${toVirtual8086(iopl3)}`,
  },
]

const faults: readonly SystemCase[] = [
  { name: 'a divide error', low: 'mov bl, 0; div bl', code: toVirtual8086(V) },
  { name: 'an invalid opcode', low: 'ud2', code: toVirtual8086(V) },
  { name: 'BOUND', low: 'bound ax, [0]', code: toVirtual8086(V) },
  {
    name: 'a handler returns to virtual-8086 mode',
    low: 'ud2; mov ax, ds; int 0x21',
    code: `mov dword [RETURNS], 1; mov dword [SKIP], 2; ${toVirtual8086(iopl3)}`,
  },
  {
    name: 'a handler on a stack without room for nine words',
    low: 'ud2',
    code: `mov word [TSS+8], SMALL; mov dword [TSS+4], 0x200; ${toVirtual8086(V)}`,
  },
  {
    name: 'a 16-bit gate from virtual-8086 mode',
    low: 'int 0x40; bits 32; handler: int 0x21; int 0x20',
    code: `mov word [IDT+0x200], handler; mov dword [IDT+0x204], 0xe600; ${toVirtual8086(iopl3)}`,
  },
]

const io: readonly SystemCase[] = [
  ['all denied', ''],
  ['allowed', 'mov byte [TSS+0x88+0x7f], 0xfe'],
  ['the first byte allowed of a word', 'mov byte [TSS+0x88+0x7f], 0xfd'],
  ['no bitmap', 'mov word [TSS+0x66], 0x2069'],
].map(([name, make]) => ({
  name: `port I/O whatever IOPL is, ${name}`,
  low: 'mov dx, 0x3f8; in al, dx; mov al, 0; in ax, dx; int 0x21',
  code: `${make}\n${resumeAt('next')} ${toVirtual8086(iopl3)}
    next: ${resumeAt('last')} ${toVirtual8086(V)}
    last: nop`,
}))

const entry: readonly SystemCase[] = [
  {
    name: 'IRETD to virtual-8086 mode with a large EIP',
    code: `push 0; push 0; push 0; push 0; push 0x900; push 0x1000; push ${V}; push 0x800; push 0x10000; iretd`,
  },
  {
    name: 'IRET from ring 3 does not set VM',
    code: `push DATA3; push STACK3; push 0x3002; push CODE3; push user; iretd
      user: push 0; push 0; push 0; push 0; push DATA3; push STACK3; push ${V}; push CODE3; push back; iretd
      back: pushfd; pop eax; int 0x21`,
  },
  { name: 'POPFD does not set VM', code: `push ${V}; popfd; pushfd; pop eax` },
  {
    name: 'flags from the image',
    low: 'int 0x21',
    code: toVirtual8086(0x3e_7fd7),
  },
]

export const virtual8086: Feature = {
  name: 'virtual-8086',
  title: 'Virtual-8086 mode without VME',
  cases: [...segments, ...instructions, ...gates, ...faults, ...io, ...entry],
}
