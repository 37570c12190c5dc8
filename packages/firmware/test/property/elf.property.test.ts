import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadMultiboot } from '../../src/index.ts'
import { elf, multibootHeader, pattern } from '../support/images.ts'
import type { SegmentSpec } from '../support/images.ts'
import { SparseMemory, pcRam } from '../support/sparse-memory.ts'

const BASE = 0x100000

/** Segments one after another with gaps, each with bytes from the file and bytes to clear. */
const segments: fc.Arbitrary<SegmentSpec[]> = fc
  .array(
    fc.record({
      gap: fc.nat(9000),
      file: fc.integer({ min: 1, max: 6000 }),
      clear: fc.nat(70000),
      shift: fc.constantFrom(0, 0x80000000),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => {
    let at = BASE
    return parts.map(({ gap, file, clear, shift }, index) => {
      const physical = at + gap
      at = physical + file + clear
      return { physical, virtual: physical + shift, data: pattern(file, index), memoryBytes: file + clear }
    })
  })

test('ELF segments arrive where they say, and what follows them is cleared (oracle: the description that the file was made from)', () => {
  fc.assert(
    fc.property(segments, fc.nat(), (specs, seed) => {
      const ram = pcRam(4)
      const memory = new SparseMemory(ram)
      memory.write(BASE, new Uint8Array(2 << 20).fill(0xee))
      const home = specs[seed % specs.length]
      if (home === undefined) return
      const offset = seed % home.memoryBytes
      const kernel = elf({ entry: (home.virtual ?? 0) + offset, segments: specs, prologue: multibootHeader() })
      const entry = loadMultiboot({ memory, ram, kernel })
      expect(entry.eip).toBe(home.physical + offset)
      for (const { physical, data, memoryBytes } of specs) {
        expect(memory.bytes(physical, data.length)).toEqual(data)
        expect(memory.bytes(physical + data.length, memoryBytes - data.length).every((byte) => byte === 0)).toBe(true)
      }
    }),
    { seed: 20260704, numRuns: 60 },
  )
})
