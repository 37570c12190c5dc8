import { At } from '../layout.ts'
import { each, makeInterruptGate, paging, resumeAt, setControl, toRing, toVirtual8086 } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const trap = 'pushfd; or dword [esp], 0x100; popfd\n'
const steps = (count: number): string => `mov dword [RETURNS], ${count}\n`
/** Watches `address` by register 0. Bits of DR7: 1 local, 2 global; kind 0 code, 1 writes, 2 I/O, 3 reads and writes. */
const watch = (address: number | string, kind: number, length: number, register = 0): string =>
  `mov eax, ${address}; mov dr${register}, eax; mov eax, dr7; or eax, ${(2 << (register * 2)) | ((kind | ((length - 1) << 2)) << (16 + register * 4)) | 0x400}; mov dr7, eax; mov eax, 0x0a0a0a0a\n`

const singleStep: readonly SystemCase[] = [
  { name: 'TF traps after the instruction behind POPFD', code: `${steps(3)}${trap} nop; nop; nop; nop` },
  { name: 'TF in ring 3', code: `${steps(3)}${toRing(3, 0x102)}` },
  { name: 'TF set by IRETD', code: `${steps(3)} push 0x102; push CODE0; push there; iretd; there: nop; nop; nop` },
  { name: 'TF cleared by POPFD traps once more', code: `${steps(6)}${trap} push 2; popfd; nop; nop` },
  {
    name: 'TF and INT n: the handler runs without it',
    code: `${steps(3)}${makeInterruptGate(0x40, 8, 'handler', 14)}${trap} int 0x40; nop; int 0x20; handler: nop; iretd`,
  },
  { name: 'TF and INT3', code: `${steps(3)}${trap} int3; nop; nop` },
  { name: 'TF and a fault: no trap, TF in the frame', code: `${steps(1)}${resumeAt('out')}${trap} ud2\n out: nop` },
  {
    name: 'TF and a fault that is repaired',
    code: `${steps(5)} mov dword [SKIP], 0; ${trap} nop; mov eax, 0x7ff8; nop`,
  },
  {
    name: 'TF and REP MOVSB: a trap for each element',
    code: `${steps(6)} mov esi, DATA; mov edi, DATA+16; mov ecx, 3; ${trap} rep movsb; nop`,
  },
  {
    name: 'TF and MOV SS: no trap before the next instruction is done',
    code: `${steps(5)} mov eax, DATA0; ${trap} mov ss, ax; nop; nop; nop`,
  },
  { name: 'TF and POP SS', code: `${steps(5)} push DATA0; ${trap} pop ss; nop; nop; nop` },
  { name: 'TF and MOV SS before INT3', code: `${steps(5)} mov eax, DATA0; ${trap} mov ss, ax; int3; nop; nop` },
  {
    name: 'TF and two MOV SS in a row',
    code: `${steps(5)} mov eax, DATA0; ${trap} mov ss, ax; mov ss, ax; nop; nop; nop`,
  },
  {
    name: 'TF and LSS',
    code: `${steps(5)} mov [DATA], esp; mov dword [DATA+4], DATA0; ${trap} lss esp, [DATA]; nop; nop`,
  },
  { name: 'TF and STI', code: `${steps(4)} ${trap} sti; nop; nop` },
  { name: 'TF and CLI', code: `${steps(4)} ${trap} cli; nop; nop` },
  { name: 'TF and HLT', code: `${steps(1)} ${trap} hlt; nop` },
  {
    name: 'TF and SYSENTER',
    code: `mov ecx, 0x174; mov edx, 0; mov eax, CODE0; wrmsr; mov ecx, 0x175; mov eax, STACK0; wrmsr; mov ecx, 0x176; mov eax, kernel; wrmsr; ${toRing(3)} ${trap} sysenter; kernel: nop; nop`,
  },
  {
    name: 'TF and a far call through a gate',
    code: `${steps(3)}mov dword [GDT+0x58], 0x00080000; mov dword [GDT+0x5c], 0xec00; mov word [GDT+0x58], inner; mov word [GDT+0x5e], high inner; ${toRing(3, 2)} ${trap} call FREE:0; nop; inner: nop`,
  },
  { name: 'TF in virtual-8086 mode', low: 'nop; nop; nop; nop', code: `${steps(3)}${toVirtual8086(0x2_3102)}` },
  { name: 'INT1', code: `${steps(1)} db 0xf1; nop` },
  { name: 'DR6 is sticky', code: `${steps(2)} mov eax, 0xffff0ff3; mov dr6, eax; ${trap} nop` },
]

const registers: readonly SystemCase[] = [
  {
    name: 'reserved bits of DR6 and DR7',
    code: `mov eax, 0; mov dr6, eax; mov eax, dr6; int 0x21; mov eax, 0xffffffff; mov dr6, eax; mov eax, dr6; int 0x21
      mov eax, 0xffffd3ff-0xff; mov dr7, eax; mov eax, dr7; int 0x21; mov eax, 0; mov dr7, eax; mov eax, dr7; int 0x21`,
  },
  {
    name: 'DR4 and DR5 are DR6 and DR7',
    code: `mov eax, 0x12345678; mov dr4, eax; mov eax, dr6; int 0x21; mov eax, dr5; int 0x21`,
  },
  {
    name: 'CR4.DE: DR4 and DR5 are not there',
    code: `${setControl('cr4', 8)} ${each(['mov eax, dr4', 'mov dr5, eax'])}`,
  },
  {
    name: 'DR0 to DR3 keep what they are given',
    code: [0, 1, 2, 3]
      .map((n) => `mov eax, 0x1234567${n}; mov dr${n}, eax; mov eax, 0; mov eax, dr${n}; int 0x21`)
      .join('\n'),
  },
  {
    name: 'general detect',
    code: `mov eax, 0x2400; mov dr7, eax; ${resumeAt('out')} mov eax, dr0; int 0x30\n out: mov eax, dr7`,
  },
]

const breakpoints: readonly SystemCase[] = [
  {
    name: 'code: a fault before the instruction, with RF once',
    code: `${steps(2)} ${watch('here', 0, 1)} nop; here: mov ecx, 1; nop; mov ebx, 2`,
  },
  {
    name: 'code: RF in an IRETD frame skips it',
    code: `${watch('here', 0, 1)} push 0x10002; push CODE0; push here; iretd; here: mov ecx, 1`,
  },
  {
    name: 'code: without RF it comes again',
    code: `${steps(3)} ${watch('here', 0, 1)} mov ecx, 2; here: loop here; nop`,
  },
  {
    name: 'code: inside an instruction it does not count',
    code: `${steps(3)} ${watch('here+1', 0, 1)} here: mov ecx, 1; nop`,
  },
  ...[1, 2, 4].map((length) => ({
    name: `writes: ${length} bytes`,
    code: `${steps(8)} ${watch(At.DATA, 1, length)} mov byte [DATA], 1; mov byte [DATA+1], 1; mov word [DATA+3], 1; mov dword [DATA-3], 1; mov eax, [DATA]; mov word [DATA-1], 1; mov dword [DATA+4], 1`,
  })),
  {
    name: 'reads and writes',
    code: `${steps(8)} ${watch(At.DATA, 3, 4)} mov eax, [DATA]; mov [DATA], eax; add dword [DATA], 1; mov al, [DATA+3]; mov al, [DATA+4]; push dword [DATA]; pop dword [DATA]`,
  },
  {
    name: 'writes over the end of what is watched',
    code: `${steps(4)} ${watch(At.DATA + 4, 1, 4)} mov dword [DATA+1], 5; mov dword [DATA], 5; mov dword [DATA+7], 5`,
  },
  {
    name: 'a length that its address is not aligned to',
    code: `${steps(4)} ${watch(At.DATA + 2, 1, 4)} mov byte [DATA], 5; mov byte [DATA+3], 5; mov byte [DATA+4], 5`,
  },
  {
    name: 'data and MOV SS: the trap waits',
    code: `${steps(4)} mov dword [DATA], DATA0; ${watch(At.DATA, 3, 4)} mov ss, [DATA]; nop; nop`,
  },
  {
    name: 'data and MOV SS before INT3',
    code: `${steps(4)} mov dword [DATA], DATA0; ${watch(At.DATA, 3, 4)} mov ss, [DATA]; int3; nop`,
  },
  {
    name: 'data and REP MOVSD',
    code: `${steps(4)} ${watch(At.DATA + 8, 1, 4)} mov esi, DATA+0x100; mov edi, DATA; mov ecx, 5; rep movsd; nop`,
  },
  { name: 'two at once', code: `${steps(4)} ${watch(At.DATA, 1, 4)} ${watch(At.DATA, 3, 1, 1)} mov [DATA], eax; nop` },
  {
    name: 'disabled ones show in DR6 when another hits',
    code: `${steps(4)} mov eax, DATA; mov dr1, eax; mov eax, 0x00d00400; mov dr7, eax; ${watch(At.DATA, 1, 4)} mov [DATA], eax; nop`,
  },
  { name: 'data in ring 3', code: `${steps(4)} ${watch(At.DATA, 1, 4)} ${toRing(3)} mov [DATA], eax; nop` },
  {
    name: 'what the processor writes itself: a stack',
    code: `${steps(2)} ${watch(At.STACK0 - 16, 1, 4)} push eax; push eax; nop`,
  },
  {
    name: 'under paging by linear address',
    code: `${paging(7)} ${steps(4)} mov dword [PT+0x84], ${At.DATA + 7}; invlpg [DATA+0x1000]; ${watch(At.DATA, 1, 4)} mov dword [DATA+0x1000], 1; mov dword [DATA], 1; nop`,
  },
  {
    name: 'I/O',
    code: `${setControl('cr4', 8)} ${steps(4)} ${watch(0x80, 2, 1)} out 0x80, al; nop; mov edx, 0x7f; out dx, ax; nop; out dx, al; nop`,
  },
  {
    name: 'the trap flag of a task',
    code: `mov dword [TSS2+0x64], 0x680001; mov dword [TSS2+0x20], there; ${resumeAt('out')} jmp TSS2SEL:0; there: nop; int 0x30\n out: nop`,
  },
  {
    name: 'a task switch clears local breakpoints',
    code: `mov dword [TSS2+0x20], there; mov eax, 0x4ff; mov dr7, eax; jmp TSS2SEL:0; there: mov eax, dr7`,
  },
  {
    name: 'a fault goes before a data breakpoint of the same instruction',
    code: `${watch(At.DATA, 3, 4)} ${steps(1)} mov eax, 0x70000000; ${resumeAt('out')} div dword [DATA]\n out: nop`,
  },
]

export const debugFeature: Feature = {
  name: 'debug',
  title: 'Single steps, breakpoints, debug registers',
  cases: [...singleStep, ...registers, ...breakpoints],
}

const V = 0x2_0002
const vme = setControl('cr4', 1)
const virtualInterrupts: readonly SystemCase[] = [
  ...[
    ['CLI', 'cli', V | 0x8_0000],
    ['STI', 'sti', V],
    ['STI with VIP', 'sti', V | 0x10_0000],
    ['PUSHF shows VIF as IF and IOPL 3', 'pushf; pop ax', V | 0x8_0000],
    ['POPF sets VIF', 'push 0x202; popf; pushf; pop ax', V],
    ['POPF clears VIF', 'push 2; popf; pushf; pop ax', V | 0x8_0000],
    ['POPF of TF', 'push 0x102; popf', V],
    ['POPF of IF with VIP', 'push 0x202; popf', V | 0x10_0000],
    ['IRET sets VIF', 'push 0x202; push 0x800; push there-LOW; iret; there: nop', V],
    ['IRET of TF', 'push 0x102; push 0x800; push there-LOW; iret; there: nop', V],
    ['PUSHFD', 'pushfd; pop eax', V],
    ['POPFD', 'popfd', V],
    ['IRETD', 'iretd', V],
    ['PUSHF with IOPL 3', 'pushf; pop ax', V | 0x8_3000],
    ['CLI with IOPL 3', 'cli', V | 0x8_3202],
  ].map(([name, low, flags]) => ({
    name: `VME: ${name}`,
    low: `${low as string}\nint 0x3e`,
    code: `${vme} ${toVirtual8086(flags as number)}`,
  })),
  ...[V, V | 0x8_0000, V | 0x3202].map((flags) => ({
    name: `VME: INT n redirected, flags ${flags.toString(16)}`,
    low: 'int 0x44; nop; hlt; org 0x8100; mov bp, sp; mov ax, [ss:bp]; mov bx, [ss:bp+2]; mov cx, [ss:bp+4]; pushf; pop dx; iret',
    code: `${vme} mov dword [0x110], 0x08000100; mov byte [TSS+0x68+8], 0xef; ${toVirtual8086(flags)}`,
  })),
  { name: 'VME: INT n not redirected with IOPL 0', low: 'int 0x44', code: `${vme} ${toVirtual8086(V)}` },
  { name: 'VME: VIP and VIF at entry are a #GP', low: 'nop', code: `${vme} ${toVirtual8086(V | 0x18_0000)}` },
  {
    name: 'VME: VIP and VIF at entry are nothing with IOPL 3',
    low: 'nop; nop; cli; hlt',
    code: `${vme} ${toVirtual8086(V | 0x18_3000)}`,
  },
  { name: 'VIP and VIF at entry are nothing without VME', low: 'nop; hlt', code: toVirtual8086(V | 0x18_0000) },
  {
    name: 'VME: as long as the monitor leaves VIP and VIF set, each return is a #GP',
    low: 'nop; hlt',
    code: `${vme} mov dword [RETURNS], 2; ${toVirtual8086(V | 0x18_0000)}`,
  },
  {
    name: 'VME: a task that begins with VIP and VIF set',
    low: 'nop; hlt',
    code: `${vme} mov dword [TSS2+0x20], 0; mov dword [TSS2+0x24], ${V | 0x18_0000}; mov dword [TSS2+0x4c], 0x800
      mov dword [TSS2+0x50], 0x900; jmp TSS2SEL:0`,
  },
  {
    name: 'PVI: VIP and VIF are a #GP in ring 3 alone, however it is entered',
    code: `${setControl('cr4', 2)} ${resumeAt('far')} ${toRing(3, 0x18_0002)} nop
      far: push 0x180002; push CODE0; push inside; iretd
      inside: pushfd; pop eax; int 0x21; ${resumeAt('sys')} push DATA3; push STACK3; push CODE3; push outside; retf
      outside: nop; int 0x30
      sys: push 0x180002; push CODE0; push again; iretd
      again: mov ecx, 0x174; mov eax, CODE0; mov edx, 0; wrmsr; mov edx, outside; mov ecx, STACK3
      mov dword [RESUME], done; sysexit
      done: nop`,
  },
  {
    name: 'PVI: VIP and VIF are nothing with IOPL 3',
    code: `${setControl('cr4', 2)} ${toRing(3, 0x18_3002)} nop; int 0x21`,
  },
  {
    name: 'PVI: an interrupt goes before the #GP of VIP and VIF',
    code: `${setControl('cr4', 2)} mov dword [0xfee000f0], 0x1ff; mov dword [0xfee00300], 0x40050; jmp short there; there: mov dword [RETURNS], 1
      ${toRing(3, 0x18_0202)} nop`,
  },
  ...[
    ['CLI', 'cli', 0x8_0002],
    ['STI', 'sti', 2],
    ['STI with VIP', 'sti', 0x10_0002],
    ['PUSHFD', 'pushfd; pop eax', 0x8_0002],
    ['POPFD', 'push 0x202; popfd; pushfd; pop eax', 2],
  ].map(([name, code, flags]) => ({
    name: `PVI: ${name}`,
    code: `${setControl('cr4', 2)} ${toRing(3, flags as number)} ${code as string}; int 0x21`,
  })),
]

export const virtualInterruptFeature: Feature = {
  name: 'virtual-interrupts',
  title: 'VME and PVI',
  cases: virtualInterrupts,
}
