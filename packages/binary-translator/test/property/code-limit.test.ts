// Code that runs, without a jump, beyond the limit of its segment: #GP at the first instruction that does not lie inside as a whole, wherever
// units begin and end, and whether they were linked while the limit was higher. SDM vol. 3, section 5.3. Oracle: the instructions' lengths.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { Layout, Segment, SegmentField, segmentSlot } from '../../src/state/layout.ts'
import { FlatMachine } from '../../src/testing/index.ts'

const undefinedOpcode = 6
const protectionFault = 13
const [ESP, hlt] = [4, 0xf4]
const stack = { selector: 0x3000, base: 0x3_0000, limit: 0xffff, attributes: 0x93 }
const handler = 0x2_0000
const codeBase = 0x1_0000
const real16 = 0x93
const real32 = 0x4093

/** Instructions of 1, 2 and 4 bytes in code of either size; jumps to the next instruction, taken and not, end units. */
const incEax = [0x40]
const shortJump = [0xeb, 0x00]
const taken = [0x71, 0x00]
const notTaken = [0x70, 0x00]
const bitTest = [0x0f, 0xba, 0xe0, 0x01]
const jumps = new Set([shortJump, taken])
const instruction = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(incEax, bitTest) },
  { weight: 2, arbitrary: fc.constantFrom(notTaken, taken, shortJump) },
)

const codeSegment = segmentSlot(Segment.CS)

/** A machine in real mode with `program` at CS:`start`, whose #GP handler halts. */
function machineWith(
  mode: 'interpreter' | 'translator',
  attributes: number,
  start: number,
  program: readonly number[],
): FlatMachine {
  const machine = new FlatMachine({ mode, ramBytes: 0x4_0000 })
  machine.write32(4 * protectionFault, (handler >>> 4) << 16)
  machine.ram[handler] = hlt
  machine.write(codeBase + start, program)
  const segments = {
    ...Object.fromEntries([Segment.ES, Segment.SS, Segment.DS, Segment.FS, Segment.GS].map((n) => [n, stack])),
    [Segment.CS]: { selector: codeBase >>> 4, base: codeBase, limit: 0xffff_ffff, attributes },
  }
  machine.start({ cr0: 0x10, eip: start, registers: { esp: 0x8000 }, segments })
  return machine
}

/** Goes back to `start` in the code segment, with another limit; what is cached stays. */
function restart(machine: FlatMachine, start: number, limit: number): void {
  const { state, vcpu } = machine
  state.set(codeSegment + SegmentField.selector, codeBase >>> 4)
  state.set(codeSegment + SegmentField.base, codeBase)
  state.set(codeSegment + SegmentField.limit, limit)
  state.set(Layout.nextUnit, 0)
  state.setGpr(ESP, 0x8000)
  state.eip = start
  vcpu.system.refresh()
}

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  it('raises #GP where real mode code reaches the end of its 64 KiB', () => {
    const machine = machineWith(mode, real16, 0xfffe, [0x40, 0x40, 0x40, 0x40])
    for (let round = 0; round < 3; round++) {
      restart(machine, 0xfffe, 0xffff)
      expect(machine.run(3)).toBe(VcpuExit.Budget)
      expect(machine.vcpu.statistics.exceptions[protectionFault]).toBe(round + 1)
      expect(machine.state.gpr(0)).toBe(2 * (round + 1))
    }
  })

  it('knows an instruction as undefined though the limit cuts off what could follow in the next page', () => {
    // 0F 04 is none, whatever follows.
    const machine = machineWith(mode, real16, 0xfff, [0x0f, 0x04])
    machine.write32(4 * undefinedOpcode, (handler >>> 4) << 16)
    restart(machine, 0xfff, 0x1000)
    expect(machine.run(1)).toBe(VcpuExit.Budget)
    expect(machine.vcpu.statistics.exceptions[undefinedOpcode]).toBe(1)
  })

  it('raises #GP exactly where the limit is, with units linked and not', () => {
    const program = fc.array(instruction, { minLength: 2, maxLength: 60 })
    fc.assert(
      fc.property(
        program,
        fc.constantFrom(real16, real32),
        fc.nat(0x300),
        fc.nat(200),
        fc.integer({ min: 0, max: 3 }),
        (instructions, attributes, where, room, warmUps) => {
          const start = 0xe00 + where
          const machine = machineWith(mode, attributes, start, instructions.flat())
          for (let i = 0; i < warmUps; i++) {
            restart(machine, start, 0xffff_ffff)
            machine.run(instructions.length)
          }
          const limit = start + (room % instructions.flat().length)
          // A jump faults itself where its target lies outside.
          const reaches = instructions.map(
            (one, i) => start + instructions.slice(0, i + 1).flat().length - (jumps.has(one) ? 0 : 1),
          )
          const inside = reaches.filter((last) => last <= limit).length
          restart(machine, start, limit)
          machine.state.setGpr(0, 0)
          const before = machine.vcpu.statistics.exceptions[protectionFault]!
          expect(machine.run(inside + 1)).toBe(VcpuExit.Budget)
          expect(machine.vcpu.statistics.exceptions[protectionFault]! - before).toBe(1)
          const increments = instructions.slice(0, inside).filter((one) => one === incEax).length
          expect(machine.state.gpr(0)).toBe(increments)
          const fault = start + instructions.slice(0, inside).flat().length
          expect(machine.read32(stack.base + machine.state.gpr(ESP)) & 0xffff).toBe(fault)
        },
      ),
      { numRuns: 150, seed: 1 },
    )
  })
})
