import { At, Selector } from '../layout.ts'
import { makeInterruptGate, resumeAt, setControl, toRing, toVirtual8086 } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const apic = 0xfee0_0000
/** Registers of the local APIC, by offset. */
const Register = {
  id: 0x20,
  version: 0x30,
  tpr: 0x80,
  ppr: 0xa0,
  eoi: 0xb0,
  ldr: 0xd0,
  dfr: 0xe0,
  svr: 0xf0,
  isr: 0x100,
  irr: 0x200,
  esr: 0x280,
  icr: 0x300,
  icrHigh: 0x310,
  timer: 0x320,
  lint0: 0x350,
  lint1: 0x360,
  initial: 0x380,
  current: 0x390,
  divide: 0x3e0,
} as const
type Register = keyof typeof Register
const write = (register: Register, value: number, more = 0): string =>
  `mov dword [${apic + Register[register] + more}], ${value >>> 0}\n`
const read = (register: Register, to = 'eax', more = 0): string => `mov ${to}, [${apic + Register[register] + more}]\n`
const on = write('svr', 0x1ff)
const off = `${write('tpr', 0)}${write('svr', 0xff)}`
const self = (vector: number): string => write('icr', 0x4_0000 | vector)
/** A few instructions between which an interrupt comes, wherever. */
const pause = 'jmp short $pause; $pause: nop\n'
let pauses = 0
const wait = (): string => pause.replaceAll('$pause', `pause${pauses++}`)
/** Interrupts to itself while IF is clear; then `what` lets them in, and the handlers return. */
const pending = (vectors: readonly number[], what: string, returns = vectors.length): string =>
  `${on}${vectors.map(self).join('')}${wait()} mov dword [RETURNS], ${returns}\n${what}\n`
/** Takes in what is still requested, so that the next case finds nothing. */
const drain = `${write('tpr', 0)} mov dword [RETURNS], 9\n${`${write('eoi', 0)} sti; nop; nop; cli\n`.repeat(4)}`
const end = `${drain}${write('eoi', 0)}${off}`

const shadows: readonly SystemCase[] = [
  { name: 'STI: the next instruction comes first', code: pending([0x50], `sti; mov ecx, 1; mov ecx, 2; cli; ${end}`) },
  { name: 'STI; CLI lets nothing in', code: pending([0x50], `sti; cli; nop; int 0x21; sti; nop; cli; ${end}`) },
  { name: 'STI while IF is set has no shadow', code: `sti; ${pending([0x50], 'sti; nop')} cli; ${end}` },
  {
    name: 'MOV SS: the next instruction comes first',
    code: pending([0x50], `mov eax, DATA0; push 0x202; popfd; mov ss, ax; nop; nop; cli; ${end}`),
  },
  {
    name: 'STI and MOV SS in a row',
    code: pending([0x50], `mov eax, DATA0; sti; mov ss, ax; mov ecx, 1; mov ecx, 2; cli; ${end}`),
  },
  { name: 'STI; HLT wakes up', code: pending([0x50], `sti; hlt; mov ecx, 1; cli; ${end}`) },
  { name: 'POPFD lets in at once', code: pending([0x50], `push 0x202; popfd; mov ecx, 1; cli; ${end}`) },
  {
    name: 'IRETD lets in before the first instruction',
    code: pending([0x50], `push 0x202; push CODE0; push there; iretd; there: mov ecx, 1; cli; ${end}`),
  },
  { name: 'to ring 3 with an interrupt pending', code: pending([0x50], toRing(3, 0x202)) },
  {
    name: 'to virtual-8086 mode with an interrupt pending',
    low: 'mov ax, 1; mov ax, 2',
    code: pending([0x50], toVirtual8086(0x2_0202)),
  },
  {
    name: 'STI and a fault in its shadow',
    code: pending(
      [0x50],
      `${resumeAt('out')} sti; ud2
 out: ${end}`,
      0,
    ),
  },
  {
    name: 'an interrupt gate leaves IF clear, a trap gate does not',
    code: pending([0x50, 0x61], `mov byte [IDT+0x30d], 0x8f; sti; nop; nop; cli; ${write('eoi', 0)}${end}`),
  },
  {
    name: 'INT n with an interrupt pending',
    code: pending([0x50], `mov byte [IDT+0x205], 0xef; sti; int 0x40; nop; nop; cli; ${end}`, 3),
  },
  {
    name: 'REP MOVSB is interrupted between elements or not at all',
    code: pending([0x50], `mov esi, DATA; mov edi, DATA+64; mov ecx, 4; push 0x202; popfd; rep movsb; cli; ${end}`),
  },
]

const priorities: readonly SystemCase[] = [
  {
    name: 'the higher vector goes first',
    code: pending([0x51, 0x72, 0x60], `sti; nop; nop; nop; cli; ${write('eoi', 0)}${write('eoi', 0)}${end}`),
  },
  {
    name: 'of one class one at a time until EOI',
    code: pending([0x51, 0x53], `sti; nop; nop; cli; int 0x21; ${write('eoi', 0)} sti; nop; nop; cli; ${end}`),
  },
  {
    name: 'TPR holds back its class and lower ones',
    code: `${on}${write('tpr', 0x60)}${self(0x6f)}${self(0x70)}${wait()} mov dword [RETURNS], 2; sti; nop; nop; cli; int 0x21; ${write('eoi', 0)}${write('tpr', 0x5f)} ${wait()} sti; nop; nop; cli; ${end}`,
  },
  {
    name: 'TPR, PPR, ISR and IRR tell',
    code: `${on}${write('tpr', 0x35)}${self(0x51)}${self(0x92)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${read('ppr')}${read('isr', 'ecx', 0x40)}${read('irr', 'edx', 0x20)}${read('tpr', 'ebx')} int 0x21; ${write('eoi', 0)}${read('ppr')}${read('isr', 'ecx', 0x40)} int 0x21; ${write('tpr', 0)} mov dword [RETURNS], 1; ${wait()} sti; nop; nop; cli; ${end}`,
  },
  {
    name: 'PPR without anything in service is TPR',
    code: `${on}${[0, 0x35, 0xff].map((value) => `${write('tpr', value)}${read('ppr')} int 0x21\n`).join('')}${off}`,
  },
  {
    name: 'EOI ends the highest in service',
    code: `${pending([0x51], 'sti; nop; nop; cli')}${self(0x81)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${read('isr', 'eax', 0x20)}${read('isr', 'ecx', 0x40)} int 0x21; ${write('eoi', 0)}${read('isr', 'eax', 0x20)}${read('isr', 'ecx', 0x40)} int 0x21; ${write('eoi', 0)}${read('isr', 'eax', 0x20)}${read('isr', 'ecx', 0x40)} int 0x21; ${off}`,
  },
  {
    name: 'EOI with nothing in service does nothing',
    code: `${on}${write('eoi', 0)}${read('ppr')}${read('esr', 'ecx')} int 0x21; ${off}`,
  },
  {
    name: 'one vector twice before it is taken comes once',
    code: `${on}${self(0x55)}${self(0x55)}${wait()} mov dword [RETURNS], 3; sti; nop; nop; nop; cli; ${write('eoi', 0)} sti; nop; nop; cli; ${off}`,
  },
  {
    name: 'one vector again while in service comes after EOI',
    code: `${pending([0x55], 'sti; nop; nop; cli')}${self(0x55)}${wait()} mov dword [RETURNS], 2; sti; nop; nop; cli; int 0x21; ${write('eoi', 0)} sti; nop; nop; cli; ${end}`,
  },
]

const registers: readonly SystemCase[] = [
  {
    name: 'registers keep the bits that are there',
    code: `${on}${(['tpr', 'ldr', 'dfr', 'icrHigh', 'divide', 'initial'] as const).map((name) => `${write(name, 0xffff_ffff)}${read(name)} int 0x21\n${write(name, name === 'dfr' ? 0xffff_ffff : 0)}${read(name)} int 0x21\n`).join('')}${off}`,
  },
  {
    name: 'local vectors keep the bits that are there',
    code: `${on}${(['timer', 'lint0', 'lint1'] as const).map((name) => `${write(name, 0xffff_ffff)}${read(name)} int 0x21\n${write(name, 0x1_0000)}${read(name)} int 0x21\n`).join('')}${off}`,
  },
  {
    name: 'a software-disabled APIC masks its local vectors',
    code: `${on}${write('timer', 0x50)}${read('timer')} int 0x21; ${off}${read('timer')} int 0x21; ${write('timer', 0x50)}${read('timer')} int 0x21; ${on}${read('timer')} int 0x21; ${write('timer', 0x1_0000)}${off}`,
  },
  {
    name: 'the spurious vector register',
    code: `${write('svr', 0xffff_ffff)}${read('svr')} int 0x21; ${write('svr', 0)}${read('svr')} int 0x21; ${off}`,
  },
  {
    name: 'an illegal vector is an error, and no interrupt',
    code: `${on}${write('esr', 0)}${self(0x0f)}${wait()}${write('esr', 0)}${read('esr')} int 0x21; ${write('esr', 0)}${read('esr')} int 0x21; mov dword [RETURNS], 1; sti; nop; nop; cli; ${end}`,
  },
  {
    name: 'vector 1Fh is legal',
    code: `${on}${write('esr', 0)}${self(0x1f)}${wait()}${write('esr', 0)}${read('esr')} int 0x21; ${read('irr', 'ecx')} int 0x21; mov dword [RETURNS], 1; sti; nop; nop; cli; ${end}`,
  },
  {
    name: 'self-IPI to a software-disabled APIC',
    code: `${off}${self(0x55)}${wait()}${read('irr', 'eax', 0x20)} int 0x21; ${on}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${end}`,
  },
  {
    name: 'by the physical number',
    code: `${on}${read('id', 'ecx')} mov [${apic + Register.icrHigh}], ecx; ${write('icr', 0x55)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${end}`,
  },
  {
    name: 'to a physical number that nobody has',
    code: `${on}${write('icrHigh', 0x0700_0000)}${write('icr', 0x55)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${read('irr', 'eax', 0x20)} int 0x21; ${off}`,
  },
  {
    name: 'to all, physically',
    code: `${on}${write('icrHigh', 0xff00_0000)}${write('icr', 0x55)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${end}`,
  },
  ...[
    ['flat, ours', 0xffff_ffff, 0x0400_0000, 0x0600_0000],
    ["flat, others'", 0xffff_ffff, 0x0400_0000, 0x0200_0000],
    ['cluster, ours', 0x0fff_ffff, 0x2400_0000, 0x2c00_0000],
    ['cluster, another', 0x0fff_ffff, 0x2400_0000, 0x1c00_0000],
    ['cluster, all', 0x0fff_ffff, 0x2400_0000, 0xff00_0000],
    ['no logical number', 0xffff_ffff, 0, 0xff00_0000],
  ].map(([name, dfr, ldr, to]) => ({
    name: `logically: ${name as string}`,
    code: `${on}${write('dfr', dfr as number)}${write('ldr', ldr as number)}${write('icrHigh', to as number)}${write('icr', 0x855)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${end}${write('dfr', 0xffff_ffff)}${write('ldr', 0)}`,
  })),
  {
    name: 'all but self reaches nobody here',
    code: `${on}${write('icr', 0xc_0055)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${off}`,
  },
  {
    name: 'all and self',
    code: `${on}${write('icr', 0x8_0055)}${wait()} mov dword [RETURNS], 1; sti; nop; nop; cli; ${end}`,
  },
  {
    name: 'the command register keeps what was written, less the status',
    code: `${on}${write('icr', 0xc_d055)}${read('icr')} int 0x21; ${off}`,
  },
  {
    name: 'initial count 0 stops the timer',
    code: `${on}${write('divide', 0xb)}${write('timer', 0x57)}${write('initial', 0x1000_0000)}${write('initial', 0)}${read('current')} int 0x21; ${write('timer', 0x1_0000)}${off}`,
  },
]

const nonMaskable = (what: string): string => `${on}${write('icrHigh', 0)}${write('icr', 0x400)}${what}`
const nmi: readonly SystemCase[] = [
  { name: 'an NMI to itself, with IF clear', code: `mov dword [RETURNS], 1; ${nonMaskable(wait())} nop; ${off}` },
  {
    name: 'a second NMI waits for the IRET of the first',
    code: `mov dword [IDT+16], 0x00080000; mov word [IDT+16], handler; mov word [IDT+22], high handler
    ${nonMaskable(wait())} mov ebx, 7; int 0x21; ${off} int 0x20
    handler: inc esi; cmp esi, 0x51515152; jnz short out; ${write('icr', 0x400)}${wait()} mov ecx, esi; int 0x40; mov edx, esi; out: iretd`.replace(
      'int 0x40; ',
      'nop; ',
    ),
  },
  {
    name: 'an NMI through a task gate',
    code: `mov word [IDT+18], TSS2SEL; mov byte [IDT+21], 0x85; mov dword [TSS2+32], there; ${nonMaskable(wait())} nop; ${off} int 0x20; there: str eax; int 0x21`,
    shows: [{ address: At.TSS2, words: 1 }],
  },
  {
    // The handler is a task; IRET ends the blocking of NMIs and switches back: the NMI that waits is the old task's, before its next instruction.
    name: 'an NMI that waits while a task switch ends the blocking of NMIs',
    code: `mov word [IDT+18], TSS2SEL; mov byte [IDT+21], 0x85; mov dword [TSS2+32], there; mov dword [DATA], 0
      ${nonMaskable(wait())} nop; mov eax, 0x1111; int 0x21; ${off} int 0x20
      there: inc dword [DATA]; mov ecx, [TSS+32]; mov ebx, [DATA]; shl ebx, 2; mov [ebx+DATA], ecx
      cmp dword [DATA], 3; jz short enough; ${write('icr', 0x400)}${wait()} nop
      enough: iretd; jmp near there`,
    shows: [
      { address: At.DATA, words: 4 },
      { address: At.GDT + Selector.TSS2SEL, words: 2 },
    ],
  },
  {
    name: 'an NMI that waits stays so through a task switch by JMP, until an IRET of the new task',
    code: `mov dword [IDT+16], 0x00080000; mov word [IDT+16], handler; mov word [IDT+22], high handler; mov dword [DATA], 0
      mov dword [TSS2+32], there; ${nonMaskable(wait())} nop; ${off} int 0x20
      handler: inc dword [DATA]; cmp dword [DATA], 1; jnz short again; ${write('icr', 0x400)}${wait()} jmp TSS2SEL:0
      again: int 0x21; iretd
      there: str eax; mov ebx, 0x5555; int 0x21; push 2; push CODE0; push later; iretd
      later: mov ebx, 0x6666; mov ecx, [DATA]; int 0x21; ${off} int 0x20`,
  },
  {
    name: 'an NMI in ring 3',
    code: `${on}${write('icrHigh', 0)} ${resumeAt('out')} ${toRing(3, 2)} mov dword [${apic + Register.icr}], 0x400; ${wait()} nop; int 0x30\n out: ${off}`,
  },
  {
    name: 'an NMI after MOV SS waits for the next instruction',
    code: `mov eax, DATA0; ${on}${write('icrHigh', 0)} mov dword [RETURNS], 1; mov dword [${apic + Register.icr}], 0x400; ${wait()} nop; ${off}`,
  },
]

const pic: readonly SystemCase[] = [
  {
    name: '8259: the mask register reads back',
    code: `mov al, 0x5a; out 0x21, al; mov eax, 0; in al, 0x21; int 0x21; mov al, 0xff; out 0x21, al; in al, 0x21`,
  },
  {
    name: '8259: without a request, poll says so',
    code: `mov al, 0x0c; out 0x20, al; mov eax, 0; in al, 0x20; int 0x21; mov al, 0x0b; out 0x20, al; in al, 0x20`,
  },
  {
    name: '8259: initialization clears the mask and selects IRR',
    code: `mov al, 0x0b; out 0x20, al; mov al, 0x11; out 0x20, al; mov al, 0x40; out 0x21, al; mov al, 4; out 0x21, al; mov al, 1; out 0x21, al; mov eax, 0; in al, 0x21; int 0x21; mov al, 0xff; out 0x21, al`,
  },
]

const fpu: readonly SystemCase[] = [
  {
    name: 'IRQ 13: an x87 error without CR0.NE interrupts before the next instruction that waits',
    code: `${on}${write('lint0', 0x700)} mov eax, 0x11; mov cr0, eax; mov al, 0xfb; out 0x21, al; mov al, 0xdf; out 0xa1, al
      ${makeInterruptGate(0x4d, Selector.CODE0, 'handler', 14)}
      fninit; mov dword [DATA], 0x360; fldcw [DATA]; fld1; fldz; fdivp; sti; nop; fwait; mov ecx, 1; cli; int 0x21
      mov al, 0xff; out 0x21, al; out 0xa1, al; ${write('lint0', 0x1_0000)} int 0x20
      handler: int 0x21; out 0xf0, al; fnclex; mov al, 0x65; out 0xa0, al; mov al, 0x62; out 0x20, al; iretd`,
  },
]

const unusual: readonly SystemCase[] = [
  { name: 'CR4.PGE and interrupts', code: `${setControl('cr4', 0x80)} ${pending([0x50], `sti; nop; cli; ${end}`)}` },
]

export const eventFeature: Feature = {
  name: 'events',
  title: 'Interrupts: shadows, NMI, priorities; local APIC and 8259',
  cases: [...shadows, ...priorities, ...registers, ...nmi, ...pic, ...fpu, ...unusual],
}
