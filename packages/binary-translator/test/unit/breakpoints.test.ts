// Breakpoints and single steps, on both bindings. Rules from SDM vol. 3, sections 6.8, 6.9 and 17.2 to 17.3.
import { describe, expect, it } from 'vitest'
import { Flag, Layout } from '../../src/state/layout.ts'
import { DebugStatus } from '../../src/system/breakpoints.ts'
import { FlatMachine, type StartState } from '../../src/testing/index.ts'

const [EAX, ECX, EDI] = [0, 1, 7]
const gdt = 0x800
const code = 0x1000
const idt = 0x2000
const handlers = 0x3000
const list = 0x8000
const stack = 0xa000
const data = 0xc000

const nop = 0x90
const hlt = 0xf4
const dr = (n: number): number => Layout.debug + n * 8
const little = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** One #DB as its handler saw it: EIP from the program's start, DR6 without its fixed bits, RF as it was saved. */
interface Report {
  readonly at: number
  readonly dr6: number
  readonly rf: boolean
}

interface Breakpoint {
  readonly address: number
  /** DR7's LEN << 2 | R/W. */
  readonly field?: number
  readonly enabled?: boolean
}

const Field = {
  execute: 0,
  write1: 1,
  port1: 2,
  access1: 3,
  write2: 5,
  access2: 7,
  write4: 13,
  port4: 14,
  access4: 15,
} as const

/** Sets DR0 to DR3 by number; `enabled` is the default. */
function arm(machine: FlatMachine, breakpoints: readonly Breakpoint[]): void {
  let control = 0x400
  breakpoints.forEach(({ address, field = Field.execute, enabled = true }, i) => {
    machine.state.set(dr(i), address)
    control |= (field << (16 + 4 * i)) | (enabled ? 1 << (2 * i) : 0)
  })
  machine.state.set(dr(7), control >>> 0)
  machine.vcpu.system.refresh()
}

const handlerOfDebug = [
  0x50, // PUSH EAX
  ...[0x8b, 0x44, 0x24, 0x04, 0xab], // MOV EAX, [ESP+4]; STOSD
  ...[0x0f, 0x21, 0xf0, 0xab], // MOV EAX, DR6; STOSD
  ...[0x8b, 0x44, 0x24, 0x0c, 0xab], // MOV EAX, [ESP+12]; STOSD
  ...[0x31, 0xc0, 0x0f, 0x23, 0xf0], // XOR EAX, EAX; MOV DR6, EAX
  ...[0x81, 0x4c, 0x24, 0x0c, ...little(Flag.RF)], // OR DWORD [ESP+12], RF
  0x58, // POP EAX
  0xcf,
]

function machineWith(
  mode: 'interpreter' | 'translator',
  program: readonly number[],
  start: StartState = {},
): FlatMachine {
  const machine = new FlatMachine({ mode, ramBytes: 0x4_0000 })
  machine.write32(gdt + 8, 0xffff)
  machine.write32(gdt + 12, 0x00cf_9b00)
  machine.write32(gdt + 16, 0xffff)
  machine.write32(gdt + 20, 0x00cf_9300)
  for (let vector = 0; vector < 64; vector++) {
    machine.write32(idt + vector * 8, (0x08 << 16) | (handlers + vector * 64))
    machine.write32(idt + vector * 8 + 4, 0x8e00)
    machine.ram[handlers + vector * 64] = 0xcf
  }
  machine.ram.set(handlerOfDebug, handlers + 64)
  machine.write(code, program)
  machine.start({ eip: code, ...start, registers: { esp: stack, edi: list, ...start.registers } })
  const { state } = machine
  state.set(Layout.gdtrBase, gdt)
  state.set(Layout.gdtrLimit, 0x17)
  state.set(Layout.idtrBase, idt)
  state.set(Layout.idtrLimit, 0x1ff)
  return machine
}

function reportsOf(machine: FlatMachine): Report[] {
  const count = (machine.state.gpr(EDI) - list) / 12
  return Array.from({ length: count }, (_, i) => ({
    at: machine.read32(list + 12 * i) - code,
    dr6: (machine.read32(list + 12 * i + 4) & 0xe00f) >>> 0,
    rf: (machine.read32(list + 12 * i + 8) & Flag.RF) !== 0,
  }))
}

/** What #DB reports while a program runs to its HLT. */
function run(
  mode: 'interpreter' | 'translator',
  program: readonly number[],
  breakpoints: readonly Breakpoint[],
  start: StartState = {},
  instructions = 200,
): Report[] {
  const machine = machineWith(mode, program, start)
  arm(machine, breakpoints)
  machine.run(instructions)
  return reportsOf(machine).filter(({ at }) => at < program.length)
}

const report = (at: number, dr6: number, rf = false): Report => ({ at, dr6, rf })

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  describe('instruction breakpoints', () => {
    it('are faults before the instruction, and RF lets it pass once', () => {
      // INC EAX; INC EAX; DEC ECX; JNZ to the first; HLT
      const program = [0x40, 0x40, 0x49, 0x75, 0xfb, hlt]
      const machine = machineWith(mode, program, { registers: { ecx: 3 } })
      arm(machine, [{ address: code + 1 }])
      machine.run(200)
      expect(reportsOf(machine)).toEqual([report(1, 1), report(1, 1), report(1, 1)])
      expect(machine.state.gpr(EAX)).toBe(6)
    })

    it('without RF come again at once, and never run for ever', () => {
      const machine = machineWith(mode, [nop, nop, hlt])
      machine.ram.set([0xcf], handlers + 64)
      arm(machine, [{ address: code + 1 }])
      machine.run(100)
      expect([code + 1, handlers + 64]).toContain(machine.state.eip)
      expect(machine.vcpu.statistics.exceptions[1]).toBeGreaterThan(40)
    })

    it('at the first instruction of their own handler use the budget up', () => {
      const machine = machineWith(mode, [nop, hlt])
      arm(machine, [{ address: code }, { address: handlers + 64 }])
      machine.run(50)
      expect(machine.vcpu.retired).toBe(50)
    })

    it('name the first byte of an instruction only, its prefixes included', () => {
      // 66 90: NOP with a prefix
      expect(run(mode, [0x66, nop, 0x66, nop, hlt], [{ address: code + 1 }, { address: code + 2 }])).toEqual([
        report(2, 2),
      ])
    })

    it('come after the single step before them', () => {
      const reports = run(mode, [nop, nop, nop, hlt], [{ address: code + 1 }], { eflags: 2 | Flag.TF })
      // The handler sets RF for all, so the breakpoint is passed by.
      expect(reports).toEqual([report(1, DebugStatus.Step), report(2, DebugStatus.Step), report(3, DebugStatus.Step)])
    })

    it('are found in code that was hot before, and code is hot again after', () => {
      const program = [0x40, 0x49, 0x75, 0xfc, hlt]
      const machine = machineWith(mode, program, { registers: { ecx: 50 } })
      machine.run(20)
      arm(machine, [{ address: code + 1 }])
      machine.run(20)
      expect(reportsOf(machine).length).toBeGreaterThan(0)
      arm(machine, [])
      const before = machine.vcpu.statistics.single
      machine.run(100)
      expect(machine.vcpu.statistics.single - before).toBeLessThan(20)
    })

    it('report others that are met, enabled or not', () => {
      const breakpoints = [
        { address: code + 1 },
        { address: code + 1, enabled: false },
        { address: code, enabled: false },
      ]
      expect(run(mode, [nop, nop, hlt], breakpoints)).toEqual([report(1, 3)])
    })

    it('in the page behind are found by an instruction that crosses', () => {
      const machine = machineWith(mode, [])
      machine.write(0x5ffe, [0xb8, 1, 0, 0, 0, 0x40, hlt])
      machine.state.eip = 0x5ffe
      arm(machine, [{ address: 0x6003 }])
      machine.run(100)
      expect(reportsOf(machine)).toEqual([report(0x6003 - code, 1)])
    })
  })

  describe('data breakpoints', () => {
    /** MOV [data + 1], AL; MOV EAX, [data]; MOV [data + 4], AL; HLT */
    const accesses = [0xa2, ...little(data + 1), 0xa1, ...little(data), 0xa2, ...little(data + 4), hlt]

    it.each([
      ['write, the byte', Field.write1, 1, [report(5, 1)]],
      ['write, the byte before', Field.write1, 0, []],
      ['access, one byte', Field.access1, 3, [report(10, 1)]],
      ['write, four bytes', Field.write4, 0, [report(5, 1)]],
      ['access, four bytes', Field.access4, 0, [report(5, 1), report(10, 1)]],
      ['access, two bytes, low address bit ignored', Field.access2, 3, [report(10, 1)]],
    ] as const)('are traps after the instruction: %s', (_, field, offset, expected) => {
      expect(run(mode, accesses, [{ address: data + offset, field }])).toEqual(expected)
    })

    it('merge with each other and with a single step', () => {
      const both = [
        { address: data + 1, field: Field.write1 },
        { address: data, field: Field.access4 },
      ]
      expect(run(mode, accesses, both, { eflags: 2 | Flag.TF }).slice(0, 2)).toEqual([
        report(5, 3 | DebugStatus.Step),
        report(10, 2 | DebugStatus.Step),
      ])
    })

    it('see operands that cross into their page, and not their neighbours', () => {
      // MOV [data - 2], EAX; MOV [data - 6], EAX
      const program = [0xa3, ...little(data - 2), 0xa3, ...little(data - 6), hlt]
      expect(run(mode, program, [{ address: data, field: Field.write1 }])).toEqual([report(5, 1)])
    })

    it('are not met by an instruction that faults', () => {
      // DIV BYTE [data] of zero; the handler of #DE skips it.
      const machine = machineWith(mode, [0xf6, 0x35, ...little(data), hlt])
      machine.ram.set([0x83, 0x04, 0x24, 0x06, 0xcf], handlers)
      arm(machine, [{ address: data, field: Field.access1 }])
      machine.run(100)
      expect([reportsOf(machine), machine.vcpu.statistics.exceptions[0]]).toEqual([[], 1])
    })

    it('see what system instructions push', () => {
      // PUSH CS; CALL FAR, which pushes 8 bytes more; HLT
      const program = [0x0e, 0x9a, ...little(code + 8), 0x08, 0, hlt]
      expect(run(mode, program, [{ address: stack - 12, field: Field.write4 }])).toEqual([report(8, 1)])
    })

    it('stop a repeated string instruction after the element, with RF saved but for the last', () => {
      // REP STOSB; HLT
      const start = { registers: { ecx: 5, edi: data } }
      const machine = machineWith(mode, [0xf3, 0xaa, hlt], start)
      // The handler lists by EDI: give it another list.
      machine.ram.set(
        [0x57, 0xbf, ...little(list), ...[0x8b, 0x44, 0x24, 0x0c, 0xab], 0x89, 0x0d, ...little(list + 0x40)],
        handlers + 64,
      )
      machine.ram.set([0x5f, 0xcf], handlers + 64 + 17)
      arm(machine, [{ address: data + 2, field: Field.write1 }])
      machine.run(9)
      expect([machine.read32(list) & Flag.RF, machine.read32(list + 0x40)]).toEqual([Flag.RF, 2])
      machine.run(100)
      expect([machine.state.gpr(ECX), machine.vcpu.statistics.exceptions[1]]).toEqual([0, 1])
    })

    it('on the operand of a load of SS wait for the instruction behind it', () => {
      // MOV SS, [data]; NOP; NOP; HLT
      const machine = machineWith(mode, [0x8e, 0x15, ...little(data), nop, nop, hlt])
      machine.write32(data, 0x10)
      arm(machine, [{ address: data, field: Field.access2 }])
      machine.run(100)
      expect(reportsOf(machine)).toEqual([report(7, 1)])
    })

    it('on the operand of a load of SS are taken in the handler of an INT behind it', () => {
      const machine = machineWith(mode, [0x8e, 0x15, ...little(data), 0xcd, 0x21, hlt])
      machine.write32(data, 0x10)
      arm(machine, [{ address: data, field: Field.access2 }])
      machine.run(100)
      expect(reportsOf(machine)).toEqual([report(handlers + 0x21 * 64 - code, 1)])
    })
  })

  describe('a load of SS', () => {
    it('lets the instruction behind it pass a breakpoint', () => {
      const program = [0x8e, 0xd0, nop, nop, hlt]
      const start = { registers: { eax: 0x10 } }
      expect(run(mode, program, [{ address: code + 2 }, { address: code + 3 }], start)).toEqual([report(3, 2)])
    })
  })

  describe('I/O breakpoints', () => {
    // IN AL, 40h; OUT 43h, EAX; HLT
    const program = [0xe4, 0x40, 0xe7, 0x43, hlt]

    it('need CR4.DE and overlap like data', () => {
      for (const extensions of [0, 8]) {
        const machine = machineWith(mode, program)
        machine.state.set(Layout.cr4, extensions)
        arm(machine, [
          { address: 0x44, field: Field.port1 },
          { address: 0x40, field: Field.port4 },
        ])
        machine.run(100)
        expect(reportsOf(machine)).toEqual(extensions ? [report(2, 2), report(4, 3)] : [])
      }
    })
  })

  describe('single steps', () => {
    it('trap after each element of a repeated string instruction', () => {
      // REP LODSB; NOP; HLT
      const start = { eflags: 2 | Flag.TF, registers: { ecx: 3, esi: data } }
      expect(run(mode, [0xf3, 0xac, nop, hlt], [], start)).toEqual([
        report(0, DebugStatus.Step, true),
        report(0, DebugStatus.Step, true),
        report(2, DebugStatus.Step),
        report(3, DebugStatus.Step),
      ])
    })

    it('trap after each element of INS and OUTS', () => {
      const start = { eflags: 2 | Flag.TF, registers: { ecx: 2, esi: data } }
      expect(run(mode, [0xf3, 0x6e, nop, hlt], [], start)).toEqual([
        report(0, DebugStatus.Step, true),
        report(2, DebugStatus.Step),
        report(3, DebugStatus.Step),
      ])
    })
  })

  describe('RF', () => {
    it('is saved set by a fault, holds for one instruction after IRET, and is seen by an interrupt before it', () => {
      // PUSH flags with RF; PUSH CS; PUSH target; IRET; target: NOP; NOP
      const target = code + 5 + 1 + 5 + 1
      const program = [0x68, ...little(2 | Flag.RF | Flag.IF), 0x0e, 0x68, ...little(target), 0xcf, nop, nop, hlt]
      for (const [instructions, expected] of [
        [4, Flag.RF],
        [5, 0],
      ] as const) {
        const machine = machineWith(mode, program)
        machine.run(instructions)
        machine.interrupt(0x20)
        machine.run(1)
        expect(machine.state.eip).toBe(handlers + 0x20 * 64)
        expect(machine.read32(machine.state.gpr(4) + 8) & Flag.RF).toBe(expected)
      }
    })

    it('is saved set by an interrupt in the middle of a repeated string instruction', () => {
      const machine = machineWith(mode, [0xf3, 0xac, hlt], {
        eflags: 2 | Flag.IF,
        registers: { ecx: 5000, esi: data },
      })
      machine.run(1)
      expect([machine.state.eip, machine.state.gpr(ECX)]).toEqual([code, 4096])
      machine.interrupt(0x20)
      machine.run(1)
      expect(machine.read32(machine.state.gpr(4) + 8) & Flag.RF).toBe(Flag.RF)
    })
  })

  it('DR7.GD guards the debug registers with a fault, and ends with it', () => {
    // MOV EAX, DR0; HLT
    const machine = machineWith(mode, [0x0f, 0x21, 0xc0, hlt])
    machine.state.set(dr(0), 0x1234)
    machine.state.set(dr(7), 0x2400)
    machine.run(100)
    expect(reportsOf(machine)).toEqual([report(0, DebugStatus.Guard, true)])
    expect([machine.state.gpr(EAX), machine.state.get(dr(7))]).toEqual([0x1234, 0x400])
  })
})
