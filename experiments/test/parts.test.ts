import { allocate } from '@mica-vm/share-allocator'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { textDisk } from '../frame/text-disk.ts'
import { Timeline } from '../frame/timeline.ts'
import { formula } from '../tax.ts'

it('all disks of a size are equal, and no two of their pages are', () => {
  const [one, other] = [new Uint8Array(1 << 20), new Uint8Array(1 << 20)]
  textDisk(one.length).read(0, one)
  textDisk(other.length).read(0, other)
  expect(Buffer.compare(one, other)).toBe(0)
  const pages = Array.from({ length: 256 }, (_, i) => Buffer.from(one.subarray(i * 4096, (i + 1) * 4096)).toString())
  expect(new Set(pages).size).toBe(256)
})

// Oracle: min-funding revocation as share-allocator has it, which takes pages one by one and knows no formula for two.
it('the formula for two machines is where taking pages one by one ends', () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true })
  const machine = part.map((active) => ({ active, residentMiB: 85 }))
  fc.assert(
    fc.property(fc.constantFrom(0, 0.5, 0.75, 0.9), machine, machine, (tax, idle, working) => {
      const wanted = formula(tax, { idle, working })
      const capacity = 2 * 85 * 256
      const clients = [idle, working].map(({ active }) => ({ shares: 1000, min: 0, max: 128 * 256, active }))
      const [first, second] = allocate(clients, capacity, { tax })
      expect(Math.abs(first! / 256 - wanted.idle)).toBeLessThan(0.02)
      expect(Math.abs(second! / 256 - wanted.working)).toBeLessThan(0.02)
    }),
  )
})

it('a timeline begins and ends with a look', () => {
  let looks = 0
  const timeline = new Timeline(() => ++looks, 1e6)
  timeline.end()
  expect(timeline.moments).toEqual([1, 2])
})
