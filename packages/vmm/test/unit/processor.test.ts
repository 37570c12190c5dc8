// Oracle: proportional sharing, on real machines; the host's clock counts instructions, so that a busy host changes nothing.
import { describe, expect, test } from 'vitest'
import type { HostClock, VirtualMachine } from '../../src/index.ts'
import { haltForever, loopForever } from '../support/guest-program.ts'
import { machine, mib, smallHost } from '../support/machines.ts'

const nsPerInstruction = 10
/** Of a slice with the instructions clock. */
const sliceNs = 200_000 * nsPerInstruction
const quantumNs = 4e6

/** A clock that goes while machines run. */
function instructionClock(vms: readonly VirtualMachine[]): HostClock {
  const retired = (): number => vms.reduce((sum, vm) => sum + vm.processor.retired, 0)
  return { nowNs: () => retired() * nsPerInstruction, unixMs: () => 0 }
}

/** Machines with so many shares each that never halt, and a clock that they drive. */
function busyMachines(shares: readonly number[]): { vms: VirtualMachine[]; clock: HostClock } {
  const vms: VirtualMachine[] = []
  const clock = instructionClock(vms)
  const host = smallHost({ clock, memory: 4 * shares.length * mib })
  for (const cpuShares of shares) vms.push(machine(loopForever, { clock: 'instructions', cpuShares }, host))
  return { vms, clock }
}

/** Lets the event loop turn until the machines' clock has come to `ns`. */
async function until(clock: HostClock, ns: number): Promise<void> {
  while (clock.nowNs() < ns) await new Promise((resolve) => setImmediate(resolve))
}

async function stop(vms: readonly VirtualMachine[], runs: readonly Promise<unknown>[]): Promise<void> {
  for (const vm of vms) vm.powerOff()
  await Promise.all(runs)
}

const used = (vm: VirtualMachine): number => vm.processor.retired * nsPerInstruction

describe('machines that never halt', () => {
  test.each([[[1000, 1000]], [[3000, 1000]], [[1, 2, 5]], [[100, 100, 100, 700]]])(
    'get instructions in proportion to their shares: %j',
    async (shares) => {
      const { vms, clock } = busyMachines(shares)
      const runs = vms.map((vm) => vm.run())
      await until(clock, 2e9)
      const total = clock.nowNs()
      const sum = shares.reduce((a, b) => a + b)
      vms.forEach((vm, i) => {
        const fair = (total * shares[i]!) / sum
        expect(Math.abs(used(vm) - fair)).toBeLessThanOrEqual(shares.length * (quantumNs + sliceNs))
      })
      await stop(vms, runs)
    },
  )

  test('go by new shares at once', async () => {
    const { vms, clock } = busyMachines([1000, 1000])
    const [a, b] = vms as [VirtualMachine, VirtualMachine]
    const runs = vms.map((vm) => vm.run())
    await until(clock, 5e8)
    a.cpuShares = 4000
    const [beforeA, beforeB] = [used(a), used(b)]
    await until(clock, clock.nowNs() + 1e9)
    expect((used(a) - beforeA) / (used(b) - beforeB)).toBeCloseTo(4, 0)
    await stop(vms, runs)
  })

  test('and one that paused for long is owed nothing', async () => {
    const { vms, clock } = busyMachines([1000, 1000])
    const [a, b] = vms as [VirtualMachine, VirtualMachine]
    const runs = [a.run()]
    await until(clock, 1e9)
    runs.push(b.run())
    const before = used(a)
    await until(clock, clock.nowNs() + 4e8)
    expect(Math.abs(used(b) - (used(a) - before))).toBeLessThanOrEqual(2 * (quantumNs + sliceNs))
    await stop(vms, runs)
  })

  test('leave the event loop its turns', async () => {
    const { vms, clock } = busyMachines([1000, 1000, 1000])
    const runs = vms.map((vm) => vm.run())
    let last = 0
    let longest = 0
    while (clock.nowNs() < 3e8) {
      await new Promise((resolve) => setImmediate(resolve))
      if (last > 0) longest = Math.max(longest, clock.nowNs() - last)
      last = clock.nowNs()
    }
    expect(longest).toBeLessThanOrEqual(quantumNs + sliceNs)
    await stop(vms, runs)
  })
})

test('machines that sleep take no part', async () => {
  const vms: VirtualMachine[] = []
  const clock = instructionClock(vms)
  const host = smallHost({ clock })
  for (const code of [loopForever, haltForever]) vms.push(machine(code, { clock: 'instructions' }, host))
  const runs = vms.map((vm) => vm.run())
  await until(clock, 1e8)
  expect(used(vms[1]!)).toBeLessThan(1000 * nsPerInstruction)
  await stop(vms, runs)
})

test.each([0, -1, 1.5, NaN, 1e7])('cpuShares %d is refused', (cpuShares) => {
  expect(() => machine(loopForever, { cpuShares })).toThrow(/cpuShares is .*; must be an integer from 1 to 1000000/)
  const vm = machine(loopForever)
  expect(() => (vm.cpuShares = cpuShares)).toThrow(/cpuShares/)
  expect(vm.cpuShares).toBe(1000)
  vm.destroy()
})
