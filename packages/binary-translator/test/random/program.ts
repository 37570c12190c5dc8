// Random programs and the machines they run on: tables, handlers and processor states of every mode.
import { DecodeStatus, Instruction, decodeInto } from '@mica-vm/x86-decoder'
import type { SegmentState } from '../../src/system/types.ts'
import { Layout, Segment, SegmentField, segmentSlot } from '../../src/state/layout.ts'
import type { FlatMachine, StartState } from '../../src/testing/index.ts'
import { loadPointer, loadStack, pointer, randomInstruction, type Style } from './instructions.ts'
import { Map_, Selector } from './map.ts'
import type { Random } from './random.ts'

export const entryModes = ['kernel', 'user', 'code16', 'segmented', 'real', 'virtual-8086'] as const
export type EntryMode = (typeof entryModes)[number]

/** Everything that a run depends on. */
export interface Program {
  readonly mode: EntryMode
  readonly start: StartState
  readonly code: { readonly address: number; readonly bytes: readonly number[] }
  /** What handlers add to EIP after a fault. */
  readonly skip: number
  /** Vector state and XSAVE are enabled, and registers hold something. */
  readonly newer?: boolean
}

const flat = 0xffff_ffff
const segment = (selector: number, attributes: number, base: number, limit: number): SegmentState => ({
  selector,
  attributes,
  base,
  limit,
})

/** The descriptors, by selector. */
const descriptors: Readonly<Record<number, SegmentState>> = Object.fromEntries(
  [
    segment(Selector.kernelCode, 0xc09b, 0, flat),
    segment(Selector.kernelData, 0xc093, 0, flat),
    segment(Selector.userCode, 0xc0fb, 0, flat),
    segment(Selector.userData, 0xc0f3, 0, flat),
    segment(Selector.tss, 0x008b, Map_.tss, 0x168),
    segment(Selector.code16, 0x009b, Map_.code, 0xffff),
    segment(Selector.data16, 0x0093, Map_.data, 0xffff),
    segment(Selector.expandDown, 0x4097, Map_.data - 0x1000, 0x13ff),
    segment(Selector.readOnly, 0x4091, Map_.data, 0x7fff),
    segment(Selector.conforming, 0xc09f, 0, flat),
    segment(Selector.stack16, 0x0093, Map_.data, 0xffff),
    segment(Selector.userCode16, 0x00fb, Map_.code, 0xffff),
    segment(Selector.userData16, 0x00f3, Map_.data, 0xffff),
    segment(Selector.small, 0x40f3, Map_.data, 0x9ffe),
  ].map((entry) => [entry.selector & ~3, entry]),
)

function writeDescriptor(machine: FlatMachine, { selector, base, limit, attributes }: SegmentState): void {
  const raw = attributes & 0x8000 ? limit >>> 12 : limit
  const at = Map_.gdt + (selector & 0xfff8)
  machine.write32(at, (raw & 0xffff) | (base << 16))
  machine.write32(at + 4, ((base >>> 16) & 0xff) | (attributes << 8) | (raw & 0xf0000) | (base & 0xff00_0000))
}

const withErrorCode: readonly number[] = [8, 10, 11, 12, 13, 14, 17]

/** A handler that skips some bytes and goes on; interrupts count themselves. */
function protectedHandler(vector: number, skip: number): number[] {
  const drop = withErrorCode.includes(vector) ? [0x83, 0xc4, 0x04] : []
  if (vector >= 0x20 || vector === 1 || vector === 3 || vector === 4) return [0x36, 0xff, 0x05, 0, 0x50, 0, 0, 0xcf]
  return [...drop, 0x83, 0x04, 0x24, skip, 0xcf]
}

/** PUSH BP; MOV BP, SP; ADD WORD [BP+2], skip; POP BP; IRET. */
const realHandler = (vector: number, skip: number): number[] =>
  vector < 0x20 && vector !== 1 && vector !== 3 && vector !== 4
    ? [0x55, 0x89, 0xe5, 0x83, 0x46, 0x02, skip, 0x5d, 0xcf]
    : [0xcf]

/** Puts tables and handlers into RAM. */
function furnish(machine: FlatMachine, program: Program): void {
  for (const entry of Object.values(descriptors)) writeDescriptor(machine, entry)
  // A call gate without parameters, for anyone.
  machine.write32(Map_.gdt + 0x58, (Selector.kernelCode << 16) | (Map_.handlers + 0xff0))
  machine.write32(Map_.gdt + 0x5c, 0xec00)
  machine.ram.set([0xcb], Map_.handlers + 0xff0)
  machine.write32(Map_.tss + 4, Map_.kernelStack)
  machine.write32(Map_.tss + 8, Selector.kernelData)
  machine.write32(Map_.tss + 0x64, 0x0068_0000)
  const real = program.mode === 'real'
  for (let vector = 0; vector < 256; vector++) {
    const handler = Map_.handlers + vector * 12
    machine.ram.set(real ? realHandler(vector, program.skip) : protectedHandler(vector, program.skip), handler)
    machine.write32(Map_.idt + vector * 8, (Selector.kernelCode << 16) | (handler & 0xffff))
    machine.write32(Map_.idt + vector * 8 + 4, (handler & 0xffff_0000) | (vector & 1 ? 0xee00 : 0xef00))
    if (real) machine.write32(vector * 4, handler)
  }
}

/** CR4.OSFXSR, OSXMMEXCPT and OSXSAVE, XCR0, and numbers in the registers. */
function enableVectors({ state, vcpu }: FlatMachine): void {
  state.set(Layout.cr4, 0x4_0600)
  state.set(Layout.xcr0, 3)
  for (let i = 0; i < 8; i++) {
    for (let word = 0; word < 16; word += 4) {
      state.set(Layout.vector + 32 * i + word, Math.imul(i * 16 + word + 1, 0x9e37_79b1) >>> 0)
    }
  }
  vcpu.system.refresh()
}

/** Puts `program` into `machine` and the processor at its start. */
export function prepare(machine: FlatMachine, program: Program): void {
  machine.ram.fill(0)
  machine.mmu.reset()
  furnish(machine, program)
  for (let i = 0; i < 0x1_0000; i++) machine.ram[Map_.data + i] = Math.imul(i, 0x9e37_79b1) >>> 24
  machine.ram.fill(0x90, Map_.code, Map_.codeEnd)
  machine.ram.set(program.code.bytes, program.code.address)
  const { mmu, state } = machine
  mmu.map(Map_.codeAlias >>> 12, { frame: (Map_.code >>> 12) + 1 })
  mmu.map(Map_.device >>> 12, { frame: -1 })
  mmu.map(Map_.readOnly >>> 12, { writable: false })
  mmu.map(Map_.absent >>> 12, { frame: -2 })
  mmu.map(Map_.supervisor >>> 12, { user: false })
  machine.start(program.start)
  if (program.newer) enableVectors(machine)
  if (program.mode === 'real') return
  state.set(Layout.gdtrBase, Map_.gdt)
  state.set(Layout.gdtrLimit, 0x7f)
  state.set(Layout.idtrBase, Map_.idt)
  state.set(Layout.idtrLimit, 0x7ff)
  const tr = segmentSlot(Segment.TR)
  state.set(tr + SegmentField.selector, Selector.tss)
  state.set(tr + SegmentField.attributes, 0x8b)
  state.set(tr + SegmentField.base, Map_.tss)
  state.set(tr + SegmentField.limit, 0x168)
}

const loaded = (selector: number): SegmentState => ({ ...descriptors[selector & ~3]!, selector })

/** Flat segments (ES CS SS DS FS GS) of the kernel or of a user. */
export function flatSegments(user: boolean): SegmentState[] {
  const data = loaded(user ? Selector.userData : Selector.kernelData)
  return [data, loaded(user ? Selector.userCode : Selector.kernelCode), data, data, data, data]
}

/** Segment registers (ES CS SS DS FS GS) of a mode, and how its code is made. */
function setting(random: Random, mode: EntryMode): { segments: SegmentState[]; style: Omit<Style, 'rareness'> } {
  const of = loaded
  const all = (code: number, data: number, stack = data): SegmentState[] =>
    [data, code, stack, data, data, data].map(of)
  const paragraph = (selector: number, attributes: number): SegmentState =>
    segment(selector, attributes, selector * 16, 0xffff)
  const realSegments = (attributes: number): SegmentState[] =>
    [0x1000, 0x800, 0x1000, 0x1000, 0x1800, 0xffff].map((selector) => paragraph(selector, attributes))
  const flatStyle = { code32: true, dataBase: 0, codeBase: 0 }
  const offsetStyle = { code32: false, dataBase: Map_.data, codeBase: Map_.code }
  switch (mode) {
    case 'kernel':
      return { segments: all(Selector.kernelCode, Selector.kernelData), style: flatStyle }
    case 'user':
      return { segments: all(Selector.userCode, Selector.userData), style: flatStyle }
    case 'code16':
      return random.chance(0.5)
        ? {
            segments: all(Selector.code16, Selector.data16, random.pick([Selector.stack16, Selector.kernelData])),
            style: offsetStyle,
          }
        : { segments: all(Selector.userCode16, Selector.userData16), style: offsetStyle }
    case 'segmented': {
      const data = random.pick([Selector.data16, Selector.expandDown, Selector.readOnly, Selector.small])
      const segments = all(Selector.kernelCode, data, Selector.kernelData)
      segments[0] = of(random.pick([Selector.kernelData, Selector.data16, Selector.small]))
      return { segments, style: { code32: true, dataBase: Map_.data, codeBase: 0 } }
    }
    case 'real':
      return { segments: realSegments(0x93), style: offsetStyle }
    default:
      return { segments: realSegments(0xf3), style: offsetStyle }
  }
}

/** Cuts `bytes` to the instruction that they begin with; undefined: none. */
function cut(bytes: readonly number[], code32: boolean): number[] | undefined {
  const instruction = new Instruction()
  const status = decodeInto(Uint8Array.from(bytes), 0, bytes.length, code32 ? 32 : 16, instruction)
  return status === DecodeStatus.Ok ? bytes.slice(0, instruction.length) : undefined
}

function body(random: Random, style: Style): number[] {
  const bytes: number[] = []
  const wanted = random.between(4, 60)
  for (let n = 0; n < wanted; n++) {
    if (random.chance(0.12)) bytes.push(...loadPointer(random, style))
    else if (random.chance(0.04)) bytes.push(...loadStack(random, style))
    const { bytes: raw, setup } = randomInstruction(random, style)
    const instruction = cut(raw, style.code32)
    if (instruction) bytes.push(...setup, ...instruction)
    else if (random.chance(0.1)) bytes.push(...raw.slice(0, 2))
  }
  return bytes
}

const eflagsOf = (random: Random, mode: EntryMode): number => {
  const arithmetic = random.bits() & 0x8d5
  const direction = random.chance(0.2) ? 0x400 : 0
  const interrupts = random.chance(0.6) ? 0x200 : 0
  const trap = random.chance(0.03) ? 0x100 : 0
  const iopl = mode === 'user' && random.chance(0.6) ? 0 : 0x3000
  return 2 | arithmetic | direction | interrupts | trap | iopl | (mode === 'virtual-8086' ? 0x2_0000 : 0)
}

/** What kind of program is wanted. */
export interface ProgramOptions {
  /** Writes to its own code most of the time. */
  readonly selfModifying?: boolean
  /** Has vector instructions, and others that are newer than the Pentium. */
  readonly newer?: boolean
}

/** A random program: its mode, processor state and code. */
export function randomProgram(
  random: Random,
  modes: readonly EntryMode[] = entryModes,
  { selfModifying = false, newer = false }: ProgramOptions = {},
): Program {
  const mode = random.pick(modes)
  const { segments, style: place } = setting(random, mode)
  const style = { ...place, rareness: random.pick([0, 0.02, 0.1]), selfModifying, newer }
  const bytes = body(random, style)
  const crosses = random.chance(0.4)
  const address = crosses
    ? Map_.code + 0x1000 - random.below(Math.min(bytes.length, 0x800))
    : Map_.code + random.below(0x100)
  // Loops for ever, so that everything becomes hot.
  bytes.push(0xe9, ...jumpBack(bytes.length, style.code32))
  const register = (): number => (random.chance(0.6) ? pointer(random, style) >>> 0 : random.interesting())
  const registers = {
    eax: register(),
    ecx: random.below(64),
    edx: register(),
    ebx: register(),
    ebp: register(),
    esi: register(),
    edi: register(),
  }
  const esp = (Map_.data + 0x8000 - style.dataBase) >>> 0
  const stackFlat = segments[Segment.SS]!.base === 0
  return {
    mode,
    start: {
      eip: address - style.codeBase,
      eflags: eflagsOf(random, mode),
      cr0: mode === 'real' ? 0x10 : 0x11,
      registers: { ...registers, esp: stackFlat ? Map_.data + 0x8000 : esp },
      segments,
    },
    code: { address, bytes },
    skip: random.between(1, 3),
    newer,
  }
}

function jumpBack(length: number, code32: boolean): number[] {
  const size = code32 ? 4 : 2
  const distance = -(length + 1 + size)
  return Array.from({ length: size }, (_, i) => (distance >>> (8 * i)) & 0xff)
}
