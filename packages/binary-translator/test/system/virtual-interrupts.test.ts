// VME and PVI by the decision tables of SDM vol. 2 (CLI, STI, PUSHF, POPF, IRET, INT n) and vol. 3, sections 20.3 and 20.4.
import { describe, expect, it } from 'vitest'
import { Flag, Layout, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { Vector } from '../../src/system/guest-fault.ts'
import { CalloutResult } from '../../src/system/system-unit.ts'
import { type Machine, Selector, handlerBase, protectedMachine, tssBase } from './machine.ts'

const [vme, pvi] = [1, 2]
const stackAt = 0xa100
const programs = ['real', 'user', 'virtual'] as const
type Program = (typeof programs)[number]

interface Situation {
  readonly program: Program
  readonly iopl: number
  readonly cr4: number
  readonly flags: number
}

/** Every combination that the tables tell apart. */
function* situations(): Generator<Situation> {
  for (const program of programs)
    for (let iopl = 0; iopl < 4; iopl++)
      for (let cr4 = 0; cr4 < 4; cr4++)
        for (let bits = 0; bits < 8; bits++) {
          const flags = (bits & 1 ? Flag.IF : 0) | (bits & 2 ? Flag.VIF : 0) | (bits & 4 ? Flag.VIP : 0)
          yield { program, iopl, cr4, flags }
        }
}

function enter({ program, iopl, cr4, flags }: Situation): Machine {
  const machine = protectedMachine()
  machine.state.set(Layout.cr4, cr4)
  if (program === 'virtual') machine.toVirtual8086(iopl, 2 | flags)
  else if (program === 'user') machine.toUser(2 | (iopl << 12) | flags)
  else {
    machine.state.set(Layout.cr0, 0x10)
    machine.state.eflags = 2 | (iopl << 12) | flags
    machine.unit.refresh()
  }
  machine.state.nextEip = machine.state.eip + 1
  return machine
}

const text = ({ program, iopl, cr4, flags }: Situation): string =>
  `${program} IOPL ${iopl} CR4 ${cr4} ${flags.toString(16)}`

/** SDM vol. 2, tables of CLI and STI: the flag that changes, or nothing for #GP(0). */
function expectedFlag({ program, iopl, cr4, flags }: Situation, sets: boolean): number | null {
  if (program === 'real' || iopl === 3) return Flag.IF
  const isVirtual = (cr4 & (program === 'virtual' ? vme : pvi)) !== 0
  return isVirtual && !(sets && flags & Flag.VIP) ? Flag.VIF : null
}

describe('CLI and STI', () => {
  it.each([
    ['CLI', Callout.Cli, false],
    ['STI', Callout.Sti, true],
  ] as const)(
    '%s changes IF, VIF or nothing in all 384 situations (oracle: the manual’s table)',
    (_, callout, sets) => {
      for (const situation of situations()) {
        const machine = enter(situation)
        const before = machine.state.eflags
        const flag = expectedFlag(situation, sets)
        const result = machine.callout(callout)
        if (flag === null) {
          expect([text(situation), result, ...machine.fault]).toEqual([
            text(situation),
            CalloutResult.Fault,
            Vector.GP,
            0,
          ])
          expect(machine.state.eflags).toBe(before)
        } else {
          const after = sets ? before | flag : before & ~flag
          expect([text(situation), result, machine.state.eflags]).toEqual([text(situation), CalloutResult.Done, after])
        }
      }
    },
  )

  it('a virtual STI holds nothing off', () => {
    const machine = enter({ program: 'virtual', iopl: 0, cr4: vme, flags: 0 })
    machine.run(Callout.Sti)
    expect(machine.state.get(Layout.interruptShadow)).toBe(0)
  })
})

describe('PUSHF, POPF and IRET in virtual-8086 mode', () => {
  const virtual = [...situations()].filter(({ program }) => program === 'virtual')

  it('PUSHF shows VIF as IF and IOPL as 3', () => {
    for (const situation of virtual) {
      for (const size of [2, 4] as const) {
        const machine = enter(situation)
        const { iopl, cr4, flags } = situation
        const allowed = iopl === 3 || (cr4 & vme && size === 2)
        if (!allowed) {
          expect(machine.faultOf(Callout.Pushf, size)).toEqual([Vector.GP, 0])
          continue
        }
        const own = machine.state.eflags & ~Flag.VM
        machine.run(Callout.Pushf, size)
        const shown = iopl === 3 ? own : (own & ~Flag.IF) | 0x3000 | (flags & Flag.VIF ? Flag.IF : 0)
        const mask = size === 2 ? 0xffff : 0xffff_ffff
        expect(machine.memory.read(stackAt - size, size, 1)).toBe((shown & mask) >>> 0)
      }
    }
  })

  /** What POPF and IRET make of an image in a situation; null: #GP(0). */
  function loaded({ iopl, cr4, flags }: Situation, before: number, image: number, size: number): number | null {
    const plain = 0x4dd5 | (size === 4 ? Flag.AC | Flag.ID : 0)
    if (iopl === 3) return (before & ~(plain | Flag.IF)) | (image & (plain | Flag.IF))
    if (!(cr4 & vme) || size === 4 || image & Flag.TF || (image & Flag.IF && flags & Flag.VIP)) return null
    return (before & ~(plain | Flag.VIF)) | (image & plain) | (image & Flag.IF ? Flag.VIF : 0)
  }

  it.each([
    ['POPF', Callout.Popf],
    ['IRET', Callout.Iret],
  ] as const)('%s puts IF into VIF, unless an interrupt waits or TF is to be set', (name, callout) => {
    for (const situation of virtual) {
      for (const size of [2, 4] as const) {
        for (const image of [0, Flag.IF, Flag.TF, Flag.IF | Flag.CF | Flag.NT, 0x3ed7]) {
          const machine = enter(situation)
          const { memory, state } = machine
          const words = name === 'IRET' ? [0x22, 0x333, image] : [image]
          words.forEach((word, i) => memory.write(stackAt + i * size, size, word, 1))
          const before = state.eflags
          const expected = loaded(situation, before, image, size)
          const what = `${name} ${text(situation)} ${size} ${image.toString(16)}`
          if (expected === null) {
            expect([what, machine.callout(callout, size), ...machine.fault]).toEqual([what, 1, Vector.GP, 0])
            expect([state.eflags, state.gpr(4)]).toEqual([before, 0x100])
          } else {
            machine.run(callout, size)
            expect([what, state.eflags, state.gpr(4)]).toEqual([what, expected | 2, 0x100 + words.length * size])
            if (name === 'IRET') expect([state.eip, state.selector(Segment.CS)]).toEqual([0x22, 0x333])
          }
        }
      }
    }
  })
})

describe('INT n in virtual-8086 mode', () => {
  const vector = 0x21
  const ownHandler = [0x123, 0x4000] as const

  function ready(situation: Situation, redirected: boolean): Machine {
    const machine = protectedMachine()
    machine.interruptGate(vector, 14, 3)
    machine.interruptGate(Vector.GP)
    // The bitmap ends where the I/O map begins.
    machine.memory.write(tssBase + 0x66, 2, 0x88, 0)
    machine.memory.write(tssBase + 0x68 + (vector >>> 3), 1, redirected ? 0 : 1 << (vector & 7), 0)
    machine.memory.write(vector * 4, 2, ownHandler[0], 0)
    machine.memory.write(vector * 4 + 2, 2, ownHandler[1], 0)
    machine.state.set(Layout.cr4, situation.cr4)
    machine.toVirtual8086(situation.iopl, 2 | Flag.TF | situation.flags)
    machine.state.nextEip = machine.state.eip + 2
    return machine
  }

  it('goes to the monitor, to the program or to #GP by IOPL, VME and the bitmap (oracle: SDM vol. 3, table 20-2)', () => {
    for (const situation of situations()) {
      if (situation.program !== 'virtual') continue
      for (const redirected of [false, true]) {
        const machine = ready(situation, redirected)
        const { state, memory } = machine
        const { iopl, cr4, flags } = situation
        const before = state.eflags
        const what = `${text(situation)} ${redirected}`
        if (cr4 & vme && redirected) {
          machine.run(Callout.Int, vector, 0)
          const shown = iopl === 3 ? before : (before & ~Flag.IF) | 0x3000 | (flags & Flag.VIF ? Flag.IF : 0)
          const cleared = Flag.TF | (iopl === 3 ? Flag.IF : Flag.VIF)
          expect([what, state.eip, state.selector(Segment.CS), state.cpl]).toEqual([what, ...ownHandler, 3])
          expect(memory.words(0xa0fa, 3, 2)).toEqual([0x12, 0x700, shown & 0xffff])
          expect(state.eflags).toBe(before & ~cleared)
        } else if (iopl === 3) {
          machine.run(Callout.Int, vector, 0)
          expect([what, state.eip, state.cpl, state.virtual8086]).toEqual([what, handlerBase + vector, 0, false])
        } else {
          expect([what, ...machine.faultOf(Callout.Int, vector, 0)]).toEqual([what, Vector.GP, 0])
        }
      }
    }
  })

  it('is not redirected for INT3, INTO and INT1', () => {
    const machine = ready({ program: 'virtual', iopl: 0, cr4: vme, flags: 0 }, true)
    machine.interruptGate(3, 14, 3)
    machine.run(Callout.Int, 3, 1)
    expect(machine.state.eip).toBe(handlerBase + 3)
  })

  it('raises #GP where the TSS has no bitmap', () => {
    const machine = ready({ program: 'virtual', iopl: 3, cr4: vme, flags: 0 }, true)
    machine.memory.write(tssBase + 0x66, 2, 0xf000, 0)
    expect(machine.faultOf(Callout.Int, vector, 0)).toEqual([Vector.GP, 0])
  })

  it('leaves everything as it was when the stack is not there', () => {
    const machine = ready({ program: 'virtual', iopl: 0, cr4: vme, flags: Flag.VIF }, true)
    machine.memory.notPresent.add(0xa)
    const before = machine.snapshot()
    expect(machine.faultOf(Callout.Int, vector, 0)[0]).toBe(Vector.PF)
    expect(machine.snapshot()).toEqual(before)
  })
})

describe('STAC and CLAC', () => {
  it('change AC and tell the MMU, at privilege level 0 alone', () => {
    const machine = protectedMachine()
    machine.run(Callout.SetAlignmentCheck, 1)
    expect([machine.state.eflags & Flag.AC, machine.userDataAllowed]).toEqual([Flag.AC, true])
    machine.run(Callout.SetAlignmentCheck, 0)
    expect([machine.state.eflags & Flag.AC, machine.userDataAllowed]).toEqual([0, false])
    machine.toUser()
    expect(machine.faultOf(Callout.SetAlignmentCheck, 1)[0]).toBe(Vector.UD)
    expect(machine.state.selector(Segment.CS)).toBe(Selector.UserCode)
  })
})
