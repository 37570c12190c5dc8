import { describe, expect, it } from 'vitest'
import { PackedQueue, SplitQueue } from '../../src/index.ts'
import { FakeGuestMemory } from '../../src/testing/index.ts'

const NEXT = 1
const WRITE = 2
const INDIRECT = 4
const TABLE = 0x10_0400
const BUFFER = 0x10_0800

interface Descriptor {
  readonly address?: number
  readonly bytes?: number
  readonly flags?: number
  readonly next?: number
}

/** Why a ring of four breaks whose descriptors, and those of an indirect table, are these; null: it does not. */
function reasonOf(packed: boolean, ring: readonly Descriptor[], table: readonly Descriptor[] = []): string | null {
  const memory = new FakeGuestMemory(1 << 16)
  const write = (at: number, { address = BUFFER, bytes = 8, flags = 0, next = 0 }: Descriptor, mark: number): void => {
    const offset = at - memory.base
    memory.view.setBigUint64(offset, BigInt(address), true)
    memory.view.setUint32(offset + 8, bytes, true)
    memory.view.setUint16(offset + (packed ? 14 : 12), flags | mark, true)
    memory.view.setUint16(offset + (packed ? 12 : 14), next, true)
  }
  ring.forEach((descriptor, index) => write(memory.base + 16 * index, descriptor, packed ? 0x80 : 0))
  table.forEach((descriptor, index) => write(TABLE + 16 * index, descriptor, 0))
  const driver = memory.base + 0x100
  if (!packed) memory.view.setUint16(0x102, 1, true)
  const setup = { size: 4, descriptors: memory.base, driver, device: driver + 0x80, eventIndex: false, indirect: true }
  let why: string | null = null
  const ports = { memory, mayRun: () => true, interrupt: () => {}, fail: (reason: string) => void (why = reason) }
  const queue = new (packed ? PackedQueue : SplitQueue)(0, setup, ports)
  expect(queue.take() === null).toBe(why !== null)
  return why
}

const table = (...descriptors: Descriptor[]): [Descriptor[], Descriptor[]] => [
  [{ address: TABLE, bytes: 16 * descriptors.length, flags: INDIRECT }],
  descriptors,
]

describe.each([false, true])('a ring (packed: %s) that breaks a rule says which', (packed) => {
  const reason = (ring: Descriptor[], entries?: Descriptor[]): string | null => reasonOf(packed, ring, entries)

  it('what the device reads behind what it writes (2.7.4.2)', () => {
    expect(reason([{ flags: NEXT | WRITE, next: 1 }, {}])).toMatch(/reads behind what it writes/)
    expect(reason(...table({ flags: WRITE | NEXT, next: 1 }, {}))).toMatch(/reads behind what it writes/)
    expect(reason([{ flags: NEXT, next: 1 }, { flags: WRITE }])).toBeNull()
  })

  it('an indirect table in another, one with a next descriptor, one of no or half a descriptor (2.7.5.3)', () => {
    expect(reason(...table({ address: TABLE, bytes: 16, flags: INDIRECT }))).toMatch(/has an indirect descriptor/)
    expect(reason([{ address: TABLE, bytes: 16, flags: INDIRECT | NEXT, next: 1 }, {}])).toMatch(/has a next one/)
    for (const bytes of [0, 8, 24])
      expect(reason([{ address: TABLE, bytes, flags: INDIRECT }])).toMatch(`has ${bytes} bytes`)
  })

  it('addresses beyond the address space, more than 4 GiB, tables that are no memory', () => {
    expect(reason([{ address: 2 ** 52, bytes: 1 }])).toMatch(/leaves the address space/)
    const most = { bytes: 2 ** 32 - 1, flags: NEXT, next: 1 }
    expect(reason([most, { bytes: 2 }])).toMatch(/more than 4 GiB/)
    expect(reason([{ address: 0x5000, bytes: 16, flags: INDIRECT }])).toMatch('names 0x5000')
  })

  it('more than 1024 descriptors in a table, which may be longer than the ring', () => {
    const chain = (count: number): Descriptor[] =>
      Array.from({ length: count }, (_, i) => ({ flags: !packed && i + 1 < count ? NEXT : 0, next: i + 1 }))
    expect(reason(...table(...chain(1024)))).toBeNull()
    expect(reason(...table(...chain(1025)))).toMatch(/too long/)
  })
})

describe('a split ring', () => {
  it('that loops or leads out of its table is broken, in the table of an indirect descriptor, too', () => {
    expect(
      reasonOf(false, [
        { flags: NEXT, next: 1 },
        { flags: NEXT, next: 0 },
      ]),
    ).toMatch(/is a loop/)
    expect(reasonOf(false, [{ flags: NEXT, next: 4 }])).toMatch(/no descriptor 4 in a ring of 4/)
    expect(reasonOf(false, ...table({ flags: NEXT, next: 0 }))).toMatch(/is a loop/)
    expect(reasonOf(false, ...table({ flags: NEXT, next: 7 }, {}))).toMatch(/has no descriptor 7/)
  })
})

describe('a packed ring', () => {
  it('whose buffers have more descriptors than it has is broken', () => {
    const endless = Array.from({ length: 4 }, () => ({ flags: NEXT }))
    expect(reasonOf(true, endless)).toMatch(/more than 4 descriptors/)
  })
})
