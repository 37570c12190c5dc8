import { Flag, VcpuExit } from '@mica-vm/binary-translator'
import type { PhysicalMap } from '@mica-vm/machine-memory'
import { crashReport } from '../crash-report.ts'
import type { HostClock, VmEvents, VmExit } from '../types.ts'
import type { Listeners } from './listeners.ts'
import type { Machine, Request } from './machine.ts'
import type { ProcessorClaim } from './processor.ts'
import { TimerSlack } from './timer-slack.ts'
import { turn } from './turn.ts'
import type { Wakeup } from './wakeup.ts'

/** A real clock that the guest has overtaken by this much is waited for. */
const tolerableLeadNs = 10e6
/** Waits shorter than this are passed with a turn of the event loop: timers of runtimes count in milliseconds. */
const shortestSleepNs = 50_000
const nsPerMs = 1e6

export interface RunStatistics {
  /** Returns of `Vcpu.run` by reason. */
  readonly exits: Record<keyof typeof VcpuExit, number>
  slices: number
  /** Host time in guest code and devices, and asleep. */
  runNs: number
  idleNs: number
  /** Host time in which the machine had something to do and others ran. */
  waitedNs: number
}

export const exitNames: readonly (keyof typeof VcpuExit)[] = ['Budget', 'Halt', 'Shutdown', 'OutOfMemory', 'Requested']

export interface RunLoopParts {
  readonly machine: Machine
  /** Measures slices and sleeps, whatever the guest's clock is. */
  readonly clock: HostClock
  readonly wakeup: Wakeup
  readonly listeners: Listeners<VmEvents>
  readonly processor: ProcessorClaim
  /** How late a timer of an idle guest may be, at most. */
  readonly timerSlackNs: number
  /** The guest needs a frame and there is none: makes room, or answers false. */
  readonly relieve: () => boolean
}

/** Drives a machine in slices until something ends the run. */
export class RunLoop {
  readonly statistics: RunStatistics = {
    exits: { Budget: 0, Halt: 0, Shutdown: 0, OutOfMemory: 0, Requested: 0 },
    slices: 0,
    runNs: 0,
    idleNs: 0,
    waitedNs: 0,
  }
  readonly #machine: Machine
  readonly #clock: HostClock
  readonly #wakeup: Wakeup
  readonly #listeners: Listeners<VmEvents>
  readonly #processor: ProcessorClaim
  readonly #slack: TimerSlack
  readonly #relieve: () => boolean
  #isBlocked = false
  #saidStuck = false

  constructor({ machine, clock, wakeup, listeners, processor, timerSlackNs, relieve }: RunLoopParts) {
    this.#machine = machine
    this.#clock = clock
    this.#wakeup = wakeup
    this.#listeners = listeners
    this.#processor = processor
    this.#slack = new TimerSlack(timerSlackNs)
    this.#relieve = relieve
  }

  /** The machine was reset. */
  begin(): void {
    this.#saidStuck = false
  }

  /** Runs until a request comes or the processor cannot go on. */
  async run(): Promise<Request | VmExit> {
    this.#machine.time.resume()
    await turn()
    await this.#waitFor(this.#processor.enter())
    try {
      return await this.#untilEnd()
    } finally {
      this.#processor.leave()
    }
  }

  async #untilEnd(): Promise<Request | VmExit> {
    const machine = this.#machine
    for (;;) {
      if (machine.request) return this.#taken(machine.request)
      if (machine.isAsleep) {
        await this.#asleep()
        continue
      }
      const by = machine.takeWake()
      if (by !== null) this.#listeners.emit('wake', { by })
      const startedNs = this.#clock.nowNs()
      const exit = this.#slice()
      this.#flush()
      this.#processor.used(this.#clock.nowNs() - startedNs)
      if (machine.request) continue
      if (exit === VcpuExit.Shutdown) return { reason: 'triple-fault', report: crashReport(machine) }
      if (exit === VcpuExit.OutOfMemory && !this.#relieve()) return outOfMemory(machine.pages)
      if (exit === VcpuExit.Halt) await this.#idle()
      else if (machine.time.aheadNs() > tolerableLeadNs) await this.#sleep(machine.time.aheadNs())
      while (this.#standsStill && !machine.request) await this.#sleep(Infinity)
      if (this.#processor.isOver) await this.#yield()
    }
  }

  /** The host lets the machine stand still, or lets it go on. */
  setBlocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked
    this.#wakeup.wake()
  }

  /** Someone has to read what the guest sent first, or the host is too short of memory. */
  get #standsStill(): boolean {
    return this.#isBlocked || this.#machine.ports.some((port) => port.isFull)
  }

  #taken(request: Request): Request {
    this.#machine.request = null
    return request
  }

  #slice(): VcpuExit {
    const { time, timers, vcpu, ports } = this.#machine
    const now = time.begin()
    timers.runDue(now)
    for (const port of ports) port.offer(false)
    const perInstruction = time.nsPerInstruction
    const untilDeadline = Math.ceil((timers.nextDeadline() - now) / perInstruction)
    const budget = Math.max(1, Math.min(time.sliceInstructions, untilDeadline))
    timers.sliceEndNs = now + budget * perInstruction
    const before = vcpu.retired
    const startedNs = this.#clock.nowNs()
    const exit = this.#runServed(budget)
    const tookNs = this.#clock.nowNs() - startedNs
    timers.sliceEndNs = -Infinity
    time.measure(vcpu.retired - before, tookNs)
    this.statistics.slices++
    this.statistics.runNs += tookNs
    this.statistics.exits[exitNames[exit]!]++
    return exit
  }

  /** Calls of the machine's own BIOS are served in between: they are part of the slice. */
  #runServed(budget: number): VcpuExit {
    const machine = this.#machine
    const { vcpu, bios } = machine
    const end = vcpu.retired + budget
    for (;;) {
      const exit = vcpu.run(end - vcpu.retired)
      const goesOn = bios?.serve() && exit === VcpuExit.Requested && !machine.request && vcpu.retired < end
      if (!goesOn) return exit
    }
  }

  #flush(): void {
    this.#machine.serial.forEach((port, index) => {
      const bytes = port.flush()
      if (bytes) this.#listeners.emit('serial', { port: index, bytes })
    })
    const bytes = this.#machine.virtio.console?.flush()
    if (bytes) this.#listeners.emit('console', { bytes })
  }

  /** The processor has halted: time passes until the next deadline, or until something arrives. */
  async #idle(): Promise<void> {
    const { time, timers, vcpu, ports, platform } = this.#machine
    for (const port of ports) port.offer(true)
    if (platform.interrupts.pending) return
    if (!(vcpu.state.systemFlags & Flag.IF)) return this.#stuck()
    const deadline = timers.nextDeadline()
    if (!time.isReal && deadline !== Infinity) return time.skipTo(deadline)
    const now = time.catchUp()
    this.#slack.halted(now, vcpu.statistics)
    if (deadline <= now) return
    const waitNs = this.#waitNs(deadline, now)
    if (waitNs < shortestSleepNs) await this.#yield()
    else if (!(await this.#sleep(waitNs))) this.#slack.disturbed(time.catchUp())
    // The processor still halts: the next slice begins with the timers that woke it up.
    time.catchUp()
  }

  /** How long to sleep. A timer that expires once loses nothing by being late, and no other is put off. */
  #waitNs(deadline: number, now: number): number {
    const { timers, platform } = this.#machine
    if (platform.localApic?.oneShotDueNs !== deadline) return deadline - now
    const slackNs = Math.min(this.#slack.ns(now), timers.deadlineAfterNext() - deadline)
    // On the host's clock, which all machines have in common.
    const hostNs = this.#clock.nowNs()
    return this.#slack.wakeNs(hostNs + deadline - now, slackNs) - hostNs
  }

  /** Suspended to memory: timers run, the processor does not. */
  async #asleep(): Promise<void> {
    const { time, timers } = this.#machine
    if (this.#machine.suspend()) this.#listeners.emit('suspend', {})
    timers.runDue(time.catchUp())
    if (!this.#machine.isAsleep) return
    const deadline = timers.nextDeadline()
    if (!time.isReal && deadline !== Infinity) return time.skipTo(deadline)
    const waitNs = deadline - time.nowNs()
    if (waitNs > 0) await (waitNs < shortestSleepNs ? this.#yield() : this.#sleep(waitNs))
  }

  /** HLT with interrupts off. */
  async #stuck(): Promise<void> {
    if (!this.#saidStuck) this.#listeners.emit('stuck', {})
    this.#saidStuck = true
    if (!this.#machine.request) await this.#sleep(Infinity)
  }

  /** Resolves with false when the machine was woken up before. */
  async #sleep(ns: number): Promise<boolean> {
    this.#processor.leave()
    const from = this.#clock.nowNs()
    const hasPassed = await this.#wakeup.sleep(Math.ceil(ns / nsPerMs))
    const sleptNs = this.#clock.nowNs() - from
    this.statistics.idleNs += sleptNs
    this.#machine.time.rested(sleptNs)
    await this.#waitFor(this.#processor.enter())
    return hasPassed
  }

  /** Lets the event loop and other machines go first. */
  #yield(): Promise<void> {
    return this.#waitFor(this.#processor.yield())
  }

  async #waitFor(granted: Promise<void>): Promise<void> {
    const from = this.#clock.nowNs()
    await granted
    const waitedNs = this.#clock.nowNs() - from
    this.statistics.waitedNs += waitedNs
    this.#machine.time.waited(waitedNs)
  }
}

/** A run that ends for want of memory, or of what was swapped out. */
export function outOfMemory({ failure }: Pick<PhysicalMap, 'failure'>): VmExit {
  return { reason: 'out-of-memory', message: failure?.message ?? 'the host has no frame left' }
}
