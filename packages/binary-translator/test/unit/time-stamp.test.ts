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

  // Oracle: the count of instructions times the scale, rounded down.
  test('counts in sixteenths, which runs do not lose, also behind what the guest wrote', () => {
    const machine = new FlatMachine({ mode, heat: 1 })
    machine.write(0x1000, code)
    const { timeStamp } = machine.vcpu
    timeStamp.scale = 7 / 16
    for (let round = 0; round < 20; round++) {
      const written = round * 2 ** 37 + 5
      const whole = (retired: number): number => Math.floor((retired * 7) / 16)
      machine.start({ eip: 0x1000 })
      timeStamp.write(written % 2 ** 32, Math.floor(written / 2 ** 32))
      const before = machine.vcpu.retired
      machine.run(1000)
      const at = (instructions: number): number => written + whole(before + instructions) - whole(before)
      expect([machine.state.gpr(6), machine.state.gpr(0)]).toEqual([at(1), at(3)].map((count) => count % 2 ** 32))
      expect(machine.state.gpr(2)).toBe(Math.floor(at(3) / 2 ** 32))
      expect(timeStamp.value).toBe(whole(machine.vcpu.retired))
    }
    for (const scale of [0, -1, 1 / 32, 2 ** 28, NaN]) expect(() => (timeStamp.scale = scale)).toThrow(/1\/16/)
  })
})
