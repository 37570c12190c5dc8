import { describe, expect, it } from 'vitest'
import { FRAME_BYTES, MachineMemory, PageState, PhysicalMap } from '../../src/index.ts'

function createMachine(frames = 64): MachineMemory {
  return new MachineMemory({
    bytes: Math.ceil((frames + 1) / 16) * 65536,
    reservedBytes: ((16 - ((frames + 1) % 16)) % 16) * FRAME_BYTES,
  })
}

/** Pages 0-3 RAM, 4-5 hole, 6-7 ROM, 8-9 RAM. */
function createMap(machine: MachineMemory): PhysicalMap {
  return new PhysicalMap(machine, {
    ranges: [
      { start: 6 * FRAME_BYTES, length: 2 * FRAME_BYTES, kind: 'rom' },
      { start: 0, length: 4 * FRAME_BYTES, kind: 'ram' },
      { start: 8 * FRAME_BYTES, length: 2 * FRAME_BYTES, kind: 'ram' },
    ],
  })
}

describe('PhysicalMap', () => {
  it('reads untouched pages from the shared zero frame and owns nothing', () => {
    const machine = createMachine()
    const map = createMap(machine)
    expect(map.readAddress(0)).toBe(machine.zeroFrame * FRAME_BYTES)
    expect(map.readAddress(7)).toBe(machine.zeroFrame * FRAME_BYTES)
    expect(map.readAddress(4)).toBe(-1)
    expect(map.readAddress(10)).toBe(-1)
    expect(map.readAddress(2 ** 31)).toBe(-1)
    expect(machine.statistics.used).toBe(0)
  })

  it('populates on the first write and tells so, once', () => {
    const machine = createMachine()
    const map = createMap(machine)
    const changes: number[] = []
    const stop = map.onChange((ppn) => changes.push(ppn))
    const address = map.writeAddress(1)
    expect(address).not.toBe(machine.zeroFrame * FRAME_BYTES)
    expect(map.writeAddress(1)).toBe(address)
    expect(map.readAddress(1)).toBe(address)
    expect(changes).toEqual([1])
    stop()
    map.writeAddress(2)
    expect(changes).toEqual([1])
    expect(map.statistics).toEqual({
      pages: 8,
      untouched: 6,
      resident: 2,
      ballooned: 0,
      zero: 0,
      shared: 0,
      populations: 2,
      copyOnWriteBreaks: 0,
      balloonings: 0,
      deflations: 0,
      pops: 0,
      swapped: 0,
      swapOuts: 0,
      swapIns: 0,
      cleanSwapOuts: 0,
    })
  })

  it('lets only the host write ROM', () => {
    const map = createMap(createMachine())
    expect(map.writeAddress(6)).toBe(-1)
    expect(map.write8(6 * FRAME_BYTES, 1)).toBe(false)
    expect(map.write(6 * FRAME_BYTES, Uint8Array.of(1))).toBe(false)
    expect(map.load(7 * FRAME_BYTES - 1, Uint8Array.of(1, 2))).toBe(true)
    expect(map.read16(7 * FRAME_BYTES - 1)).toBe(0x0201)
  })

  it('crosses pages', () => {
    const map = createMap(createMachine())
    expect(map.write32(FRAME_BYTES - 1, 0xfedcba98)).toBe(true)
    expect(map.read32(FRAME_BYTES - 1)).toBe(0xfedcba98)
    expect(map.read8(FRAME_BYTES)).toBe(0xba)
    const bytes = Uint8Array.from({ length: 3 * FRAME_BYTES }, (_, i) => i * 7)
    expect(map.write(100, bytes)).toBe(true)
    const back = new Uint8Array(bytes.length)
    expect(map.read(100, back)).toBe(true)
    expect(back).toEqual(bytes)
  })

  it('does all or nothing at the edge of a hole', () => {
    const machine = createMachine()
    const map = createMap(machine)
    const edge = 4 * FRAME_BYTES
    expect(map.write32(edge - 2, 0x11111111)).toBe(false)
    expect(map.read16(edge - 2)).toBe(0)
    expect(machine.statistics.used).toBe(0)
    expect([map.read16(edge - 1), map.read32(edge - 1), map.read8(edge)]).toEqual([-1, -1, -1])
    const into = Uint8Array.of(5, 5)
    expect(map.read(edge - 1, into)).toBe(false)
    expect([...into]).toEqual([5, 5])
  })

  it.each([-1, NaN, 0.5, 2 ** 60, Infinity])('has no memory at address %d', (address) => {
    const map = createMap(createMachine())
    expect(map.read8(address)).toBe(-1)
    expect(map.write32(address, 1)).toBe(false)
    expect(map.read(address, new Uint8Array(8))).toBe(false)
    expect(map.write(address, new Uint8Array(8))).toBe(false)
  })

  it('answers -2 when no frame is left, changing nothing', () => {
    const machine = createMachine(2)
    const map = createMap(machine)
    while (machine.freeFrames > 0) machine.allocate()
    const changes: number[] = []
    map.onChange((ppn) => changes.push(ppn))
    expect(map.writeAddress(0)).toBe(-2)
    expect(map.write8(0, 1)).toBe(false)
    expect(map.stateOf(0)).toBe(PageState.Untouched)
    expect(changes).toEqual([])
  })

  it('copies on write after a fork, on whichever side writes', () => {
    const machine = createMachine()
    const parent = createMap(machine)
    parent.write8(0, 1)
    parent.write8(FRAME_BYTES, 2)
    const changes: number[] = []
    parent.onChange((ppn) => changes.push(ppn))
    const child = parent.fork()
    expect(changes.sort()).toEqual([0, 1])
    expect(machine.statistics.used).toBe(2)
    expect(child.statistics.shared).toBe(2)
    child.write8(0, 9)
    parent.write8(FRAME_BYTES, 8)
    expect([parent.read8(0), parent.read8(FRAME_BYTES), child.read8(0), child.read8(FRAME_BYTES)]).toEqual([1, 8, 9, 2])
    expect(child.statistics.copyOnWriteBreaks).toBe(1)
    // The other side is now alone in its frame and needs no copy.
    parent.write8(0, 3)
    expect(machine.statistics.copies).toBe(2)
    expect(machine.audit()).toMatchObject({ used: 4, loose: 0, contradictions: [] })
  })

  it('lends a frame and adopts it elsewhere', () => {
    const machine = createMachine()
    const a = createMap(machine)
    const b = createMap(machine)
    a.write8(0, 7)
    b.write8(FRAME_BYTES, 1)
    b.adopt(1, a.lend(0))
    expect(b.frameOf(1)).toBe(a.frameOf(0))
    expect(b.read8(FRAME_BYTES)).toBe(7)
    a.write8(0, 8)
    expect(b.read8(FRAME_BYTES)).toBe(7)
    b.adopt(1, b.lend(2))
    expect(b.stateOf(1)).toBe(PageState.Untouched)
    expect(a.lend(4)).toBe(-1)
    expect(() => a.adopt(4, a.frameOf(0))).toThrow('page 4 is a hole')
    expect(() => a.adopt(0, machine.endFrame - 1)).toThrow(/is free/)
    expect(machine.audit()).toMatchObject({ used: 1, loose: 0, contradictions: [] })
  })

  it('adopts its own frame back without losing it', () => {
    const machine = createMachine()
    const map = createMap(machine)
    map.write8(0, 7)
    map.adopt(0, map.lend(0))
    expect(map.read8(0)).toBe(7)
    expect(machine.references(map.frameOf(0))).toBe(1)
  })

  it('keeps contents between RAM and ROM, and gives frames back at a hole', () => {
    const machine = createMachine()
    const map = createMap(machine)
    map.write8(0, 5)
    const changes: number[] = []
    map.onChange((ppn) => changes.push(ppn))
    map.redefine({ start: 0, length: 2 * FRAME_BYTES, kind: 'rom' })
    expect([map.read8(0), map.writeAddress(0)]).toEqual([5, -1])
    map.redefine({ start: 0, length: FRAME_BYTES, kind: 'hole' })
    expect(machine.statistics.used).toBe(0)
    map.redefine({ start: 0, length: FRAME_BYTES, kind: 'ram' })
    map.redefine({ start: 0, length: FRAME_BYTES, kind: 'ram' })
    expect(map.read8(0)).toBe(0)
    expect(changes).toEqual([0, 1, 0, 0])
    expect(() => map.redefine({ start: 9 * FRAME_BYTES, length: 2 * FRAME_BYTES, kind: 'ram' })).toThrow(RangeError)
  })

  it('discards contents', () => {
    const machine = createMachine()
    const map = createMap(machine)
    map.write8(0, 5)
    map.discard(0)
    map.discard(4)
    expect(map.read8(0)).toBe(0)
    expect(machine.statistics.used).toBe(0)
  })

  it('gives everything back at the end', () => {
    const machine = createMachine()
    const map = createMap(machine)
    map.write(0, new Uint8Array(4 * FRAME_BYTES).fill(1))
    map.release()
    map.release()
    expect(machine.statistics).toMatchObject({ used: 0, frees: 4 })
    expect(map.readAddress(0)).toBe(-1)
    expect(map.writeAddress(0)).toBe(-1)
    expect(map.statistics.pages).toBe(0)
    expect(machine.audit()).toMatchObject({ held: 1, loose: 0, contradictions: [] })
  })

  it('tells where devices and the host have written', () => {
    const map = createMap(createMachine())
    const writes: [number, number][] = []
    map.onWrite((address, bytes) => writes.push([address, bytes]))
    map.write(FRAME_BYTES - 2, Uint8Array.of(1, 2, 3))
    expect(writes).toEqual([
      [map.readAddress(0) + FRAME_BYTES - 2, 2],
      [map.readAddress(1), 1],
    ])
  })

  it.each([
    [[{ start: 1, length: FRAME_BYTES, kind: 'ram' }], 'range starts at 1'],
    [[{ start: 0, length: 0, kind: 'ram' }], 'has length 0'],
    [[{ start: 2 ** 36, length: FRAME_BYTES, kind: 'ram' }], 'end at or below 68719476736'],
    [[{ start: 0, length: FRAME_BYTES, kind: 'flash' as 'rom' }], 'kind flash'],
    [
      [
        { start: 0, length: 2 * FRAME_BYTES, kind: 'ram' },
        { start: FRAME_BYTES, length: FRAME_BYTES, kind: 'ram' },
      ],
      'overlaps',
    ],
  ] as const)('refuses ranges %o', (ranges, message) => {
    expect(() => new PhysicalMap(createMachine(), { ranges })).toThrow(message)
  })
})
