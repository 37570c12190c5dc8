// The local APIC's timer in TSC-deadline mode, through IA32_TSC_DEADLINE. Oracle: SDM vol. 3, section 10.5.4.1, and the guest's own counter.
import { expect, test } from 'vitest'
import { loadEax, movEax, outEax, storeEax, type Code } from '../support/guest-program.ts'
import { machine } from '../support/machines.ts'

const apic = { spurious: 0xfee0_00f0, timer: 0xfee0_0320, requests: 0xfee0_0220 } as const
const deadlineMode = 0x4_0000
const vector = 0x40
const rdtsc = [0x0f, 0x31]
const wrmsr = [0x0f, 0x30]
const movEcx = (value: number): Code => [0xb9, value & 0xff, value >>> 8, 0, 0]
/** ADD EAX, n; ADC EDX, 0. */
const later = (n: number): Code => [0x05, n & 0xff, (n >>> 8) & 0xff, (n >>> 16) & 0xff, n >>> 24, 0x83, 0xd2, 0]
const movEsiEax = [0x89, 0xc6]
const subEaxEsi = [0x29, 0xf0]
/** Looks at the request bit of the vector until it is set. */
const waitForRequest: Code = [loadEax(apic.requests), 0xa8, 0x01, 0x74, 0xf7]
const begin: Code = [movEax(0x1ff), storeEax(apic.spurious), movEax(deadlineMode | vector), storeEax(apic.timer)]

/** Counts between the deadline in ESI and the guest's look at its counter when the request had come. */
async function lateness(program: Code): Promise<number> {
  const exit = await machine([begin, program, waitForRequest, rdtsc, subEaxEsi, outEax(0xf4)], {
    clock: 'instructions',
    cpu: 'x86-64-v2',
  }).run()
  return exit.reason === 'debug-exit' ? exit.value | 0 : NaN
}

/** A round of the waiting loop, and RDTSC. */
const longestLook = 6

test.each([100, 10_000, 5_000_000])(
  'the interrupt comes when the counter reaches the deadline in %d counts',
  async (n) => {
    const late = await lateness([rdtsc, later(n), movEsiEax, movEcx(0x6e0), wrmsr])
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThanOrEqual(longestLook)
  },
)

test('a deadline that has passed interrupts at once', async () => {
  const late = await lateness([rdtsc, movEsiEax, movEcx(0x6e0), wrmsr])
  expect(late).toBeLessThanOrEqual(10)
})

test('the deadline stays one of the counter when the guest sets that', async () => {
  // Armed for a second later; then the counter is set to 5000 less than the deadline.
  const arm: Code = [rdtsc, later(1e9), movEsiEax, movEcx(0x6e0), wrmsr]
  const late = await lateness([arm, later(-5000 >>> 0), [0x83, 0xea, 1], movEcx(0x10), wrmsr])
  expect(late).toBeGreaterThanOrEqual(0)
  expect(late).toBeLessThanOrEqual(longestLook)
})
