// Hardware task switches on a host that has no frame for one of the many pages that they reach. Oracle: the same switch where there is one.
// SDM vol. 3, section 7.3, says what is changed when; that a switch can be broken off and made again it does not know.
import { describe, expect, it } from 'vitest'
import { VcpuExit, type EngineMode } from '../../src/index.ts'
import { Layout, Segment, SegmentField, segmentSlot } from '../../src/state/layout.ts'
import { differences, snapshot } from '../../src/testing/index.ts'
import type { FuzzMachine } from '../random/fuzz-machine.ts'
import { FuzzProgram } from '../random/fuzz-program.ts'
import { StarvedMachine } from '../random/starved.ts'

const page = 4096
/** Each in pages of its own; the task-state segments, and a stack, cross from one into the next. */
const at = {
  gdt: 0x1000,
  idt: 0x2000,
  oldTask: 0x3fc0,
  newTask: 0x5fb0,
  ldt: 0x7000,
  oldCode: 0x8000,
  newCode: 0x9000,
  handlers: 0xa000,
  oldStack: 0xc000,
  newStack: 0xe002,
  /** What CR3 names first, and what the old task's segment does. */
  firstRoot: 0x2_0000,
  oldRoot: 0x2_1000,
  oldDirectory: 0x2_2000,
  oldTables: 0x2_3000,
  newRoot: 0x2_4000,
  newDirectory: 0x2_5000,
  newTables: 0x2_6000,
}
const tablePages = [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26]
const selectors = { code: 0x08, data: 0x10, oldTask: 0x28, newTask: 0x30, ldt: 0x38, absent: 0x40, localData: 0x04 }
const vectors = { nmi: 2, np: 11, gp: 13, interrupt: 0x30 }

interface Case {
  readonly name: string
  readonly code: readonly number[]
  readonly newCode?: readonly number[]
  /** DS of the new task. */
  readonly data?: number
  readonly start?: (machine: FuzzMachine) => void
}

const hlt = 0xf4
const far = (opcode: number, selector: number): number[] => [opcode, 0, 0, 0, 0, selector, 0]
const incEax = 0x40
const iret = 0xcf
const cases: readonly Case[] = [
  { name: 'a call, and the way back', code: [...far(0x9a, selectors.newTask), 0x43, hlt], newCode: [incEax, iret] },
  { name: 'a jump', code: far(0xea, selectors.newTask) },
  // MOV DS, AX with a selector beyond the table; the new task pops the error code.
  { name: 'a fault through a task gate', code: [0x66, 0xb8, 0xf8, 0xff, 0x8e, 0xd8], newCode: [0x5b, hlt] },
  { name: 'a new task with a segment that is absent', code: far(0x9a, selectors.newTask), data: selectors.absent },
  {
    name: 'an interrupt, and the way back',
    code: [0x43, hlt, 0x43, hlt],
    newCode: [incEax, iret],
    start: (machine) => machine.interrupt(vectors.interrupt),
  },
  {
    name: 'an interrupt to a task with a segment that is absent',
    code: [0x43, hlt],
    data: selectors.absent,
    start: (machine) => machine.interrupt(vectors.interrupt),
  },
  {
    name: 'an NMI to a task with a segment that is absent',
    code: [0x43, hlt],
    data: selectors.absent,
    start: (machine) => machine.vcpu.raiseNmi(),
  },
]

/** A program with two tasks under paging. */
class TaskProgram extends FuzzProgram {
  constructor({ code, newCode = [incEax, hlt], data = selectors.localData }: Case, isPae: boolean) {
    super()
    this.#fillTables()
    this.#fillPaging(isPae)
    this.#bytes(at.oldCode, code)
    this.#bytes(at.newCode, newCode)
    const image = {
      0x1c: at.newRoot,
      0x20: at.newCode,
      0x24: 0x202,
      0x38: at.newStack,
      0x3c: 0x3333,
      0x60: selectors.ldt,
    }
    const segments = [selectors.data, selectors.code, selectors.data, data, 0, selectors.localData]
    for (const [offset, value] of Object.entries(image)) this.#word(at.newTask + Number(offset), value)
    segments.forEach((selector, i) => this.#word(at.newTask + 0x48 + 4 * i, selector))
    this.#word(at.oldTask + 0x1c, at.oldRoot)
    this.#setRegisters(isPae)
  }

  #setRegisters(isPae: boolean): void {
    const flat = [0, 0xffff_ffff] as const
    for (let number = Segment.ES as number; number <= Segment.GS; number++) {
      const isCode = number === Segment.CS
      this.#segment(number, isCode ? selectors.code : selectors.data, isCode ? 0xc09b : 0xc093, flat)
    }
    this.#segment(Segment.TR, selectors.oldTask, 0x8b, [at.oldTask, 0x67])
    for (const [cell, value] of [
      [Layout.gdtrBase, at.gdt],
      [Layout.gdtrLimit, 0x47],
      [Layout.idtrBase, at.idt],
      [Layout.idtrLimit, 0x1ff],
      [Layout.cr0, 0x8001_0011],
      [Layout.cr3, at.firstRoot],
      [Layout.cr4, isPae ? 0x20 : 0],
    ] as const)
      this.set(cell, value)
    this.registers.push(1, 2, 3, 4, at.oldStack, 6, 7, 8)
    this.eflags = 0x202
    this.eip = at.oldCode
  }

  #segment(number: number, selector: number, rights: number, [base, limit]: readonly [number, number]): void {
    const slot = segmentSlot(number)
    const fields = { selector, attributes: rights, base, limit }
    for (const [name, value] of Object.entries(fields)) this.set(slot + SegmentField[name as 'base'], value)
  }

  #fillTables(): void {
    // Accessed bits are clear.
    this.#descriptor(selectors.code, 0, 0xf_ffff, 0xc09a)
    this.#descriptor(selectors.data, 0, 0xf_ffff, 0xc092)
    this.#descriptor(selectors.oldTask, at.oldTask, 0x67, 0x8b)
    this.#descriptor(selectors.newTask, at.newTask, 0x67, 0x89)
    this.#descriptor(selectors.ldt, at.ldt, 7, 0x82)
    this.#descriptor(selectors.absent, 0, 0xf_ffff, 0xc012)
    this.#descriptor(selectors.localData, 0, 0xf_ffff, 0xc092, at.ldt)
    for (let vector = 0; vector < 64; vector++) {
      const isTask = [vectors.nmi, vectors.gp, vectors.interrupt].includes(vector)
      const [selector, offset] = isTask ? [selectors.newTask, 0] : [selectors.code, at.handlers + vector]
      this.#word(at.idt + 8 * vector, (selector << 16) | offset)
      this.#word(at.idt + 8 * vector + 4, isTask ? 0x8500 : 0x8e00)
    }
    this.pages[at.handlers / page]!.fill(hlt)
  }

  #descriptor(selector: number, base: number, limit: number, rights: number, table: number = at.gdt): void {
    const entry = table + (selector & 0xfff8)
    this.#word(entry, (limit & 0xffff) | (base << 16))
    this.#word(entry + 4, (base >>> 16) | (rights << 8) | (limit & 0xf_0000))
  }

  /** In each task's address space the other's code is not there. */
  #fillPaging(isPae: boolean): void {
    for (const [root, directory, tables, hidden] of [
      [at.firstRoot, at.oldDirectory, at.oldTables, at.newCode],
      [at.oldRoot, at.oldDirectory, at.oldTables, at.newCode],
      [at.newRoot, at.newDirectory, at.newTables, at.oldCode],
    ] as const) {
      this.#word(root, isPae ? directory | 1 : tables | 7)
      this.#word(directory, tables | 7)
      for (let i = 0; i < 64; i++) this.#word(tables + i * (isPae ? 8 : 4), i * page === hidden ? 0 : (i * page) | 7)
    }
  }

  #word(address: number, value: number): void {
    for (let i = 0; i < 4; i++) this.pages[Math.floor((address + i) / page)]![(address + i) % page] = value >>> (8 * i)
  }

  #bytes(address: number, bytes: readonly number[]): void {
    this.pages[address / page]!.set(bytes)
  }
}

interface End {
  readonly exit: VcpuExit
  readonly retired: number
  readonly state: Record<string, number>
  readonly pages: readonly Uint8Array[]
  readonly refusals: number
}

/** Runs a case; of the times that the host is asked for a page, it refuses those that `isRefused` names by number. */
function run(machine: StarvedMachine, example: Case, isPae: boolean, isRefused: (asked: number) => boolean): End {
  const { vcpu, scarce } = machine
  scarce.isRefused = () => false
  new TaskProgram(example, isPae).install(machine)
  // Page-directory pointers are the processor's once they are loaded.
  if (isPae) machine.pages[at.firstRoot / page]!.fill(0)
  machine.takeAway()
  scarce.refusals = 0
  let asked = 0
  scarce.isRefused = () => isRefused(asked++)
  const before = vcpu.retired
  example.start?.(machine)
  let exit: VcpuExit
  do {
    exit = vcpu.run(1000)
    if (exit === VcpuExit.OutOfMemory) machine.takeAway()
  } while (exit === VcpuExit.OutOfMemory && asked < 5000)
  scarce.isRefused = () => false
  const pages = machine.pages.map((bytes) => bytes.slice())
  // Accessed and dirty bits may be set for what is only looked at.
  for (const table of tablePages) for (let i = 0; i < page; i += 4) pages[table]![i]! |= 0x60
  return { exit, retired: vcpu.retired - before, state: snapshot(vcpu.state), pages, refusals: scarce.refusals }
}

function expectEqual(got: End, wanted: End, what: string): void {
  expect([got.exit, got.retired], what).toEqual([wanted.exit, wanted.retired])
  expect(differences(got.state, wanted.state), what).toEqual([])
  const changed = got.pages.flatMap((bytes, ppn) => (Buffer.compare(bytes, wanted.pages[ppn]!) === 0 ? [] : [ppn]))
  expect(changed, `${what}: pages`).toEqual([])
}

describe.each(['interpreter', 'translator'] as const satisfies readonly EngineMode[])('on the %s', (mode) => {
  const machine = new StarvedMachine(mode, 1)
  describe.each([
    ['two-level paging', false],
    ['PAE', true],
  ])('with %s', (_paging, isPae) => {
    it.each(cases)('$name: whatever page the host lacks, and however often', (example) => {
      const wanted = run(machine, example, isPae, () => false)
      expect(wanted.exit).toBe(VcpuExit.Halt)
      let number = 0
      for (; ; number++) {
        const got = run(machine, example, isPae, (asked) => asked === number)
        if (got.refusals === 0) break
        expectEqual(got, wanted, `page ${number} in turn`)
      }
      expect(number).toBeGreaterThan(12)
      // What has come is taken away again, so each attempt gets one page further.
      let most = 0
      let left = 0
      const creeping = run(machine, example, isPae, () => {
        if (left-- > 0) return false
        left = ++most
        return true
      })
      expect(creeping.refusals).toBeGreaterThan(8)
      expectEqual(creeping, wanted, 'one page further each time')
    })
  })
})
