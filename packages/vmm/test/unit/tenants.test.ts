// What a tenant can learn of another by writing its own pages: where the same page lies in both, the write takes a copy, and long. Oracle: the
// two halves of one guest's pages, of which one equals the other tenant's. Not the time itself is measured, which a busy machine spoils,
// but what makes it: the writes that the soft TLB does not serve, and copies.
import { expect, test } from 'vitest'
import type { VirtualMachine } from '../../src/index.ts'
import { loopForever, out8, powerOff, type Code } from '../support/guest-program.ts'
import { machine, mib, smallHost } from '../support/machines.ts'

const pages = 64
const half = pages / 2
const [start, middle, end] = [0x12_0000, 0x12_0000 + half * 4096, 0x12_0000 + pages * 4096]
const debugPort = 0xe9

const u32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

/** For each page: its address, exclusive or `key`, into its first word. */
const writeAll = (from: number, to: number, key: number): Code => [
  [0xbf, u32(from)], // mov edi, from
  [0x89, 0xf8, 0x35, u32(key), 0x89, 0x07], // mov eax, edi; xor eax, key; mov [edi], eax
  [0x81, 0xc7, u32(4096), 0x81, 0xff, u32(to), 0x72, 0xe9], // add edi, 4096; cmp edi, to; jb
]

const victim: Code = [writeAll(start, end, 0), out8(debugPort, 1), loopForever]
/** Right for half of the pages; then it writes all of them anew. */
const spy: Code = [
  [writeAll(start, middle, 0), writeAll(middle, end, 0x5a5a_5a5a), out8(debugPort, 1)],
  [writeAll(start, middle, 7), out8(debugPort, 2), writeAll(middle, end, 7), out8(debugPort, 3), powerOff],
]

interface Costs {
  readonly slowWrites: number
  readonly copies: number
}

const costs = ({ statistics }: VirtualMachine): Costs => ({
  slowWrites: statistics.processor.slowWrites + statistics.processor.slowUpdates,
  copies: statistics.memory.copyOnWriteBreaks,
})

/** Runs until the guest says that it has written its pages. */
async function prepare(vm: VirtualMachine): Promise<void> {
  const stop = vm.on('debug', () => void vm.pause())
  await vm.run()
  stop()
}

/** What it cost the spy to write the half that it had guessed right, and the other one. */
async function spyOn(
  salts: readonly [victim: string, spy: string],
): Promise<{ right: Costs; wrong: Costs; shared: number }> {
  const host = smallHost({ memoryPolicy: { sharing: { pagesPerSecond: Infinity, pagesPerSecondPerVm: Infinity } } })
  const [one, other] = [victim, spy].map((code, i) =>
    machine(code, { memory: 2 * mib, salt: salts[i]!, clock: 'instructions' }, host),
  ) as [VirtualMachine, VirtualMachine]
  await prepare(one)
  await prepare(other)
  const victimsRun = one.run()
  // Two passes over all pages find all that is equal.
  const scanned = (): number => host.memory!.sharing!.scanned
  const enough = scanned() + 4 * pages * 2
  while (scanned() < enough) await new Promise((resolve) => setTimeout(resolve, 5))
  const { shared } = other.memory.statistics
  const seen = [costs(other)]
  other.on('debug', () => void seen.push(costs(other)))
  await other.run()
  const [before, between, after] = seen as [Costs, Costs, Costs]
  const difference = (a: Costs, b: Costs): Costs => ({
    slowWrites: b.slowWrites - a.slowWrites,
    copies: b.copies - a.copies,
  })
  one.powerOff()
  await victimsRun
  host.destroy()
  return { right: difference(before, between), wrong: difference(between, after), shared: shared / 4096 }
}

test('one of another salt learns nothing: right guesses cost what wrong ones do', async () => {
  const { right, wrong, shared } = await spyOn(['red', 'blue'])
  expect(shared).toBe(0)
  expect(right).toEqual(wrong)
  expect(right.copies).toBe(0)
})

test('one of the same salt would: each right guess costs a copy', async () => {
  const { right, wrong, shared } = await spyOn(['red', 'red'])
  expect(shared).toBeGreaterThanOrEqual(half)
  expect(right.copies).toBe(half)
  expect(wrong.copies).toBe(0)
  expect(right.slowWrites).toBeGreaterThan(wrong.slowWrites)
})
