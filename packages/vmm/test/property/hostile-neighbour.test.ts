// A guest whose virtio drivers break every rule, beside one that works, on a host that is too small for both. Oracles: the worker alone on
// such a host; the host's books, counted from the ground.
import { MemorySwapStore } from '@mica-vm/machine-memory'
import { expect, test } from 'vitest'
import { MemoryBlockStore, type Host, type VirtualMachine } from '../../src/index.ts'
import { debugExit, loopForever, powerOff, print, type Code } from '../support/guest-program.ts'
import { HostileDriver } from '../support/hostile-driver.ts'
import { machine, mib, outputOf, smallHost } from '../support/machines.ts'
import { randomFrom } from '../support/restless-machine.ts'

const steps = 3000
const stepNs = 20_000

const u32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]

/** Writes EDI to each page from 2 MiB to 5 MiB, then finds all of it several times. Leaves with debug exit 42h where it does not. */
const passes = 8
const compare: Code = [
  [0xbf, u32(0x20_0000)],
  [0xeb, 0x0b, debugExit(0x42), 0x90],
  [0x39, 0x3f, 0x75, 0xf1, 0x81, 0xc7, u32(4096), 0x81, 0xff, u32(0x50_0000), 0x72, 0xee],
]
const compareBytes = 36
const work: Code = [
  [0xbf, u32(0x20_0000)],
  [0x89, 0x3f, 0x81, 0xc7, u32(4096), 0x81, 0xff, u32(0x50_0000), 0x72, 0xf0],
  [0xb9, u32(passes)],
  compare,
  [0x49, 0x0f, 0x85, u32(-(compareBytes + 7))], // dec ecx; jnz
  print('all is well'),
  powerOff,
]

const crowded = (): Host =>
  smallHost({
    memory: 8 * mib,
    memoryPolicy: { swap: new MemorySwapStore(8192), sharing: { pagesPerSecond: 1e6, pagesPerSecondPerVm: 1e6 } },
  })

/** What a worker has to show for itself: with the instructions clock its time is a function of what it has met. */
async function workOn(host: Host, watch: (vm: VirtualMachine) => void = () => {}): Promise<object> {
  const vm = machine(work, { memory: 6 * mib, clock: 'instructions', salt: 'innocent' }, host)
  const output = outputOf(vm)
  watch(vm)
  const exit = await vm.run()
  const result = { exit, text: output.text, retired: vm.processor.retired, timeNs: vm.timeNs }
  vm.destroy()
  return result
}

/** Frames that both machines have a page in. */
function commonFrames(one: VirtualMachine, other: VirtualMachine): number {
  const frames = new Set<number>()
  one.pages.forEachResident((_ppn, mpn) => void frames.add(mpn))
  let common = 0
  other.pages.forEachResident((_ppn, mpn) => void (common += frames.has(mpn) ? 1 : 0))
  return common
}

test('a hostile guest is contained, told of and marked, and the one beside it works as if it were alone', async () => {
  const alone = await workOn(crowded())
  expect(alone).toMatchObject({ exit: { reason: 'powered-off' }, text: 'all is well' })

  const host = crowded()
  const failures = new Map<string, Set<string>>()
  const rules = new Set<string>()
  const marks: boolean[] = []
  let taken = 0
  const disk = new MemoryBlockStore(new Uint8Array(mib))
  const hostile = machine(
    loopForever,
    {
      memory: 4 * mib,
      clock: 'instructions',
      salt: 'hostile',
      virtio: { balloon: true, rng: true, console: true, blk: [{ store: disk }], mode: 'modern' },
      devices: [
        (context) => {
          const driver = new HostileDriver(context, 4 * mib, randomFrom(20_261_127))
          const again = (): void => {
            driver.step()
            if (++taken < steps) context.timers.schedule(context.timers.nowNs() + stepNs, again)
          }
          context.timers.schedule(stepNs, again)
        },
      ],
    },
    host,
  )
  hostile.on('virtio-failure', ({ device, reason }) => {
    failures.set(device, (failures.get(device) ?? new Set()).add(reason.replace(/[\d-]+|0x\w+/g, 'n')))
  })
  hostile.on('balloon', (event) => void (event.kind === 'violation' && rules.add(event.rule)))
  hostile.on('compliance', ({ isCompliant }) => void marks.push(isCompliant))
  const run = hostile.run()
  let audits = 0
  for (let workers = 0; workers < 3 || taken < steps || marks.length === 0; workers++) {
    const result = await workOn(host, (worker) => {
      const audit = setInterval(() => {
        audits++
        expect(host.audit()).toEqual([])
        expect(commonFrames(worker, hostile)).toBe(0)
      }, 20)
      worker.on('exit', () => clearInterval(audit))
    })
    expect(result).toEqual(alone)
  }
  expect(hostile.state).toBe('running')
  expect(audits).toBeGreaterThan(0)
  expect([...failures.keys()].sort()).toEqual(['virtio-balloon', 'virtio-blk 0', 'virtio-console', 'virtio-rng'])
  for (const [device, reasons] of failures) expect(reasons.size, device).toBeGreaterThan(2)
  const broken = [
    'broken-queue',
    'implausible-statistics',
    'inflated-twice',
    'malformed-list',
    'not-inflated',
    'not-memory',
  ]
  expect([...rules].sort()).toEqual(broken)
  expect(marks[0]).toBe(false)
  hostile.powerOff()
  await run
  expect(host.audit()).toEqual([])
  host.destroy()
  expect(host.statistics.used).toBe(0)
  expect(host.audit()).toEqual([])
})
