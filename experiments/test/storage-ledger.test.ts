import { MemorySwapStore } from '@mica-vm/machine-memory'
import { MemoryBlockStore } from '@mica-vm/vmm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { difference, StorageLedger, storageNs } from '../frame/storage-ledger.ts'

interface Access {
  readonly kind: 'disk' | 'swap-in' | 'swap-out'
  readonly place: number
  /** Whether it is at the same instruction as the one before. */
  readonly isAtOnce: boolean
}

// Oracle: the whole list of accesses, grouped by instruction afterwards.
it('a ledger of storage counts requests, pages, and those that are read for the sake of the disk', () => {
  const access: fc.Arbitrary<Access> = fc.record({
    kind: fc.constantFrom('disk', 'swap-in', 'swap-out'),
    place: fc.nat(5),
    isAtOnce: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(access), (accesses) => {
      const ledger = new StorageLedger()
      const disk = ledger.disk(new MemoryBlockStore(new Uint8Array(6 * 512)))
      const store = new MemorySwapStore(6)
      for (let slot = 0; slot < 6; slot++) store.write(slot, new Uint8Array(4096))
      const swap = ledger.swap(store)
      const groups: Access[][] = [[]]
      ledger.instructions = () => groups.length
      const page = new Uint8Array(4096)
      for (const each of accesses) {
        if (!each.isAtOnce) groups.push([])
        groups.at(-1)!.push(each)
        if (each.kind === 'disk') disk.read(each.place, page.subarray(0, 512))
        if (each.kind === 'swap-in') swap.read(each.place, page)
        if (each.kind === 'swap-out') swap.write(each.place, page)
      }
      const of = (kind: Access['kind'], among: readonly Access[] = accesses) =>
        among.filter((each) => each.kind === kind)
      const requests = (among: readonly Access[]): number =>
        among.filter(({ place }, i) => i === 0 || among[i - 1]!.place + 1 !== place).length
      expect(ledger.use).toEqual({
        diskRequests: requests(of('disk')),
        diskBytes: of('disk').length * 512,
        swapRequests: requests(accesses.filter(({ kind }) => kind !== 'disk')),
        swapReads: of('swap-in').length,
        swapWrites: of('swap-out').length,
        doublePaged: groups.filter((group) => of('disk', group).length > 0).flatMap((group) => of('swap-in', group))
          .length,
      })
    }),
  )
})

it('storage takes its time for each request and each byte', () => {
  const before = new StorageLedger().use
  const after = { ...before, diskRequests: 2, diskBytes: 8192, swapRequests: 1, swapReads: 1, swapWrites: 2 }
  const model = { requestNs: 1000, bytesPerSecond: 1e9 }
  expect(storageNs(difference(after, before), model)).toBe(3 * 1000 + 8192 + 3 * 4096)
})
