import type { IoApic } from '../io-apic/device.ts'
import type { LocalApic } from '../local-apic/device.ts'
import { AcpiPm } from '../acpi-pm/device.ts'
import { APM_CONTROL } from '../acpi-pm/registers.ts'
import { Bus } from '../bus.ts'
import { DebugConsole, DebugExit, PostPort } from '../debug-ports/device.ts'
import { DEBUG_CONSOLE, DEBUG_EXIT, FIRMWARE_LOG, POST } from '../debug-ports/registers.ts'
import { I440fx } from '../i440fx/device.ts'
import { I8042 } from '../i8042/device.ts'
import * as KeyboardPort from '../i8042/registers.ts'
import { I8254 } from '../i8254/device.ts'
import { COUNTER_0 } from '../i8254/registers.ts'
import { I8259 } from '../i8259/device.ts'
import * as PicPort from '../i8259/registers.ts'
import { Mc146818 } from '../mc146818/device.ts'
import { CMOS_INDEX } from '../mc146818/registers.ts'
import { Ns16550a } from '../ns16550a/device.ts'
import { PciHost } from '../pci/host.ts'
import { CONFIG_ADDRESS } from '../pci/registers.ts'
import { Piix3 } from '../piix3/device.ts'
import { Piix4Pm } from '../piix4/device.ts'
import {
  COPROCESSOR_ERROR,
  COPROCESSOR_IRQ,
  COPROCESSOR_PORTS,
  CoprocessorError,
} from '../system-control/coprocessor-error.ts'
import { ResetControlPort, SystemPortA, SystemPortB } from '../system-control/device.ts'
import { PORT_A, PORT_B } from '../system-control/registers.ts'
import { GatedLine } from '../line.ts'
import type { InterruptController, Line, Stateful } from '../types.ts'
import { PC_ADDRESSES, SHORTEST_EDGE_NS } from './addresses.ts'
import { Apics } from './apics.ts'
import { FirmwareDevices } from './firmware-devices.ts'
import { CpuInterrupts } from './cpu-interrupts.ts'
import { IsaInterrupts } from './isa-interrupts.ts'
import type { PcEvents, PcPlatformOptions } from './options.ts'
import { assignPciResources } from './pci-resources.ts'
import type { PcPlatformState } from './state.ts'

const KEYBOARD_IRQ = 1
const RTC_IRQ = 8
const MOUSE_IRQ = 12
/** Interrupts that firmware sets to level: SCI and PIRQs (9, 10, 11). */
const LEVEL_IRQS_8_TO_15 = 0x0e

/** Every device of the PC, wired together on one bus. */
export class PcPlatform implements Stateful<PcPlatformState> {
  readonly bus: Bus = new Bus()
  readonly pic: I8259 = new I8259()
  readonly pit: I8254
  readonly rtc: Mc146818
  readonly keyboardController: I8042
  /** COM1..COM4, undefined where the options leave a port out. */
  readonly serial: readonly (Ns16550a | undefined)[]
  readonly pci: PciHost
  readonly acpi: AcpiPm
  /** VGA, IDE, fw_cfg: what the options asked for. */
  readonly firmwareDevices: FirmwareDevices
  /** What the CPU sees. */
  readonly interrupts: InterruptController
  readonly #events: PcEvents
  readonly #apics: Apics | undefined
  readonly #isa: IsaInterrupts
  readonly #portA: SystemPortA
  readonly #portB: SystemPortB
  readonly #resetControl: ResetControlPort
  readonly #post: PostPort
  /** The x87's error: `raise` is FERR#. */
  readonly coprocessorError: CoprocessorError
  readonly #bridges: readonly [I440fx, Piix3, Piix4Pm]
  readonly #a20AtReset: boolean
  #a20: boolean | undefined

  constructor(options: PcPlatformOptions) {
    const { timers, events = {} } = options
    this.#events = events
    this.#a20AtReset = options.a20AtReset ?? true
    this.#apics = options.apic === false ? undefined : new Apics(this.bus, options)
    const ioApic = this.#apics?.io
    this.#isa = new IsaInterrupts({ pic: this.pic, ioApic })
    this.interrupts = new CpuInterrupts(this.pic, this.#apics?.local)
    // An HPET can take these two over.
    const gates: readonly [GatedLine, GatedLine] = [new GatedLine(this.irq(0)), new GatedLine(this.irq(RTC_IRQ))]
    this.pit = new I8254({ timers, out0: gates[0].input, shortestEdgeNs: options.shortestEdgeNs ?? SHORTEST_EDGE_NS })
    this.rtc = new Mc146818({ ...options, irq: gates[1].input, onAlarm: () => this.acpi.ringAlarm() })
    this.#portB = new SystemPortB({ timers, counter2: this.pit, onTone: (hz) => events.tone?.(hz) })
    this.#portA = new SystemPortA({
      a20: (level) => this.#setA20(level),
      onReset: () => events.reset?.('port-92h', false),
    })
    this.#resetControl = new ResetControlPort({ onReset: (hard) => events.reset?.('reset-control', hard) })
    this.keyboardController = new I8042({
      keyboardIrq: this.irq(KEYBOARD_IRQ),
      mouseIrq: this.irq(MOUSE_IRQ),
      mouse: options.mouse ?? true,
      a20: (level) => this.#setA20(level),
      a20AtReset: this.#a20AtReset,
      onReset: () => events.reset?.('keyboard-controller', false),
      onLeds: (leds) => events.leds?.(leds),
    })
    this.serial = (options.serial ?? [{}]).map((port, index) =>
      port ? this.#serialPort(index, port, options) : undefined,
    )
    this.acpi = makeAcpi(options, this.irq(PC_ADDRESSES.sciIrq))
    const isaBridge = new Piix3({ irq: (irq) => this.irq(irq) })
    const hostBridge = makeHostBridge(options)
    this.#bridges = [hostBridge, isaBridge, new Piix4Pm({ block: this.acpi })]
    this.pci = new PciHost({
      bus: this.bus,
      pirq: (index, level) => {
        isaBridge.setPirq(index, level)
        ioApic?.setPin(PC_ADDRESSES.pirqPins[index]!, level)
      },
      inner: this.#resetControl,
    })
    this.coprocessorError = new CoprocessorError({
      irq: this.irq(COPROCESSOR_IRQ),
      onIgnore: () => events.ignoreNumericError?.(),
    })
    this.#post = new PostPort((code) => events.post?.(code))
    this.#attach(options.debugPorts ?? true)
    this.firmwareDevices = new FirmwareDevices(options, {
      bus: this.bus,
      pci: this.pci,
      timers,
      irq: (irq) => this.irq(irq),
      pin: (pin, level) => ioApic?.setPin(pin, level),
      onLegacyTimers: (taken) => gates.forEach((gate) => (gate.open = !taken)),
    })
    this.reset()
  }

  /** The boot processor's local APIC, for its MSRs and CR8; undefined in a machine without. */
  get localApic(): LocalApic | undefined {
    return this.#apics?.local
  }

  get ioApic(): IoApic | undefined {
    return this.#apics?.io
  }

  /** First port of the ACPI registers, where firmware or the guest put them. */
  get pmBase(): number {
    return this.#bridges[2].base
  }

  /** The processor alone is reset, by its pin INIT#: the chip set lets its first fetch through to the top of the address space. */
  processorReset(): void {
    this.#apics?.local.init()
    this.#setA20(this.#a20AtReset)
  }

  /** A message-signalled interrupt from a device. False if nobody took it. */
  deliverMsi(address: number, data: number): boolean {
    return this.#apics?.messages.deliverMsi(address, data) ?? false
  }

  /** A new input of ISA interrupt line `irq`. */
  irq(irq: number): Line {
    return this.#isa.input(irq)
  }

  /** Gives the PCI devices that are attached by now their addresses and interrupt lines, as firmware would. */
  assignPciResources(): void {
    assignPciResources(this.pci)
  }

  /** The NMI line pulses, on its way through LINT1. Port 70h can mask it. */
  raiseNmi(): void {
    if (this.rtc.nmiMasked) return
    const local = this.#apics?.local
    if (!local) return this.#events.nmi?.()
    local.setLint(1, true)
    local.setLint(1, false)
  }

  /** The state of the platform's own devices. Devices that users attached keep their own. */
  snapshot(): PcPlatformState {
    return {
      pic: this.pic.snapshot(),
      apics: this.#apics?.snapshot() ?? null,
      pit: this.pit.snapshot(),
      rtc: this.rtc.snapshot(),
      keyboardController: this.keyboardController.snapshot(),
      serial: this.serial.map((port) => port?.snapshot() ?? null),
      acpi: this.acpi.snapshot(),
      pci: this.pci.snapshot(),
      bridges: this.#bridges.map((bridge) => bridge.snapshot()),
      portA: this.#portA.snapshot(),
      portB: this.#portB.snapshot(),
      resetControl: this.#resetControl.snapshot(),
      post: this.#post.snapshot(),
      coprocessorError: this.coprocessorError.snapshot(),
      firmwareDevices: this.firmwareDevices.snapshot(),
      a20: this.#a20 ?? this.#a20AtReset,
    }
  }

  /** The interrupt controllers come last: the devices' lines move while they are restored. */
  restore(state: PcPlatformState): void {
    this.pit.restore(state.pit)
    this.rtc.restore(state.rtc)
    this.keyboardController.restore(state.keyboardController)
    this.serial.forEach((port, index) => {
      const saved = state.serial[index]
      if (port && saved) port.restore(saved)
    })
    this.acpi.restore(state.acpi)
    this.pci.restore(state.pci)
    this.#bridges.forEach((bridge, index) => bridge.restore(state.bridges[index]!))
    this.#portA.restore(state.portA)
    this.#portB.restore(state.portB)
    this.#resetControl.restore(state.resetControl)
    this.#post.restore(state.post)
    this.coprocessorError.restore(state.coprocessorError ?? { pending: false })
    if (state.firmwareDevices) this.firmwareDevices.restore(state.firmwareDevices)
    this.#setA20(state.a20 ?? this.#a20AtReset)
    this.pic.restore(state.pic)
    if (state.apics) this.#apics?.restore(state.apics)
  }

  /** Power-on or hard reset of every device of the platform. The CPU and the users' own devices are the caller's. */
  reset(): void {
    this.#bridges[0].reset()
    this.rtc.reset()
    this.acpi.reset()
    this.#resetUnpowered()
  }

  /**
   * The guest suspended to memory: devices lose their power. What refreshes memory and decodes it (the host bridge), the clock and what
   * can wake the machine up keep theirs.
   */
  suspend(): void {
    this.acpi.suspend()
    this.#resetUnpowered()
  }

  #resetUnpowered(): void {
    const [, isaBridge, powerManagement] = this.#bridges
    isaBridge.reset()
    powerManagement.reset()
    this.pci.reset()
    this.pit.reset()
    this.keyboardController.reset()
    for (const port of this.serial) port?.reset()
    this.#portA.reset()
    this.#portB.reset()
    this.#resetControl.reset()
    this.coprocessorError.reset()
    this.#setA20(this.#a20AtReset)
    this.firmwareDevices.reset()
    this.pic.reset()
    this.pic.writePort(PicPort.ELCR2, 1, LEVEL_IRQS_8_TO_15)
    this.#apics?.reset()
  }

  #serialPort(index: number, port: object, { timers }: PcPlatformOptions): Ns16550a {
    const place = PC_ADDRESSES.serial[index]
    if (place === undefined) throw new RangeError(`there are 4 serial ports, got options for number ${index + 1}`)
    const uart = new Ns16550a({ timers, irq: this.irq(place.irq), ...port })
    this.bus.attachPorts(place.port, 8, uart)
    return uart
  }

  #attach(debugPorts: boolean): void {
    const { bus } = this
    bus.attachPorts(PicPort.MASTER_COMMAND, 2, this.pic)
    bus.attachPorts(PicPort.SLAVE_COMMAND, 2, this.pic)
    bus.attachPorts(PicPort.ELCR1, 2, this.pic)
    bus.attachPorts(COUNTER_0, 4, this.pit)
    bus.attachPorts(KeyboardPort.DATA, 1, this.keyboardController)
    bus.attachPorts(PORT_B, 1, this.#portB)
    bus.attachPorts(KeyboardPort.STATUS_COMMAND, 1, this.keyboardController)
    bus.attachPorts(CMOS_INDEX, 2, this.rtc)
    bus.attachPorts(PORT_A, 1, this.#portA)
    bus.attachPorts(COPROCESSOR_ERROR, COPROCESSOR_PORTS, this.coprocessorError)
    bus.attachPorts(APM_CONTROL, 2, this.acpi.apm)
    bus.attachPorts(CONFIG_ADDRESS, 8, this.pci)
    if (debugPorts) {
      bus.attachPorts(POST, 1, this.#post)
      const console = new DebugConsole((byte) => this.#events.debugOutput?.(byte))
      bus.attachPorts(DEBUG_CONSOLE, 1, console)
      bus.attachPorts(FIRMWARE_LOG, 1, console)
      bus.attachPorts(DEBUG_EXIT, 4, new DebugExit((value) => this.#events.debugExit?.(value)))
    }
    const [hostBridge, isaBridge, powerManagement] = this.#bridges
    this.pci.attach(0, hostBridge)
    this.pci.attach(1, isaBridge)
    this.pci.attach(1, powerManagement, 3)
  }

  /** The newest write to either port counts, as in chip sets that keep one gate for both. */
  #setA20(enabled: boolean): void {
    if (enabled === this.#a20) return
    this.#a20 = enabled
    this.#events.a20?.(enabled)
  }
}

function makeAcpi(
  { timers, softOffTypes = [0, 5], suspendTypes = [], events = {} }: PcPlatformOptions,
  sci: Line,
): AcpiPm {
  return new AcpiPm({
    timers,
    sci,
    onPowerOff: () => events.powerOff?.(),
    onSuspend: () => events.suspend?.(),
    onWake: (source) => events.wake?.(source),
    softOffTypes,
    suspendTypes,
  })
}

function makeHostBridge({ shadowAtReset = 'memory', events = {} }: PcPlatformOptions): I440fx {
  return new I440fx({ shadowAtReset, onShadow: (area) => events.shadow?.(area) })
}

/**
 * Builds a PC around a clock: interrupt controllers, timers, clock chip, keyboard controller, serial ports, PCI and ACPI.
 * @example
 * const timers = new ClockTimers({ clock })
 * const pc = createPcPlatform({ timers, wallClock, memory: { belowFourGiBBytes: 64 << 20 }, events: { powerOff: stop } })
 * pc.bus.writePort(0x3f8, 1, 0x41)
 */
export function createPcPlatform(options: PcPlatformOptions): PcPlatform {
  return new PcPlatform(options)
}
