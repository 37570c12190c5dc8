import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vgaBench } from '../support/vga-modes.ts'

/** Four planes as the technical reference describes them, one bit at a time. */
class NaivePlanes {
  readonly planes: Uint8Array[] = [0, 1, 2, 3].map(() => new Uint8Array(0x10000))
  readonly latches = [0, 0, 0, 0]
  readonly graphics = [0, 0, 0, 0, 0, 0, 5, 0, 0xff]
  mapMask = 0
  memoryMode = 0

  #place(address: number): number {
    if (this.memoryMode & 8) return address - (address % 4) + Math.floor(address / 0x4000)
    return this.graphics[6]! & 2 ? address - (address % 2) : address
  }

  read(address: number): number {
    const offset = this.#place(address)
    for (let plane = 0; plane < 4; plane++) this.latches[plane] = this.planes[plane]![offset]!
    if (this.memoryMode & 8) return this.latches[address % 4]!
    if (!(this.graphics[5]! & 8)) {
      const map = this.graphics[5]! & 16 ? (this.graphics[4]! & 2) + (address % 2) : this.graphics[4]!
      return this.latches[map]!
    }
    let result = 0
    for (let bit = 0; bit < 8; bit++) {
      let same = true
      for (let plane = 0; plane < 4; plane++) {
        const matters = (this.graphics[7]! >> plane) % 2 === 1
        if (matters && ((this.latches[plane]! >> bit) & 1) !== ((this.graphics[2]! >> plane) & 1)) same = false
      }
      if (same) result += 2 ** bit
    }
    return result
  }

  write(address: number, value: number): void {
    const offset = this.#place(address)
    for (let plane = 0; plane < 4; plane++) {
      if (!((this.mapMask >> plane) & 1)) continue
      if (this.memoryMode & 8 ? address % 4 !== plane : !(this.memoryMode & 4) && address % 2 !== plane % 2) continue
      let result = 0
      for (let bit = 0; bit < 8; bit++) result += this.#bit(plane, bit, value) * 2 ** bit
      this.planes[plane]![offset] = result
    }
  }

  #bit(plane: number, bit: number, value: number): number {
    const g = this.graphics
    const latch = (this.latches[plane]! >> bit) & 1
    const mode = g[5]! & 3
    if (mode === 1) return latch
    const rotated = (value >> ((bit + (g[3]! & 7)) % 8)) & 1
    const setReset = (g[0]! >> plane) & 1
    let data = rotated
    if (mode === 0 && (g[1]! >> plane) & 1) data = setReset
    if (mode === 2) data = (value >> plane) & 1
    if (mode === 3) data = setReset
    const open = ((g[8]! >> bit) & 1) === 1 && (mode !== 3 || rotated === 1)
    if (!open) return latch
    return [data, data & latch, data | latch, data ^ latch][g[3]! >> 3]!
  }
}

const ADDRESS = fc.tuple(fc.constantFrom(0, 0x4000, 0xfff0), fc.nat(15)).map(([base, offset]) => base + offset)
const operation = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), address: ADDRESS, value: fc.nat(255) }),
  fc.record({ kind: fc.constant('read' as const), address: ADDRESS, value: fc.constant(0) }),
  fc.record({
    kind: fc.constant('graphics' as const),
    address: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8),
    value: fc.nat(255),
  }),
  fc.record({ kind: fc.constant('mask' as const), address: fc.constant(2), value: fc.nat(15) }),
  fc.record({ kind: fc.constant('memoryMode' as const), address: fc.constant(4), value: fc.constantFrom(2, 6, 14, 6) }),
)
const MASKS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff]

describe('planar memory', () => {
  it('is that of a model which computes bit by bit, in every read and write mode', () => {
    const bench = vgaBench(2 ** 20)
    bench.setMode('planar')
    fc.assert(
      fc.property(fc.array(operation, { minLength: 20, maxLength: 120 }), (operations) => {
        const { bus, vga, out } = bench
        vga.memory.bytes.fill(0)
        vga.memory.latches = [0, 0, 0, 0]
        const model = new NaivePlanes()
        model.graphics.forEach((value, index) => out(0x3ce, index, value))
        out(0x3c4, 2, 0)
        out(0x3c4, 4, 2)
        model.memoryMode = 2
        for (const { kind, address, value } of operations) {
          if (kind === 'write') {
            model.write(address, value)
            bus.writeMmio(0xa0000 + address, 1, value)
          } else if (kind === 'read') {
            expect(bus.readMmio(0xa0000 + address, 1)).toBe(model.read(address))
          } else if (kind === 'graphics') {
            // The window stays at A0000h, 64 KiB.
            const bits = (address === 6 ? (value & 3) | 4 : value) & MASKS[address]!
            model.graphics[address] = bits
            out(0x3ce, address, bits)
          } else {
            if (kind === 'mask') model.mapMask = value
            else model.memoryMode = value
            out(0x3c4, address, value)
          }
        }
        const interleaved = new Uint8Array(0x40000)
        model.planes.forEach((plane, p) => plane.forEach((byte, offset) => (interleaved[4 * offset + p] = byte)))
        expect(Buffer.compare(vga.memory.bytes.subarray(0, 0x40000), interleaved)).toBe(0)
      }),
      { seed: 437, numRuns: 100 },
    )
  })
})

const black = new Uint8Array(2 ** 20)

describe('a VGA under random registers', () => {
  it('never throws, always has a picture of the size that it says, goes on from a snapshot, and is black after a reset', () => {
    const ports = [0x3c0, 0x3c2, 0x3c4, 0x3c5, 0x3c6, 0x3c7, 0x3c8, 0x3c9, 0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x3da, 0x3b5]
    const access = fc.record({
      place: fc.oneof(
        fc.constantFrom(...ports),
        fc.constantFrom(0x1ce, 0x1cf),
        fc.constantFrom(0xa0000, 0xb8000, 0xe000_0000),
      ),
      offset: fc.nat(0x1ffff),
      value: fc.oneof(fc.nat(11), fc.nat(255), fc.nat(0xffff), fc.constantFrom(0x41, 0x101, 1280)),
    })
    fc.assert(
      fc.property(
        fc.constantFrom('text', 'planar', 'linear', 'cga'),
        fc.array(access, { maxLength: 60 }),
        (mode, list) => {
          const { bus, vga, setMode } = vgaBench(2 ** 20)
          setMode(mode as 'text')
          for (const { place, offset, value } of list) {
            if (place >= 0xe000_0000) bus.writeMmio(place + 8 * offset, 2, value)
            else if (place >= 0xa0000) bus.writeMmio(place + offset, 2, value)
            else bus.writePort(place, 2, value)
            bus.readPort(place, 2)
          }
          const { width, height } = vga.screen.size
          const picture = vga.screen.pixels()
          expect(picture.data).toHaveLength(4 * width * height)
          const copy = vgaBench(2 ** 20).vga
          copy.restore(JSON.parse(JSON.stringify(vga.snapshot())))
          expect(copy.screen.text()).toEqual(vga.screen.text())
          expect(Buffer.compare(Buffer.from(copy.screen.pixels().data), Buffer.from(picture.data))).toBe(0)
          for (const device of [vga, copy]) {
            device.reset()
            expect(Buffer.compare(device.memory.bytes, black)).toBe(0)
          }
        },
      ),
      { seed: 1024, numRuns: 25 },
    )
  })
})
