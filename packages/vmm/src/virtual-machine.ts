import type { Vcpu } from '@mica-vm/binary-translator'
import type { PhysicalMap } from '@mica-vm/machine-memory'
import { VmmError } from './errors.ts'
import type { PolicyClient } from './memory-policy/types.ts'
import { Listeners } from './internal/listeners.ts'
import { Machine, type MachineParts, type Request } from './internal/machine.ts'
import type { ProcessorClaim } from './internal/processor.ts'
import { outOfMemory, RunLoop } from './internal/run-loop.ts'
import { Wakeup } from './internal/wakeup.ts'
import type { Keyboard } from './keyboard.ts'
import type { Mouse } from './mouse.ts'
import type { SerialPort } from './serial/serial-port.ts'
import { statisticsOf, type VmStatistics } from './statistics.ts'
import type { Balloon } from './virtio/balloon.ts'
import type { VirtioConsolePort } from './virtio/console-port.ts'
import type { HostClock, RemovableDrive, Screen, VmEvents, VmExit, VmState } from './types.ts'
import { VmMemory, type Limits, type MemoryClaim } from './vm-memory.ts'

/** What a host hands to its machines. */
export interface VmParts extends Omit<MachineParts, 'wakeup' | 'listeners'> {
  readonly name: string
  readonly claim: MemoryClaim
  /** Makes room for a machine that needs a frame; false: there is none to be had. */
  readonly relieve: () => boolean
  /** Other limits for the machine's memory. @throws VmmError if the host could not keep them. */
  readonly updateLimits: (limits: Limits) => void
  /** How many of its pages were found to have their like elsewhere, and to be zero. */
  readonly merged: () => { readonly merged: number; readonly zeroed: number }
  /** The machine begins or ceases to run. */
  readonly onRunning: (isRunning: boolean) => void
  /** Measures slices and sleeps, whatever the guest's clock is. */
  readonly hostClock: HostClock
  readonly processor: ProcessorClaim
  /** Before its memory is given back, and after. */
  readonly onDestroying: () => void
  readonly onDestroy: () => void
}

/**
 * A virtual machine: a PC with one processor, memory, devices and a boot source. Made by `Host.createVm`.
 *
 * ```ts
 * const exit = await vm.run()
 * if (exit.reason === 'triple-fault') console.error(exit.report.text)
 * ```
 */
export class VirtualMachine {
  readonly #parts: VmParts
  readonly #wakeup = new Wakeup()
  readonly #listeners = new Listeners<VmEvents>()
  readonly #machine: Machine
  readonly #memory: VmMemory
  readonly #loop: RunLoop
  #state: VmState = 'ready'
  #running: Promise<VmExit> | null = null
  #destroyWanted = false

  /** @internal */
  constructor(parts: VmParts) {
    this.#parts = parts
    this.#machine = new Machine({ ...parts, wakeup: this.#wakeup, listeners: this.#listeners })
    const { pages } = this.#machine
    this.#memory = new VmMemory({ claim: parts.claim, pages, merged: parts.merged, update: parts.updateLimits })
    this.#loop = new RunLoop({
      machine: this.#machine,
      clock: parts.hostClock,
      wakeup: this.#wakeup,
      listeners: this.#listeners,
      processor: parts.processor,
      timerSlackNs: parts.options.timerSlackNs ?? 0,
      relieve: () => this.#machine.pages.failure?.kind === 'out-of-frames' && parts.relieve(),
    })
    try {
      this.#machine.load()
    } catch (error) {
      this.#machine.release()
      throw error
    }
  }

  /** Unlike those of the host's other machines. */
  get name(): string {
    return this.#parts.name
  }

  /** The machine's memory: its limits, which can be changed while it runs, and where its pages are. */
  get memory(): VmMemory {
    return this.#memory
  }

  get state(): VmState {
    return this.#state
  }

  /** COM1 and up. */
  get serial(): readonly SerialPort[] {
    return this.#machine.serial
  }

  /** The virtio console; null in a machine without one. */
  get console(): VirtioConsolePort | null {
    return this.#machine.virtio.console
  }

  /** The memory balloon; null in a machine without one. */
  get balloon(): Balloon | null {
    return this.#machine.virtio.balloon
  }

  /** Floppy drives A and B, as far as the machine has them. */
  get floppies(): readonly RemovableDrive[] {
    return this.#machine.drives.floppies
  }

  /** CD-ROM drives, in the order of `media.cdroms`. */
  get cdroms(): readonly RemovableDrive[] {
    return this.#machine.drives.cdroms
  }

  /** What the machine shows; null in a machine without a screen. */
  get screen(): Screen | null {
    return this.#machine.screen
  }

  /** The PS/2 keyboard. */
  get keyboard(): Keyboard {
    return this.#machine.keyboard
  }

  /** The PS/2 mouse. */
  get mouse(): Mouse {
    return this.#machine.mouse
  }

  /** Weight of the machine's claim to the host's processor; may be changed at any time. */
  get cpuShares(): number {
    return this.#parts.processor.shares
  }

  set cpuShares(shares: number) {
    this.#parts.processor.shares = shares
  }

  /** Nanoseconds of the guest's own time since it was switched on. */
  get timeNs(): number {
    return this.#machine.time.nowNs()
  }

  /** Registers and counters of the processor. For reading while the machine does not run. */
  get processor(): Pick<Vcpu, 'state' | 'retired'> {
    return this.#machine.vcpu
  }

  /** What happened so far, as plain data. */
  get statistics(): VmStatistics {
    return statisticsOf(this.#machine, this.#parts.engine, this.#loop.statistics)
  }

  /** Adds a listener; returns the function that removes it. It is called within the run, and must not throw. */
  on<Name extends keyof VmEvents>(name: Name, listener: (event: VmEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener)
  }

  /**
   * Runs the guest until something ends the run, and says what; nothing that a guest does makes this throw. While it runs, the
   * event loop gets a turn every few milliseconds.
   * @throws VmmError when the machine runs already, is off or destroyed.
   */
  run(): Promise<VmExit> {
    if (this.#state !== 'ready' && this.#state !== 'paused') {
      const wayOut = this.#state === 'off' ? '; reset() switches it on again' : ''
      throw new VmmError('bad-state', `the machine is ${this.#state}${wayOut}`)
    }
    this.#state = 'running'
    this.#running = this.#run()
    return this.#running
  }

  /** Ends the run with `paused`, at the end of the slice; resolves when it has. The guest's time stands still until `run`. */
  async pause(): Promise<void> {
    this.#requireAlive()
    if (!this.#running) return
    this.#machine.ask({ kind: 'pause' })
    await this.#running
  }

  /** The reset button: the machine boots again from its source. If it was off, it is on, and `run` starts it. */
  reset(): void {
    this.#requireAlive()
    if (this.#running) return this.#machine.ask({ kind: 'reset', cause: 'host', by: 'host', hard: true })
    this.#reboot('host', 'lost')
    this.#state = 'ready'
  }

  /** Pulls the plug: the run ends with `powered-off`. */
  powerOff(): void {
    this.#requireAlive()
    if (this.#running) this.#machine.ask({ kind: 'power-off', by: 'host' })
    else this.#state = 'off'
  }

  /** The power button, pressed for a moment: asks the guest to shut down, or wakes it up. */
  pressPowerButton(): void {
    this.#requireAlive()
    this.#machine.platform.acpi.pressPowerButton()
    this.#wakeup.wake()
  }

  /** The NMI button, as operators have it for a kernel that hangs: pin LINT1 of the local APIC, which port 70h may mask. */
  raiseNmi(): void {
    this.#requireAlive()
    this.#machine.platform.raiseNmi()
    this.#wakeup.wake()
  }

  /** Wakes up a machine that its guest has suspended to memory; nothing happens to one that is awake. */
  wake(): void {
    this.#requireAlive()
    this.#machine.platform.acpi.wake('host')
  }

  /** Ends the machine: its memory goes back to the host, its streams end. */
  destroy(): void {
    if (this.#state === 'destroyed' || this.#destroyWanted) return
    if (this.#running) {
      this.#destroyWanted = true
      return this.#machine.ask({ kind: 'power-off', by: 'host' })
    }
    this.#state = 'destroyed'
    this.#parts.onDestroying()
    this.#machine.release()
    this.#parts.onDestroy()
  }

  [Symbol.dispose](): void {
    this.destroy()
  }

  #requireAlive(): void {
    if (this.#state === 'destroyed') throw new VmmError('bad-state', 'the machine is destroyed')
  }

  /** @internal The machine as a memory policy sees it. */
  asPolicyClient(tryShare: (ppn: number) => boolean): PolicyClient {
    const { pages, mmu, time, virtio } = this.#machine
    return {
      claim: this.#parts.claim,
      pages,
      balloon: virtio.balloon,
      sampler: mmu,
      timeNs: () => time.nowNs(),
      tryShare,
      setBlocked: (isBlocked) => this.#loop.setBlocked(isBlocked),
      complianceChanged: (isCompliant) =>
        this.#listeners.emit('compliance', { isCompliant, state: virtio.balloon!.state }),
    }
  }

  /** @internal */
  get pages(): PhysicalMap {
    return this.#machine.pages
  }

  async #run(): Promise<VmExit> {
    this.#parts.onRunning(true)
    try {
      const exit = await this.#untilExit()
      this.#state = exit.reason === 'paused' || exit.reason === 'out-of-memory' ? 'paused' : 'off'
      this.#listeners.emit('exit', exit)
      return exit
    } finally {
      // A device or listener of the host's that threw leaves the processor in the middle of an instruction.
      if (this.#state === 'running') this.#state = 'off'
      this.#running = null
      this.#parts.onRunning(false)
      if (this.#destroyWanted) {
        this.#destroyWanted = false
        this.destroy()
      }
    }
  }

  async #untilExit(): Promise<VmExit> {
    for (;;) {
      const outcome = await this.#loop.run()
      const exit = 'reason' in outcome ? this.#outlived(outcome) : this.#handle(outcome)
      if (exit) return exit
    }
  }

  /** Software of the 80286's age left protected mode by three faults in a row, and firmware sent it on. */
  #outlived(exit: VmExit): VmExit | null {
    if (exit.reason !== 'triple-fault' || !this.#machine.goesOnAfterReset) return exit
    this.#machine.resetProcessor()
    return null
  }

  /** Null: the run goes on. */
  #handle(request: Request): VmExit | null {
    switch (request.kind) {
      case 'pause':
        return { reason: 'paused' }
      case 'power-off':
        return { reason: 'powered-off', by: request.by }
      case 'debug-exit':
        return { reason: 'debug-exit', value: request.value }
      case 'reset':
        return this.#reset(request.cause, request.by, request.hard)
    }
  }

  #reset(cause: string, by: 'guest' | 'host', hard: boolean): VmExit | null {
    const machine = this.#machine
    if (!hard && machine.goesOnAfterReset) {
      machine.resetProcessor()
      return null
    }
    if (by === 'guest' && this.#parts.options.onReset === 'stop') return { reason: 'reset', cause }
    const memory = by === 'guest' && machine.hasFirmware ? 'kept' : 'lost'
    return this.#reboot(cause, memory) ? null : outOfMemory(machine.pages)
  }

  /** False: the host has no longer room for what was loaded before. */
  #reboot(cause: string, memory: 'kept' | 'lost'): boolean {
    this.#machine.reset(memory)
    this.#loop.begin()
    try {
      this.#machine.load()
    } catch {
      return false
    }
    this.#listeners.emit('reset', { cause })
    return true
  }
}
