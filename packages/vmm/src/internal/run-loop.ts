import { Flag, VcpuExit } from '@mica-vm/binary-translator'
import { crashReport } from '../crash-report.ts'
import type { HostClock, VmEvents, VmExit } from '../types.ts'
import type { Listeners } from './listeners.ts'
import type { Machine, Request } from './machine.ts'
import { turn } from './turn.ts'
import type { Wakeup } from './wakeup.ts'

/** Host time after which the event loop gets a turn. */
const turnNs = 8e6
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
}

export const exitNames: readonly (keyof typeof VcpuExit)[] = ['Budget', 'Halt', 'Shutdown', 'OutOfMemory', 'Requested']

/** Drives a machine in slices until something ends the run. */
export class RunLoop {
  readonly statistics: RunStatistics = {
    exits: { Budget: 0, Halt: 0, Shutdown: 0, OutOfMemory: 0, Requested: 0 },
    slices: 0,
    runNs: 0,
    idleNs: 0,
  }
  readonly #machine: Machine
  readonly #clock: HostClock
  readonly #wakeup: Wakeup
  readonly #listeners: Listeners<VmEvents>
  #turnedAtNs = 0
  #saidStuck = false

  constructor(machine: Machine, clock: HostClock, wakeup: Wakeup, listeners: Listeners<VmEvents>) {
    this.#machine = machine
    this.#clock = clock
    this.#wakeup = wakeup
    this.#listeners = listeners
  }

  /** The machine was reset. */
  begin(): void {
    this.#saidStuck = false
  }

  /** Runs until a request comes or the processor cannot go on. */
  async run(): Promise<Request | VmExit> {
    const machine = this.#machine
    machine.time.resume()
    await this.#turn()
    for (;;) {
      if (machine.request) return this.#taken(machine.request)
      if (machine.isAsleep) {
        await this.#asleep()
        continue
      }
      const by = machine.takeWake()
      if (by !== null) this.#listeners.emit('wake', { by })
      const exit = this.#slice()
      this.#flush()
      if (machine.request) continue
      if (exit === VcpuExit.Shutdown) return { reason: 'triple-fault', report: crashReport(machine) }
      if (exit === VcpuExit.OutOfMemory) return { reason: 'out-of-memory' }
      if (exit === VcpuExit.Halt) await this.#idle()
      else if (machine.time.aheadNs() > tolerableLeadNs) await this.#sleep(machine.time.aheadNs())
      while (machine.serial.some((port) => port.isFull) && !machine.request) await this.#sleep(Infinity)
      if (this.#clock.nowNs() - this.#turnedAtNs > turnNs) await this.#turn()
    }
  }

  #taken(request: Request): Request {
    this.#machine.request = null
    return request
  }

  #slice(): VcpuExit {
    const { time, timers, vcpu, serial } = this.#machine
    const now = time.begin()
    timers.runDue(now)
    for (const port of serial) port.offer(false)
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
  }

  /** The processor has halted: time passes until the next deadline, or until something arrives. */
  async #idle(): Promise<void> {
    const { time, timers, vcpu, serial, platform } = this.#machine
    for (const port of serial) port.offer(true)
    if (platform.interrupts.pending) return
    if (!(vcpu.state.systemFlags & Flag.IF)) return this.#stuck()
    const deadline = timers.nextDeadline()
    if (!time.isReal && deadline !== Infinity) return time.skipTo(deadline)
    const waitNs = deadline - time.catchUp()
    if (waitNs <= 0) return
    if (waitNs < shortestSleepNs) await this.#turn()
    else await this.#sleep(waitNs)
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
    if (waitNs > 0) await (waitNs < shortestSleepNs ? this.#turn() : this.#sleep(waitNs))
  }

  /** HLT with interrupts off. */
  async #stuck(): Promise<void> {
    if (!this.#saidStuck) this.#listeners.emit('stuck', {})
    this.#saidStuck = true
    if (!this.#machine.request) await this.#sleep(Infinity)
  }

  async #sleep(ns: number): Promise<void> {
    const from = this.#clock.nowNs()
    await this.#wakeup.sleep(Math.ceil(ns / nsPerMs))
    this.#turnedAtNs = this.#clock.nowNs()
    this.statistics.idleNs += this.#turnedAtNs - from
  }

  async #turn(): Promise<void> {
    await turn()
    this.#turnedAtNs = this.#clock.nowNs()
  }
}
