import { MachineMemory, PhysicalMap } from '@mica-vm/machine-memory'
import { Access, CR0, Outcome, POLICIES, Privilege, ShadowMmu, packedLayout, tlbBytes } from '@mica-vm/shadow-mmu'
import type { PolicyName } from '@mica-vm/shadow-mmu'
import fc from 'fast-check'
import { expect, it } from 'vitest'

const page = 4096
const tlbEntries = 16
/** Page directories, of which each uses the one page table; all three are mapped at their own addresses. */
const roots = [1, 2]
const table = 3
const data = [4, 5, 6, 7]
/** Linear pages that can be mapped to any of the data pages. */
const windows = [16, 17, 33, 34]
/** Where in a page a value lies. */
const offset = 0x7f8

const vm = fc.nat(1)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), vm, window: fc.nat(3), value: fc.nat(255) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), vm, window: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('share' as const), vm, ppn: fc.integer({ min: 1, max: 7 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('map' as const),
      vm,
      window: fc.nat(3),
      ppn: fc.constantFrom(...data),
      byDevice: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('switch' as const), vm, root: fc.constantFrom(...roots) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sample' as const), vm, ppn: fc.constantFrom(...data) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A guest, and beside it what it must find: values of its data pages, and what its windows show. */
class Guest {
  readonly map: PhysicalMap
  readonly mmu: ShadowMmu
  readonly bytes: Uint8Array
  readonly values: number[] = Array.from({ length: 8 }, () => 0)
  readonly shown: number[] = [...data]

  constructor(machine: MachineMemory, base: number, policy: PolicyName) {
    this.bytes = machine.bytes
    this.map = new PhysicalMap(machine, { ranges: [{ start: 0, length: 8 * page, kind: 'ram' }] })
    for (const root of roots) this.map.write32(root * page, (table * page) | 3)
    for (const ppn of [...roots, table]) this.map.write32(table * page + ppn * 4, (ppn * page) | 3)
    windows.forEach((linear, i) => this.map.write32(table * page + linear * 4, (data[i]! * page) | 3))
    const layout = packedLayout(tlbEntries)
    this.mmu = new ShadowMmu({ memory: machine.memory, base, layout, pages: this.map, policy })
    this.map.onChange((ppn) => this.mmu.forget(ppn))
    this.map.onWrite((host) => this.mmu.written(host))
    this.mmu.configure({ cr0: CR0.PG | CR0.WP | 1, cr3: page, cr4: 0, efer: 0, a20: true })
  }

  /** Where translated code finds an address: in the TLB, else by the MMU. */
  host(linear: number, kind: Access): number {
    const cached = this.mmu.tlb.lookup(linear, kind, false)
    if (cached >= 0) return cached
    const outcome = this.mmu.access(linear, kind, Privilege.Supervisor)
    if (outcome !== Outcome.Direct) throw new Error(`access ${kind} of ${linear} has outcome ${outcome}`)
    return this.mmu.host
  }

  show(window: number, ppn: number, byDevice: boolean): void {
    const linear = windows[window]!
    const at = table * page + linear * 4
    const entry = (ppn * page) | 3
    if (byDevice) this.map.write32(at, entry)
    else new DataView(this.bytes.buffer).setUint32(this.host(at, Access.Write), entry, true)
    this.mmu.invalidatePage(linear * page)
    this.shown[window] = ppn
  }
}

function run(guests: readonly [Guest, Guest], one: Step): void {
  const guest = guests[one.vm as 0 | 1]
  switch (one.do) {
    case 'write':
      guest.bytes[guest.host(windows[one.window]! * page + offset, Access.Write)] = one.value
      guest.values[guest.shown[one.window]!] = one.value
      return
    case 'read':
      expect(guest.bytes[guest.host(windows[one.window]! * page + offset, Access.Read)]).toBe(
        guest.values[guest.shown[one.window]!],
      )
      return
    case 'share': {
      const other = guests[(1 - one.vm) as 0 | 1]
      // Tables are taken over, too, where they map the same.
      if (one.ppn === table && String(guest.shown) !== String(other.shown)) return
      other.map.adopt(one.ppn, guest.map.lend(one.ppn))
      other.values[one.ppn] = guest.values[one.ppn]!
      return
    }
    case 'map':
      return guest.show(one.window, one.ppn, one.byDevice)
    case 'switch':
      expect(guest.mmu.loadCr3(one.root * page)).toBe(true)
      return
    case 'sample':
      return guest.mmu.sample(one.ppn)
  }
}

// Oracle: for each guest an array of values and one of mappings, which know nothing of frames, TLBs and traces.
it.each(POLICIES)('no guest writes through a stale entry into a frame that is shared: %s', (policy) => {
  let recalls = 0
  const machine = new MachineMemory({ bytes: 1 << 20, reservedBytes: 1 << 16 })
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
      const guests = [new Guest(machine, 0, policy), new Guest(machine, tlbBytes(tlbEntries), policy)] as const
      for (const one of steps) run(guests, one)
      for (const [i, { mmu, map }] of guests.entries()) {
        for (const window of windows.keys()) run(guests, { do: 'read', vm: i, window })
        recalls += mmu.statistics.recalls
        map.release()
      }
    }),
    { seed: 4711, numRuns: 300 },
  )
  expect(recalls > 0).toBe(policy === 'caching')
})
