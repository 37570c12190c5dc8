// Accesses near to one that came before: its TLB entry is tried first. Oracle: the bytes of each page, which do not follow one another in the
// host's memory, and the pages around them, which keep theirs.
import { describe, expect, it } from 'vitest'
import { VcpuExit } from '../../src/index.ts'
import { FlatMachine } from '../../src/testing/index.ts'

const [page, next] = [0x40, 0x41]
/** Where these pages lie in RAM: the second one's frame follows one that is not the first one's. */
const [frame, nextFrame] = [0x60, 0x50]
const boundary = next * 4096
const hlt = 0xf4

/** MOV at [EBX + disp8]. */
const kinds = [
  { size: 2, load: [0x66, 0x8b, 0x43], store: [0x66, 0x89, 0x43] },
  { size: 4, load: [0x8b, 0x43], store: [0x89, 0x43] },
] as const

function machineWith(mode: 'interpreter' | 'translator', code: readonly number[]): FlatMachine {
  const machine = new FlatMachine({ mode })
  machine.mmu.map(page, { frame })
  machine.mmu.map(next, { frame: nextFrame })
  for (let i = 0; i < 3 * 4096; i++) {
    machine.ram[(frame - 1) * 4096 + i] = (i >>> 2) & 0x7f
    machine.ram[(nextFrame - 1) * 4096 + i] = 0x80 | ((i >>> 3) & 0x7f)
  }
  machine.write(0x1000, [...code, hlt])
  machine.start({ eip: 0x1000, registers: { eax: 0x1234_5678, ebx: boundary } })
  return machine
}

describe.each(['interpreter', 'translator'] as const)('the %s', (mode) => {
  describe.each(kinds)('with operands of $size bytes', ({ size, load, store }) => {
    const crossing = Array.from({ length: 2 * size + 1 }, (_, i) => i - size)

    it.each(crossing)('reads at %d from the beginning of a page whose entry is known', (displacement) => {
      const machine = machineWith(mode, [0x8a, 0x0b, 0x8b, 0x0b, ...load, displacement & 0xff])
      expect(machine.run(100)).toBe(VcpuExit.Halt)
      const bytes = Array.from({ length: size }, (_, i) => {
        const at = displacement + i
        return machine.ram[at < 0 ? (frame + 1) * 4096 + at : nextFrame * 4096 + at]!
      })
      const expected = bytes.reduce((value, byte, i) => value + byte * 2 ** (8 * i), 0)
      expect(machine.state.gpr(0)).toBe(size === 4 ? expected : 0x1234_0000 + expected)
    })

    it.each(crossing)('writes at %d from the beginning of a page whose entry is known', (displacement) => {
      const before = machineWith(mode, []).ram.slice()
      const machine = machineWith(mode, [0x88, 0x43, 0x20, ...store, displacement & 0xff])
      expect(machine.run(100)).toBe(VcpuExit.Halt)
      const value = [0x78, 0x56, 0x34, 0x12].slice(0, size)
      const put = (at: number, byte: number): void => {
        before[at < 0 ? (frame + 1) * 4096 + at : nextFrame * 4096 + at] = byte
      }
      put(0x20, 0x78)
      value.forEach((byte, i) => put(displacement + i, byte))
      expect(Buffer.compare(machine.ram.subarray(0x2000), before.subarray(0x2000))).toBe(0)
    })
  })
})
