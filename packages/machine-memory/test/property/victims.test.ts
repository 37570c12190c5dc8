import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FRAME_BYTES, MachineMemory, PhysicalMap } from '../../src/index.ts'

const PAGES = 48

/** A generator of 32 bits (xorshift), so that draws are the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

function createMap(resident: readonly number[]): PhysicalMap {
  const machine = new MachineMemory({ bytes: 256 * FRAME_BYTES, reservedBytes: 0 })
  const map = new PhysicalMap(machine, { ranges: [{ start: 0, length: PAGES * FRAME_BYTES, kind: 'ram' }] })
  for (const ppn of resident) map.write8(ppn * FRAME_BYTES, 1)
  return map
}

// Oracle: Pearson's chi-square against equal chances. 61.1 is the 99.9 % quantile of 31 degrees of freedom; the seeds are fixed.
it.each([1, 2, 3, 4])('takes each resident page equally often, seed %d', (seed) => {
  const resident = Array.from({ length: 32 }, (_, i) => (i * 7) % PAGES)
  const map = createMap(resident)
  const random = randomFrom(seed * 0x9e3779b1)
  const counts = new Map<number, number>(resident.map((ppn) => [ppn, 0]))
  const rounds = 4000
  const perRound = 3
  for (let round = 0; round < rounds; round++)
    for (const ppn of map.chooseVictims(perRound, random)) counts.set(ppn, counts.get(ppn)! + 1)
  const expected = (rounds * perRound) / resident.length
  let chiSquare = 0
  for (const count of counts.values()) chiSquare += (count - expected) ** 2 / expected
  expect(chiSquare).toBeLessThan(61.1)
})

// Oracle: the sets themselves.
it('takes resident pages only, none twice, as many as there are, and shared ones only if asked for', () => {
  const page = fc.nat(PAGES - 1)
  fc.assert(
    fc.property(
      fc.uniqueArray(page),
      fc.uniqueArray(page),
      fc.nat(PAGES),
      fc.boolean(),
      fc.integer(),
      (resident, own, count, shared, seed) => {
        const map = createMap(resident)
        const twin = map.fork()
        // What the fork writes is its parent's alone again.
        for (const ppn of own) twin.write8(ppn * FRAME_BYTES, 2)
        const eligible = shared ? resident : resident.filter((ppn) => own.includes(ppn))
        const random = randomFrom(seed)
        for (let round = 0; round < 3; round++) {
          const victims = map.chooseVictims(count, random, { shared })
          expect(victims.length).toBe(Math.min(count, eligible.length))
          expect(new Set(victims).size).toBe(victims.length)
          expect(victims.filter((ppn) => !eligible.includes(ppn))).toEqual([])
        }
        expect(map.contradictions()).toEqual([])
      },
    ),
    { seed: 302, numRuns: 200 },
  )
})

it('needs as many random numbers as it draws pages, however few are resident', () => {
  const map = createMap([40, 3])
  let drawn = 0
  const random = randomFrom(5)
  const victims = map.chooseVictims(10, () => {
    drawn++
    return random()
  })
  expect([...victims].sort((a, b) => a - b)).toEqual([3, 40])
  expect(drawn).toBe(2)
})
