// One look at the TLB serves all accesses near to a register's address. Oracle: the other binding, which looks each time.
import { expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { FlatMachine } from '../../src/testing/index.ts'

const [page, device] = [0x40, 0x70]
const frames = [0x50, 0x60]
const turns = 20

/** ADD EAX,[ESI]; ADD EBX,[ESI+4]; ADD EAX,[ESI+16]; ADD [ESI+8],EAX; ADD [ESI+12],EBX; ADD [ESI],EBX; then `change`; ADD EAX,[ESI+8]; DEC ECX; JNZ back; HLT. */
function loopWith(change: readonly number[]): number[] {
  const reads = [0x03, 0x06, 0x03, 0x5e, 0x04, 0x03, 0x46, 0x10]
  const updates = [0x01, 0x46, 0x08, 0x01, 0x5e, 0x0c, 0x01, 0x1e]
  const body = [...reads, ...updates, ...change, 0x03, 0x46, 0x08, 0x49]
  return [...body, 0x75, 256 - body.length - 2, 0xf4]
}

/** All that such a loop leaves, on a machine that maps the page anew whenever the device is read or written. */
function run(mode: 'interpreter' | 'translator', change: readonly number[]): unknown {
  const machine = new FlatMachine({ mode })
  machine.mmu.map(page, { frame: frames[0] })
  machine.mmu.map(device, { frame: -1 })
  let times = 0
  machine.io.onAccess = () => machine.mmu.map(page, { frame: frames[++times % 2]! })
  for (const frame of frames) for (let i = 0; i < 64; i++) machine.ram[frame * 4096 + i] = frame + i
  machine.write(0x1000, loopWith(change))
  machine.start({ eip: 0x1000, registers: { ecx: turns, esi: page * 4096, edi: device * 4096 } })
  expect(machine.run(10_000)).toBe(VcpuExit.Halt)
  return {
    times,
    registers: [0, 1, 2, 3, 6].map((number) => machine.state.gpr(number)),
    memory: frames.map((frame) => [...machine.ram.subarray(frame * 4096, frame * 4096 + 64)]),
  }
}

it.each([
  { what: 'a read', change: [0x8b, 0x17] },
  { what: 'a write', change: [0x89, 0x17] },
  { what: 'an update', change: [0xff, 0x07] },
  { what: 'an update of eight bytes', change: [0x0f, 0xc7, 0x0f] },
])('$what of a device that maps the page anew is the last access to the old one', ({ change }) => {
  const expected = run('interpreter', change)
  expect(expected).toMatchObject({ times: expect.any(Number) as number })
  expect((expected as { times: number }).times).toBeGreaterThanOrEqual(turns)
  expect(run('translator', change)).toEqual(expected)
})

it.each([
  { what: 'ADD ESI,4', change: [0x83, 0xc6, 0x04] },
  { what: 'INC SI', change: [0x66, 0x46] },
  { what: 'LODSD', change: [0xad] },
  { what: 'XCHG ESI,EDX, twice', change: [0x87, 0xd6, 0x87, 0xd6] },
  { what: 'LEA ESI,[ESI+ECX]', change: [0x8d, 0x34, 0x0e] },
])('a pointer that $what moves has other bytes near to it', ({ change }) => {
  expect(run('translator', change)).toEqual(run('interpreter', change))
})
