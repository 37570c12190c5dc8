import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { FileSwapStore } from '@mica-vm/machine-memory/node'
import { Host, type BootSource } from '@mica-vm/vmm'
import { cpuNs } from '../frame/cpu-time.ts'
import { DebianGuest } from '../frame/debian-guest.ts'
import { Timeline } from '../frame/timeline.ts'
import type { Job, Member } from './fleet.ts'

const mib = 2 ** 20
export const STATES = ['high', 'soft', 'hard', 'low'] as const
export type State = (typeof STATES)[number]
export const SHARING = { pagesPerSecond: 2500, pagesPerSecondPerVm: 2500 }
export const SAMPLE_PERIOD_SECONDS = 10
/** A fleet that is not done by then never will be. */
const patienceSeconds = 1800
/** What no guest may say: the kernel has killed a process, or is itself in trouble. */
const trouble = /.*(Out of memory|oom-kill|Killed process|BUG:|Oops|Kernel panic|segfault|I\/O error).*/g

/** Of all machines at a time, in MiB. */
export interface Moment {
  readonly seconds: number
  /** Frames that sharing saves: pages of more than one owner, and pages of zeros. */
  readonly shared: number
  readonly ballooned: number
  readonly swapped: number
  readonly blocked: number
}

/** What became of a machine. */
export interface Fate {
  readonly member: Member
  /** What did not end as expected; empty: all is right. */
  readonly failures: readonly string[]
  readonly jobs: number
  /** Since the machines were switched on. */
  readonly finishedSeconds: number
  readonly peakBalloonedMiB: number
  readonly peakSwappedMiB: number
}

/** What the host did to the fleet at one level of overcommitment. */
export interface Run {
  readonly overcommit: number
  readonly hostMiB: number
  readonly moments: readonly Moment[]
  /** When the host came into which state. */
  readonly states: readonly { readonly seconds: number; readonly state: State }[]
  readonly seconds: number
  readonly cpuSeconds: number
  readonly fates: readonly Fate[]
  readonly swap: { readonly peakMiB: number; readonly sizeMiB: number; readonly failures: number }
  /** Pages written to swap, and read from there, ever. */
  readonly swapOuts: number
  readonly swapIns: number
}

/** One machine of a run. */
class Worker {
  readonly member: Member
  readonly guest: DebianGuest
  readonly failures: string[] = []
  jobs = 0
  finishedSeconds = 0
  peakBallooned = 0
  peakSwapped = 0

  constructor(member: Member, guest: DebianGuest) {
    this.member = member
    this.guest = guest
  }

  /** Does something in the guest; false and a failure when the machine ended. */
  async try(what: () => Promise<unknown>): Promise<boolean> {
    try {
      await what()
      return true
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error))
      return false
    }
  }

  async run(command: string): Promise<string> {
    const { status, output } = await this.guest.measure(command)
    if (status !== 0) this.failures.push(`${command} ended with status ${status}: ${output}`)
    return output
  }

  /** The guest itself compares. */
  async check({ command, expected }: Job): Promise<void> {
    await this.run(`check '${expected}' ${command}`)
    this.jobs++
  }

  async work(nowSeconds: () => number): Promise<void> {
    await this.try(async () => {
      for (const job of this.member.jobs) await this.check(job)
    })
    this.finishedSeconds = nowSeconds()
  }

  /** Looks what the guest's kernel has counted and said. */
  async inquire(): Promise<void> {
    await this.try(async () => {
      const output = await this.run('grep oom_kill /proc/vmstat')
      if (!/^oom_kill 0$/m.test(output)) this.failures.push(`killed processes: ${output}`)
    })
    for (const [line] of this.guest.text.matchAll(trouble)) this.failures.push(line)
  }

  look(): void {
    const { ballooned, swapped } = this.guest.vm.memory.statistics
    this.peakBallooned = Math.max(this.peakBallooned, ballooned)
    this.peakSwapped = Math.max(this.peakSwapped, swapped)
  }
}

function start(host: Host, boot: BootSource, fleet: readonly Member[]): Worker[] {
  return fleet.map((member) => {
    const { name, sizeMiB, shares, cpuShares, salt, disk } = member
    const vm = host.createVm({
      name,
      memory: { size: sizeMiB * mib, ...(shares !== undefined && { shares }) },
      boot,
      virtio: { balloon: true, ...(disk && { blk: [{ store: disk }] }) },
      ...(cpuShares !== undefined && { cpuShares }),
      ...(salt !== undefined && { salt }),
    })
    return new Worker(member, new DebianGuest(vm, { keepsRunning: true }))
  })
}

function momentOf(host: Host, workers: readonly Worker[], seconds: number): Moment {
  for (const worker of workers) worker.look()
  const maps = host.vms.map((vm) => vm.memory.statistics)
  const sum = (of: (map: (typeof maps)[number]) => number): number => maps.reduce((total, map) => total + of(map), 0)
  const saved = (host.memory?.sharing?.savedPages ?? 0) * 4096
  return {
    seconds,
    shared: (saved + sum(({ zero }) => zero)) / mib,
    ballooned: sum(({ ballooned }) => ballooned) / mib,
    swapped: sum(({ swapped }) => swapped) / mib,
    blocked: host.vms.filter(({ memory }) => memory.isBlocked).length,
  }
}

/** Boots the fleet at once, lets those who keep something take it, then lets all work, and asks at last for what was kept. */
async function live(workers: readonly Worker[], nowSeconds: () => number): Promise<void> {
  const all = (what: (worker: Worker) => Promise<void>): Promise<unknown> => Promise.all(workers.map(what))
  await all(async (worker) => {
    const { prepare } = worker.member
    await worker.try(() => worker.guest.ready())
    if (prepare) await worker.try(() => worker.run(prepare))
  })
  console.error(`all have booted after ${nowSeconds().toFixed(0)} s`)
  await all((worker) => worker.work(nowSeconds))
  console.error(`all have worked after ${nowSeconds().toFixed(0)} s`)
  await all(async (worker) => {
    const { last } = worker.member
    if (last) await worker.try(() => worker.check(last))
    if (last) worker.finishedSeconds = nowSeconds()
    await worker.inquire()
  })
}

/** Runs the fleet on a host whose memory is the sum of its sizes, divided by 1 + `overcommit`. */
export async function runFleet(boot: BootSource, fleet: readonly Member[], overcommit: number): Promise<Run> {
  const sumMiB = fleet.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0)
  const hostMiB = Math.floor(sumMiB / (1 + overcommit))
  const folder = mkdtempSync(join(tmpdir(), 'mica-overcommit-'))
  const host = new Host({
    memory: hostMiB * mib,
    maximumVms: fleet.length,
    memoryPolicy: {
      swap: new FileSwapStore({ path: join(folder, 'swap'), slots: (sumMiB + fleet.length) * 256 }),
      sharing: SHARING,
      samplePeriodNs: SAMPLE_PERIOD_SECONDS * 1e9,
    },
  })
  const startMs = performance.now()
  const startCpuNs = cpuNs()
  const nowSeconds = (): number => (performance.now() - startMs) / 1000
  const states: { seconds: number; state: State }[] = [{ seconds: 0, state: 'high' }]
  host.on('memory-state', ({ state }) => void states.push({ seconds: nowSeconds(), state }))
  const workers = start(host, boot, fleet)
  const timeline = new Timeline(() => momentOf(host, workers, nowSeconds()), 250)
  const isDone = await Promise.race([
    live(workers, nowSeconds).then(() => true),
    after(patienceSeconds * 1000, false, { ref: false }),
  ])
  timeline.end()
  if (!isDone) for (const { failures } of workers) failures.push(`not done in ${patienceSeconds} s`)
  const seconds = nowSeconds()
  const cpuSeconds = (cpuNs() - startCpuNs) / 1e9
  const maps = host.vms.map(({ statistics }) => statistics.memory)
  const { size: swapBytes, failures } = host.memory!.swap
  await Promise.all(workers.map(({ guest }) => guest.vm.pause()))
  host.destroy()
  rmSync(folder, { recursive: true })
  return {
    ...{ overcommit, hostMiB, states, seconds },
    moments: timeline.moments,
    cpuSeconds,
    fates: workers.map((worker) => ({
      member: worker.member,
      failures: worker.failures,
      jobs: worker.jobs,
      finishedSeconds: worker.finishedSeconds,
      peakBalloonedMiB: worker.peakBallooned / mib,
      peakSwappedMiB: worker.peakSwapped / mib,
    })),
    swap: { peakMiB: Math.max(...timeline.moments.map(({ swapped }) => swapped)), sizeMiB: swapBytes / mib, failures },
    swapOuts: maps.reduce((sum, map) => sum + map.swapOuts, 0),
    swapIns: maps.reduce((sum, map) => sum + map.swapIns, 0),
  }
}
