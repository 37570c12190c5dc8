import { At, Selector, access } from '../layout.ts'
import { each, makeCallGate, makeSegment, resumeAt, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'
import { telling } from './segments.ts'

const rings = [0, 1, 2, 3] as const

/** Each piece in a ring of its own entering. */
const eachInRing = (ring: 0 | 1 | 2 | 3, pieces: readonly string[]): string =>
  pieces
    .map((piece, index) => {
      const label = `after${index}`
      return `${resumeAt(label)}${toRing(ring).replaceAll(`in_ring${ring}`, `in${index}`)}${piece}\nint 0x30\n${label}: nop\n`
    })
    .join('')

const targets = telling.filter(([, selector]) => ![Selector.TSS2SEL, Selector.TSS16SEL].includes(selector as never))

const direct = (['jmp', 'call'] as const).flatMap((kind) =>
  rings.flatMap((ring) =>
    [0, 13].map((first) => ({
      name: `${kind} far in ring ${ring}, selectors from ${first}`,
      code: eachInRing(
        ring,
        targets.slice(first, first + 13).map(([, selector], index) => {
          const here = `landed${first + index}`
          return `${kind} ${selector}:${here}; ${here}: int 0x21`
        }),
      ),
    })),
  ),
)

const returns = (['retf', 'iretd'] as const).flatMap((kind) =>
  ([0, 1, 3] as const).flatMap((ring) =>
    [0, 13].map((first) => ({
      name: `${kind} in ring ${ring}, selectors from ${first}`,
      code: eachInRing(
        ring,
        targets.slice(first, first + 13).map(([, selector], index) => {
          const here = `returned${first + index}`
          const flags = kind === 'iretd' ? 'push 2;' : ''
          return `push DATA3; push STACK3; ${flags} push ${selector}; push ${here}; ${kind}; ${here}: int 0x21`
        }),
      ),
    })),
  ),
)

interface GateCase {
  readonly name: string
  readonly ring: 0 | 1 | 2 | 3
  readonly target: number
  readonly type?: number
  readonly dpl?: number
  readonly count?: number
  readonly rpl?: number
}

const gates: readonly GateCase[] = [
  { name: 'ring 3 to 0', ring: 3, target: Selector.CODE0, dpl: 3 },
  { name: 'ring 3 to 0, three parameters', ring: 3, target: Selector.CODE0, dpl: 3, count: 3 },
  { name: 'ring 3 to 1', ring: 3, target: Selector.CODE1, dpl: 3 },
  { name: 'ring 2 to 1, 31 parameters', ring: 2, target: Selector.CODE1, dpl: 3, count: 31 },
  { name: 'ring 0 to 0', ring: 0, target: Selector.CODE0, dpl: 0, count: 2 },
  { name: 'ring 3 to 3', ring: 3, target: Selector.CODE3, dpl: 3 },
  { name: 'ring 3 to conforming', ring: 3, target: Selector.CONFORMING, dpl: 3 },
  { name: 'ring 0 to 3', ring: 0, target: Selector.CODE3, dpl: 3 },
  { name: 'a gate of ring 1 from ring 3', ring: 3, target: Selector.CODE0, dpl: 1 },
  { name: 'a gate by RPL 3 from ring 0', ring: 0, target: Selector.CODE0, dpl: 1, rpl: 3 },
  { name: 'to data', ring: 3, target: Selector.DATA0, dpl: 3 },
  { name: 'to null', ring: 3, target: 0, dpl: 3 },
  { name: 'to absent code', ring: 3, target: Selector.ABSENTCODE, dpl: 3 },
  { name: 'beyond the table', ring: 3, target: 0x800, dpl: 3 },
]

const throughGates: readonly SystemCase[] = gates.flatMap(
  ({ name, ring, target, type = 12, dpl = 0, count = 0, rpl = 0 }) =>
    (['call', 'jmp'] as const).map((kind) => ({
      name: `${kind} through a gate: ${name}`,
      code: `
      ${makeCallGate(Selector.FREE, target, 'inner', type, dpl, count)}
      ${toRing(ring)}
      push 0x11; push 0x22; push 0x33; push 0x44
      ${kind} ${Selector.FREE + rpl}:0x12345678
      int 0x30
      inner: mov ecx, esp; int 0x21`,
    })),
)

const moreGates: readonly SystemCase[] = [
  {
    name: 'a return through a call gate takes the parameters off both stacks',
    code: `
      ${makeCallGate(Selector.FREE, Selector.CODE0, 'inner', 12, 3, 2)}
      ${toRing(3)}
      push 0x11; push 0x22
      call ${Selector.FREE}:0
      mov ecx, esp; int 0x21; int 0x20
      inner: int 0x21; retf 8`,
  },
  {
    name: 'a return drops data segments that the outer ring may not have',
    code: `
      ${makeCallGate(Selector.FREE, Selector.CODE0, 'inner', 12, 3)}
      ${toRing(3)}
      call ${Selector.FREE}:0
      int 0x20
      inner: mov eax, DATA0; mov es, ax; mov eax, CONFORMING; mov fs, ax; mov eax, CODE0; mov gs, ax; retf`,
  },
  {
    name: 'a 16-bit gate ignores the high half of its offset and pushes words',
    low: 'inner16: int 0x21',
    lowBits: 32,
    code: `
      ${makeCallGate(Selector.FREE, Selector.CODE0, 'inner16', 4, 3, 2)}
      mov word [GDT+0x5e], 0x7654
      ${toRing(3)}
      push 0x1111; push 0x2222
      call ${Selector.FREE}:0`,
  },
  {
    name: 'a gate that is not present',
    code: `
      ${makeCallGate(Selector.FREE, Selector.CODE0, 'inner', 12, 3)}
      mov byte [GDT+0x5d], 0x6c
      ${each([`call ${Selector.FREE}:0`, `jmp ${Selector.FREE}:0`])}
      inner: nop`,
  },
  ...[
    ['a null stack selector in the TSS', 'mov word [TSS+8], 0'],
    ['a stack selector of the wrong RPL', 'mov word [TSS+8], DATA3'],
    ['a stack selector beyond the table', 'mov word [TSS+8], 0x800'],
    ['a stack segment that is not present', 'mov word [TSS+8], ABSENT-3'],
    ['a read-only stack segment', 'mov word [TSS+8], READONLY-3'],
    ['a code segment for the stack', 'mov word [TSS+8], CODE0'],
    ['no room on the new stack', 'mov word [TSS+8], SMALL; mov dword [TSS+4], 8'],
    ['just enough room on the new stack', 'mov word [TSS+8], SMALL; mov dword [TSS+4], 16'],
    ['a TSS too short for the stack', `${makeSegment(Selector.FREE2, 0x4000, 7, access(9))} mov eax, FREE2; ltr ax`],
  ].map(([name, make]) => ({
    name: `call through a gate meets ${name}`,
    // The handler cannot use the TSS's stack: it runs in ring 1.
    code: `
      ${makeCallGate(Selector.FREE, Selector.CODE0, 'inner', 12, 3)}
      ${[10, 11, 12, 13].map((vector) => `mov word [IDT+${vector * 8 + 2}], CODE1`).join('\n')}
      ${toRing(3).replace('iretd', `${make}\niretd`)}
      call ${Selector.FREE}:0
      int 0x30
      inner: mov eax, esp; mov ebx, ss; mov ecx, DATA0; mov ss, cx; mov esp, STACK0`,
  })),
]

const far: readonly SystemCase[] = [
  {
    name: 'far transfers beyond the limit of the code segment',
    code: `
      ${makeSegment(Selector.FREE, 0x100_0000, 0xffff, access(0x1a, 0, 0x4000))}
      ${each([`jmp FREE:0x10000`, `call FREE:0x10000`, 'push FREE; push 0x10000; retf', 'push 2; push FREE; push 0x10000; iretd'])}`,
  },
  {
    name: 'a far call that cannot push leaves CS alone',
    code: `mov word [IDT+98], TSSDFSEL; mov byte [IDT+101], 0x85
      mov eax, SMALL; mov ss, ax; mov esp, 4; call CODE16:0`,
    shows: [{ address: At.TSS + 0x20, words: 2 }],
  },
  {
    name: 'a 16-bit far call and return',
    low: 'callfw [DATA]; int 0x21; int 0x20; routine: int 0x21; retfw',
    lowBits: 32,
    code: 'mov word [DATA], routine; mov word [DATA+2], CODE0; jmp LOW',
  },
  {
    name: 'a return to an outer ring checks the stack selector',
    code: each(
      ['0', 'DATA0', 'CODE3', 'READONLY', 'ABSENT', '0x803', 'DATA3-3'].map(
        (selector) => `push ${selector}; push STACK3; push CODE3; push 0x1000; retf`,
      ),
    ),
  },
  {
    name: 'IRET to an outer ring checks the stack selector',
    code: each(
      ['0', 'DATA0', 'CODE3', 'READONLY', 'ABSENT', '0x803', 'DATA3-3'].map(
        (selector) => `push ${selector}; push STACK3; push 2; push CODE3; push 0x1000; iretd`,
      ),
    ),
  },
  {
    name: 'far transfers with 16-bit operands keep the low half of EIP',
    code: each(['push 0x11; pushw CODE0; pushw 0x8000; retfw', 'pushw 2; pushw CODE0; pushw 0x8000; iretw']),
    low: 'int 0x21',
    lowBits: 32,
  },
]

export const farTransfers: Feature = {
  name: 'far-transfers',
  title: 'Far JMP, CALL, RET and IRET, call gates',
  cases: [...direct, ...returns, ...throughGates, ...moreGates, ...far],
}
