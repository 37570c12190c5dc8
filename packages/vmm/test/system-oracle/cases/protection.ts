import { At } from '../layout.ts'
import { each, paging, resumeAt, setControl, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const smap = setControl('cr4', 1 << 21)
const smep = setControl('cr4', 1 << 20)
const userPage = `mov dword [PT+0x80], ${At.DATA + 7}; invlpg [DATA]\n`
const secondPage = `mov dword [PT+0x84], ${At.DATA + 0x1007}; invlpg [DATA+0x1000]\n`
const clear = (bits: number): string => `mov eax, cr4; and eax, ${~bits >>> 0}; mov cr4, eax; mov eax, 0x0a0a0a0a\n`

const accesses: readonly string[] = [
  ...['mov al, [DATA+1]', 'mov [DATA+2], ax', 'cmp eax, [DATA]', 'test dword [DATA], 1', 'bound eax, [DATA]'],
  ...['push dword [DATA]', 'pop dword [DATA]', 'les eax, [DATA]', 'jmp dword [DATA]', 'call dword [DATA]'],
  ...['mov esi, DATA; lodsd', 'mov edi, DATA; stosd', 'mov esi, DATA; mov edi, STACKS; movsd'],
  ...['mov esi, STACKS; mov edi, DATA; mov ecx, 3; rep movsd', 'mov edi, DATA; mov ecx, 3; repne scasb'],
  ...[
    'mov ebx, DATA; xlat',
    'lidt [DATA]',
    'sgdt [DATA]',
    'sidt [DATA]',
    'fld32 [DATA]',
    'fnstcw [DATA]',
    'fxrstor [DATA]',
  ],
  ...['ltr word [DATA]', 'lldt word [DATA]', 'verr word [DATA]', 'mov es, [DATA]', 'invlpg [DATA]', 'lmsw word [DATA]'],
]

/** Runs `code`, which is in a loop that ends, so often that it is translated. */
const often = (code: string): string => `mov ecx, 20000; again: ${code}; dec ecx; jnz near again\n`

const supervisorPages: readonly SystemCase[] = [
  {
    name: 'SMAP: accesses of all kinds',
    code: `${paging(3)} ${smap} ${userPage} ${each(accesses.slice(0, 15))}`,
  },
  {
    name: 'SMAP: accesses of all kinds, of system instructions too',
    code: `${paging(3)} ${smap} ${userPage} ${each(accesses.slice(15))}`,
  },
  {
    name: 'SMAP: AC by POPFD and by IRETD, and in handlers',
    code: `${paging(3)} ${smap} ${userPage} push 0x40002; popfd; mov eax, [DATA]; int 0x21; push 2; popfd
      push 0x40002; push CODE0; push there; iretd
      there: mov [DATA], eax; int 0x21; ${resumeAt('out')} push 2; popfd; mov ebx, [DATA]
      out: nop`,
  },
  ...([1, 2] as const).map((ring) => ({
    name: `SMAP and SMEP: ring ${ring} is the supervisor`,
    code: `${paging(3)} ${smap} ${smep} ${userPage}
      ${resumeAt('a')} ${toRing(ring)} mov eax, [DATA]
      a: ${resumeAt('b')} ${toRing(ring, 0x4_0002).replaceAll('in_ring', 'again')} mov eax, [DATA]; int 0x21; mov eax, DATA; jmp eax
      b: nop`,
  })),
  {
    // CS: MOV EAX,[DATA+800H]; INT 21H; STAC.
    name: 'SMAP and SMEP: ring 3 has its pages, whatever AC is, and no STAC',
    code: `${paging(3)} ${smap} ${smep} mov dword [DATA], 0x0800a12e; mov dword [DATA+4], 0x21cd0002; mov dword [DATA+8], 0x90cb010f
      mov dword [DATA+0x800], 0x12345678; ${userPage} push DATA3; push STACK3; push 2; push CODE3; push DATA; iretd`,
  },
  {
    name: "SMAP: an access over a page of the supervisor's and one of the user's",
    code: `${paging(3)} ${smap} ${secondPage} ${each(['mov eax, [DATA+0xffe]', 'mov [DATA+0xffd], eax', 'mov esi, DATA+0xffe; lodsd', 'stac; mov eax, [DATA+0xffe]'])}
      mov dword [PT+0x84], DATA+0x1003; invlpg [DATA+0x1000]; ${userPage}
      ${each(['mov eax, [DATA+0xffe]', 'mov [DATA+0xffd], eax']).replaceAll('next', 'then')}`,
  },
  {
    name: 'SMAP and CR0.WP: a page that is read-only',
    code: `${paging(3)} ${smap} mov dword [PT+0x80], DATA+5; invlpg [DATA]
      ${each(['mov [DATA], eax', 'stac; mov [DATA], eax'])} mov eax, 0x80000011; mov cr0, eax; ${each(['mov eax, cr0; or eax, 0x10000; mov cr0, eax; stac; mov [DATA], eax']).replaceAll('next', 'then')}`,
  },
  {
    name: "SMAP: what the directory keeps to the supervisor is the supervisor's",
    code: `${paging(3)} ${smap} ${smep} ${userPage} mov dword [PD], PT+3; mov eax, cr3; mov cr3, eax; mov eax, [DATA]`,
  },
  {
    name: 'SMAP: CR4 turns it on and off',
    code: `${paging(3)} ${userPage} ${each(['mov eax, [DATA]', `${smap} mov eax, [DATA]`, `${clear(1 << 21)} mov eax, [DATA]`, `${smap} mov [DATA], eax`])}`,
  },
  {
    name: 'SMAP: the LDT is never to be in a page of the user',
    code: `${paging(3)} mov dword [LDT+0x20], 0xffff; mov dword [LDT+0x24], 0xcff200; ${smap} mov dword [PT+12], LDT+7; invlpg [LDT]
      ${each(['mov eax, 0x24; mov es, ax', 'stac; mov eax, 0x24; mov es, ax', 'stac; mov eax, 0x24; lar ebx, ax'])}`,
  },
  {
    name: 'SMAP: a task is never to be in a page of the user',
    code: `${paging(3)} ${smap} mov dword [PT+28], 0x7007; invlpg [TSS2]; ${each(['stac; jmp TSS2SEL:0'])}`,
  },
  {
    name: 'SMAP: STAC and CLAC in a loop, and an access behind it',
    code: `${paging(3)} ${smap} mov dword [DATA], 3; ${userPage} ${resumeAt('out')} mov ebx, 0
      ${often('stac; add ebx, [DATA]; clac')} mov eax, [DATA]
      out: nop`,
  },
  {
    name: "SMAP: a loop whose page becomes the user's",
    code: `${paging(3)} ${smap} mov edx, 2; ${resumeAt('out')} mov ebx, 0
      outer: ${often('add ebx, 1; mov [DATA], ebx')} dec edx; jz near outside; ${userPage} jmp near outer
      outside: int 0x30
      out: nop`,
  },
  {
    name: "SMEP: a routine whose page becomes the user's",
    code: `${paging(3)} ${smep} mov dword [DATA], 0xc3c3c343; mov edx, 2; ${resumeAt('out')} mov ebx, 0; mov eax, DATA
      outer: ${often('call eax')} dec edx; jz near outside; ${userPage} jmp near outer
      outside: int 0x30
      out: nop`,
  },
  {
    // B8 78 at the end of the page, 56 34 12 C3 in the next; then NOPs up to the end.
    name: "SMEP: code that runs into a page of the user's",
    code: `${paging(3)} ${smep} mov dword [DATA+0xffe], 0x345678b8; mov dword [DATA+0x1002], 0xc312; ${secondPage}
      ${each(['mov eax, DATA+0xffe; jmp eax', 'mov dword [DATA+0xffc], 0x90909090; mov eax, DATA+0xffc; jmp eax'])}`,
  },
  {
    name: 'SMEP: error codes tell of fetches',
    code: `${paging(3)} mov dword [PT+0x80], 0; invlpg [DATA]
      ${each(['mov eax, DATA; jmp eax', `${smep} mov eax, DATA; jmp eax`, 'mov eax, [DATA]', `${clear(1 << 20)} mov eax, DATA; jmp eax`])}`,
  },
  {
    name: 'SMEP: CR4 turns it on and off',
    code: `${paging(3)} mov dword [DATA], 0xc3; ${userPage} ${each(['mov eax, DATA; call eax', `${smep} mov eax, DATA; call eax`, `${clear(1 << 20)} mov eax, DATA; call eax`])}`,
  },
]

const protection: readonly SystemCase[] = [
  {
    name: 'SMEP: the supervisor does not run user pages',
    code: `${paging(3)} ${smep} mov dword [DATA], 0xc3c3c3c3; ${userPage} ${each(['mov eax, [DATA]', 'mov eax, DATA; call eax'])}`,
  },
  {
    name: 'SMAP: the supervisor does not touch user pages',
    code: `${paging(3)} ${smap} ${userPage} ${each(['mov eax, [DATA]', 'mov [DATA], eax', 'stac; mov eax, [DATA]; mov [DATA], ecx', 'mov eax, DATA; lgdt [DATA]', 'clac; add [DATA], eax'])}`,
  },
  {
    name: 'SMAP: the processor itself does not, whatever AC is',
    code: `${paging(3)} ${smap} ${userPage} mov dword [DATA], 0x800; mov word [GDT+0x58], 0xff; stac
      ${each(['lgdt [gdtr]; stac; mov dword [PT+4], 0x1007; invlpg [GDT]; mov eax, DATA3; mov es, ax'])}`,
  },
  { name: 'STAC and CLAC in ring 3', code: `${paging(7)} ${smap} ${resumeAt('a')} ${toRing(3)} stac\n a: nop` },
  { name: 'STAC without CR4.SMAP', code: `stac; pushfd; pop eax; int 0x21; clac; pushfd; pop eax; int 0x21` },
  {
    name: 'UMIP: ring 3 does not see the tables',
    code: `${setControl('cr4', 0x800)} ${['sgdt [DATA]', 'sidt [DATA]', 'sldt eax', 'str eax', 'smsw eax', 'lar eax, ax'].map((code, index) => `${resumeAt(`u${index}`)}${toRing(3).replaceAll('in_ring3', `in${index}`)} ${code}; int 0x30; u${index}: nop\n`).join('')}`,
  },
  { name: 'UMIP: ring 0 does', code: `${setControl('cr4', 0x800)} sgdt [DATA]; sldt eax; str ebx; smsw ecx; int 0x21` },
  {
    name: 'alignment checks in ring 3',
    code: `mov eax, cr0; or eax, 0x40000; mov cr0, eax; ${['mov eax, [DATA+1]', 'mov ax, [DATA+1]', 'mov al, [DATA+1]', 'mov [DATA+2], eax', 'push dword [DATA+2]', 'mov eax, [DATA+4]', 'les eax, [DATA+2]', 'bound eax, [DATA+2]'].map((code, index) => `${resumeAt(`u${index}`)}${toRing(3, 0x4_0002).replaceAll('in_ring3', `in${index}`)} ${code}; int 0x30; u${index}: nop\n`).join('')}`,
  },
  {
    name: 'alignment checks need ring 3, CR0.AM and AC',
    code: `push 0x40002; popfd; mov eax, [DATA+1]; mov eax, cr0; or eax, 0x40000; mov cr0, eax; mov eax, [DATA+1]; ${toRing(3, 2)} mov eax, [DATA+1]; int 0x21`,
  },
]

export const protectionFeature: Feature = {
  name: 'supervisor-protection',
  title: 'SMEP, SMAP, UMIP, alignment checks',
  cases: [...protection, ...supervisorPages],
}
