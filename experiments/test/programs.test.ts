import { createHash } from 'node:crypto'
import { GuestLinuxError } from '@mica-vm/guest-linux'
import { Host, type BootSource } from '@mica-vm/vmm'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { debianBoot, DebianGuest } from '../frame/debian-guest.ts'
import type { Measurement } from '../frame/debian-guest.ts'
import { textDisk } from '../frame/text-disk.ts'
import { built, digested, mixed, sumOfDisk } from '../overcommit/expected.ts'

const diskBytes = 1 << 20
/** What the host has worked out that programs print. */
const jobs: readonly (readonly [command: string, expected: string])[] = [
  ['mix 3 50', mixed(3, 50)],
  ['build 11', built(11)],
  ['digest 2', digested(2)],
  ['sums 2', sumOfDisk(textDisk(diskBytes))],
  ['keep', ''],
  ['md5sum </tmp/kept', sumOfDisk(textDisk(diskBytes))],
]
const commands = [
  'forkwait 20',
  'page-fault 3 40',
  'context-switch 25 5',
  'protect 4 10',
  'toucher 2 50',
  'compile 1',
  'forkwait',
  'cat /proc/stat /proc/vmstat',
  'random-read 20 16',
  'random-read 50 100000',
  'reread 2',
  'work 1',
  ...jobs.map(([command, expected]) => `check '${expected}' ${command}`),
  `check 'anything else' mix 3 50`,
  'clients 0 2',
  'clients 20 2 7',
  "sh -c 'for each in c*; do echo >$each/f000; done'",
  'clients 21 2 7',
]
/** What the guest boots from, or why there is none here: no apt, no network. */
const boot: BootSource | string = await debianBoot().catch((error: unknown) => {
  if (error instanceof GuestLinuxError) return error.message
  throw error
})
let measured: Measurement[] = []

beforeAll(async () => {
  if (typeof boot === 'string') return
  const host = new Host({ memory: 128 * 2 ** 20, maximumVms: 1 })
  const virtio = { blk: [{ store: textDisk(diskBytes) }] }
  const vm = host.createVm({ memory: 96 * 2 ** 20, boot, clock: 'instructions', mmu: 'caching', virtio })
  // What the kernel has counted is asked for before and after each program.
  const counted = commands.flatMap((command) => ['cat /proc/stat /proc/vmstat', command])
  measured = await new DebianGuest(vm).measureAll(counted)
  vm.destroy()
})

afterAll(() => void measured.splice(0))

// Without Debian's packages there is no guest to run them in: the reason is what the build said.
beforeEach((context) => (typeof boot === 'string' ? context.skip(boot) : undefined))

/** By how much one of the kernel's counters grew while a command ran, its shell and the marks included. */
function growth(command: string, counter: string): number {
  const at = commands.indexOf(command) * 2
  const [before, after] = [measured[at]!, measured[at + 2]!].map(({ output }) =>
    Number(new RegExp(`^${counter} (\\d+)`, 'm').exec(output)![1]),
  )
  return after! - before!
}

const run = (command: string): Measurement => measured[commands.indexOf(command) * 2 + 1]!

// Oracle: the counters of the guest's own kernel. Beside the program there are a few processes of the script `run`.
it('programs do what they are for', () => {
  for (const command of commands.slice(0, 6)) expect([command, run(command).status]).toEqual([command, 0])
  expect(growth('forkwait 20', 'processes')).toBeGreaterThanOrEqual(20)
  expect(growth('forkwait 20', 'processes')).toBeLessThan(35)
  expect(growth('page-fault 3 40', 'pgfault')).toBeGreaterThanOrEqual(120)
  expect(growth('context-switch 25 5', 'ctxt')).toBeGreaterThanOrEqual(50)
  expect(growth('protect 4 10', 'pgfault')).toBeGreaterThanOrEqual(10)
  expect(growth('toucher 2 50', 'pgfault')).toBeGreaterThanOrEqual(50)
  expect(growth('compile 1', 'processes')).toBeGreaterThanOrEqual(5)
  expect(run('compile 1').output).toMatch(/^[0-9a-f]{32} /m)
})

it('a program without its number ends with status 2, and the host learns of it', () => {
  expect(run('forkwait').status).toBe(2)
})

it('marks are exact: what happens between commands is in no measurement', () => {
  const { before, after } = run('toucher 2 50')
  expect(after.instructions - before.instructions).toBeGreaterThan(100)
  expect(after.instructions - before.instructions).toBeLessThan(3e6)
})

it('clients make their files and find in them what they wrote, or say so', () => {
  expect([run('clients 0 2').status, run('clients 20 2 7').status, run('clients 21 2 7').status]).toEqual([0, 0, 1])
})

// Oracle: OpenSSL, as Node has it.
it('work reads the disk from its first byte to its last, and reread reads it, too', () => {
  const disk = new Uint8Array(diskBytes)
  textDisk(diskBytes).read(0, disk)
  expect(run('work 1').output).toContain(`${createHash('md5').update(disk).digest('hex')}  /dev/vda`)
  expect([run('work 1').status, run('reread 2').status]).toEqual([0, 0])
  // In kilobytes: the second time it comes from the guest's memory.
  expect(growth('reread 2', 'pgpgin')).toBeGreaterThanOrEqual(diskBytes / 1024)
  expect(growth('reread 2', 'pgpgin')).toBeLessThan((1.5 * diskBytes) / 1024)
})

// Oracle: the same, written in JavaScript. A guest that finds a difference says so.
it('programs with a result print what the host has worked out, and a guest can tell', () => {
  for (const [command, expected] of jobs)
    expect([command, run(`check '${expected}' ${command}`).status]).toEqual([command, 0])
  expect(run(`check 'anything else' mix 3 50`).status).toBe(1)
})

it('random-read reads blocks of the disk here and there, and nothing behind its end', () => {
  expect([run('random-read 20 16').status, run('random-read 50 100000').status]).toEqual([0, 2])
  // In kilobytes: of 16 blocks, 20 draws leave about a quarter out.
  expect(growth('random-read 20 16', 'pgpgin')).toBeGreaterThanOrEqual(6 * 64)
  expect(growth('random-read 20 16', 'pgpgin')).toBeLessThanOrEqual(1024)
})
