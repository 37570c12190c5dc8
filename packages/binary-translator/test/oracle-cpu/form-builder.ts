// How forms are made: opcodes with ModRM, at several operand sizes, in 16- and 32-bit code.
import { type CaseMaker, codePage, entry, little } from './case.ts'
import type { Random } from '../random/random.ts'

/** A form of an instruction at one operand size. */
export interface Form {
  readonly name: string
  /** 16-bit code and stack segments. */
  readonly code16: boolean
  /** Fills `maker` and returns the bytes after its prefixes. */
  readonly make: (maker: CaseMaker) => readonly number[]
}

export type Make = (maker: CaseMaker, size: number) => readonly number[]
/** Every form that was added. */
export const all: Form[] = []

export const EAX = 0
export const ECX = 1
export const EDX = 2
export const EBX = 3
export const ESP = 4
export const EBP = 5
export const ESI = 6
export const EDI = 7

/** Adds a form at each of the operand sizes, in 32- and 16-bit code. */
export function add(
  name: string,
  sizes: readonly number[],
  make: Make,
  widths: readonly boolean[] = [false, true],
): void {
  for (const code16 of widths) {
    for (const size of sizes) {
      const full = `${name} ${size * 8}${code16 ? ' in 16-bit code' : ''}`
      all.push({ name: full, code16, make: (maker) => (maker.operandSize(size), make(maker, size)) })
    }
  }
}

export const word = [2, 4] as const
export const byte = [1] as const

/** LOCK on a memory destination, now and then. */
function lock(maker: CaseMaker): void {
  if (maker.isMemory && maker.random.chance(0.1)) maker.prefixes.push(0xf0)
}

interface ModrmOptions {
  readonly digit?: number
  readonly immediate?: (random: Random, size: number) => number[]
  readonly only?: 'memory' | 'register'
  readonly lockable?: boolean
  readonly before?: (maker: CaseMaker, size: number) => void
  /** Bytes of memory that the operand takes, by operand size. */
  readonly memorySize?: (size: number) => number
}

/** An opcode with ModRM. */
export function modrm(opcode: readonly number[], options: ModrmOptions = {}): Make {
  return (maker, size) => {
    options.before?.(maker, size)
    const reg = options.digit ?? maker.random.below(8)
    const memorySize = options.memorySize?.(size) ?? size
    const operand = maker.operand(reg, { size: memorySize, ...(options.only && { only: options.only }) })
    if (options.lockable) lock(maker)
    return [...opcode, ...operand, ...(options.immediate?.(maker.random, size) ?? [])]
  }
}

export const imm8 = (random: Random): number[] => [random.byte()]
export const immediate = (random: Random, size: number): number[] => little(random.interesting(), size)

/** A branch distance that neither loops nor leaves the page. */
export function distance(random: Random): number {
  return random.chance(0.5) ? random.between(20, 100) : random.between(-100, -20)
}

/** An EIP of the code page that is not the entry's neighbourhood. */
export const somewhere = (maker: CaseMaker): number => (maker.code16 ? 0 : codePage) + entry + distance(maker.random)
