import { At } from '../layout.ts'
import { each, pae, paePte, paging, pte, resumeAt, setControl, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const page = At.DATA
const entry = pte(page)
const flush = `invlpg [${page}]\n`

const accesses: readonly (readonly [name: string, code: string])[] = [
  ['read', `mov eax, [${page + 8}]`],
  ['write', `mov [${page + 8}], eax`],
  ['read and write', `add dword [${page + 8}], 1`],
  ['CMPXCHG that does not match', `cmpxchg [${page + 8}], ecx`],
  ['fetch', `jmp CODEAT:${page + 0x100}`],
]

/** Present, writable and user bits of a page, against all kinds of access in ring 0 and 3. */
const rights: readonly SystemCase[] = [0, 1, 3, 5, 7].flatMap((bits) =>
  ([0, 3] as const).flatMap((ring) =>
    [true, false].map((writeProtect) => ({
      name: `a page with rights ${bits} in ring ${ring}${writeProtect ? '' : ', CR0.WP clear'}`,
      code: `
        mov byte [${page + 0x100}], 0xcd; mov byte [${page + 0x101}], 0x30
        ${paging(7)}
        ${writeProtect ? '' : 'mov eax, 0x80000011; mov cr0, eax; mov eax, 0x0a0a0a0a'}
        ${accesses
          .map(([, code], index) => {
            const label = `after${index}`
            const selector = ring === 0 ? 'CODE0' : 'CODE3'
            const enter = toRing(ring).replaceAll(`in_ring${ring}`, `in${index}`)
            return `mov dword [${entry}], ${page + bits}; ${flush} ${resumeAt(label)} ${enter}
              ${code.replace('CODEAT', selector)}; int 0x30
              ${label}: mov eax, [${entry}]; mov ecx, 0; int 0x21\n`
          })
          .join('')}`,
    })),
  ),
)

/** The same rights in the directory. */
const directoryRights: readonly SystemCase[] = [0, 1, 3, 5].flatMap((bits) =>
  ([0, 3] as const).map((ring) => ({
    name: `a page table with rights ${bits} in ring ${ring}`,
    code: `
      ${paging(7)}
      mov dword [PD+0x40], ${At.PT2 + bits}; mov dword [PT2], ${page + 7}
      ${accesses
        .slice(0, 3)
        .map(([, code], index) => {
          const enter = toRing(ring).replaceAll(`in_ring${ring}`, `in${index}`)
          return `${resumeAt(`after${index}`)} ${enter} ${code.replace(String(page + 8), String(0x400_0008 * 4))}; int 0x30
            after${index}: nop\n`
        })
        .join('')}`,
    shows: [
      { address: At.PD + 0x40, words: 1 },
      { address: At.PT2, words: 1 },
    ],
  })),
)

const bits: readonly SystemCase[] = [
  {
    name: 'a read sets A alone, a write A and D',
    code: `${paging(7)} mov dword [${entry}], ${page + 7}; mov dword [${entry + 4}], ${page + 0x1007}; ${flush}
      mov eax, [${page}]; mov [${page + 0x1000}], eax`,
    shows: [{ address: entry, words: 2 }],
  },
  {
    name: 'a write after a read sets D',
    code: `${paging(7)} mov dword [${entry}], ${page + 7}; ${flush} mov eax, [${page}]; mov ebx, [${entry}]; mov [${page}], ebx; mov ecx, [${entry}]; int 0x21`,
  },
  {
    name: 'a fetch sets A',
    code: `${paging(7)} mov byte [${page}], 0xc3; mov dword [${entry}], ${page + 7}; ${flush} mov eax, ${page}; call eax; mov eax, [${entry}]`,
  },
  {
    name: 'an access that faults sets nothing in its page',
    code: `${paging(7)} mov dword [${entry}], ${page + 5}; ${flush} ${resumeAt('out')} mov [${page}], eax
      out: mov eax, [${entry}]`,
  },
  {
    name: 'large pages have A and D in the directory',
    code: `${paging(7)} mov dword [PD+0x40], 0x87; mov dword [PD+0x44], 0x87; mov eax, [0x4020000*4]; mov [0x4120000*4], eax`,
    shows: [{ address: At.PD + 0x40, words: 2 }],
  },
  {
    name: 'a page that is not there keeps its bits',
    code: `${paging(7)} mov dword [${entry}], ${page + 6}; ${flush} ${resumeAt('out')} mov [${page}], eax
      out: mov eax, [${entry}]; int 0x21; mov eax, cr2`,
  },
  {
    name: 'the TLB keeps an entry until INVLPG',
    code: `${paging(7)} mov eax, [${page}]; mov dword [${entry}], ${page + 0x1007}; mov dword [${page + 0x1000}], 0x77; ${flush} mov ebx, [${page}]`,
  },
  {
    name: 'loading CR3 flushes',
    code: `${paging(7)} mov eax, [${page}]; mov dword [${page + 0x1000}], 0x77; mov dword [${entry}], ${page + 0x1007}; mov eax, cr3; mov cr3, eax; mov ebx, [${page}]`,
  },
  {
    name: 'changing CR0.WP counts at once',
    code: `${paging(7)} mov dword [${entry}], ${page + 5}; ${flush} mov eax, 0x80000011; mov cr0, eax; mov [${page}], eax
      mov eax, 0x80010011; mov cr0, eax; mov [${page}], eax`,
  },
  {
    name: 'changing CR4.PSE makes a page a table',
    code: `${paging(7)} mov dword [PD+0x40], ${At.PT2 + 0x87}; mov dword [PT2], ${page + 7}; mov dword [${page}], 0x1234
      mov eax, 0; mov cr4, eax; mov ebx, [0x4000000*4]`,
  },
]

const edges: readonly SystemCase[] = [
  {
    name: 'an access over two pages, the second not there',
    code: `${paging(7)} mov dword [${entry + 4}], 0; invlpg [${page + 0x1000}]
      ${each([`mov eax, [${page + 0xffe}]`, `mov [${page + 0xffd}], eax`, `add word [${page + 0xfff}], 1`])}`,
    shows: [{ address: page + 0xff8, words: 2 }],
  },
  {
    name: 'an access over two pages, the first not there',
    code: `${paging(7)} mov dword [${entry}], 0; ${flush}
      ${each([`mov eax, [${page + 0xffe}]`, `mov [${page + 0xffd}], eax`])}`,
  },
  {
    name: 'an instruction over two pages, the second not there',
    code: `${paging(7)} mov dword [${page + 0xffe}], 0xb8; mov dword [${entry + 4}], 0; invlpg [${page + 0x1000}]
      mov eax, ${page + 0xffe}; jmp eax`,
  },
  {
    name: 'a string move stops where the page is missing',
    code: `${paging(7)} mov dword [${entry + 4}], 0; invlpg [${page + 0x1000}]
      mov esi, ${page}; mov edi, ${page + 0xff0}; mov ecx, 32; rep movsb`,
  },
  {
    name: 'a push onto a page that is not there',
    code: `${paging(7)} mov dword [${entry}], 0; ${flush} mov eax, TSSDFSEL; mov word [IDT+114], ax; mov byte [IDT+117], 0x85
      mov esp, ${page + 0x1000}; push eax`,
    shows: [{ address: At.TSS + 56, words: 1 }],
  },
  {
    name: 'a page fault without a stack is a double fault',
    code: `${paging(7)} mov dword [${entry}], 0; ${flush} mov word [IDT+66], TSSDFSEL; mov byte [IDT+69], 0x85
      mov esp, ${page + 0x1000}; mov eax, [${page}]`,
    shows: [{ address: At.TSS + 32, words: 2 }],
  },
  {
    name: 'a page fault while a #GP is delivered is a page fault',
    code: `${paging(7)} mov dword [${pte(At.STACK0 - 0x1000)}], 0; invlpg [STACK0-4]; mov word [IDT+114], CODE1
      ${toRing(3)} cli`,
  },
  {
    name: 'a #GP while a page fault is delivered is a double fault',
    code: `${paging(7)} mov word [IDT+114], DATA0; mov eax, [0x7fffffff]`,
  },
  {
    name: 'the IDT on a page that is not there',
    code: `${paging(7)} mov word [DATA], 0x7ff; mov dword [DATA+2], 0x4000000; lidt [DATA]; ud2`,
  },
  {
    name: 'CR2 survives until the next page fault',
    code: `${paging(7)} ${each(['mov eax, [0x70000000]', 'ud2', 'mov eax, cr2; mov [0x71234567], eax', 'mov eax, 0x1234; mov cr2, eax'])}`,
  },
  {
    name: 'POP to a page that is not there leaves ESP',
    code: `${paging(7)} push 0x1234; mov dword [${entry}], 0; ${flush} pop dword [${page}]`,
  },
  {
    name: 'a far pointer half on a page that is not there',
    code: `${paging(7)} mov dword [${page + 0xffc}], 0x1234; mov dword [${entry + 4}], 0; invlpg [${page + 0x1000}] 
      ${each([`lds ebx, [${page + 0xffc}]`, `jmpf [${page + 0xffe}]`])}`,
  },
  {
    name: 'the user may not see the GDT, but its loads do',
    code: `${paging(7)} mov dword [${pte(At.GDT)}], ${At.GDT + 3}; invlpg [GDT]; ${resumeAt('out')} ${toRing(3)}
      mov eax, DATA3; mov es, ax; mov eax, [GDT]
      out: nop`,
  },
]

const wide: readonly SystemCase[] = [
  {
    name: 'PAE: reads, writes, A and D',
    code: `${pae(7)} mov dword [${paePte(page)}], ${page + 7}; mov dword [${paePte(page) + 8}], ${page + 0x1007}; ${flush}
      mov eax, [${page}]; mov [${page + 0x1000}], eax`,
    shows: [{ address: paePte(page), words: 4 }],
  },
  {
    name: 'PAE: a directory pointer that is not there',
    code: `${pae(7)} mov eax, [0x40000000]`,
  },
  {
    name: 'PAE: directory pointers are read when CR3 is loaded',
    code: `${pae(7)} mov dword [PDPT+8], PAEPD+1; ${each(['mov eax, [0x40020000]', 'mov eax, cr3; mov cr3, eax; mov eax, [0x40020000]'])}`,
  },
  ...[2, 4, 0x20, 0x80, 0x100].map((reserved) => ({
    name: `PAE: reserved bit ${reserved.toString(16)}h of a directory pointer`,
    code: `${pae(7)} mov dword [PDPT+8], PAEPD+1+${reserved}; ${each(['mov eax, cr3; mov cr3, eax'])} mov eax, cr3`,
  })),
  {
    name: 'PAE: reserved bits of entries',
    code: `${pae(7)} ${each([
      `mov dword [${paePte(page) + 4}], 0x00100000; ${flush} mov eax, [${page}]`,
      `mov dword [${paePte(page) + 4}], 0x40000000; ${flush} mov [${page}], eax`,
      `mov dword [${paePte(page) + 4}], 0x80000000; ${flush} mov eax, [${page}]`,
      `mov dword [PAEPD+16], 0x402087; invlpg [0x400000]; mov eax, [0x400000]`,
    ])}`,
  },
  {
    name: 'PAE with NX: fetches and reads',
    code: `${pae(7)} mov ecx, 0xc0000080; rdmsr; or eax, 0x800; wrmsr
      mov byte [${page}], 0xc3; mov dword [${paePte(page) + 4}], 0x80000000; ${flush}
      ${each([`mov eax, [${page}]`, `mov eax, ${page}; call eax`, `mov dword [${paePte(page)}], 0; ${flush} mov eax, ${page}; jmp eax`])}`,
  },
  {
    name: 'PAE with NX in the directory',
    code: `${pae(7)} mov ecx, 0xc0000080; rdmsr; or eax, 0x800; wrmsr
      mov dword [PAEPD+0x40], 0x87; mov dword [PAEPD+0x44], 0x80000000; ${each(['mov eax, [0x1000000]', 'jmp CODE0:0x1000000'])}`,
  },
  {
    name: 'large pages: reserved bits',
    code: `${paging(7)} ${each([
      'mov dword [PD+0x40], 0x200087; mov eax, [0x10000000]',
      'mov dword [PD+0x44], 0x1087; mov eax, [0x11000000]',
    ])}`,
  },
]

const global: readonly SystemCase[] = [
  {
    name: 'global pages outlive CR3, but not INVLPG or CR4.PGE',
    code: `${paging(7)} ${setControl('cr4', 0x80)} mov dword [${page}], 1; mov dword [${page + 0x1000}], 2
      mov dword [${entry}], ${page + 0x107}; ${flush} mov eax, [${page}]
      mov dword [${entry}], ${page + 0x1107}; mov eax, cr4; and eax, 0xffffff7f; mov cr4, eax; mov ebx, [${page}]`,
  },
]

export const pagingFeature: Feature = {
  name: 'paging',
  title: 'Paging: rights, error codes, accessed and dirty bits, PSE, PAE, NX',
  cases: [...rights, ...directoryRights, ...bits, ...edges, ...wide, ...global],
}
