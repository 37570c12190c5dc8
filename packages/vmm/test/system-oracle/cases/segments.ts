import { Selector, access } from '../layout.ts'
import { each, makeSegment, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const rings = [0, 1, 2, 3] as const
/** Kinds of selectors that loads, queries and transfers meet. */
export const telling: readonly (readonly [name: string, selector: number])[] = [
  ['null', 0],
  ['null with RPL', 3],
  ['ring 0 code', Selector.CODE0],
  ['ring 0 data', Selector.DATA0],
  ['ring 0 data, RPL 3', Selector.DATA0 | 3],
  ['ring 1 data', Selector.DATA1],
  ['ring 2 data, RPL 3', Selector.DATA2 | 3],
  ['ring 3 code', Selector.CODE3],
  ['ring 3 data', Selector.DATA3],
  ['ring 3 data, RPL 0', Selector.DATA3 & ~3],
  ['read-only', Selector.READONLY],
  ['not present', Selector.ABSENT],
  ['execute-only', Selector.EXECUTEONLY],
  ['conforming', Selector.CONFORMING],
  ['conforming, RPL 3', Selector.CONFORMING | 3],
  ['conforming, DPL 3', Selector.CONFORMING3 | 3],
  ['absent code', Selector.ABSENTCODE],
  ['expand-down', Selector.DOWN32],
  ['16-bit data', Selector.DATA16],
  ['a task', Selector.TSS2SEL],
  ['the running task', Selector.TSSSEL],
  ['a 16-bit task', Selector.TSS16SEL],
  ['an LDT', Selector.LDTSEL],
  ['empty', Selector.FREE],
  ['beyond the table', 0x7f8 + 8],
  ['in the LDT, empty', 0x0c],
  ['in the LDT, data', 0x17],
  ['beyond the LDT', 0x807],
]

const inLdt = makeSegment(0x17, 0x1234, 0xfff, access(0x12, 3))

function loads(ring: (typeof rings)[number], register: string): SystemCase[] {
  const half = telling.length / 2
  return [telling.slice(0, half), telling.slice(half)].map((selectors, part) => ({
    name: `${register.toUpperCase()} in ring ${ring}, part ${part + 1}`,
    code:
      inLdt +
      selectors
        .map(([, selector], index) => {
          const label = `case${part}_${index}`
          // `toRing` has labels: each load has its own.
          const enter = toRing(ring).replaceAll(`in_ring${ring}`, `${label}_in`)
          return `mov dword [RESUME], ${label}\n${enter}mov eax, ${selector}; mov ${register}, ax; int 0x30; ${label}: nop\n`
        })
        .join(''),
  }))
}

function queries(instruction: string): SystemCase[] {
  return rings.map((ring) => ({
    name: `${instruction} in ring ${ring}`,
    code:
      inLdt +
      toRing(ring) +
      telling
        .slice(0, 22)
        .map(([, selector]) => `mov eax, ${selector}; mov ebx, 0x55aa55aa; ${instruction}; pushfd; pop ecx; int 0x21\n`)
        .join(''),
  }))
}

const descriptorTypes: SystemCase[] = ['lar ebx, eax', 'lsl ebx, eax', 'verr ax', 'verw ax'].flatMap((instruction) =>
  [0, 16].map((first) => ({
    name: `${instruction}, types ${first} to ${first + 15}`,
    code: Array.from({ length: 16 }, (_, index) => {
      const type = first + index
      const make = makeSegment(Selector.FREE, 0x1000, 0x1_2fff, access(type, 0, 0x8000))
      return `${make}mov eax, FREE; mov ebx, 0x55aa55aa; ${instruction}; pushfd; pop ecx; int 0x21\n`
    }).join(''),
  })),
)

const accessed: readonly SystemCase[] = [
  {
    name: 'loads set the accessed bit of data',
    code: `mov eax, DATA16; mov es, ax; mov eax, READONLY; mov fs, ax; mov eax, SMALL; mov gs, ax`,
    shows: [0x88, 0x40, 0x60].map((offset) => ({ address: 0x1000 + offset, words: 2 })),
  },
  {
    name: 'queries leave the accessed bit alone',
    code: `mov eax, DATA16; lar ebx, eax; lsl ecx, eax; verr ax; verw ax`,
    shows: [{ address: 0x1088, words: 2 }],
  },
  {
    name: 'a load that fails leaves the accessed bit alone',
    code: each(['mov eax, CODE2; mov ss, ax', 'mov eax, ABSENT; mov ds, ax', 'mov eax, DATA1; mov ss, ax']),
    shows: [0xa8, 0x48, 0x78].map((offset) => ({ address: 0x1000 + offset, words: 2 })),
  },
]

const systemLoads: readonly string[] = telling
  .filter(([name]) => !name.startsWith('null'))
  .flatMap(([, selector]) => [`mov eax, ${selector}; lldt ax`, `mov eax, ${selector}; ltr ax`])

const attributes: readonly SystemCase[] = [
  ...[0, 18, 36].map((first) => ({
    name: `LLDT and LTR by kind of selector, from ${first}`,
    code: each(systemLoads.slice(first, first + 18)),
  })),
  { name: 'LLDT takes null selectors', code: 'mov eax, 3; lldt ax; int 0x21; mov eax, 0; lldt ax' },
  { name: 'LTR takes no null selector', code: each(['mov eax, 0; ltr ax', 'mov eax, 3; ltr ax']) },
  {
    name: 'LTR marks its task busy, and not the one before available',
    code: 'mov eax, TSS2SEL; ltr ax; str ebx; int 0x21',
    shows: [
      { address: 0x1028, words: 2 },
      { address: 0x1068, words: 2 },
    ],
  },
  {
    name: 'a null LDT makes its selectors fault',
    code: each([
      'mov eax, 0; lldt ax; mov eax, 0xf; mov ds, ax',
      'mov eax, 0xc; lar ebx, eax; jnz short n; int 0x21; n:',
    ]),
  },
  {
    name: 'LDT descriptors with a small limit',
    code: `
      ${makeSegment(Selector.FREE, 0x3000, 0x16, access(2))}${inLdt}
      mov eax, FREE; lldt ax
      ${each(['mov eax, 0x17; mov ds, ax', 'mov eax, 0x0f; mov ds, ax'])}`,
  },
  {
    name: 'LSL of a page-granular and of an expand-down segment',
    code: `
      ${makeSegment(Selector.FREE, 0, 0x5000, access(0x12, 0, 0x8000))}
      mov eax, FREE; lsl ebx, eax; int 0x21
      mov eax, DOWN32; lsl ebx, eax; int 0x21
      mov eax, DATA0; lsl bx, ax; int 0x21`,
  },
  {
    name: 'LAR with a 16-bit destination',
    code: 'mov eax, DATA0; lar bx, ax; int 0x21; mov eax, FREE; lar bx, ax; int 0x21',
  },
  {
    name: 'ARPL',
    code: [
      [0, 0],
      [0, 3],
      [3, 0],
      [2, 1],
      [1, 2],
    ]
      .map(([a, b]) => `mov eax, ${0x1230 + a!}; mov ebx, ${0x4560 + b!}; arpl ax, bx; pushfd; pop ecx; int 0x21`)
      .join('\n'),
  },
]

/** POP of segment registers and far pointers. */
const pops: readonly SystemCase[] = [
  {
    name: 'POP DS, ES, FS, GS fault before ESP moves',
    code: each([
      'push ABSENT; pop ds',
      'push CODE0; pop ss',
      'push 0x7f8+8; pop fs',
      'push EXECUTEONLY; pop gs',
      'push 0; pop ss',
    ]),
  },
  {
    name: 'far pointers load register and segment, or neither',
    code: `
      mov dword [DATA], 0x12345678; mov dword [DATA+4], DATA16
      mov dword [DATA+8], 0x9abcdef0; mov dword [DATA+12], ABSENT
      mov dword [DATA+16], 0x9abcdef0; mov dword [DATA+20], 0
      lfs ebx, [DATA]; int 0x21
      lgs bx, [DATA+2]; int 0x21
      ${each(['les ebx, [DATA+8]', 'lss ebx, [DATA+16]', 'lds ebx, [DATA+16]; mov eax, [0]'])}`,
  },
  {
    name: 'PUSH of a segment register with a 32-bit operand',
    code: `push 0x12345678; pop eax; push ds; mov eax, [esp]; int 0x21; pop eax; push 0x55555555; pop ecx; push gs; mov eax, [esp]`,
  },
  {
    name: 'a null segment can be loaded, but not used',
    code: each([
      'mov eax, 0; mov es, ax; mov ebx, [es:0x1000]',
      'mov eax, 3; mov gs, ax; mov [gs:0x1000], al',
      'mov eax, 0; mov ss, ax',
    ]),
  },
]

export const segmentLoads: Feature = {
  name: 'segment-loads',
  title: 'Segment registers: loads, descriptors, privilege',
  cases: [
    ...['ds', 'ss', 'fs'].flatMap((register) => rings.flatMap((ring) => loads(ring, register))),
    ...pops,
    ...accessed,
  ],
}

export const descriptorQueries: Feature = {
  name: 'descriptor-queries',
  title: 'LAR, LSL, VERR, VERW, ARPL, LLDT, LTR',
  cases: [
    ...['lar ebx, eax', 'lsl ebx, eax', 'verr ax', 'verw ax'].flatMap(queries),
    ...descriptorTypes,
    ...attributes,
  ],
}
