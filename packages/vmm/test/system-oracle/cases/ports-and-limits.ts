import { At, Selector, access } from '../layout.ts'
import { each, makeSegment, resumeAt, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const bitmap = At.TSS + 0x88
const byteOf = (port: number): number => bitmap + (port >>> 3)

/** The port's page of the bitmap, and what is asked of it. 80h is where nobody answers, and nobody minds. */
const ports: readonly SystemCase[] = [
  ['nothing allowed', ''],
  ['the port allowed', `mov byte [${byteOf(0x80)}], 0xfe`],
  ['two ports allowed', `mov byte [${byteOf(0x80)}], 0xfc`],
  ['four ports allowed', `mov byte [${byteOf(0x80)}], 0xf0`],
  ['all but the first allowed', `mov byte [${byteOf(0x80)}], 0x01`],
  ['a bitmap beyond the TSS', 'mov word [TSS+0x66], 0x2069'],
  ['a bitmap of no bytes', 'mov word [TSS+0x66], 0xffff'],
  ['a 16-bit TSS', 'mov eax, TSS16SEL; ltr ax'],
].flatMap(([name, make]) =>
  ([3, 1] as const).map((ring) => ({
    name: `port I/O in ring ${ring}: ${name}`,
    code: [
      'out 0x80, al',
      'out 0x80, ax',
      'out 0x80, eax',
      'mov edx, 0x7f; out dx, ax',
      'mov esi, DATA; mov edx, 0x80; outsd',
    ]
      .map((code, index) => {
        const enter = toRing(ring).replaceAll(`in_ring${ring}`, `in${index}`)
        // A 16-bit TSS has no stack for the way back but its own.
        return `${index === 0 ? make : ''}\n mov word [TSS16+2], 0xb000; mov word [TSS16+4], DATA0; ${resumeAt(`p${index}`)}${enter}${code}; int 0x30; p${index}: nop\n`
      })
      .join(''),
  })),
)

const lastPort: readonly SystemCase[] = [
  {
    name: 'the last port takes the byte behind the bitmap',
    code: `mov byte [${byteOf(0xffff)}], 0; ${resumeAt('a')} ${toRing(3)} mov edx, 0xffff; out dx, al; int 0x30
      a: mov byte [${byteOf(0xffff) + 1}], 0; ${resumeAt('b')} ${toRing(3).replaceAll('in_ring3', 'again')} mov edx, 0xfffe; out dx, ax; int 0x30
      b: nop`,
  },
  {
    name: 'a bitmap that ends before the port',
    code: `${makeSegment(Selector.FREE2, At.TSS, 0x88 + 0x10, access(9))} mov eax, FREE2; ltr ax
      mov byte [${byteOf(0x80)}], 0; mov byte [${byteOf(0x80) + 1}], 0; mov byte [${byteOf(0x78)}], 0
      ${[0x78, 0x80, 0x88].map((port, index) => `${resumeAt(`p${index}`)}${toRing(3).replaceAll('in_ring3', `in${index}`)} mov edx, ${port}; out dx, al; int 0x30; p${index}: nop\n`).join('')}`,
  },
  {
    name: 'IOPL opens all ports',
    code: `${toRing(3, 0x3002)} mov edx, 0x80; out dx, eax; cli; int 0x21`,
  },
]

export const portFeature: Feature = {
  name: 'port-permissions',
  title: 'The I/O permission bitmap',
  cases: [...ports, ...lastPort],
}

const small = 'mov eax, SMALL; mov fs, ax\n'
const down = 'mov eax, DOWN32; mov fs, ax\n'
const down16 = 'mov eax, DOWN16; mov fs, ax\n'
const eachWith = (first: string, pieces: readonly string[]): string => each(pieces.map((piece) => first + piece))

const limits: readonly SystemCase[] = [
  {
    name: 'the limit of a segment of bytes',
    code: eachWith(small, [
      'mov al, [fs:0x1ff]',
      'mov al, [fs:0x200]',
      'mov ax, [fs:0x1fe]',
      'mov ax, [fs:0x1ff]',
      'mov eax, [fs:0x1fc]',
      'mov eax, [fs:0x1fd]',
      'mov [fs:0x1fe], eax',
      'mov eax, [fs:0xffffffff]',
    ]),
  },
  {
    name: 'an expand-down segment of 32 bits',
    code: eachWith(down, [
      'mov al, [fs:0xfff]',
      'mov al, [fs:0x1000]',
      'mov eax, [fs:0xffd]',
      'mov eax, [fs:0xffffffff]',
      'mov al, [fs:0xfffe0000]',
    ]),
  },
  {
    name: 'an expand-down segment of 16 bits',
    code: eachWith(down16, [
      'mov al, [fs:0xfff]',
      'mov al, [fs:0x1000]',
      'mov ax, [fs:0xffff]',
      'mov al, [fs:0xffff]',
      'mov al, [fs:0x10000]',
    ]),
  },
  {
    name: 'writes to what cannot be written',
    code: eachWith('mov eax, READONLY; mov fs, ax\n', [
      'mov [fs:0x20000], eax',
      'mov eax, [fs:0x20000]',
      'add dword [fs:0x20000], 1',
      'mov [cs:0x20000], eax',
    ]),
  },
  {
    name: 'code that cannot be read',
    code: `${resumeAt('out')} jmp EXECUTEONLY-3+0:there
      there: nop
      out: ${makeSegment(Selector.FREE, 0, 0xffff_ffff, access(0x18, 0, 0xc000))} ${resumeAt('last')} jmp FREE:here
      here: mov eax, [cs:0x20000]
      last: nop`,
  },
  {
    name: 'stack faults are #SS',
    code: `mov word [IDT+98], TSSDFSEL; mov byte [IDT+101], 0x85; mov eax, SMALL; mov ss, ax; mov esp, 0x204; pop eax`,
    shows: [{ address: At.TSS + 32, words: 2 }],
  },
  {
    name: 'EBP addresses the stack segment, DS what it is told to',
    code: `mov eax, SMALL; mov ds, ax; mov ebp, 0x300
      mov eax, [ebp]; mov eax, [ebp+0x100]; mov eax, [ds:ebp+0x100]`,
  },
  {
    name: 'code that runs over the limit',
    code: `${makeSegment(Selector.FREE, At.LOW, 3, access(0x1a, 0, 0x4000))} ${resumeAt('out')} jmp FREE:0
      out: nop`,
    low: 'nop; nop; mov eax, 5',
    lowBits: 32,
  },
  {
    name: 'a 16-bit code segment ends at its limit',
    code: `${makeSegment(Selector.FREE, At.LOW, 0xffff, access(0x1a))} ${resumeAt('out')} jmp FREE:0
      out: nop`,
    low: 'mov ax, sp; jmp there-LOW+0x8000; there: nop; db 0xe9; dw 0x7ff0; int 0x21',
  },
  {
    name: 'MOVS checks both segments before it moves',
    code: `mov eax, SMALL; mov es, ax; mov esi, DATA; mov edi, 0x1fe; mov ecx, 2; ${resumeAt('out')} rep movsd
      out: nop`,
    shows: [{ address: At.DATA + 0x1f8, words: 3 }],
  },
  {
    name: 'PUSHA over the limit pushes nothing',
    code: `mov word [IDT+98], TSSDFSEL; mov byte [IDT+101], 0x85; mov eax, SMALL; mov ss, ax; mov esp, 0x10; pusha`,
    shows: [
      { address: At.DATA, words: 4 },
      { address: At.TSS + 56, words: 1 },
    ],
  },
  {
    name: 'ENTER and LEAVE with a 16-bit stack',
    code: `mov eax, DATA16; mov ss, ax; mov esp, 0x12340100; mov ebp, 0x56780200; db 0xc8, 0x10, 0x00, 0x02; mov ecx, esp; mov ebx, ebp; mov edx, esp; db 0xc9; mov esi, esp
      mov eax, DATA0; mov ss, ax; mov esp, STACK0; int 0x21`,
    shows: [{ address: At.DATA + 0xe0, words: 8 }],
  },
  {
    name: 'POP of a segment on a 16-bit stack moves SP alone',
    code: `mov eax, DATA16; mov ss, ax; mov esp, 0x1234fffc; mov dword [0x2fffc], DATA3; pop gs; mov ecx, esp
      mov esp, 0x1234fffe; mov word [0x2fffe], DATA0; mov word [DATA], 0; mov eax, 0; db 0x66, 0x0f, 0xa1; mov edx, esp
      mov eax, DATA0; mov ss, ax; mov esp, STACK0; int 0x21`,
  },
  {
    name: 'PUSH and POP with a 16-bit stack',
    code: `mov eax, DATA16; mov ss, ax; mov esp, 0x12340000; push 0x11112222; mov ecx, esp; pop ebx; mov edx, esp; pushfd; pop eax
      mov eax, DATA0; mov ss, ax; mov esp, STACK0; int 0x21`,
  },
]

export const limitFeature: Feature = {
  name: 'segment-limits',
  title: 'Limits and types of segments, 16-bit stacks',
  cases: limits,
}
