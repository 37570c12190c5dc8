import { describe, expect, it } from 'vitest'
import { FRAME_BYTES, MachineMemory } from '../../src/index.ts'

const FRAMES = 16
function createMachine(): MachineMemory {
  return new MachineMemory({ bytes: FRAMES * FRAME_BYTES, reservedBytes: 2 * FRAME_BYTES - 1 })
}

describe('MachineMemory', () => {
  it('has its whole size from the start and cannot grow', () => {
    const { memory } = createMachine()
    expect(memory.buffer.byteLength).toBe(65536)
    expect(() => memory.grow(1)).toThrow(RangeError)
  })

  it('never hands out a reserved frame', () => {
    const machine = createMachine()
    expect(machine.firstFrame).toBe(2)
    const frames = Array.from({ length: FRAMES - 3 }, () => machine.allocate())
    expect(Math.min(...frames)).toBeGreaterThanOrEqual(2)
    expect(new Set([...frames, machine.zeroFrame]).size).toBe(FRAMES - 2)
  })

  it('answers -1 when full and counts the refusal', () => {
    const machine = createMachine()
    while (machine.freeFrames > 0) machine.allocate()
    expect(machine.allocate()).toBe(-1)
    expect(machine.statistics).toEqual({
      frames: 14,
      free: 0,
      used: 13,
      allocations: 13,
      frees: 0,
      refusals: 1,
      copies: 0,
    })
  })

  it('zeroes a frame on reuse', () => {
    const machine = createMachine()
    const first = machine.allocate()
    machine.bytes.fill(0xaa, first * FRAME_BYTES, (first + 1) * FRAME_BYTES)
    machine.release(first)
    const second = machine.allocate()
    expect(second).toBe(first)
    expect(machine.bytes.subarray(second * FRAME_BYTES, (second + 1) * FRAME_BYTES).every((byte) => byte === 0)).toBe(
      true,
    )
  })

  it('frees a frame with its last reference only', () => {
    const machine = createMachine()
    const frame = machine.allocate()
    machine.retain(frame)
    machine.release(frame)
    expect(machine.references(frame)).toBe(1)
    machine.release(frame)
    expect(machine.references(frame)).toBe(0)
    expect(() => machine.release(frame)).toThrow(`frame ${frame} is free`)
    expect(() => machine.retain(frame)).toThrow(RangeError)
  })

  it('tells each change of a count but the first to whoever counts along', () => {
    const machine = new MachineMemory({ bytes: 2 ** 16, reservedBytes: 0 })
    const told: [mpn: number, references: number][] = []
    const stop = machine.onReferences((mpn, references) => told.push([mpn, references]))
    const frame = machine.allocate()
    machine.retain(frame)
    machine.release(frame)
    const copy = machine.allocateCopy(frame)
    machine.release(frame)
    stop()
    machine.release(copy)
    expect(told).toEqual([
      [frame, 2],
      [frame, 1],
      [frame, 0],
    ])
  })

  it('keeps the zero frame whatever happens', () => {
    const machine = createMachine()
    expect(() => machine.release(machine.zeroFrame)).toThrow(/zero frame/)
    machine.retain(machine.zeroFrame)
    machine.release(machine.zeroFrame)
    expect(machine.references(machine.zeroFrame)).toBe(1)
  })

  it('reports a frame in the hands of the host as loose, and a written zero frame as a contradiction', () => {
    const machine = createMachine()
    machine.allocate()
    expect(machine.audit()).toMatchObject({ held: 1, loose: 1, used: 1, contradictions: [] })
    machine.bytes[machine.zeroFrame * FRAME_BYTES + 7] = 1
    expect(machine.audit().contradictions).toEqual(['the zero frame is not zero'])
  })

  it('reports a holder that claims more than was counted', () => {
    const machine = createMachine()
    const frame = machine.allocate()
    const unregister = machine.register({
      countReferences: (counts) => void (counts[frame]! += 2),
      contradictions: () => ['holder is unwell'],
    })
    expect(machine.audit().contradictions).toEqual([
      'holder is unwell',
      `frame ${frame} is held 2 times but counts 1 references`,
    ])
    unregister()
    expect(machine.audit().contradictions).toEqual([])
  })

  it.each([
    [{ bytes: 0, reservedBytes: 0 }, 'bytes is 0'],
    [{ bytes: 65537, reservedBytes: 0 }, 'bytes is 65537'],
    [{ bytes: 2 ** 33, reservedBytes: 0 }, 'bytes is 8589934592'],
    [{ bytes: 65536, reservedBytes: -1 }, 'reservedBytes is -1'],
    [{ bytes: 65536, reservedBytes: 65536 }, 'reservedBytes is 65536'],
  ])('refuses %o', (options, message) => {
    expect(() => new MachineMemory(options)).toThrow(message)
  })

  it('reaches frames above 2 GiB by unsigned addresses', () => {
    const machine = new MachineMemory({ bytes: 2 ** 32, reservedBytes: 2 ** 32 - 3 * FRAME_BYTES })
    machine.allocate()
    const last = machine.allocate()
    expect(last * FRAME_BYTES).toBe(0xffff_f000)
    machine.bytes[0xffff_ffff] = 9
    machine.release(last)
    expect(machine.allocate()).toBe(last)
    expect(machine.bytes[0xffff_ffff]).toBe(0)
  })
})
