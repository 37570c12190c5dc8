import { each, resumeAt, setControl, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const show = (register: string): string => `mov eax, ${register}; int 0x21\n`

const controlRegisters: readonly SystemCase[] = [
  {
    name: 'CR0: combinations that are not allowed',
    code:
      each([
        'mov eax, 0x80000010; mov cr0, eax',
        'mov eax, 0x20000011; mov cr0, eax',
        'mov eax, 0x80000000; mov cr0, eax',
      ]) + show('cr0'),
  },
  {
    name: 'CR0: bits that are not there stay clear, ET stays set',
    code: `mov eax, 0x1ff8ffc1; mov cr0, eax; ${show('cr0')} mov eax, 1; mov cr0, eax; ${show('cr0')}`,
  },
  {
    name: 'LMSW sets PE, MP, EM, TS alone, and does not clear PE',
    code: `mov eax, 0xfffe; lmsw ax; ${show('cr0')} mov eax, 0; lmsw ax; ${show('cr0')} mov eax, 0xfff9; lmsw ax; ${show('cr0')} smsw eax; int 0x21; mov eax, 0x77777777; smsw ax; int 0x21`,
  },
  { name: 'CLTS', code: `mov eax, 0x19; mov cr0, eax; clts; ${show('cr0')}` },
  {
    name: 'CR4: bits that are not there',
    code:
      each(
        [11, 13, 14, 15, 17, 18, 19, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31].map(
          (bit) => `mov eax, ${(2 ** bit) >>> 0}; mov cr4, eax`,
        ),
      ) + show('cr4'),
  },
  {
    name: 'CR4: bits that are there',
    code: [0x4, 0x8, 0x10, 0x20, 0x80, 0x200, 0x400]
      .map((bits) => `mov eax, ${bits}; mov cr4, eax; ${show('cr4')}`)
      .join(''),
  },
  {
    name: 'CR1, CR5, CR6 and CR7 are not there',
    code:
      each([1, 5, 6, 7].map((n) => `mov eax, cr${n}`)) +
      each([1, 5, 6, 7].map((n) => `mov cr${n}, eax`)).replaceAll('next', 'then'),
  },
  { name: 'CR3 keeps PCD, PWT and its address', code: `mov eax, 0xfffff018; mov cr3, eax; ${show('cr3')}` },
  {
    name: 'CR2 is a register like any other',
    code: `mov eax, 0x12345678; mov cr2, eax; ${show('cr2')} mov eax, 0; mov cr2, eax`,
  },
  {
    name: 'MOV to and from control registers ignores the mod field',
    code: `db 0x0f, 0x20, 0x00; int 0x21; mov eax, 0x19; db 0x0f, 0x22, 0x40; mov eax, cr0; int 0x21`,
  },
]

/** Model-specific registers that both have, and some that none has. */
const registers: readonly SystemCase[] = [
  {
    name: 'MSRs that are not there',
    code: each(
      [0x5, 0x2ff + 0x100, 0x4000_0000, 0xc000_1234, 0xffff_ffff].flatMap((msr) => [
        `mov ecx, ${msr}; rdmsr`,
        `mov ecx, ${msr}; wrmsr`,
      ]),
    ),
  },
  {
    name: 'SYSENTER registers',
    code: [0x174, 0x175, 0x176]
      .map((msr) => `mov ecx, ${msr}; mov eax, 0xffff; mov edx, 0; wrmsr; mov eax, 0; rdmsr; int 0x21`)
      .join('\n'),
  },
  {
    name: 'PAT: types that are not there',
    code:
      each([2, 3, 8, 0x80].map((type) => `mov ecx, 0x277; mov edx, 0x00070406; mov eax, 0x00070400+${type}; wrmsr`)) +
      'mov ecx, 0x277; rdmsr',
  },
  {
    name: 'PAT: types that are there',
    code: 'mov ecx, 0x277; mov edx, 0x01040506; mov eax, 0x07000106; wrmsr; mov eax, 0; mov edx, 0; rdmsr',
  },
  {
    name: 'EFER: bits that are not there',
    code:
      each([0x2, 0x200, 0x800_0000].map((bits) => `mov ecx, 0xc0000080; mov edx, 0; mov eax, ${bits}; wrmsr`)) +
      each(['mov ecx, 0xc0000080; mov eax, 0; mov edx, 1; wrmsr']).replaceAll('next', 'then'),
  },
  { name: 'EFER: NXE', code: 'mov ecx, 0xc0000080; mov edx, 0; mov eax, 0x800; wrmsr; mov eax, 0; rdmsr' },
  {
    name: 'APIC base: reserved bits',
    code:
      each([0x1, 0x200, 0x80].map((bits) => `mov ecx, 0x1b; rdmsr; or eax, ${bits}; wrmsr`)) +
      each(['mov ecx, 0x1b; rdmsr; mov edx, 0x100; wrmsr']).replaceAll('next', 'then'),
  },
  {
    name: 'MTRRs: types that are not there, and reserved bits',
    code: each([
      'mov ecx, 0x2ff; mov edx, 0; mov eax, 0x2; wrmsr',
      'mov ecx, 0x2ff; mov edx, 0; mov eax, 0x1006; wrmsr',
      'mov ecx, 0x250; mov edx, 0; mov eax, 0x06060602; wrmsr',
      'mov ecx, 0x200; mov edx, 0; mov eax, 0x102; wrmsr',
      'mov ecx, 0x200; mov edx, 0x100; mov eax, 6; wrmsr',
      'mov ecx, 0x201; mov edx, 0; mov eax, 0x400; wrmsr',
      'mov ecx, 0xfe; rdmsr; wrmsr',
    ]),
  },
  {
    name: 'RDTSC follows what was written',
    code: 'mov ecx, 0x10; mov eax, 0; mov edx, 0x1234; wrmsr; rdtsc; mov eax, 0',
  },
  {
    name: 'CR4.TSD keeps RDTSC to ring 0',
    code: `${setControl('cr4', 4)} rdtsc; mov eax, 0; mov edx, 0; int 0x21; ${resumeAt('out')} ${toRing(3)} rdtsc\n out: nop`,
  },
  { name: 'RDTSC in ring 3', code: `${toRing(3)} rdtsc; mov eax, 0; mov edx, 0` },
  {
    name: 'RDPMC of no counter',
    code: each(['mov ecx, 0x1234; rdpmc']) + `${resumeAt('out')} ${toRing(3)} mov ecx, 0; rdpmc\n out: nop`,
  },
]

const privileged: readonly (readonly [name: string, code: string])[] = [
  ['HLT', 'hlt'],
  ['LGDT', 'lgdt [DATA]'],
  ['LIDT', 'lidt [DATA]'],
  ['LLDT', 'mov eax, 0; lldt ax'],
  ['LTR', 'mov eax, TSS2SEL; ltr ax'],
  ['LMSW', 'lmsw ax'],
  ['CLTS', 'clts'],
  ['INVD', 'invd'],
  ['WBINVD', 'wbinvd'],
  ['INVLPG', 'invlpg [DATA]'],
  ['MOV from CR0', 'mov eax, cr0'],
  ['MOV to CR0', 'mov cr0, eax'],
  ['MOV from CR4', 'mov eax, cr4'],
  ['MOV from DR0', 'mov eax, dr0'],
  ['MOV to DR7', 'mov dr7, eax'],
  ['RDMSR', 'mov ecx, 0x10; rdmsr'],
  ['WRMSR', 'mov ecx, 0x10; wrmsr'],
  ['SYSEXIT', 'sysexit'],
  ['CLI', 'cli'],
  ['STI', 'sti'],
  ['IN', 'in al, 0x21'],
  ['OUT', 'out 0x80, al'],
  ['INSB', 'mov edi, DATA; mov edx, 0x60; insb'],
  ['OUTSB', 'mov esi, DATA; mov edx, 0x80; outsb'],
  ['SGDT', 'sgdt [DATA]; mov eax, 0'],
  ['SIDT', 'sidt [DATA]'],
  ['SLDT', 'sldt eax'],
  ['STR', 'str eax'],
  ['SMSW', 'smsw eax'],
  ['an undefined opcode', 'ud2'],
  ['INVLPG of a register', 'db 0x0f, 0x01, 0xf8+5'],
  ['LGDT of a register', 'db 0x0f, 0x01, 0xd7'],
  ['MOV to CS', 'db 0x8e, 0xc8'],
  ['MOV to a segment that is not there', 'db 0x8e, 0xf0'],
  ['LOCK NOP', 'db 0xf0, 0x90'],
  ['LOCK CLI', 'db 0xf0, 0xfa'],
  ['LOCK MOV CR0', 'db 0xf0, 0x0f, 0x20, 0xc0'],
  ['LOCK HLT', 'db 0xf0, 0xf4'],
  ['LEA of a register', 'db 0x8d, 0xc0'],
  ['LES of a register', 'db 0xc4, 0xc0, 0x00, 0x00'],
  ['RSM', 'db 0x0f, 0xaa'],
  ['VMCALL', 'db 0x0f, 0x01, 0xc1'],
  ['too long', `db ${'0x66, '.repeat(15)}0x90`],
  ['too long, in front of an undefined opcode', `db ${'0x66, '.repeat(15)}0x0f, 0x0b`],
]

const privilege: readonly SystemCase[] = ([0, 1, 3] as const).flatMap((ring) =>
  privileged
    .filter(
      ([name]) =>
        ring !== 0 || !['HLT', 'MOV to CR0', 'LMSW', 'SYSEXIT', 'LGDT', 'LIDT', 'WRMSR', 'RDMSR'].includes(name),
    )
    .map(([name, code]) => ({
      name: `${name} in ring ${ring}`,
      code: `${resumeAt('out')} ${toRing(ring, ring === 1 ? 0x1002 : 2)} ${code}; int 0x21
        out: nop`,
    })),
)

const flagsOf = (ring: 0 | 1 | 2 | 3, iopl: number): SystemCase[] => [
  {
    name: `POPFD in ring ${ring}, IOPL ${iopl}`,
    code: `${toRing(ring, 2 | (iopl << 12))} push 0x3ffed7; popfd; pushfd; pop eax; int 0x21; push 2; popfd; pushfd; pop eax; int 0x21`,
  },
  {
    name: `POPF of 16 bits in ring ${ring}, IOPL ${iopl}`,
    code: `${toRing(ring, 2 | (iopl << 12) | 0x4_0000)} pushw 0x7ed7; popfw; pushfd; pop eax; int 0x21; pushw 2; popfw; pushfd; pop eax; int 0x21`,
  },
  {
    name: `IRETD in ring ${ring}, IOPL ${iopl}`,
    code: `${toRing(ring, 2 | (iopl << 12))} push 0x3c7ed7; mov eax, cs; push eax; push back; iretd
      back: pushfd; pop eax; int 0x21`,
  },
]

export const controlFeature: Feature = {
  name: 'control-registers',
  title: 'Control registers and model-specific registers',
  cases: [...controlRegisters, ...registers],
}

export const privilegeFeature: Feature = {
  name: 'privilege',
  title: 'Privileged and undefined instructions, flags by privilege',
  cases: [...privilege, ...([0, 1, 3] as const).flatMap((ring) => [0, 1, 3].flatMap((iopl) => flagsOf(ring, iopl)))],
}
