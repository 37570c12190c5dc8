/**
 * Two guests, each with its own page table and memory map, and one pool of frames: the second guest is a fork of the first, so both read the
 * same frame until one writes. Page walks and memory are two packages that do not know each other; the joint is the two methods of a port.
 */
import assert from 'node:assert/strict'
import { MachineMemory, PhysicalMap } from '@mica-vm/machine-memory'
import { Access, CR0, Outcome, packedLayout, Privilege, ShadowMmu, tlbBytes } from '@mica-vm/shadow-mmu'

const tlbEntries = 256
const machine = new MachineMemory({ bytes: 1 << 21, reservedBytes: 1 << 16 })

/** An MMU over a guest's memory, with its TLB at `base` in the reserved part of the machine, and paging on. */
function mmuOf(pages: PhysicalMap, base: number): ShadowMmu {
  const mmu = new ShadowMmu({ memory: machine.memory, base, layout: packedLayout(tlbEntries), pages })
  pages.onChange((ppn) => mmu.forget(ppn))
  mmu.configure({ cr0: CR0.PG | CR0.WP | 1, cr3: 0x1000, cr4: 0, efer: 0, a20: true })
  return mmu
}

const first = new PhysicalMap(machine, { ranges: [{ start: 0, length: 1 << 20, kind: 'ram' }] })
first.write32(0x1000, 0x2000 | 7) // page directory: linear 0 to 4 MiB by the table at 0x2000
first.write32(0x2000 + 4 * 0x10, 0x5000 | 7) // page table: linear 0x10000 is physical 0x5000
first.write32(0x5000, 0xcafe)
const second = first.fork()

const mmus = [mmuOf(first, 0), mmuOf(second, tlbBytes(tlbEntries))] as const
const hostOf = (mmu: ShadowMmu, kind: Access): number => {
  assert.equal(mmu.access(0x10000, kind, Privilege.User), Outcome.Direct)
  return mmu.host
}

assert.equal(hostOf(mmus[0], Access.Read), hostOf(mmus[1], Access.Read))
console.log(`both guests read frame ${hostOf(mmus[0], Access.Read) >>> 12} at their linear address 10000h`)

const own = hostOf(mmus[1], Access.Write)
new DataView(machine.memory.buffer).setUint32(own, 0xf00d, true)
assert.notEqual(hostOf(mmus[0], Access.Read), own)
assert.equal(first.read32(0x5000), 0xcafe)
assert.equal(second.read32(0x5000), 0xf00d)
console.log(`the second wrote: it now has frame ${own >>> 12} for itself`)
