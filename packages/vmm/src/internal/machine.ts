import { pagingFeatures, tlbOffsets, Vcpu, type CpuModel, type Engine } from '@mica-vm/binary-translator'
import { PhysicalMap, type MachineMemory, type SwapReservation } from '@mica-vm/machine-memory'
import { CMOS_BYTES, type PcEvents, type PcPlatform, type WakeSource } from '@mica-vm/pc-devices'
import { ShadowMmu } from '@mica-vm/shadow-mmu'
import { loadBootSource } from '../boot-source.ts'
import { Keyboard } from '../keyboard.ts'
import { MachineTime } from '../machine-time.ts'
import { Mouse } from '../mouse.ts'
import { SerialPort } from '../serial/serial-port.ts'
import { TextScreen } from '../text-screen.ts'
import type { VirtioConsolePort } from '../virtio/console-port.ts'
import { VirtioDevices } from '../virtio/devices.ts'
import type {
  BootSource,
  DeviceContext,
  DeviceHooks,
  FirmwareImages,
  HostClock,
  Screen,
  MachineOptions,
  VmEvents,
} from '../types.ts'
import { BiosHost, micaBiosBytes } from './bios-host.ts'
import { firmwareKernelOf } from './firmware-kernel.ts'
import { firmwareOf, installBios } from './firmware.ts'
import type { Listeners } from './listeners.ts'
import { drivesOf, type Drives } from './media.ts'
import { memoryRanges, ramRanges } from './memory-layout.ts'
import { createPlatform } from './platform.ts'
import { randomSource } from './random.ts'
import { ScreenWatch } from './screen-watch.ts'
import { ShadowMemory } from './shadow-memory.ts'
import { SliceTimers } from './slice-timers.ts'
import { VgaScreen } from './vga-screen.ts'
import type { Wakeup } from './wakeup.ts'

/** What the guest or the host asked for; the run loop sees to it between two slices. */
export type Request =
  | { readonly kind: 'power-off'; readonly by: 'guest' | 'host' }
  | { readonly kind: 'debug-exit'; readonly value: number }
  | {
      readonly kind: 'reset'
      readonly cause: string
      readonly by: 'guest' | 'host'
      /** Of the whole machine; else of the processor, if firmware knows what to do then. */
      readonly hard: boolean
    }
  | { readonly kind: 'pause' }

export interface MachineParts {
  readonly memory: MachineMemory
  /** Where its pages may be swapped out to; default: nowhere. It is released after the machine. */
  readonly swap?: SwapReservation | null
  readonly engine: Engine
  /** Address of the vCPU's state block. */
  readonly base: number
  readonly options: MachineOptions
  readonly model: CpuModel
  /** Null: the instructions clock. */
  readonly clock: HostClock | null
  readonly wakeup: Wakeup
  readonly listeners: Listeners<VmEvents>
}

/** What the chip set leaves in CMOS for SeaBIOS when a machine wakes up from memory, as QEMU's does. */
const resumeFromSuspend = 0xfe

/** The parts of one virtual machine, wired together. Passive: the run loop drives it. */
export class Machine {
  /** The host's memory, in which this machine has frames. */
  readonly bytes: Uint8Array
  readonly pages: PhysicalMap
  readonly mmu: ShadowMmu
  readonly time: MachineTime
  readonly timers: SliceTimers
  readonly platform: PcPlatform
  readonly vcpu: Vcpu
  readonly serial: readonly SerialPort[]
  readonly screen: Screen | null
  readonly drives: Drives
  readonly keyboard: Keyboard
  readonly mouse: Mouse
  /** The first request counts until it was seen to. */
  request: Request | null = null
  readonly #engine: Engine
  readonly #boot: BootSource | null
  /** Null: the boot source is loaded straight into memory. */
  readonly #firmware: FirmwareImages | null
  /** Mica's own BIOS, where the machine has it. */
  readonly bios: BiosHost | null
  readonly #shadow: ShadowMemory | null
  readonly #textScreen: TextScreen | null
  readonly #ramBytes: number
  readonly virtio: VirtioDevices
  /** Where bytes go in and out: serial ports and console. */
  readonly ports: readonly (SerialPort | VirtioConsolePort)[]
  readonly #devices: readonly DeviceHooks[]
  readonly #wakeup: Wakeup
  /** Asleep, and devices have lost their power. */
  #isUnpowered = false
  #wokenBy: WakeSource = 'host'

  constructor({ memory, swap = null, engine, base, options, model, clock, wakeup, listeners }: MachineParts) {
    this.bytes = memory.bytes
    this.#engine = engine
    this.#boot = options.boot ?? null
    const firmware = firmwareOf(options)
    // Its ROM is made once there is a machine to describe.
    this.#firmware = firmware === 'mica' ? { bios: new Uint8Array(micaBiosBytes) } : firmware
    this.#ramBytes = options.memory
    this.#wakeup = wakeup
    const screen = options.screen ?? (this.#firmware ? 'vga' : 'none')
    const hasTextPage = screen === 'text80x25'
    const biosBytes = this.#firmware?.bios.length ?? 0
    const drives = (this.drives = drivesOf(options))
    const kernel = firmwareKernelOf(options, firmware)
    const ranges = memoryRanges({ bytes: options.memory, hasTextPage, biosBytes })
    this.pages = new PhysicalMap(memory, { ranges, swap })
    this.mmu = createMmu({ memory, engine, base, options, model }, this.pages)
    this.#shadow = this.#firmware ? new ShadowMemory(memory, this.pages) : null
    for (const map of this.#maps) map.onWrite((host, bytes) => this.#written(host, bytes))
    this.time = new MachineTime(clock)
    this.timers = new SliceTimers({ clock: this.time })
    this.platform = createPlatform({
      options,
      timers: this.timers,
      time: this.time,
      pages: this.pages,
      drives,
      hasVga: screen === 'vga',
      firmware: this.#firmware,
      kernel,
      events: this.#events(listeners),
      tsc: { toNs: (counter) => this.vcpu.timeStamp.valueAt(counter) },
    })
    const { bus, interrupts, localApic } = this.platform
    this.#shadow?.attach(bus)
    const apicBaseChanged = (low: number, high: number): void => void localApic?.writeBase(low, high)
    const random = randomSource(clock === null)
    const numericError = (): void => this.platform.coprocessorError.raise()
    const pins = { interrupts, apicBaseChanged, numericError, ...(localApic && { deadlineTimer: localApic }) }
    this.vcpu = new Vcpu({ engine, base, mmu: this.mmu, io: bus, model, random, ...pins })
    interrupts.onChange = (pending) => this.vcpu.setInterruptLine(pending)
    this.timers.onEarlier = () => this.vcpu.requestExit()
    this.time.follow(this.vcpu)
    this.serial = this.#createSerial(options)
    const { keyboardController, firmwareDevices } = this.platform
    this.#connectDrives(listeners)
    this.bios = firmware === 'mica' ? this.#createBios(drives, model) : null
    this.mouse = new Mouse(keyboardController)
    this.#textScreen = hasTextPage ? new TextScreen(bus, (physical, into) => this.pages.read(physical, into)) : null
    this.screen = firmwareDevices.vga ? new VgaScreen(firmwareDevices.vga) : this.#textScreen
    const watch = new ScreenWatch(this.timers, this.screen)
    this.keyboard = new Keyboard(keyboardController, this.timers, watch, () => this.platform.acpi.wake('keyboard'))
    const context = this.#deviceContext()
    this.#devices = (options.devices ?? []).map((attach) => attach(context) ?? {})
    this.virtio = this.#createVirtio(options, context, listeners)
    this.ports = this.virtio.console ? [...this.serial, this.virtio.console] : this.serial
  }

  /** Asks for something that happens at the end of the slice, or at once if none runs. */
  ask(request: Request): void {
    this.request ??= request
    this.vcpu.requestExit()
    this.#wakeup.wake()
  }

  /** Puts what the machine starts from into memory and the processor at its beginning. */
  load(): void {
    if (this.#firmware) {
      const rom = this.bios?.rom ?? this.#firmware.bios
      installBios(this.pages, rom)
      return this.#shadow!.installRom(rom)
    }
    this.platform.assignPciResources()
    const target = {
      memory: this.pages,
      ram: ramRanges(this.#ramBytes),
      screen: this.#textScreen ? ('text80x25' as const) : ('none' as const),
    }
    if (this.#boot) this.vcpu.load(loadBootSource(this.#boot, target))
  }

  /** The guest has suspended the machine, and nothing has woken it up. */
  get isAsleep(): boolean {
    return this.platform.acpi.sleeping
  }

  /** The machine was asleep and has been woken up: by what, or null. Its processor begins at the reset vector. */
  takeWake(): WakeSource | null {
    if (!this.#isUnpowered || this.isAsleep) return null
    this.#isUnpowered = false
    this.platform.rtc.writeRam(CMOS_BYTES.Shutdown, resumeFromSuspend)
    this.resetProcessor()
    return this.#wokenBy
  }

  /** Takes the power from what has none while the machine is asleep; true the first time. */
  suspend(): boolean {
    if (this.#isUnpowered) return false
    this.#isUnpowered = true
    this.platform.suspend()
    for (const port of this.serial) port.reset()
    for (const device of this.#devices) device.reset?.()
    this.virtio.reset()
    return true
  }

  /** Whether the machine starts from firmware, which decides after a reset by itself what to do. */
  get hasFirmware(): boolean {
    return this.#firmware !== null
  }

  /** Firmware has been told where to go on after a reset of the processor: the shutdown byte in CMOS. */
  get goesOnAfterReset(): boolean {
    return this.#firmware !== null && this.platform.rtc.readRam(CMOS_BYTES.Shutdown) !== 0
  }

  /** Reset of the processor alone: memory and devices stay as they are. */
  resetProcessor(): void {
    this.vcpu.reset()
    this.platform.processorReset()
  }

  /** Reset of processor and devices; memory keeps its contents only where firmware looks at what a reset was for. */
  reset(memory: 'kept' | 'lost'): void {
    if (memory === 'lost') this.#forgetMemory()
    this.#isUnpowered = false
    this.vcpu.reset()
    this.platform.reset()
    for (const port of this.serial) port.reset()
    this.keyboard.reset()
    this.#textScreen?.reset()
    for (const device of this.#devices) device.reset?.()
    this.virtio.reset()
  }

  /** Gives frames and the processor back. */
  release(): void {
    for (const device of this.#devices) device.release?.()
    for (const port of this.serial) port.close()
    this.virtio.release()
    this.#forgetMemory()
    for (const map of this.#maps) map.release()
    this.#engine.detach(this.vcpu)
  }

  /** A device or the host wrote into a frame. */
  #written(host: number, bytes: number): void {
    this.#engine.cache.invalidate(host, bytes)
    this.mmu.written(host)
  }

  /** All maps that hold frames of this machine. */
  get #maps(): readonly PhysicalMap[] {
    return this.#shadow ? [this.pages, this.#shadow.hidden] : [this.pages]
  }

  /** Drops all contents. */
  #forgetMemory(): void {
    for (const map of this.#maps) map.clear()
  }

  /** What the host puts into drives, controllers see; what the guest takes out, the host hears of. */
  #connectDrives(listeners: Listeners<VmEvents>): void {
    const { floppies, cdroms } = this.drives
    const controller = this.platform.firmwareDevices.floppy
    floppies.forEach((drive, index) => (drive.onChange = (diskette) => controller?.insert(index, diskette)))
    cdroms.forEach((drive, cdrom) => (drive.onGuestEject = () => listeners.emit('eject', { cdrom })))
  }

  #createBios(drives: Drives, model: CpuModel): BiosHost {
    const { vcpu, mmu, pages, bytes, platform } = this
    const ramBytes = this.#ramBytes
    return new BiosHost({ vcpu, engine: this.#engine, mmu, pages, bytes, platform, drives, ramBytes, model })
  }

  #events(listeners: Listeners<VmEvents>): PcEvents {
    const reset = (cause: string, hard: boolean): void => this.ask({ kind: 'reset', cause, by: 'guest', hard })
    return {
      powerOff: () => this.ask({ kind: 'power-off', by: 'guest' }),
      debugExit: (value) => this.ask({ kind: 'debug-exit', value }),
      reset,
      // Without firmware there is nothing at the reset vector.
      init: () => (this.hasFirmware ? this.vcpu.init() : reset('init', false)),
      startup: (vector) => this.vcpu.startup(vector),
      ignoreNumericError: () => this.vcpu.ignoreNumericError(),
      // While the platform is built it tells of the gate, which is open, before there is a processor.
      a20: (open) => (this.vcpu as Vcpu | undefined)?.system.setA20(open),
      nmi: () => this.vcpu.raiseNmi(),
      tone: (hz) => listeners.emit('tone', { hz, timeNs: this.time.nowNs() }),
      suspend: () => this.vcpu.requestExit(),
      wake: (source) => {
        this.#wokenBy = source
        this.#wakeup.wake()
      },
      shadow: (area) => this.#shadow?.shadow(area),
      debugOutput: (byte) => listeners.emit('debug', { byte }),
      post: (code) => listeners.emit('post', { code }),
    }
  }

  #createSerial({ serial = [{}], clock }: MachineOptions): SerialPort[] {
    return serial.map(({ input = clock === 'instructions' ? 'on-demand' : 'at-once' }, index) => {
      const { port, irq } = SerialPort.placeOf(index)
      const wake = (): void => this.#wakeup.wake()
      const line = this.platform.irq(irq)
      const uart = new SerialPort({
        index,
        input,
        timers: this.timers,
        progressNs: () => this.time.progressNs(),
        irq: line,
        wake,
      })
      this.platform.bus.attachPorts(port, 8, uart)
      return uart
    })
  }

  #deviceContext(): DeviceContext {
    const { bus, pci } = this.platform
    const irq = (line: number) => this.platform.irq(line)
    const msi = (address: number, data: number): void => void this.platform.deliverMsi(address, data)
    return { bus, pci, timers: this.timers, memory: this.pages, irq, msi }
  }

  #createVirtio(
    { virtio = {}, clock }: MachineOptions,
    context: DeviceContext,
    listeners: Listeners<VmEvents>,
  ): VirtioDevices {
    const isRepeatable = clock === 'instructions'
    return new VirtioDevices({
      options: virtio,
      context,
      random: randomSource(isRepeatable),
      pages: this.pages,
      progressNs: () => this.time.progressNs(),
      input: isRepeatable ? 'on-demand' : 'at-once',
      wake: () => this.#wakeup.wake(),
      onFailure: (device, reason) => listeners.emit('virtio-failure', { device, reason }),
      onBalloon: (event) => listeners.emit('balloon', event),
    })
  }
}

type MmuParts = Pick<MachineParts, 'memory' | 'engine' | 'base' | 'options' | 'model'>

/** The MMU of a vCPU, told of each page whose frame changes; the code cache is told of what walks write into code. */
function createMmu({ memory: { memory }, engine, base, options, model }: MmuParts, pages: PhysicalMap): ShadowMmu {
  const { entries, ...offsets } = tlbOffsets
  const layout = { entries, offsets }
  const features = pagingFeatures(model)
  const policy = options.mmu ?? 'noncaching'
  const onTracedUpdate = (host: number, bytes: number): void => engine.cache.invalidate(host, bytes)
  const mmu = new ShadowMmu({ memory, base, layout, pages, features, policy, onTracedUpdate })
  pages.onChange((ppn) => mmu.forget(ppn))
  return mmu
}
