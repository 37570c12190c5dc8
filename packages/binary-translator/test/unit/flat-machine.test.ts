import { describe, expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { FlatMachine } from '../../src/testing/index.ts'

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  it('runs code until HLT and counts its instructions', () => {
    const machine = new FlatMachine({ mode })
    machine.start({ eip: 0x1000, registers: { eax: 41 } })
    machine.write(0x1000, [0x40, 0xf4])
    expect(machine.run(100)).toBe(VcpuExit.Halt)
    expect(machine.state.gpr(0)).toBe(42)
    expect(machine.vcpu.retired).toBe(2)
    expect(machine.intact).toBe(true)
  })

  it('stops exactly when the budget is used up', () => {
    const machine = new FlatMachine({ mode })
    machine.write(0x1000, [...new Array<number>(50).fill(0x40), 0xeb, 0xcc])
    machine.start({ eip: 0x1000 })
    let total = 0
    for (const budget of [1, 2, 7, 49, 51, 100, 1000]) {
      expect(machine.run(budget)).toBe(VcpuExit.Budget)
      total += budget
      expect(machine.vcpu.retired).toBe(total)
      expect(machine.state.gpr(0)).toBe(total - Math.floor(total / 51))
    }
  })
})

it('every instruction counts for the tier that ran it', () => {
  // again: ADD EAX,ECX; DEC ECX; JNZ again; HLT
  const code = [0x01, 0xc8, 0x49, 0x75, 0xfb, 0xf4]
  for (const mode of ['interpreter', 'translator'] as const) {
    const machine = new FlatMachine({ mode })
    machine.write(0x1000, code)
    machine.start({ eip: 0x1000, registers: { ecx: 1000 } })
    machine.run(100_000)
    const { retired, interpreted } = machine.vcpu.statistics
    expect(retired).toBe(3001)
    if (mode === 'interpreter') expect(interpreted).toBe(retired)
    else expect(interpreted).toBeLessThan(20)
  }
})
