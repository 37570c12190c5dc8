import { At, descriptor, gate } from './layout.ts'

/** Pieces of assembly that cases share. */

const put = (at: number, [low, high]: readonly [number, number]): string =>
  `mov dword [${at}], ${low}; mov dword [${at + 4}], ${high}\n`

/** Makes a descriptor in the GDT, or in the LDT for a selector with TI. */
export const makeSegment = (selector: number, base: number, limit: number, attributes: number): string =>
  put((selector & 4 ? At.LDT : At.GDT) + (selector & 0xfff8), descriptor(base, limit, attributes))

/** Makes a gate in the GDT to a label. */
export const makeCallGate = (at: number, selector: number, label: string, type: number, dpl = 0, count = 0): string =>
  gateTo(At.GDT + (at & 0xfff8), selector, label, type, dpl, count)

/** Makes a gate in the IDT to a label. */
export const makeInterruptGate = (vector: number, selector: number, label: string, type: number, dpl = 0): string =>
  gateTo(At.IDT + vector * 8, selector, label, type, dpl, 0)

function gateTo(at: number, selector: number, label: string, type: number, dpl: number, count: number): string {
  const [low, high] = gate(selector, 0, type, dpl, count)
  return `
    mov dword [${at}], ${low}
    mov dword [${at + 4}], ${high}
    mov word [${at}], ${label}
    mov word [${at + 6}], high ${label}
`
}

/** The next event goes on at `label` in ring 0. */
export const resumeAt = (label: string): string => `mov dword [RESUME], ${label}\n`

/** Runs each piece of code; what raises an event goes on with the next, and so does what does not. */
export const each = (pieces: readonly string[]): string =>
  pieces.map((piece, index) => `${resumeAt(`next${index}`)}${piece}\nint 0x30\nnext${index}: nop\n`).join('')

const ringSelectors = [
  ['CODE0', 'DATA0', 'STACK0'],
  ['CODE1', 'DATA1', 'STACK1'],
  ['CODE2', 'DATA2', 'STACK2'],
  ['CODE3', 'DATA3', 'STACK3'],
] as const

/** Goes on in another ring, with that ring's data segments. */
export function toRing(ring: 0 | 1 | 2 | 3, flags = 2): string {
  if (ring === 0) return `push ${flags}; popfd\n`
  const [code, data, stack] = ringSelectors[ring]
  return `
    push ${data}; push ${stack}; push ${flags}; push ${code}; push in_ring${ring}
    iretd
    in_ring${ring}:
    push ${data}; pop ds; push ${data}; pop es; push ${data}; pop fs; push ${data}; pop gs
`
}

/** Goes on at LOW in virtual-8086 mode: CS 0800, SS 0900, DS 2000, ES 2100. */
export const toVirtual8086 = (flags = 0x2_0002): string => `
    push 0x2300; push 0x2200; push 0x2000; push 0x2100
    push 0x900; push 0x1000; push ${flags}; push 0x800; push 0
    iretd
`

/** Page tables, 4 KiB pages below 4 MiB; 7: everything is the user's too, 3: nothing is. */
export const paging = (rights: 3 | 7): string => `mov eax, ${rights}; call paging; mov eax, 0x0a0a0a0a\n`
export const pae = (rights: 3 | 7): string => `mov eax, ${rights}; call pae; mov eax, 0x0a0a0a0a\n`

/** Address of the entry of a page of the first 4 MiB, without and with PAE. */
export const pte = (address: number): number => At.PT + (address >>> 12) * 4
export const paePte = (address: number): number => At.PAEPT + (address >>> 12) * 8

/** Sets bits of a control register through EAX. */
export const setControl = (register: 'cr0' | 'cr4', bits: number): string =>
  `mov eax, ${register}; or eax, ${bits}; mov ${register}, eax; mov eax, 0x0a0a0a0a\n`
