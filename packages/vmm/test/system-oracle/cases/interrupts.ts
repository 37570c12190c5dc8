import { Selector } from '../layout.ts'
import { each, makeInterruptGate, resumeAt, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const gateTypes: readonly SystemCase[] = Array.from({ length: 16 }, (_, type) => ({
  name: `INT through a gate of type ${type}`,
  code: `
    ${makeInterruptGate(0x40, type === 5 ? Selector.TSS2SEL : Selector.CODE0, 'handler', type, 3)}
    mov word [IDT+0x206], 0x1234
    ${type < 8 ? '' : 'mov word [IDT+0x206], 0'}
    ${resumeAt('out')}
    sti
    int 0x40
    out: nop`,
  low: 'handler: int 0x21',
  lowBits: 32,
}))

interface GateVariant {
  readonly name: string
  readonly make: string
}

/** What can be wrong with a gate or what it leads to. */
const variants: readonly GateVariant[] = [
  { name: 'not present', make: 'mov byte [IDT+0x205], 0x6e' },
  { name: 'to null', make: 'mov word [IDT+0x202], 0' },
  { name: 'to null with RPL', make: 'mov word [IDT+0x202], 3' },
  { name: 'to data', make: 'mov word [IDT+0x202], DATA0' },
  { name: 'to an outer ring', make: 'mov word [IDT+0x202], CODE3' },
  { name: 'to an inner ring with RPL 3', make: 'mov word [IDT+0x202], CODE0+3' },
  { name: 'to ring 1', make: 'mov word [IDT+0x202], CODE1' },
  { name: 'to conforming code', make: 'mov word [IDT+0x202], CONFORMING' },
  { name: 'to absent code', make: 'mov word [IDT+0x202], ABSENTCODE' },
  { name: 'beyond the GDT', make: 'mov word [IDT+0x202], 0x800' },
  { name: 'into the LDT', make: 'mov word [IDT+0x202], 0x804' },
  { name: 'beyond the code limit', make: 'mov word [IDT+0x202], CODE16' },
  { name: 'of DPL 0', make: 'mov byte [IDT+0x205], 0x8e' },
  { name: 'of DPL 1', make: 'mov byte [IDT+0x205], 0xae' },
  { name: 'of DPL 0, not present', make: 'mov byte [IDT+0x205], 0x0e' },
]

const wrongGates: readonly SystemCase[] = ([0, 3] as const).flatMap((ring) =>
  variants.map(({ name, make }) => ({
    name: `INT in ring ${ring}, gate ${name}`,
    code: `
      ${makeInterruptGate(0x40, Selector.CODE0, 'handler', 14, 3)}
      ${make}
      ${resumeAt('out')}
      ${toRing(ring)}
      int 0x40
      handler: int 0x21
      out: nop`,
  })),
)

/** An exception instead of INT: EXT is set in the error code, and DPL does not count. */
const wrongExceptionGates: readonly SystemCase[] = variants
  .filter(({ name }) => !/ring 1|conforming/.test(name))
  .map(({ name, make }) => ({
    name: `#UD in ring 3, gate ${name}`,
    code: `
      ${make.replace(/IDT\+0x20(\d)/, (_, digit: string) => `IDT+${0x30 + Number(digit)}`)}
      ${resumeAt('out')}
      ${toRing(3)}
      ud2
      out: nop`,
  }))

const stacks: readonly SystemCase[] = [
  ['a null stack selector', 'mov word [TSS+8], 0'],
  ['a stack selector of the wrong RPL', 'mov word [TSS+8], DATA3'],
  ['a stack selector beyond the table', 'mov word [TSS+8], 0x800'],
  ['a stack segment that is not present', 'mov word [TSS+8], ABSENT-3'],
  ['a read-only stack', 'mov word [TSS+8], READONLY-3'],
  ['a stack without room', 'mov word [TSS+8], SMALL; mov dword [TSS+4], 8'],
  ['a stack with room for all', 'mov word [TSS+8], SMALL; mov dword [TSS+4], 0x100'],
  ['a 16-bit stack', 'mov word [TSS+8], DATA16; mov dword [TSS+4], 0x12340100'],
].flatMap(([name, make]) =>
  ['int 0x40', 'ud2', 'cli'].map((instruction) => ({
    name: `${instruction} in ring 3 meets ${name}`,
    code: `
      ${makeInterruptGate(0x40, Selector.CODE0, 'stub64', 14, 3)}
      ${[8, 10, 11, 12, 13].map((vector) => `mov word [IDT+${vector * 8 + 2}], CODE1`).join('\n')}
      ${toRing(3).replace('iretd', `${make}\niretd`)}
      ${instruction}`,
  })),
)

const flagsOf: readonly SystemCase[] = [
  ...[14, 15].map((type) => ({
    name: `a gate of type ${type} and the flags`,
    code: `
      ${makeInterruptGate(0x40, Selector.CODE0, 'handler', type, 3)}
      push 0x247ad7-0x100; popfd
      int 0x40
      handler: pushfd; pop eax; int 0x21`,
  })),
  {
    name: 'INT3, INTO and INT 3 push no error code and return behind themselves',
    code: `mov dword [RETURNS], 4
      int3; int 3; mov eax, 0x7fffffff; add eax, 1; into; mov eax, 0; add eax, 1; into; nop`,
  },
  {
    name: 'INT1 is a #DB that leaves DR6 alone, whatever the gate says',
    code: `mov dword [RETURNS], 1; ${toRing(3)} db 0xf1; nop`,
  },
  {
    name: 'INT n of a vector with error code pushes none',
    code: `${each(['int 13', 'int 8', 'int 14', 'int 17'])}`,
  },
  {
    name: 'INT3 and INTO respect the DPL of their gates',
    code: `mov byte [IDT+0x1d], 0x8e; mov byte [IDT+0x25], 0x8e
      ${resumeAt('a')}${toRing(3)} int3
      a: ${resumeAt('b')}${toRing(3).replaceAll('in_ring3', 'again')} mov eax, 0x7fffffff; add eax, 1; into
      b: nop`,
  },
  {
    name: 'BOUND',
    code: `mov dword [DATA], -5; mov dword [DATA+4], 10
      ${each(['mov eax, 11; bound eax, [DATA]', 'mov eax, -6; bound eax, [DATA]', 'mov eax, 10; bound eax, [DATA]', 'mov eax, -5; bound eax, [DATA]', 'mov eax, 6; bound ax, [DATA]', 'db 0x62, 0xc0'])}`,
  },
  {
    name: 'divide errors leave the registers alone',
    code: each([
      'mov ebx, 0; div ebx',
      'mov edx, 5; mov eax, 0; mov ebx, 5; div ebx',
      'mov eax, 0x8000; mov ebx, 1; neg ebx; mov edx, 0x7fff; idiv bx',
      'mov eax, 0xff; mov ebx, 0; div bl',
      'mov eax, 0x80000000; mov edx, -1; mov ebx, -1; idiv ebx',
    ]),
  },
  {
    name: 'a handler in ring 3 by a conforming segment stays there',
    code: `${makeInterruptGate(0x40, Selector.CONFORMING, 'handler', 14, 3)}
      ${toRing(3)} int 0x40
      handler: mov eax, cs; int 0x21`,
  },
]

const idt: readonly SystemCase[] = [
  {
    name: 'vectors beyond the IDT',
    code: `mov word [DATA], 0x1ff; mov dword [DATA+2], IDT; lidt [DATA]
      ${each(['int 0x40', 'int 0xff', 'int 0x3f'])}`,
  },
  {
    name: 'an IDT that ends within a gate',
    code: `mov word [DATA], 0x206; mov dword [DATA+2], IDT; lidt [DATA]
      ${each(['int 0x40', 'int 0x3f'])}`,
  },
  {
    name: 'a software interrupt that cannot push is a #SS',
    code: `mov eax, SMALL; mov ss, ax; mov esp, 8; mov word [IDT+12*8+2], TSS2SEL; mov byte [IDT+12*8+5], 0x85
      mov word [IDT+98], TSS2SEL; mov byte [IDT+101], 0x85
      int 0x40`,
  },
]

const double: readonly SystemCase[] = [
  ['#GP whose gate is not present', 'mov byte [IDT+13*8+5], 0x0e', 'mov eax, 0x77f0; mov ds, ax'],
  ['#UD whose gate is not present', 'mov byte [IDT+53], 0x0e', 'ud2'],
  ['#DE whose gate is not present', 'mov byte [IDT+5], 0x0e', 'mov ebx, 0; div ebx'],
  ['#NP whose gate is not present', 'mov byte [IDT+93], 0x0e', 'mov eax, ABSENT; mov ds, ax'],
  ['#UD whose handler is data', 'mov word [IDT+50], DATA0', 'ud2'],
  ['#BP whose handler is data', 'mov word [IDT+26], DATA0', 'int3'],
  ['INT of a vector whose handler is data', 'mov word [IDT+0x202], DATA0', 'int 0x40'],
].map(([name, make, act]) => ({
  name: `double faults: ${name}`,
  code: `${make!.replaceAll('13*8', '104').replaceAll('104+5', '109')}; ${act}`,
}))

const doubleTask: readonly SystemCase[] = [
  {
    name: 'a double fault by a task gate finds the faulting state in the old TSS',
    code: `mov word [IDT+66], TSSDFSEL; mov byte [IDT+69], 0x85
      mov byte [IDT+109], 0x0e
      ${toRing(3)}
      mov eax, 0x1234; mov ds, ax`,
    shows: [
      { address: 0x4020, words: 17 },
      { address: 0x7400, words: 1 },
    ],
  },
  {
    name: 'a double fault without a stack goes to its task',
    code: `mov word [IDT+66], TSSDFSEL; mov byte [IDT+69], 0x85
      mov eax, SMALL; mov ss, ax; mov esp, 4
      ud2`,
    shows: [{ address: 0x4020, words: 17 }],
  },
]

export const interruptGates: Feature = {
  name: 'interrupt-gates',
  title: 'Interrupts and exceptions: gates, stacks, error codes, double faults',
  cases: [...gateTypes, ...wrongGates, ...wrongExceptionGates, ...stacks, ...flagsOf, ...idt, ...double, ...doubleTask],
}

const triple: readonly SystemCase[] = [
  { name: 'no IDT', code: `mov word [DATA], 0; mov dword [DATA+2], 0; lidt [DATA]; ud2` },
  { name: 'no #DF gate', code: 'mov byte [IDT+109], 0x0e; mov byte [IDT+69], 0x0e; mov eax, 0x77f0; mov ds, ax' },
  { name: 'no stack', code: 'mov eax, SMALL; mov ss, ax; mov esp, 4; ud2' },
]

export const shutdown: Feature = {
  name: 'shutdown',
  title: 'Triple faults',
  cases: triple,
}
