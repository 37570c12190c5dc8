// Code that is overwritten: the next execution sees the new bytes, whatever was cached, translated or waiting for its translation.
import { describe, expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { Layout } from '../../src/state/layout.ts'
import { FlatMachine, type FlatMachineOptions } from '../../src/testing/index.ts'

const EAX = 0
const hlt = 0xf4
const function_ = 0x1000
const driver = 0x3000

/** CALL at `at` to `target`. */
const call = (at: number, target: number): number[] => {
  const distance = target - (at + 5)
  return [0xe8, distance & 0xff, (distance >> 8) & 0xff, (distance >> 16) & 0xff, (distance >> 24) & 0xff]
}
/** MOV BYTE [address], value. */
const poke = (address: number, value: number): number[] => [0xc6, 0x05, address & 0xff, address >> 8, 0, 0, value]

const engines: readonly FlatMachineOptions[] = [
  { mode: 'interpreter' },
  { mode: 'translator' },
  { mode: 'auto', heat: 3 },
  { mode: 'auto', heat: 3, regionsPerModule: 16 },
]

describe.each(engines)('$mode, $regionsPerModule regions to a module', (options) => {
  function machineWith(at: number, bytes: readonly number[]): FlatMachine {
    const machine = new FlatMachine({ ...options, ramBytes: 0x1_0000 })
    // MOV EAX, 1; RET
    machine.write(function_, [0xb8, 1, 0, 0, 0, 0xc3])
    machine.write(at, bytes)
    machine.start({ eip: at, registers: { esp: 0x9000, ecx: 8 } })
    return machine
  }

  const resume = (machine: FlatMachine, eip: number): number => {
    machine.state.set(Layout.halted, 0)
    machine.state.eip = eip
    return machine.run(1000)
  }

  it('sees a unit that was overwritten while it waited for its translation, and once more after', () => {
    // Calls the function until it is hot, then changes it twice, each time in a run of its own.
    const loop = [...call(driver, function_), 0x49, 0x75, 0xf8]
    const first = [...poke(function_ + 1, 2), hlt]
    const second = driver + loop.length + first.length
    const again = [...poke(function_ + 1, 3), ...call(second + 7, function_), hlt]
    const machine = machineWith(driver, [...loop, ...first, ...again])
    expect(machine.run(1000)).toBe(VcpuExit.Halt)
    expect(resume(machine, second)).toBe(VcpuExit.Halt)
    expect(machine.state.gpr(EAX)).toBe(3)
  })

  it('writes beside code without TypeScript, and to code with it', () => {
    // ECX times: MOV [data], ECX; INC WORD [data + 4]; MOV [data + 8], CL - in the page of the loop, but not in its chunk.
    const data = driver + 0x800
    const [low, high] = [data & 0xff, data >> 8]
    const stores = [0x89, 0x0d, low, high, 0, 0, 0x66, 0xff, 0x05, low + 4, high, 0, 0, 0x88, 0x0d, low + 8, high, 0, 0]
    const loop = [...stores, 0x49, 0x75, 0x100 - stores.length - 3]
    // Then it makes the MOV EAX, 1 that follows one of 7.
    const after = driver + loop.length
    const machine = machineWith(driver, [...loop, ...poke(after + 8, 7), 0xb8, 1, 0, 0, 0, hlt])
    machine.state.setGpr(1, 200)
    expect(machine.run(10_000)).toBe(VcpuExit.Halt)
    expect([0, 4, 8].map((at) => machine.ram[data + at])).toEqual([1, 200, 1])
    expect(machine.state.gpr(EAX)).toBe(7)
    // One that finds the trace, two of the poke; more only where the trace of the page has come and gone.
    const { slowWrites, slowUpdates } = machine.vcpu.statistics
    expect(slowWrites + slowUpdates).toBeLessThan(8)
  })

  /** Heats the function up and does `first` before it can be translated; `second`, and EAX of a call, in another run. */
  function afterHeating(
    at: number,
    bytes: readonly number[],
    first: readonly number[],
    second: readonly number[],
  ): number {
    const loop = [...call(driver, at), 0x49, 0x75, 0xf8]
    const machine = machineWith(driver, [...loop, ...first, hlt])
    machine.write(at, bytes)
    expect(machine.run(1000)).toBe(VcpuExit.Halt)
    const code = [0x31, 0xc0, ...second]
    machine.ram.set([...code, ...call(0x4000 + code.length, at), hlt], 0x4000)
    expect(resume(machine, 0x4000)).toBe(VcpuExit.Halt)
    return machine.state.gpr(EAX)
  }

  it('sees the tail of a unit change whose next instruction did not fit its page', () => {
    // 1FFDh: INC EAX; MOV EBX, imm32 into the next page; RET. Its opcode becomes INC EAX, then NOP.
    const bytes = [0x40, 0xbb, 0x90, 0x90, 0x90, 0x90, 0xc3]
    expect(afterHeating(0x1ffd, bytes, poke(0x1ffe, 0x40), poke(0x1ffe, 0x90))).toBe(1)
    expect(afterHeating(0x1ffd, bytes, poke(0x1ffe, 0x40), [])).toBe(2)
  })

  it('sees bytes that were no instruction become one, behind their first byte', () => {
    // FFh FFh is no instruction, FFh C0h is INC EAX.
    const machine = machineWith(driver, [])
    machine.write32(0x5000 + 6 * 8, (8 << 16) | 0x6000)
    machine.write32(0x5000 + 6 * 8 + 4, 0x8e00)
    machine.write32(0x800 + 8, 0xffff)
    machine.write32(0x800 + 12, 0x00cf_9b00)
    // The handler makes the instruction good and tries again.
    machine.write(0x6000, [...poke(driver + 1, 0xc0), 0xcf])
    machine.write(driver, [0xff, 0xff, hlt])
    const { state } = machine
    state.set(Layout.gdtrBase, 0x800)
    state.set(Layout.gdtrLimit, 0xf)
    state.set(Layout.idtrBase, 0x5000)
    state.set(Layout.idtrLimit, 0x1ff)
    expect(machine.run(100)).toBe(VcpuExit.Halt)
    expect(state.gpr(EAX)).toBe(1)
    expect(machine.vcpu.statistics.exceptions[6]).toBe(1)
  })

  it('executes what an instruction wrote over the next one', () => {
    // MOV BYTE [next], 43h (INC EBX); next: INC EAX; HLT
    const machine = machineWith(driver, [...poke(driver + 7, 0x43), 0x40, hlt])
    expect(machine.run(10)).toBe(VcpuExit.Halt)
    expect([machine.state.gpr(EAX), machine.state.gpr(3), machine.vcpu.retired]).toEqual([0, 1, 3])
  })

  it('executes what a loop writes into its own body, each time round', () => {
    // l: ADD BYTE [imm], 1; MOV EAX, imm; DEC ECX; JNZ l; HLT
    const body = [0x80, 0x05, 0, 0, 0, 0, 1, 0xb8, 0, 0, 0, 0, 0x49, 0x75, 0xf1, hlt]
    const address = driver + 8
    body[2] = address & 0xff
    body[3] = address >> 8
    const machine = machineWith(driver, body)
    expect(machine.run(1000)).toBe(VcpuExit.Halt)
    expect(machine.state.gpr(EAX)).toBe(8)
    expect(machine.vcpu.retired).toBe(8 * 4 + 1)
  })

  it('sees writes through another linear address of the frame', () => {
    const machine = machineWith(driver, [
      ...call(driver, function_),
      ...poke(0x8001, 7),
      ...call(driver + 12, function_),
      hlt,
    ])
    machine.mmu.map(0x8, { frame: 1 })
    expect(machine.run(100)).toBe(VcpuExit.Halt)
    expect(machine.state.gpr(EAX)).toBe(7)
    // One that finds the trace, two of the poke; more only where the trace of the page has come and gone.
    const { slowWrites, slowUpdates } = machine.vcpu.statistics
    expect(slowWrites + slowUpdates).toBeLessThan(8)
  })

  it('sees an instruction that crosses a page change in either page', () => {
    // MOV EAX, 04030201h at 1FFDh: two bytes of its immediate lie in the next page.
    const at = 0x1ffd
    const program = [
      ...call(driver, at),
      ...poke(0x2000, 0x33),
      ...call(driver + 12, at),
      0x89,
      0xc3,
      ...poke(0x1fff, 0x22),
      ...call(driver + 26, at),
      hlt,
    ]
    const machine = machineWith(driver, program)
    machine.write(at, [0xb8, 1, 2, 3, 4, 0xc3])
    expect(machine.run(100)).toBe(VcpuExit.Halt)
    expect(machine.state.gpr(3)).toBe(0x0433_0201)
    expect(machine.state.gpr(EAX)).toBe(0x0433_2201)
  })
})
