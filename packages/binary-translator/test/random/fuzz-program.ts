// Programs without any sense: random bytes, tables, descriptors and registers in every mode of the processor.
import { Layout, Segment, SegmentField, segmentSlot } from '../../src/state/layout.ts'
import type { Vcpu } from '../../src/index.ts'
import { randomInstruction, type Style } from './instructions.ts'
import type { Random } from './random.ts'

/** Guest pages of RAM, from physical address 0 on, that a program is put into; some machines have ROM behind a hole. */
export const ramPages = 64
export const romStart = 0x6_0000

/** What a program is put into. */
export interface ProgramTarget {
  readonly vcpu: Vcpu
  /** Each page of RAM where it lies in the host's memory. */
  readonly pages: readonly Uint8Array[]
  /** Empty memory, no code cached, the processor at its reset. */
  reset(): void
}

/** A program as it was made: RAM, and what the processor starts with. */
export class FuzzProgram {
  readonly pages: readonly Uint8Array[] = Array.from({ length: ramPages }, () => new Uint8Array(pageBytes))
  /** Cells of the state block and their values, in pairs. */
  readonly cells: number[] = []
  readonly registers: number[] = []
  eflags = 0
  eip = 0

  set(cell: number, value: number): void {
    this.cells.push(cell, value >>> 0)
  }

  install(machine: ProgramTarget): void {
    machine.reset()
    this.pages.forEach((page, ppn) => machine.pages[ppn]!.set(page))
    const { state, system } = machine.vcpu
    for (let i = 0; i < this.cells.length; i += 2) state.set(this.cells[i]!, this.cells[i + 1]!)
    this.registers.forEach((value, number) => state.setGpr(number, value))
    state.eflags = this.eflags
    state.eip = this.eip
    system.refresh()
  }
}

/** Makes instructions of the surroundings: accesses to devices. */
export type Extra = (random: Random, code32: boolean) => number[]

const pageBytes = 4096
const codePage = 8
/** EFER.NXE. */
const noExecuteEnable = 0x800
const codePages = 4

export const fuzzModes = ['real', 'protected', 'paged', 'pae', 'virtual-8086', 'chaos'] as const
export type FuzzMode = (typeof fuzzModes)[number]

type Tables = Readonly<Record<'gdt' | 'ldt' | 'idt' | 'tss' | 'directory', number>>

function write32(program: FuzzProgram, address: number, value: number): void {
  const page = program.pages[address >>> 12]
  if (!page) return
  for (let i = 0; i < 4; i++) page[(address + i) & 0xfff] = value >>> (8 * i)
}

/** An address in RAM, mostly in the code. */
function place(random: Random): number {
  if (random.chance(0.5)) return (codePage + random.below(codePages)) * pageBytes + random.below(pageBytes)
  if (random.chance(0.05))
    return random.pick([romStart + random.below(0x2000), ramPages * pageBytes - random.below(20), 0xb_8000])
  return random.below(ramPages * pageBytes)
}

const descriptorTypes = [
  0x9a, 0x9b, 0x92, 0x93, 0xfa, 0xfb, 0xf2, 0xf3, 0x96, 0x90, 0x98, 0x9e, 0x89, 0x81, 0x82, 0x8c, 0xec, 0x85, 0xe5,
  0x8b, 0x00, 0x12,
]

function randomDescriptor(random: Random): [low: number, high: number] {
  if (random.chance(0.1)) return [random.bits(), random.bits()]
  const attributes =
    (random.chance(0.9) ? random.pick(descriptorTypes) : random.byte()) |
    (random.chance(0.6) ? 0xc000 : random.pick([0, 0x4000, 0x8000]))
  const base = random.chance(0.5) ? 0 : random.chance(0.8) ? place(random) : random.bits()
  const limit = random.chance(0.6) ? 0xf_ffff : random.bits() & 0xf_ffff
  return [
    (limit & 0xffff) | (base << 16),
    ((base >>> 16) & 0xff) | (attributes << 8) | (limit & 0xf_0000) | (base & 0xff00_0000),
  ]
}

const randomSelector = (random: Random): number => random.below(16) * 8 + (random.chance(0.5) ? 0 : random.below(8))

function randomGate(random: Random): [low: number, high: number] {
  if (random.chance(0.05)) return [random.bits(), random.bits()]
  const type = random.pick([0x8e, 0xee, 0x8f, 0xef, 0x86, 0x87, 0x85, 0xe6, 0x0e])
  const offset = random.chance(0.8) ? codePage * pageBytes + random.below(codePages * pageBytes) : random.bits()
  return [(randomSelector(random) << 16) | (offset & 0xffff), (offset & 0xffff_0000) | (type << 8)]
}

function fillTables(program: FuzzProgram, random: Random, { gdt, ldt, idt, tss }: Tables): void {
  const pair = (at: number, [low, high]: readonly [number, number]): void => {
    write32(program, at, low)
    write32(program, at + 4, high)
  }
  for (let i = 0; i < 16; i++) {
    pair(gdt + i * 8, randomDescriptor(random))
    pair(ldt + i * 8, randomDescriptor(random))
  }
  // Some that work, so that interrupts arrive at times.
  pair(gdt + 8, [0xffff, 0xcf_9a00])
  pair(gdt + 16, [0xffff, 0xcf_9200])
  for (let vector = 0; vector < 48; vector++) pair(idt + vector * 8, randomGate(random))
  if (random.chance(0.6)) {
    for (let vector = 0; vector < 48; vector++) {
      const offset = codePage * pageBytes + random.below(pageBytes)
      pair(idt + vector * 8, [(8 << 16) | offset, 0xee00])
    }
  }
  for (let i = 0; i < 26; i++)
    write32(program, tss + i * 4, random.chance(0.5) ? place(random) : randomSelector(random))
  if (random.chance(0.7)) {
    write32(program, tss + 4, 0x2_0000 + random.below(0x1000))
    write32(program, tss + 8, 16)
  }
}

/** Page tables: identity with damage, or anything, circles included. */
function fillPaging(program: FuzzProgram, random: Random, directory: number, pae: boolean): void {
  const entry = (): number => {
    const frame = random.chance(0.9) ? random.below(ramPages + 8) : random.bits() & 0xf_ffff
    const flags = (random.chance(0.9) ? 1 : 0) | (random.bits() & 0x1e6) | (random.chance(0.8) ? 6 : 0)
    return (frame << 12) | (flags & ~(random.chance(0.9) ? 0x80 : 0))
  }
  const step = pae ? 8 : 4
  const tables = [directory, directory + pageBytes, directory + 2 * pageBytes, directory + 3 * pageBytes]
  for (const table of tables)
    for (let at = 0; at < pageBytes; at += step)
      if (random.chance(0.1)) {
        write32(program, table + at, entry())
        // No-execute, or bits that are reserved.
        if (pae && random.chance(0.2))
          write32(program, table + at + 4, random.pick([0x8000_0000, 1, 0x10, random.bits()]))
      }
  if (random.chance(0.2)) return
  const identity = (table: number): void => {
    for (let page = 0; page < 128; page++)
      write32(program, table + page * step, (page << 12) | (random.chance(0.95) ? 7 : random.below(128)))
  }
  if (pae) {
    for (let i = 0; i < 4; i++) write32(program, directory + i * 8, ((directory + pageBytes) & ~0xfff) | 1)
    write32(program, directory + pageBytes, (directory + 2 * pageBytes) | 7)
    identity(directory + 2 * pageBytes)
    return
  }
  write32(program, directory, random.chance(0.2) ? 0x87 : (directory + pageBytes) | 7)
  // The directory maps itself, as some kernels do.
  if (random.chance(0.3)) write32(program, directory + 1023 * 4, directory | 7)
  identity(directory + pageBytes)
}

/** Bytes of a page that are made; the rest of it repeats them. */
const madeBytes = 512

function ordinary(random: Random, style: Style): number[] {
  const { bytes, setup } = randomInstruction(random, style)
  return [...setup, ...bytes.slice(0, random.between(2, 8))]
}

function fillCode(program: FuzzProgram, random: Random, style: Style, extra?: Extra): void {
  for (let page = codePage; page < codePage + codePages; page++) {
    const bytes = program.pages[page]!
    const kind = random.below(6)
    if (kind === 0) for (let i = 0; i < madeBytes; i++) bytes[i] = random.byte()
    else if (kind === 1) bytes.fill(random.byte(), 0, madeBytes)
    else {
      for (let i = 0; i < madeBytes;) {
        const chunk = extra && random.chance(0.4) ? extra(random, style.code32) : ordinary(random, style)
        bytes.set(chunk.slice(0, madeBytes - i), i)
        i += chunk.length
      }
    }
    for (let at = madeBytes; at < pageBytes; at += madeBytes) bytes.copyWithin(at, 0, madeBytes)
  }
}

function setSegment(
  program: FuzzProgram,
  number: number,
  selector: number,
  rights: number,
  start: number,
  limit: number,
): void {
  const slot = segmentSlot(number)
  program.set(slot + SegmentField.selector, selector)
  program.set(slot + SegmentField.attributes, rights)
  program.set(slot + SegmentField.base, start >>> 0)
  program.set(slot + SegmentField.limit, limit >>> 0)
}

/** Returns the code segment's base. */
function fillSegments(program: FuzzProgram, random: Random, mode: FuzzMode, user: boolean): number {
  let codeStart = 0
  for (let number = Segment.ES as number; number <= Segment.GS; number++) {
    const code = number === Segment.CS
    if (mode === 'real' || mode === 'virtual-8086') {
      const selector = code ? 0x800 : random.chance(0.8) ? random.below(0x4000) : random.bits() & 0xffff
      setSegment(
        program,
        number,
        selector,
        mode === 'real' ? 0x93 : 0xf3,
        selector << 4,
        random.chance(0.95) || mode !== 'real' ? 0xffff : 0xffff_ffff,
      )
      continue
    }
    const level = user ? 0x60 : 0
    const is32 = random.chance(0.85) ? 0x4000 : 0
    const type = code
      ? random.pick([0x9b, 0x9b, 0x99, 0x9f])
      : random.chance(0.9)
        ? 0x93
        : random.pick([0x91, 0x97, 0x95])
    const rights = type | level | is32 | 0x8000
    const isFlat = random.chance(0.8)
    const start = isFlat ? 0 : code ? random.below(codePage * pageBytes) : place(random)
    const limit = isFlat ? 0xffff_ffff : random.chance(0.5) ? random.below(0x2_0000) : random.bits()
    if (!code && number !== Segment.SS && random.chance(0.05)) setSegment(program, number, 0, 0, 0, 0)
    else setSegment(program, number, (code ? 8 : 16) | (user ? 3 : 0), rights, start, limit)
    if (code) codeStart = start
  }
  return codeStart
}

/** The program that `random` makes; the same numbers give the same program. */
export function fuzzProgram(random: Random, extra?: Extra): FuzzProgram {
  const program = new FuzzProgram()
  const mode = random.pick(fuzzModes)
  const tables = { gdt: 0x1000, ldt: 0x1100, idt: mode === 'real' ? 0 : 0x2000, tss: 0x3000, directory: 0x2_8000 }
  const user = mode === 'virtual-8086' || (mode !== 'real' && random.chance(0.4))
  const paged =
    mode === 'paged' ||
    mode === 'pae' ||
    (mode === 'virtual-8086' && random.chance(0.3)) ||
    (mode === 'chaos' && random.chance(0.7))
  const pae = mode === 'pae' || (mode === 'chaos' && random.chance(0.3))
  const isFlat = mode !== 'real' && mode !== 'virtual-8086'
  const codeBase = isFlat ? 0 : 0x8000
  const style = { code32: isFlat, dataBase: 0, codeBase, rareness: random.pick([0, 0.2, 0.6]) }
  fillCode(program, random, style, extra)
  if (mode !== 'real' || random.chance(0.5)) fillTables(program, random, tables)
  if (mode === 'real')
    for (let vector = 0; vector < 256; vector++)
      write32(program, vector * 4, random.chance(0.9) ? 0x800_0000 | random.below(0x2000) : random.bits())
  if (paged) fillPaging(program, random, tables.directory, pae)
  const codeStart = fillSegments(program, random, mode, user)
  setSegment(
    program,
    Segment.TR,
    0x28,
    random.chance(0.9) ? 0x8b : 0x83,
    tables.tss,
    random.chance(0.8) ? 0x2067 : random.below(0x70),
  )
  setSegment(program, Segment.LDTR, 0x30, 0x82, tables.ldt, 0x7f)
  for (const [cell, value] of [
    [Layout.gdtrBase, tables.gdt],
    [Layout.gdtrLimit, random.chance(0.9) ? 0x7f : random.byte()],
    [Layout.idtrBase, tables.idt],
    [Layout.idtrLimit, random.chance(0.9) ? 0x7ff : random.byte()],
  ] as const)
    program.set(cell, value)
  const pg = paged ? 0x8000_0000 : 0
  program.set(
    Layout.cr0,
    (0x10 |
      (mode === 'real' ? 0 : 1) |
      pg |
      (random.chance(0.3) ? 0x1_0000 : 0) |
      (random.bits() & (random.chance(0.2) ? 0x2e : 0x20))) >>>
      0,
  )
  program.set(Layout.cr3, (random.chance(0.95) ? tables.directory : place(random) & ~0xfff) >>> 0)
  program.set(Layout.cr4, (pae ? 0x20 : 0) | (random.bits() & 0x4_069f))
  program.set(Layout.efer, random.chance(0.5) ? noExecuteEnable : 0)
  program.set(Layout.cpl, user ? 3 : 0)
  for (let number = 0; number < 8; number++)
    program.registers[number] = random.chance(0.6) ? place(random) : random.interesting()
  program.registers[4] = random.chance(0.8)
    ? 0x2_0000 + random.below(0x4000)
    : random.pick([0, 1, 2, 6, 0xffff_fffe, random.bits()])
  const arithmetic = random.bits() & 0xcd5
  const nested = random.chance(0.05) ? 0x4000 : 0
  const trap = random.chance(0.05) ? 0x100 : 0
  program.eflags =
    2 |
    arithmetic |
    nested |
    trap |
    (random.chance(0.6) ? 0x200 : 0) |
    (random.below(4) << 12) |
    (mode === 'virtual-8086' ? 0x2_0000 : 0)
  const start = codePage * pageBytes + (random.chance(0.8) ? random.below(0x100) : random.below(codePages * pageBytes))
  program.eip = random.chance(0.03) ? random.bits() : isFlat ? start - codeStart : start - 0x8000
  return program
}
