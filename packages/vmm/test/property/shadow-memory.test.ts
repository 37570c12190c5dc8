import { MachineMemory, PhysicalMap } from '@mica-vm/machine-memory'
import { Bus } from '@mica-vm/pc-devices'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ShadowMemory } from '../../src/internal/shadow-memory.ts'

const start = 0xc_0000
const end = 0x10_0000
const areaBytes = 0x4000

/** The model: memory and ROM as two arrays, and which of them each area reads and writes. */
class TwoArrays {
  readonly memory = new Uint8Array(end - start)
  readonly rom: Uint8Array
  readonly read: boolean[] = []
  readonly write: boolean[] = []

  constructor(rom: Uint8Array) {
    this.rom = rom
  }

  readByte(address: number): number {
    const offset = address - start
    return (this.read[Math.floor(offset / areaBytes)] ? this.memory : this.rom)[offset]!
  }

  writeByte(address: number, value: number): void {
    const offset = address - start
    if (this.write[Math.floor(offset / areaBytes)]) this.memory[offset] = value
  }
}

const area = fc.nat(15)
const address = fc.integer({ min: start, max: end - 1 })
const step = fc.oneof(
  fc.record({ kind: fc.constant('shadow' as const), area, read: fc.boolean(), write: fc.boolean() }),
  fc.record({ kind: fc.constant('write' as const), address, value: fc.nat(255) }),
)

// Oracle: two arrays, and the two bits of the 82441FX data sheet, section 3.2.14: who answers a read, who takes a write.
test('memory and ROM lie behind each other as the host bridge says, and neither is lost', () => {
  const bios = Uint8Array.from({ length: 0x2_0000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
  const rom = new Uint8Array(end - start).fill(0xff)
  rom.set(bios, rom.length - bios.length)
  const memory = new MachineMemory({ bytes: 4 * 2 ** 20, reservedBytes: 65536 })
  const free = memory.statistics.free
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pages = new PhysicalMap(memory, { ranges: [{ start: 0, length: end, kind: 'ram' }] })
      const shadow = new ShadowMemory(memory, pages)
      const bus = new Bus()
      shadow.attach(bus)
      shadow.shadow({ start, length: end - start, read: false, write: false })
      shadow.installRom(bios)
      const model = new TwoArrays(rom)
      for (const one of steps) {
        if (one.kind === 'shadow') {
          const { read, write } = one
          shadow.shadow({ start: start + one.area * areaBytes, length: areaBytes, read, write })
          model.read[one.area] = read
          model.write[one.area] = write
        } else {
          // As the processor does: memory that it may not write is asked for on the bus.
          if (!pages.write8(one.address, one.value)) bus.writeMmio(one.address, 1, one.value)
          model.writeByte(one.address, one.value)
        }
      }
      const bytes = new Uint8Array(end - start)
      expect(pages.read(start, bytes)).toBe(true)
      expect(bytes.findIndex((byte, i) => byte !== model.readByte(start + i))).toBe(-1)
      expect(memory.audit().contradictions).toEqual([])
      pages.release()
      shadow.hidden.release()
    }),
    { seed: 20_26, numRuns: 60 },
  )
  expect(memory.statistics.free).toBe(free)
})
