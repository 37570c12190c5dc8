import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FirmwareError, PIIX_HARDWARE, loadLinux, loadMultiboot } from '../../src/index.ts'
import { bzImage, elf, multibootHeader, overlaps, pattern } from '../support/images.ts'
import { SparseMemory, pcRam } from '../support/sparse-memory.ts'

const MIB = 1 << 20
const PAGE = 4096
const RUNS = { seed: 20260704, numRuns: 400 } as const

interface Damage {
  readonly keep: number
  readonly changes: readonly (readonly [at: number, value: number])[]
}

/** Mutations favour the first bytes, where the headers are, and whole 32-bit words at the extremes. */
const damage: fc.Arbitrary<Damage> = fc.record({
  keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  changes: fc.array(
    fc.tuple(
      fc.oneof(fc.nat(0x280), fc.nat(0x40), fc.integer({ min: 0x1f1, max: 0x264 })),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
    ),
    { maxLength: 8 },
  ),
})

function harm(image: Uint8Array, { keep, changes }: Damage): Uint8Array {
  const harmed = image.slice(0, Math.round(image.length * keep))
  for (const [at, value] of changes) if (at < harmed.length) harmed[at] = value
  return harmed
}

/** What the loader must never do, whatever the image says (oracle: the memory itself, which knows its bounds). */
function expectHarmless(run: (memory: SparseMemory) => unknown): void {
  const memory = new SparseMemory(pcRam(48))
  try {
    run(memory)
  } catch (error) {
    expect(error).toBeInstanceOf(FirmwareError)
    expect(memory.writes, 'nothing is written before all fits').toBe(0)
  }
  for (const { address, bytes } of memory.refused)
    expect([address, bytes], 'only the copy of the RSDP may be refused').toEqual([0xf0000, 36])
}

test('damaged bzImages: FirmwareError or a boot, never a write outside RAM', () => {
  const whole = bzImage()
  fc.assert(
    fc.property(damage, fc.boolean(), (how, withInitrd) => {
      const kernel = harm(whole, how)
      const ram = pcRam(48)
      expectHarmless((memory) =>
        loadLinux({ memory, ram, kernel, acpi: PIIX_HARDWARE, ...(withInitrd ? { initrd: pattern(5000, 1) } : {}) }),
      )
    }),
    RUNS,
  )
})

test.each([32, 64] as const)('damaged ELF kernels of %i bits: the same', (bits) => {
  const whole = elf({
    bits,
    entry: 0x1000000,
    segments: [
      { physical: 0x1000000, virtual: 0xc1000000, data: pattern(300, 1), memoryBytes: 400 },
      { physical: 0x1010000, virtual: 0xc1010000, data: pattern(100, 2), memoryBytes: 9000 },
    ],
  })
  fc.assert(
    fc.property(damage, (how) => {
      const kernel = harm(whole, how)
      expectHarmless((memory) => loadLinux({ memory, ram: pcRam(48), kernel }))
    }),
    RUNS,
  )
})

test('damaged Multiboot images, with and without load addresses: the same', () => {
  const data = pattern(300, 1)
  const asElf = elf({
    entry: 0x100000,
    segments: [{ physical: 0x100000, data, memoryBytes: 5000 }],
    prologue: multibootHeader(),
  })
  const flat = Uint8Array.from([
    ...multibootHeader({ addresses: [0x100000, 0x100000, 0, 0x102000, 0x100020] }),
    ...data,
  ])
  fc.assert(
    fc.property(damage, fc.constantFrom(asElf, flat), (how, whole) => {
      const kernel = harm(whole, how)
      expectHarmless((memory) => loadMultiboot({ memory, ram: pcRam(48), kernel, modules: [{ name: 'm', data }] }))
    }),
    RUNS,
  )
})

test('the initrd lies at the highest page that kernel, RAM and initrd_addr_max leave (oracle: a search page by page)', () => {
  const bounds = fc.record({
    mebibytes: fc.integer({ min: 20, max: 40 }),
    initrdBytes: fc.integer({ min: 1, max: 3 * MIB }),
    initrdMax: fc.integer({ min: 17 * MIB, max: 48 * MIB }),
    initBytes: fc.integer({ min: 1, max: 8 * MIB }),
    prefAddress: fc.integer({ min: 1, max: 20 }).map((each) => each * MIB),
  })
  fc.assert(
    fc.property(bounds, ({ mebibytes, initrdBytes, initrdMax, initBytes, prefAddress }) => {
      const ram = pcRam(mebibytes)
      const memory = new SparseMemory(ram)
      const kernel = bzImage({ initrdMax, initBytes, prefAddress })
      const needed = Math.max(initBytes, 5008)
      const free = (start: number): boolean =>
        start + initrdBytes <= mebibytes * MIB &&
        start + initrdBytes - 1 <= initrdMax &&
        !overlaps(start, initrdBytes, prefAddress, needed)
      let expected = -1
      for (let start = mebibytes * MIB - PAGE; start >= MIB && expected < 0; start -= PAGE)
        if (free(start)) expected = start
      if (prefAddress + needed > mebibytes * MIB) expected = -1
      let found = -1
      try {
        loadLinux({ memory, ram, kernel, initrd: new Uint8Array(initrdBytes) })
        found = memory.u32(0x10000 + 0x218)
      } catch (error) {
        expect(error).toBeInstanceOf(FirmwareError)
      }
      expect(found).toBe(expected)
    }),
    { ...RUNS, numRuns: 150 },
  )
})
