// Oracle: the guests themselves: each writes its own words into more memory than there is, and reads all of them back.
import { MemorySwapStore, SwapStoreError, type SwapStore } from '@mica-vm/machine-memory'
import { FileSwapStore } from '@mica-vm/machine-memory/node'
import { truncateSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Host, HostOptions, VirtualMachine, VmOptions } from '../../src/index.ts'
import { debugExit, haltForever, loopForever, powerOff, type Code } from '../support/guest-program.ts'
import { machine, mib, smallHost } from '../support/machines.ts'
import { scratch } from '../support/command.ts'

const files = scratch()

const u32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

/** For each page, EDI's address, from `start` to below `end`. */
const writeAll = (start: number, end: number): Code => [
  [0xbf, u32(start)], // mov edi, start
  [0x89, 0x3f, 0x81, 0xc7, u32(4096), 0x81, 0xff, u32(end), 0x72, 0xf0], // mov [edi], edi; add edi, 4096; cmp edi, end; jb
]

/** Compares what `writeAll` wrote; leaves with debug exit 42h at the first word that is another. */
const compareAll = (start: number, end: number): Code => [
  [0xbf, u32(start)],
  // jmp over; bad: debug exit; over: cmp [edi], edi; jne bad; add edi, 4096; cmp edi, end; jb over
  [0xeb, 0x0b, debugExit(0x42), 0x90],
  [0x39, 0x3f, 0x75, 0xf1, 0x81, 0xc7, u32(4096), 0x81, 0xff, u32(end), 0x72, 0xee],
]

const [start, end] = [0x20_0000, 0x50_0000]
const worker: Code = [writeAll(start, end), compareAll(start, end), compareAll(start, end), powerOff]

function crowdedHost(options: Partial<HostOptions> = {}, swap: SwapStore = new MemorySwapStore(8192)): Host {
  return smallHost({ memory: 8 * mib, memoryPolicy: { swap }, ...options })
}

const guest = (host: Host, code: Code, options: Partial<VmOptions> = {}): VirtualMachine =>
  machine(code, { memory: 6 * mib, clock: 'instructions', ...options }, host)

test('three guests that use more than there is find all that they wrote', async () => {
  const host = crowdedHost()
  const states = new Set<string>()
  host.on('memory-state', ({ state }) => void states.add(state))
  const vms = [1, 2, 3].map(() => guest(host, worker))
  const exits = await Promise.all(vms.map((vm) => vm.run()))
  expect(exits).toEqual(vms.map(() => ({ reason: 'powered-off', by: 'guest' })))
  expect(host.memory!.swap.used).toBeGreaterThan(0)
  expect(states.size).toBeGreaterThan(0)
  for (const { memory } of vms) expect(memory.statistics.swapped + memory.statistics.resident).toBeGreaterThan(3 * mib)
  host.destroy()
  expect(host.statistics.used).toBe(0)
})

test('what is guaranteed stays', async () => {
  const host = crowdedHost()
  const safe = guest(host, [writeAll(start, end), loopForever], { memory: { size: 6 * mib, min: 6 * mib } })
  const run = safe.run()
  while (safe.memory.statistics.resident < 3 * mib) await new Promise((resolve) => setTimeout(resolve, 5))
  const others = [1, 2].map(() => guest(host, worker))
  await Promise.all(others.map((vm) => vm.run()))
  expect(safe.memory.statistics.swapped).toBe(0)
  safe.powerOff()
  await run
  host.destroy()
})

test('a limit that is lowered takes what is above it, also where there is plenty', async () => {
  const host = crowdedHost()
  const vm = guest(host, [writeAll(start, end), loopForever])
  const run = vm.run()
  while (vm.memory.statistics.resident < 3 * mib) await new Promise((resolve) => setTimeout(resolve, 5))
  vm.memory.update({ max: mib })
  while (vm.memory.statistics.resident > mib) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(vm.memory.target).toBe(mib)
  vm.powerOff()
  await run
  host.destroy()
})

test('swap that is lost stops the machine that needs it, with the reason, and no other', async () => {
  const store = new MemorySwapStore(8192)
  let isLost = false
  const breaking: SwapStore = {
    slots: store.slots,
    read: (slot, into) => {
      if (isLost) throw new SwapStoreError('lost', 'the disk has an error')
      store.read(slot, into)
    },
    write: (slot, from) => store.write(slot, from),
    close: () => store.close(),
  }
  const host = crowdedHost({}, breaking)
  const victim = guest(host, [writeAll(start, end), compareAll(start, end), [0xe9, u32(-47 >>> 0)]])
  const run = victim.run()
  while (victim.memory.statistics.resident < 3 * mib) await new Promise((resolve) => setTimeout(resolve, 5))
  isLost = true
  victim.memory.update({ max: mib })
  const exit = await run
  expect(exit).toMatchObject({
    reason: 'out-of-memory',
    message: expect.stringMatching(/the disk has an error/) as string,
  })
  expect(victim.state).toBe('paused')
  const other = guest(host, [writeAll(start, start + mib), compareAll(start, start + mib), powerOff])
  expect(await other.run()).toMatchObject({ reason: 'powered-off' })
  // Nothing was lost in fact: as soon as the disk works again, so does the guest.
  isLost = false
  const again = victim.run()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(victim.state).toBe('running')
  victim.powerOff()
  await again
  host.destroy()
})

test('a swap file that somebody empties stops the machine whose pages are gone, which sees no zeros; one that is guaranteed its memory works on', async () => {
  const path = files.path('swap')
  const host = crowdedHost({}, new FileSwapStore({ path, slots: 8192 }))
  const compareForEver: Code = [0xe9, u32(-47 >>> 0)]
  const small = start + mib / 2
  const safe = guest(host, [writeAll(start, small), compareAll(start, small), compareForEver], {
    memory: { size: 3 * mib, min: 3 * mib },
  })
  const victim = guest(host, [writeAll(start, end), compareAll(start, end), compareForEver])
  const runs = [safe.run(), victim.run()]
  while (victim.memory.statistics.resident < 3 * mib) await new Promise((resolve) => setTimeout(resolve, 5))
  victim.memory.update({ max: mib })
  while (victim.memory.statistics.swapped < mib) await new Promise((resolve) => setTimeout(resolve, 5))
  truncateSync(path)
  // A guest that found zeros would leave by its debug exit.
  expect(await runs[1]).toMatchObject({
    reason: 'out-of-memory',
    message: expect.stringMatching(/swap has become shorter|does not hold what was written there/) as string,
  })
  expect(victim.state).toBe('paused')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(safe.state).toBe('running')
  expect(host.audit()).toEqual([])
  safe.powerOff()
  await runs[0]
  host.destroy()
  expect(host.statistics.used).toBe(0)
})

test('swap whose disk is full leaves a guest standing with the reason, and not a page is lost', async () => {
  const store = new MemorySwapStore(8192)
  let isFull = false
  const filling: SwapStore = {
    slots: store.slots,
    read: (slot, into) => store.read(slot, into),
    write: (slot, from) => {
      if (isFull) throw new SwapStoreError('full', 'no space left on its device')
      store.write(slot, from)
      isFull = slot > 200
    },
    close: () => store.close(),
  }
  const host = crowdedHost({ memory: 2 * mib }, filling)
  const greedy = guest(host, worker)
  expect(await greedy.run()).toMatchObject({
    reason: 'out-of-memory',
    message: expect.stringMatching(/no space left on its device/) as string,
  })
  // With room again it goes on, and finds all that it wrote.
  filling.write = (slot, from) => store.write(slot, from)
  expect(await greedy.run()).toEqual({ reason: 'powered-off', by: 'guest' })
  host.destroy()
})

test('equal pages of one salt share a frame, those of another do not', async () => {
  const host = smallHost({ memoryPolicy: { sharing: { pagesPerSecond: Infinity, pagesPerSecondPerVm: Infinity } } })
  const code: Code = [writeAll(0x10_8000, 0x14_0000), haltForever]
  const vms = ['a', 'a', 'b'].map((salt) => machine(code, { memory: 2 * mib, salt, clock: 'instructions' }, host))
  const runs = vms.map((vm) => vm.run())
  const shared = (): number[] => vms.map((vm) => vm.memory.statistics.shared)
  while (shared()[0]! < 50 * 4096 || shared()[1]! < 50 * 4096) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(shared()[2]).toBe(0)
  expect(host.memory!.sharing!.savedPages).toBeGreaterThanOrEqual(50)
  for (const vm of vms) vm.powerOff()
  await Promise.all(runs)
  host.destroy()
})

test('a machine that could not be kept its promises is refused, with numbers and the way out', () => {
  const host = crowdedHost({}, new MemorySwapStore(1024))
  expect(() => guest(host, haltForever, { name: 'big', memory: { size: 6 * mib, min: 6 * mib } })).not.toThrow()
  expect(() => guest(host, haltForever, { name: 'second', memory: { size: 6 * mib, min: 2 * mib } })).toThrow(
    /^second is to be guaranteed 2\.0 MiB and the host can guarantee 1\.\d MiB: lower its min, or give the host more memory$/,
  )
  expect(() => guest(host, haltForever, { name: 'third' })).toThrow(
    /^third needs 6\.0 MiB of swap for what it is not guaranteed \(size less min\), and 3\.\d MiB are unreserved: raise its min/,
  )
  // What was refused left nothing behind, and what ends gives all back.
  const [first] = host.vms
  expect(() => first!.memory.update({ min: 2 * mib })).toThrow(/swap/)
  expect(first!.memory.min).toBe(6 * mib)
  first!.destroy()
  expect(host.memory!.unreserved.swap).toBeGreaterThan(3 * mib)
  expect(() => guest(host, haltForever, { memory: { size: 6 * mib, min: 5 * mib } })).not.toThrow()
  host.destroy()
})
