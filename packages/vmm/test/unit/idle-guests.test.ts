// Guests that tick on machines with timer slack. Oracle: what `timerSlackNs` promises; the runtime's timers and the host's clock are the test's.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { movEax, storeEax, type Code } from '../support/guest-program.ts'
import { machine, mib, smallHost } from '../support/machines.ts'

const tickMs = 4
const slackMs = 100
const [idt, idtr, handler, stack] = [0x18_0000, 0x18_1000, 0x19_0000, 0x1f_0000]
const apic = { end: 0xfee0_00b0, spurious: 0xfee0_00f0, timer: 0xfee0_0320, initial: 0xfee0_0380, divide: 0xfee0_03e0 }
const vector = 0x40
const u32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
const store = (address: number, value: number): Code => [movEax(value), storeEax(address)]
/** MOV DWORD PTR [address], value. */
const storeConstant = (address: number, value: number): number[] => [0xc7, 0x05, ...u32(address), ...u32(value)]

/** Halts, and is woken up by its local APIC every four milliseconds: then it writes port 80h, and sets the timer anew. */
function tick(countsPerMs: number): Code {
  const code = [
    0x50,
    0xe6,
    0x80,
    ...storeConstant(apic.end, 0),
    ...storeConstant(apic.initial, tickMs * countsPerMs),
    0x58,
    0xcf,
  ]
  while (code.length % 4 !== 0) code.push(0x90)
  const words = Array.from({ length: code.length / 4 }, (_, i) => {
    const [a, b, c, d] = code.slice(i * 4, i * 4 + 4) as [number, number, number, number]
    return a | (b << 8) | (c << 16) | (d << 24)
  })
  return [
    [0xbc, u32(stack)], // mov esp, stack
    words.map((word, i) => store(handler + i * 4, word)),
    [0x31, 0xc0, 0x8c, 0xc8, 0xc1, 0xe0, 0x10, storeEax(idt + vector * 8)], // the gate: mov eax, cs; shl eax, 16
    store(idt + vector * 8 + 4, handler | 0x8e00),
    store(idtr, 0x7ff),
    store(idtr + 4, idt >>> 16),
    [0x0f, 0x01, 0x1d, u32(idtr)], // lidt [idtr]
    store(apic.spurious, 0x1ff),
    store(apic.divide, 0b1011), // by 1
    store(apic.timer, vector), // one shot
    store(apic.initial, tickMs * countsPerMs),
    [0xfb], // sti
  ]
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 }))
afterEach(() => void vi.useRealTimers())

/** Lets so many milliseconds pass, and machines run. */
async function pass(ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    vi.advanceTimersByTime(1)
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** When guests tick, in milliseconds, of which the second starts 1.7 s after the first. */
async function ticksOf(timerSlackNs: number, seconds: number): Promise<number[][]> {
  const host = smallHost({ clock: { nowNs: () => Date.now() * 1e6, unixMs: () => Date.now() }, memory: 8 * mib })
  const vms = [0, 1].map(() => machine(tick(1_000_000), { timerSlackNs }, host))
  const ticks = vms.map((vm) => {
    const times: number[] = []
    vm.on('post', () => void times.push(Date.now()))
    return times
  })
  const runs: Promise<unknown>[] = []
  for (const vm of vms) {
    runs.push(vm.run())
    await pass(1701)
  }
  await pass(seconds * 1000)
  for (const vm of vms) vm.powerOff()
  await pass(1)
  await Promise.all(runs)
  host.destroy()
  return ticks
}

test('idle guests are woken up together, and late by a twentieth of the time for which they have been idle', async () => {
  const ticks = await ticksOf(slackMs * 1e6, 4)
  for (const [index, times] of ticks.entries()) {
    const start = index * 1701
    times.slice(1).forEach((time, i) => {
      const late = time - times[i]! - tickMs
      // Timers count in milliseconds.
      expect(late).toBeLessThanOrEqual(Math.min(slackMs, (times[i]! - start) / 20) + 2)
    })
  }
  const [first, second] = ticks.map((times) => times.filter((time) => time > 4500))
  expect(first!.length).toBeGreaterThan(20)
  expect(second).toEqual(first)
  for (const time of first!) expect(time % slackMs).toBeLessThanOrEqual(2)
})

test('without slack a guest has every tick', async () => {
  const [first] = await ticksOf(0, 1)
  expect(first!.length).toBeGreaterThan(700)
})
