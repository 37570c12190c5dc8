import { At, Selector, access, gate } from '../layout.ts'
import { makeSegment, pae, paging, pte, resumeAt, toRing, toVirtual8086 } from '../macros.ts'
import type { Feature, Shown, SystemCase } from '../types.ts'

const descriptors: Shown = { address: At.GDT + 0x28, words: 2 }
const secondDescriptor: Shown = { address: At.GDT + 0x68, words: 2 }
const oldTask: Shown = { address: At.TSS, words: 26 }
const newTask: Shown = { address: At.TSS2, words: 26 }
const everything: readonly Shown[] = [descriptors, secondDescriptor, oldTask, newTask]

/** Offsets of a 32-bit TSS. */
const Field = {
  link: 0,
  cr3: 28,
  eip: 32,
  eflags: 36,
  esp: 56,
  es: 72,
  cs: 76,
  ss: 80,
  ds: 84,
  fs: 88,
  gs: 92,
  ldt: 96,
  t: 100,
}

const put = (field: keyof typeof Field, value: number | string): string =>
  `mov dword [${At.TSS2 + Field[field]}], ${value}\n`

/** A task gate in the GDT at FREE, and in the IDT for vector 40h. */
function taskGates(selector: number, dpl: number): string {
  const [low, high] = gate(selector, 0, 5, dpl)
  return [At.GDT + Selector.FREE, At.IDT + 0x200]
    .map((at) => `mov dword [${at}], ${low}; mov dword [${at + 4}], ${high}\n`)
    .join('')
}

const ways: readonly (readonly [name: string, instruction: string])[] = [
  ['JMP', 'jmp TSS2SEL:0x1234'],
  ['CALL', 'call TSS2SEL:0x1234'],
  ['JMP through a task gate', 'jmp FREE:0x1234'],
  ['CALL through a task gate', 'call FREE:0x1234'],
  ['INT through a task gate', 'int 0x40'],
]

const switches: readonly SystemCase[] = ways.flatMap(([name, instruction]) => [
  {
    name: `${name} to another task`,
    code: `${taskGates(Selector.TSS2SEL, 0)} push 0x4d5; popfd; mov eax, LDTSEL; ${instruction}`,
    shows: everything,
  },
  {
    name: `${name} and IRET back`,
    code: `${taskGates(Selector.TSS2SEL, 0)} ${put('eip', 'second')} ${put('eflags', 0x4002)} mov word [TSS2], TSSSEL
      mov byte [TSS+0x64], 0; ${instruction}; int 0x21; int 0x20
      second: int 0x21; iretd; int 0x21; iretd`,
    shows: everything,
  },
  {
    name: `${name} in ring 3`,
    code: `${taskGates(Selector.TSS2SEL, 3)} ${resumeAt('out')} ${toRing(3)} ${instruction}
      out: nop`,
    shows: [descriptors, secondDescriptor],
  },
])

const wrongTasks: readonly SystemCase[] = [
  ['busy', makeSegment(Selector.TSS2SEL, At.TSS2, 0x67, access(0xb))],
  ['not present', makeSegment(Selector.TSS2SEL, At.TSS2, 0x67, access(9) & ~0x80)],
  ['too short', makeSegment(Selector.TSS2SEL, At.TSS2, 0x66, access(9))],
  ['data', makeSegment(Selector.TSS2SEL, At.TSS2, 0x67, access(0x12))],
  ['an LDT', makeSegment(Selector.TSS2SEL, At.TSS2, 0x67, access(2))],
].flatMap(([name, make]) =>
  ['jmp TSS2SEL:0', 'call FREE:0', 'int 0x40'].map((instruction) => ({
    name: `${instruction} to a task that is ${name}`,
    code: `${taskGates(Selector.TSS2SEL, 0)} ${make} ${resumeAt('out')} ${instruction}
      out: nop`,
    shows: [descriptors, secondDescriptor],
  })),
)

const wrongGates: readonly SystemCase[] = [
  ['to null', 0],
  ['to null with RPL', 3],
  ['into the LDT', 0x6c],
  ['beyond the table', 0x800],
].flatMap(([name, selector]) =>
  ['jmp FREE:0', 'int 0x40'].map((instruction) => ({
    name: `${instruction}, a task gate ${name}`,
    code: `${taskGates(selector as number, 0)} ${resumeAt('out')} ${instruction}
      out: nop`,
  })),
)

const absentGates: readonly SystemCase[] = ['jmp FREE:0', 'int 0x40'].map((instruction) => ({
  name: `${instruction}, a task gate that is not present`,
  code: `${taskGates(Selector.TSS2SEL, 0)} mov byte [GDT+0x5d], 5; mov byte [IDT+0x205], 5; ${resumeAt('out')} ${instruction}
    out: nop`,
}))

/** What a new task's TSS may hold that it cannot run with: the fault is the new task's. */
const wrongFields: readonly SystemCase[] = [
  ['CS null', put('cs', 0)],
  ['CS of data', put('cs', Selector.DATA0)],
  ['CS of ring 3 with RPL 0', put('cs', Selector.CODE3 & ~3)],
  ['CS conforming of an inner ring', put('cs', Selector.CONFORMING)],
  ['CS not present', put('cs', Selector.ABSENTCODE)],
  ['CS beyond the table', put('cs', 0x800)],
  ['SS null', put('ss', 0)],
  ['SS of ring 3', put('ss', Selector.DATA3)],
  ['SS read-only', put('ss', Selector.READONLY & ~3)],
  [
    'SS of ring 0, not present',
    makeSegment(Selector.FREE2, 0, 0xffff, access(0x12) & ~0x80) + put('ss', Selector.FREE2),
  ],
  ['DS of code that cannot be read', put('ds', Selector.EXECUTEONLY)],
  ['ES not present', put('es', Selector.ABSENT)],
  ['FS beyond the table', put('fs', 0x800)],
  ['GS null', put('gs', 3)],
  ['DS a task', put('ds', Selector.TSSSEL)],
  ['LDT null', put('ldt', 0)],
  ['LDT of data', put('ldt', Selector.DATA0)],
  ['LDT beyond the table', put('ldt', 0x800)],
  ['LDT in the LDT', put('ldt', 0x34)],
  ['LDT not present', makeSegment(Selector.FREE2, At.LDT, 0xff, access(2) & ~0x80) + put('ldt', Selector.FREE2)],
].map(([name, make]) => ({
  name: `a new task with ${name}`,
  // The handler is a task of its own where the new one has no stack.
  code: `mov word [IDT+82], TSSDFSEL; mov byte [IDT+85], 0x85; mov word [IDT+90], TSSDFSEL; mov byte [IDT+93], 0x85
    mov word [IDT+98], TSSDFSEL; mov byte [IDT+101], 0x85; mov word [IDT+106], TSSDFSEL; mov byte [IDT+109], 0x85
    ${make} jmp TSS2SEL:0`,
  shows: [
    { address: At.TSSDF, words: 1 },
    { address: At.TSS2 + 32, words: 2 },
    { address: At.TSS2 + 72, words: 6 },
  ],
}))

const returns: readonly SystemCase[] = [
  ['to a task that is not busy', 'mov word [TSS], TSS2SEL'],
  ['to null', 'mov word [TSS], 0'],
  ['beyond the table', 'mov word [TSS], 0x800'],
  ['to data', 'mov word [TSS], DATA0'],
  ['into the LDT', 'mov word [TSS], 0x6c'],
  ['to a busy task', `mov word [TSS], TSS2SEL; mov byte [GDT+0x6d], 0x8b`],
].map(([name, make]) => ({
  name: `IRET with NT ${name}`,
  code: `${make}; push 0x4002; popfd; ${resumeAt('out')} iretd
    out: pushfd; pop eax`,
  shows: [descriptors, secondDescriptor],
}))

/** A 16-bit TSS has no upper halves, and the manual does not say what they become. */
const lowHalves = [
  ['eax', 'ax'],
  ['ecx', 'cx'],
  ['edx', 'dx'],
  ['ebx', 'bx'],
  ['esp', 'sp'],
  ['ebp', 'bp'],
  ['esi', 'si'],
  ['edi', 'di'],
]
  .map(([whole, half]) => `movzx ${whole}, ${half}`)
  .join('; ')

const special: readonly SystemCase[] = [
  {
    name: 'a task switch sets CR0.TS',
    code: `${put('eip', 'second')} jmp TSS2SEL:0; second: mov eax, cr0`,
  },
  {
    name: 'a task gate for a fault pushes the error code in the new task',
    code: `mov word [IDT+106], TSS2SEL; mov byte [IDT+109], 0x85; ${put('eip', 'second')}
      ${toRing(3)} mov eax, 0x7f0; mov ds, ax
      second: int 0x21`,
    shows: [oldTask, newTask],
  },
  {
    name: 'a task of ring 3',
    code: `${put('eip', 'second')} ${put('cs', 'CODE3')} ${put('ss', 'DATA3')} ${put('esp', 'STACK3')}
      ${['ds', 'es', 'fs', 'gs'].map((field) => put(field as 'ds', 'DATA3')).join('')}
      jmp TSS2SEL:0
      second: int 0x21`,
  },
  {
    name: 'a task of ring 3 cannot have data of ring 0',
    code: `${put('eip', 'second')} ${put('cs', 'CODE3')} ${put('ss', 'DATA3')} ${put('esp', 'STACK3')} jmp TSS2SEL:0
      second: int 0x21`,
  },
  {
    name: 'a task in virtual-8086 mode',
    low: 'int 0x21',
    code: `${put('eip', 0)} ${put('eflags', 0x2_3202)} ${put('cs', 0x800)} ${put('ss', 0x900)} ${put('esp', 0x1000)}
      ${put('ds', 0x2000)} ${put('es', 0x2100)} ${put('fs', 0x2200)} ${put('gs', 0x2300)} jmp TSS2SEL:0`,
  },
  {
    name: 'from virtual-8086 mode through a task gate',
    low: 'int 0x40',
    code: `${taskGates(Selector.TSS2SEL, 3)} ${toVirtual8086(0x2_3002)}`,
    shows: [oldTask],
  },
  {
    name: 'a 16-bit task',
    low: `second: ${lowHalves}; int 0x21; int 0x20`,
    lowBits: 32,
    code: `mov word [TSS16+14], second; mov word [TSS16+16], 0x4c7
      ${[1, 2, 3, 4, 0xe000, 6, 7, 8].map((value, index) => `mov word [TSS16+${18 + index * 2}], ${value}`).join('\n')}
      ${['DATA0', 'CODE0', 'DATA0', 'DATA0'].map((value, index) => `mov word [TSS16+${34 + index * 2}], ${value}`).join('\n')}
      mov word [TSS16+42], LDTSEL
      call TSS16SEL:0`,
    shows: [{ address: At.TSS16, words: 11 }, oldTask],
  },
  {
    name: 'from a 16-bit task to a 32-bit one and back',
    low: `second: ${lowHalves}; call TSS2SEL:0; ${lowHalves}; int 0x21; int 0x20; third: int 0x21; iretd`,
    lowBits: 32,
    code: `mov word [TSS16+14], second; mov word [TSS16+16], 2; ${put('eip', 'third')}
      mov word [TSS16+26], 0xe000
      ${['DATA0', 'CODE0', 'DATA0', 'DATA0'].map((value, index) => `mov word [TSS16+${34 + index * 2}], ${value}`).join('\n')}
      jmp TSS16SEL:0`,
    shows: [{ address: At.TSS16, words: 11 }],
  },
  {
    name: 'a task switch loads CR3',
    code: `${paging(7)}
      mov esi, PD; mov edi, PT2; mov ecx, 1024; rep movsd
      ${put('cr3', At.PT2)} ${put('eip', 'second')} mov eax, cr3; mov [TSS+28], eax
      call TSS2SEL:0
      second: mov eax, cr3; mov ebx, [TSS+28]; int 0x21`,
  },
  {
    name: 'a new TSS that ends on a page that is not there',
    code: `${paging(7)} ${makeSegment(Selector.TSS2SEL, At.DATA + 0x1000 - 0x60, 0x67, access(9))}
      mov esi, TSS2; mov edi, ${At.DATA + 0x1000 - 0x60}; mov ecx, 26; rep movsd
      ${resumeAt('out')} mov dword [${pte(At.DATA + 0x1000)}], 0; invlpg [${At.DATA + 0x1000}]; jmp TSS2SEL:0
      out: nop`,
    shows: [descriptors, secondDescriptor],
  },
  {
    name: 'the LDT of a new task',
    code: `${makeSegment(Selector.FREE2, At.LDT, 0xff, access(2))} ${makeSegment(0xc, 0x1000, 0xfff, access(0x12))}
      ${put('ldt', Selector.FREE2)} ${put('ds', 0xc)} jmp TSS2SEL:0`,
  },
  {
    name: 'EIP of a new task beyond its code segment',
    code: `${put('cs', Selector.CODE16)} ${put('eip', 0x1_0000)} jmp TSS2SEL:0`,
    shows: [secondDescriptor],
  },
  {
    name: 'a task that switches to itself',
    code: `${resumeAt('a')} jmp TSSSEL:0
      a: ${resumeAt('b')} call TSSSEL:0
      b: nop`,
  },
  {
    name: 'a nested task keeps NT off its own frames',
    code: `${put('eip', 'second')} call TSS2SEL:0
      second: pushfd; pop eax; int 0x21; and eax, 0xffffbfff; push eax; popfd; int 0x21`,
  },
]

const gateOfTask = (vector: number): string =>
  `mov word [IDT+${vector * 8 + 2}], TSS2SEL; mov byte [IDT+${vector * 8 + 5}], 0x85\n`
/** Directory pointers at DATA: as those of the old task, and the first gigabyte once more as the second. */
const ownPointers = (reserved = 0): string =>
  `mov dword [DATA], PAEPD+1; mov dword [DATA+8], PAEPD+1+${reserved}; ${put('cr3', 'DATA')} ${put('eip', 'second')}`

const wideTasks: readonly SystemCase[] = [
  {
    name: 'PAE: a task with directory pointers of its own',
    code: `${pae(7)} mov dword [DATA+0x100], 0x12345678; ${ownPointers()} mov byte [TSS+0x64], 0; mov word [TSS2], TSSSEL
      ${resumeAt('out')} call TSS2SEL:0
      second: mov eax, cr3; mov ebx, [0x40020100]; int 0x21; mov dword [TSS+28], PDPT; iretd
      out: nop`,
  },
  ...[
    ['JMP', 2, 'jmp TSS2SEL:0'],
    ['JMP', 0x20, 'jmp TSS2SEL:0'],
    ['CALL', 0x100, 'call TSS2SEL:0'],
    ['INT', 4, `${gateOfTask(0x40)} int 0x40`],
    ['#UD', 8 + 0x1e0, `${gateOfTask(6)} ud2`],
  ].map(([way, reserved, code]) => ({
    name: `PAE: a task whose directory pointers have reserved bits ${(reserved as number).toString(16)}h, by ${way}`,
    // The new task has no stack yet: the handler is a task of its own.
    code: `${pae(7)} ${ownPointers(reserved as number)} mov word [IDT+106], TSSDFSEL; mov byte [IDT+109], 0x85
      mov dword [TSSDF+28], PDPT; ${code}
      second: mov eax, cr3; str ebx; int 0x21`,
    shows: [secondDescriptor, { address: At.TSSDF, words: 1 }, { address: At.TSS2 + 28, words: 3 }],
  })),
]

export const taskSwitches: Feature = {
  name: 'task-switches',
  title: 'Hardware task switches',
  cases: [
    ...switches,
    ...wrongTasks,
    ...wrongGates,
    ...absentGates,
    ...wrongFields,
    ...returns,
    ...special,
    ...wideTasks,
  ],
}
