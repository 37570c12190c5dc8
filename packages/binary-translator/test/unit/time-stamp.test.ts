import { describe, expect, test } from 'vitest'
import { FlatMachine } from '../../src/testing/index.ts'

// Oracle: the count of retired instructions, which the counter follows at one count each.
describe.each(['interpreter', 'translator'] as const)('the time-stamp counter, %s', (mode) => {
  // NOP; RDTSC; MOV ESI,EAX; RDTSC; HLT
  const code = [0x90, 0x0f, 0x31, 0x89, 0xc6, 0x0f, 0x31, 0xf4]

  const run = (machine: FlatMachine): void => {
    machine.start({ eip: 0x1000 })
    machine.run(1000)
  }

  test('counts instructions that retired since the reset', () => {
    const machine = new FlatMachine({ mode, heat: 1 })
    machine.write(0x1000, code)
    for (let round = 0; round < 3; round++) {
      run(machine)
      expect([machine.state.gpr(6), machine.state.gpr(0)]).toEqual([1, 3])
    }
  })

  test('stands where the run ended, not where its budget would have', () => {
    const machine = new FlatMachine({ mode })
    machine.write(0x1000, code)
    run(machine)
    expect(machine.vcpu.timeStamp.value).toBe(machine.vcpu.retired)
    machine.vcpu.timeStamp.advanceTo(5000)
    const before = machine.vcpu.retired
    run(machine)
    expect(machine.vcpu.timeStamp.value).toBe(5000 + machine.vcpu.retired - before)
  })
})
