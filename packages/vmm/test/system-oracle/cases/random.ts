import { At, Selector, access, descriptor, gate } from '../layout.ts'
import { pae, paePte, paging, pte, resumeAt, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'
import { telling } from './segments.ts'

/** A generator of numbers with a fixed beginning (mulberry32): the cases are the same each time. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A number from 0 to `count` - 1. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0
  }
}

type Ring = 0 | 1 | 2 | 3
const rings: readonly Ring[] = [0, 1, 2, 3]
const stepsPerCase = 10

const put = (at: number, [low, high]: readonly [number, number]): string =>
  `mov dword [${at}], ${low}; mov dword [${at + 4}], ${high}\n`

/** Types of which QEMU's treatment is no oracle: 16-bit tasks and gates, whose offsets it does not cut. */
const types = Array.from({ length: 32 }, (_, type) => type).filter((type) => ![1, 3, 4, 6, 7].includes(type))

/** In the LDT there are no tasks: QEMU tells so by another exception than the manual. */
function randomDescriptor(dice: Dice, isLocal: boolean): [low: number, high: number] {
  const type = dice.one(isLocal ? types.filter((value) => value !== 9 && value !== 11) : types)
  const present = dice.once(6) ? 0 : 0x80
  const attributes = (access(type, dice.below(4)) & ~0x80) | present
  if (type === 9 || type === 11) return descriptor(At.TSS2, 0x67, attributes)
  if (type < 16) return descriptor(0, 0xfff, attributes)
  // Wherever code and stacks are has to lie within: QEMU checks no limits.
  const isExpandDown = (type & 0x1c) === 0x14
  if (isExpandDown) return descriptor(0, 0, attributes | 0x4000)
  return descriptor(0, 0xffff_ffff, attributes | 0xc000)
}

/** A selector of what was just made, or of what is always there. */
function randomSelector(dice: Dice, made: number): number {
  return dice.once(4) ? dice.one(telling)[1] : (made & ~3) | dice.below(4)
}

const isSystemSelector = (selector: number): boolean =>
  [Selector.TSSSEL, Selector.TSS16SEL, Selector.TSS2SEL].some((task) => (selector & ~3) === task)

type Step = (dice: Dice, ring: Ring, selector: number, label: string) => string

const loads: Step[] = ['ds', 'es', 'fs', 'gs', 'ss'].map(
  (register) => (_dice, _ring, selector) => `mov eax, ${selector}; mov ${register}, ax; int 0x30`,
)
const pops: Step[] = ['ds', 'es', 'fs', 'gs', 'ss'].map(
  (register) => (_dice, _ring, selector) => `push ${selector}; pop ${register}; int 0x30`,
)
const queries: Step[] = ['lar ebx, eax', 'lsl ebx, eax', 'verr ax', 'verw ax', 'arpl ax, bx'].map(
  (instruction) => (_dice, _ring, selector) =>
    // The accessed bit of code is not compared: QEMU does not set it on all ways into a segment.
    `mov eax, ${selector}; ${instruction}; pushfd; pop ecx; and ebx, 0xfffffeff; int 0x30`,
)
const tables: Step = (dice, ring, selector) =>
  ring === 0 && (selector & ~3) !== 0
    ? `mov eax, ${selector}; ${dice.one(['lldt ax', 'ltr ax'])}; mov eax, TSSSEL; mov byte [GDT+0x2d], 0x89; ltr ax; mov eax, LDTSEL; lldt ax; int 0x30`
    : `mov eax, ${selector}; lldt ax; int 0x30`
const pointers: Step = (dice, _ring, selector) =>
  `push ${selector}; push 0x12345678; ${dice.one(['les', 'lds', 'lfs', 'lgs'])} ebx, [esp]; int 0x30`

const far: Step[] = (['jmp', 'call'] as const).map(
  (kind) => (_dice, _ring, selector, label) =>
    isSystemSelector(selector) ? 'int 0x30' : `${kind} ${selector}:${label}; ${label}: int 0x30`,
)
const returns: Step[] = ['retf', 'iretd'].map(
  (kind) => (_dice, _ring, selector, label) =>
    `push DATA3; push STACK3; ${kind === 'iretd' ? 'push 2;' : ''} push ${selector}; push ${label}; ${kind}; ${label}: int 0x30`,
)

const segmentSteps: readonly Step[] = [...loads, ...pops, ...queries, tables, pointers, ...far, ...returns]

/** A random descriptor, in the GDT or in the LDT, and an instruction that meets it. */
function segmentStep(dice: Dice, label: string): string {
  const place = (dice.once(3) ? 0x40 : Selector.FREE2 + 8 * dice.below(4)) + (dice.once(3) ? 4 : 0)
  const made = place & 4 ? place : Selector.FREE2 + 8 * dice.below(4)
  const ring = dice.one(rings)
  const selector = randomSelector(dice, made)
  const table = made & 4 ? At.LDT : At.GDT
  const enter = toRing(ring).replaceAll(`in_ring${ring}`, `${label}_in`)
  const step = dice.one(segmentSteps)(dice, ring, selector, `${label}_there`)
  return `${put(table + (made & 0xfff8), randomDescriptor(dice, (made & 4) !== 0))}${resumeAt(label)}${enter}${step}\n${label}: nop\n`
}

/** A random gate in the IDT. */
function gateStep(dice: Dice, label: string): string {
  const ring = dice.one(rings)
  const type = dice.once(5) ? dice.one(types.filter((value) => value < 16 && value !== 5)) : dice.one([14, 15])
  const target = dice.one(telling)[1]
  const [low, high] = gate(target, 0, type, dice.below(4))
  const present = dice.once(6) ? 0x8000 : 0
  const enter = toRing(ring).replaceAll(`in_ring${ring}`, `${label}_in`)
  return `
    mov dword [${At.IDT + 0x200}], ${low}; mov dword [${At.IDT + 0x204}], ${(high & ~present) >>> 0}
    mov word [${At.IDT + 0x200}], ${label}_there; mov word [${At.IDT + 0x206}], high ${label}_there
    ${resumeAt(label)}${enter} int 0x40; ${label}_there: int 0x30
    ${label}: nop
`
}

/** Random bits in directory and table, and an access. */
function pageStep(dice: Dice, label: string, wide: boolean): string {
  const ring = dice.one(rings)
  const page = At.DATA + 0x1000 * dice.below(2)
  const bits = dice.one([1, 3, 5, 7, 7, 7, 0]) | (dice.below(4) << 3) | (dice.once(4) ? 0x60 : 0) | (dice.below(8) << 9)
  const directory = (dice.once(3) ? dice.one([1, 3, 5]) : 7) | (dice.below(4) << 3)
  const noExecute = wide && dice.once(3) ? 0x8000_0000 : 0
  const entry = wide ? paePte(page) : pte(page)
  const selector = ['CODE0', 'CODE1', 'CODE2', 'CODE3'][ring]
  const code = dice.one([
    `mov eax, [${page + 8}]`,
    `mov [${page + 8}], eax`,
    `jmp ${selector}:${page + 0x100}`,
    `mov ax, [${page + 0x0fff}]`,
  ])
  // Ring 3 code and stacks are below 4 MiB too: it is the directory of a second mapping, at 1 GiB less 4 or 2 MiB, that varies.
  const second = wide ? 0x3fe0_0000 : 0x3fc0_0000
  const useSecond = !code.startsWith('jmp') && dice.once(3)
  const reached = useSecond ? code.replaceAll(/\[(\d+)\]/g, (_, at: string) => `[${second + Number(at)}]`) : code
  const directoryEntry = wide ? At.PAEPD + 511 * 8 : At.PD + 255 * 4
  const table = wide ? At.PAEPT : At.PT
  const enter = toRing(ring).replaceAll(`in_ring${ring}`, `${label}_in`)
  return `
    mov dword [${entry}], ${page + bits}; ${wide ? `mov dword [${entry + 4}], ${noExecute}` : ''}
    mov dword [${directoryEntry}], ${table + directory}
    mov eax, cr3; mov cr3, eax; mov eax, ${dice.one([0x8000_0011, 0x8001_0011])}; mov cr0, eax
    ${resumeAt(label)}${enter} ${reached}; mov ecx, [${entry}]; int 0x30
    ${label}: nop
`
}

const prepare = `mov byte [${At.DATA + 0x100}], 0xcd; mov byte [${At.DATA + 0x101}], 0x30; mov byte [${At.DATA + 0x1100}], 0xcd; mov byte [${At.DATA + 0x1101}], 0x30\n`
const noExecute = 'mov ecx, 0xc0000080; rdmsr; or eax, 0x800; wrmsr; mov eax, 0x0a0a0a0a; mov ecx, 0x0c0c0c0c\n'

function cases(
  name: string,
  seed: number,
  count: number,
  first: string,
  step: (dice: Dice, label: string) => string,
): SystemCase[] {
  return Array.from({ length: count }, (_, number) => {
    const dice = new Dice(seed + number)
    const steps = Array.from({ length: stepsPerCase }, (_step, index) => step(dice, `step${index}`))
    return { name: `${name} ${number}`, code: first + steps.join('') }
  })
}

/** Random states from a beginning of their own, so many times what the golden files have. */
export function randomStatesFrom(seed: number, times: number): Feature {
  return {
    name: 'random-states',
    title: 'Random descriptors, selectors, gates and page tables',
    cases: [
      ...cases('descriptors', seed + 100_000, 60 * times, '', segmentStep),
      ...cases('gates', seed + 200_000, 25 * times, '', gateStep),
      ...cases('pages', seed + 300_000, 25 * times, prepare + paging(7), (dice, label) => pageStep(dice, label, false)),
      ...cases('wide pages', seed + 400_000, 25 * times, prepare + pae(7) + noExecute, (dice, label) =>
        pageStep(dice, label, true),
      ),
    ],
  }
}

export const randomStates: Feature = randomStatesFrom(0, 1)
