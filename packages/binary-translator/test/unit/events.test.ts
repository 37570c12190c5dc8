// Events between instructions: single steps, interrupt shadows, loops of faults, and a host without memory. Rules from SDM vol. 3.
import { describe, expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { Flag, Layout } from '../../src/state/layout.ts'
import { FlatMachine, type StartState } from '../../src/testing/index.ts'

const [EAX, ECX, ESP] = [0, 1, 4]
const idt = 0x2000
const handlers = 0x3000
const code = 0x1000
const stack = 0x9000
const codeSelector = 0x08
const gdt = 0x800

/** A machine with flat segments, and an IDT whose vector n leads to handlers + 16 n, through interrupt or trap gates. */
function machineWith(
  mode: 'interpreter' | 'translator',
  program: readonly number[],
  start: StartState = {},
  gate = 0x8e,
): FlatMachine {
  const machine = new FlatMachine({ mode, ramBytes: 0x4_0000 })
  machine.write32(gdt + 8, 0xffff)
  machine.write32(gdt + 12, 0x00cf_9b00)
  machine.write32(gdt + 16, 0xffff)
  machine.write32(gdt + 20, 0x00cf_9300)
  for (let vector = 0; vector < 64; vector++) {
    machine.write32(idt + vector * 8, (codeSelector << 16) | (handlers + vector * 16))
    machine.write32(idt + vector * 8 + 4, gate << 8)
    machine.ram[handlers + vector * 16] = 0xcf
  }
  machine.write(code, program)
  machine.start({ eip: code, ...start, registers: { esp: stack, ...start.registers } })
  const { state } = machine
  state.set(Layout.gdtrBase, gdt)
  state.set(Layout.gdtrLimit, 0x17)
  state.set(Layout.idtrBase, idt)
  state.set(Layout.idtrLimit, 0x1ff)
  return machine
}

const nop = 0x90
const hlt = 0xf4
const sti = 0xfb
/** MOV SS, AX with AX = 10h. */
const movSs = [0x8e, 0xd0]
const withTrap = { eflags: 2 | Flag.TF }

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  describe('single steps', () => {
    /** EIPs that #DB reported, in order; its handler puts them into a list and goes on. */
    function trapsOf(program: readonly number[], start: StartState, instructions: number): number[] {
      const machine = machineWith(mode, program, start)
      // PUSH EAX; MOV EAX, [ESP+4]; STOSD; POP EAX; IRET: its gate clears TF, IRET sets it again.
      machine.ram.set([0x50, 0x8b, 0x44, 0x24, 0x04, 0xab, 0x58, 0xcf], handlers + 16)
      machine.state.setGpr(7, 0x8000)
      machine.run(instructions)
      const all = Array.from(
        { length: (machine.state.gpr(7) - 0x8000) / 4 },
        (_, i) => machine.read32(0x8000 + 4 * i) - code,
      )
      return all.slice(0, all.indexOf(program.length) + 1)
    }

    // HLT, too: a debug exception ends it. SDM vol. 2, HLT.
    it('trap after each instruction', () => {
      expect(trapsOf([nop, nop, 0x40, hlt], withTrap, 100)).toEqual([1, 2, 3, 4])
    })

    it('skip the instruction after a load of SS', () => {
      expect(trapsOf([nop, ...movSs, nop, nop, hlt], { ...withTrap, registers: { eax: 0x10 } }, 100)).toEqual([
        1, 4, 5, 6,
      ])
    })

    it('trap after STI, once', () => {
      expect(trapsOf([sti, nop, hlt], withTrap, 100)).toEqual([1, 2, 3])
    })

    it('begin one instruction after the POPF that sets TF', () => {
      // PUSH 102h; POPF; NOP; NOP; HLT
      expect(trapsOf([0x68, 0x02, 0x01, 0, 0, 0x9d, nop, nop, hlt], {}, 100)).toEqual([7, 8, 9])
    })

    it('do not trap after INT n, whose gate clears TF', () => {
      expect(trapsOf([0xcd, 0x20, nop, hlt], withTrap, 100)).toEqual([3, 4])
    })

    it('do not trap after an instruction that faults', () => {
      // UD2, whose handler skips it: ADD DWORD [ESP], 2; IRET. IRET itself ran without TF.
      const machine = machineWith(mode, [0x0f, 0x0b, nop, hlt], withTrap)
      machine.ram.set([0x83, 0x04, 0x24, 0x02, 0xcf], handlers + 6 * 16)
      machine.run(5)
      expect(machine.vcpu.statistics.exceptions[1]).toBe(1)
      expect(machine.vcpu.statistics.exceptions[6]).toBe(1)
    })
  })

  describe('the interrupt shadow', () => {
    it.each([
      ['STI', [sti, nop, nop, nop], {}],
      ['a load of SS', [...movSs, nop, nop, nop], { eflags: 2 | Flag.IF, registers: { eax: 0x10 } }],
    ] as const)('of %s covers one instruction, wherever a run ends', (_, program, start) => {
      const length = program.length - 3
      for (const budgets of [[1, 1, 1], [2, 1], [1, 2], [3]]) {
        const machine = machineWith(mode, program, start)
        machine.ram.set([nop, nop, nop, 0xcf], handlers + 0x20 * 16)
        if (program[0] === sti) machine.interrupt(0x20)
        budgets.forEach((budget, i) => {
          machine.run(budget)
          if (i === 0 && program[0] !== sti) return
        })
        if (program[0] === sti) {
          // STI, NOP, delivery.
          expect([budgets, machine.read32(machine.state.gpr(ESP))]).toEqual([budgets, code + length + 1])
          expect(machine.state.eip).toBe(handlers + 0x20 * 16)
        }
      }
    })

    it('of a load of SS holds an interrupt off that comes in its middle', () => {
      const machine = machineWith(mode, [...movSs, nop, nop], { eflags: 2 | Flag.IF, registers: { eax: 0x10 } })
      machine.run(1)
      machine.interrupt(0x20)
      machine.run(1)
      expect(machine.state.eip).toBe(code + 3)
      machine.run(1)
      expect(machine.state.eip).toBe(handlers + 0x20 * 16)
    })

    it('of a long row of STI covers one of them, and a unit has no more instructions than others', () => {
      const machine = machineWith(mode, [])
      machine.write(0x1_0000, new Uint8Array(0x2000).fill(sti))
      machine.state.eip = 0x1_0000
      expect(machine.run(5000)).toBe(VcpuExit.Budget)
      expect(machine.state.eip).toBe(0x1_0000 + 5000)
      machine.start({ eip: 0x1_0000, registers: { esp: stack } })
      machine.state.set(Layout.gdtrBase, gdt)
      machine.state.set(Layout.gdtrLimit, 0x17)
      machine.state.set(Layout.idtrBase, idt)
      machine.state.set(Layout.idtrLimit, 0x1ff)
      machine.interrupt(0x20)
      machine.run(3)
      expect([machine.state.eip, machine.read32(stack - 12)]).toEqual([handlers + 0x20 * 16, 0x1_0002])
    })

    it('of a long row of loads of SS takes no room on the stack of the host', () => {
      const machine = machineWith(mode, [], { eflags: 2 | Flag.IF, registers: { eax: 0x10 } })
      const row = new Uint8Array(0x2_0000)
      for (let i = 0; i < row.length; i += 2) row.set(movSs, i)
      machine.write(0x1_0000, row)
      machine.state.eip = 0x1_0000
      expect(machine.run(0xf000)).toBe(VcpuExit.Budget)
      expect(machine.state.eip).toBe(0x1_0000 + 2 * 0xf000)
    })
  })

  describe('loops without instructions', () => {
    it('of a handler that faults at once end with the budget', () => {
      // Real mode: the stack wraps for ever, and #UD leads to UD2.
      const machine = new FlatMachine({ mode, ramBytes: 0x2_0000 })
      const segment = { selector: 0, base: 0, limit: 0xffff, attributes: 0x93 }
      machine.ram.set([0x0f, 0x0b], 0x8000)
      machine.write32(6 * 4, 0x8000)
      const ss = { ...segment, selector: 0x1000, base: 0x1_0000 }
      machine.start({
        eip: 0x8000,
        cr0: 0x10,
        segments: { 0: segment, 1: segment, 2: ss, 3: segment, 4: segment, 5: segment },
      })
      expect(machine.run(5000)).toBe(VcpuExit.Budget)
      expect(machine.vcpu.statistics.exceptions[6]).toBe(5000)
    })

    it('of an interrupt line that never falls end with the budget', () => {
      // A trap gate leaves IF set.
      const machine = machineWith(mode, [nop, hlt], { eflags: 2 | Flag.IF }, 0x8f)
      machine.interrupts.onAcknowledge = () => machine.interrupts.queue.push(0x20)
      machine.interrupt(0x20)
      expect(machine.run(1000)).toBe(VcpuExit.Budget)
      expect(machine.vcpu.statistics.interrupts).toBe(1000)
    })
  })

  it('takes an interrupt before the instruction behind a POPF that sets IF and TF', () => {
    // POPF; INC EAX; HLT. The handler copies EAX to EBX and halts.
    const machine = machineWith(mode, [0x9d, 0x40, hlt], { registers: { ebx: 9 } })
    machine.write32(stack, Flag.IF | Flag.TF | 2)
    machine.ram.set([0x89, 0xc3, hlt], handlers + 0x20 * 16)
    machine.interrupt(0x20)
    expect(machine.run(10)).toBe(VcpuExit.Halt)
    expect(machine.state.gpr(3)).toBe(0)
  })

  describe('a host without memory', () => {
    const cases: readonly (readonly [what: string, program: readonly number[], done: number])[] = [
      ['a store', [0x40, 0xa3, 0, 0x70, 0, 0, 0x40, hlt], 2],
      ['an update', [0x40, 0x01, 0x05, 0, 0x70, 0, 0, 0x40, hlt], 2],
      ['a push', [0x40, 0x50, 0x40, hlt], 2],
      ['a call', [0x40, 0xe8, 0, 0, 0, 0, 0x40, hlt], 2],
      ['an exception', [0x40, 0x0f, 0x0b, 0x40, hlt], 1],
    ]
    it.each(cases)('breaks %s off without effect, and goes on later', (_, program) => {
      const results = [false, true].map((isShort) => {
        const machine = machineWith(mode, program)
        machine.ram.set([0x83, 0x04, 0x24, 0x02, 0xcf], handlers + 6 * 16)
        machine.mmu.outOfMemory = isShort
        if (isShort) {
          expect(machine.run(100)).toBe(VcpuExit.OutOfMemory)
          expect(machine.state.eip).toBe(code + 1)
          expect(machine.state.gpr(EAX)).toBe(1)
          expect(machine.state.gpr(ESP)).toBe(stack)
          machine.mmu.outOfMemory = false
        }
        expect(machine.run(100)).toBe(VcpuExit.Halt)
        return {
          eax: machine.state.gpr(EAX),
          esp: machine.state.gpr(ESP),
          memory: machine.read32(0x7000),
          top: machine.read32(stack - 4),
        }
      })
      expect(results[1]).toEqual(results[0])
    })

    it.each([
      ['an update', [0xff, 0x05, 0, 0x70, 0, 0]],
      ['a callout', [0x0f, 0x01, 0x05, 0, 0x70, 0, 0]],
    ])('takes no interrupt between STI and %s that is made again', (_, covered) => {
      const seen = [false, true].map((isShort) => {
        // The handler copies what the instruction behind STI has written to EBX and halts.
        const machine = machineWith(mode, [nop, sti, ...covered, nop, hlt])
        machine.ram.set([0x8b, 0x1d, 0, 0x70, 0, 0, hlt], handlers + 0x20 * 16)
        machine.interrupt(0x20)
        machine.mmu.outOfMemory = isShort
        if (isShort) expect(machine.run(100)).toBe(VcpuExit.OutOfMemory)
        machine.mmu.outOfMemory = false
        expect(machine.run(100)).toBe(VcpuExit.Halt)
        return { ebx: machine.state.gpr(3), top: machine.read32(machine.state.gpr(ESP)) }
      })
      expect(seen[1]).toEqual(seen[0])
      expect(seen[1]!.ebx).not.toBe(0)
    })
  })

  describe('counting', () => {
    it('is exact for branches, calls, string instructions and faults, whatever the budgets', () => {
      // LOOP: MOV ECX, 5; PUSH ECX; POP ECX; CALL f; REP LODSB with ECX of 3; DEC EDX; JNZ; f: RET
      const program = [
        0xba,
        7,
        0,
        0,
        0,
        0xb9,
        3,
        0,
        0,
        0,
        0xf3,
        0xac,
        0xe8,
        5,
        0,
        0,
        0,
        0x4a,
        0x75,
        0xf1,
        hlt,
        nop,
        0xc3,
      ]
      // MOV EDX; then seven times MOV ECX, REP LODSB, CALL, RET, DEC, JNZ; then HLT.
      const total = 1 + 7 * 6 + 1
      for (const budget of [1, 2, 3, 5, 8, 13, 1000]) {
        const machine = machineWith(mode, program)
        let exit: number = VcpuExit.Budget
        let runs = 0
        while (exit === VcpuExit.Budget) {
          exit = machine.run(budget)
          runs++
          if (exit === VcpuExit.Budget) expect(machine.vcpu.retired).toBe(runs * budget)
        }
        expect([budget, exit, machine.vcpu.retired, machine.state.gpr(ECX)]).toEqual([budget, VcpuExit.Halt, total, 0])
      }
    })

    it('refuses budgets that are none', () => {
      const machine = new FlatMachine({ mode })
      for (const budget of [0, -1, Number.NaN, 2 ** 31]) expect(() => machine.run(budget)).toThrow(RangeError)
    })
  })
})
