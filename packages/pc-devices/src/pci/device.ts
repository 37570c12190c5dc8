import { readLittleEndian, writeLittleEndian } from '../internal/little-endian.ts'
import type { Attachment, Bus } from '../bus.ts'
import { NO_LINE } from '../line.ts'
import type { AccessSize, Line, MmioDevice, PortDevice, Stateful } from '../types.ts'
import { BaseAddressRegister, type BarOptions } from './bar.ts'
import { ExpansionRom, ROM_ENABLE } from './expansion-rom.ts'
import { Msix, MSIX_CAPABILITY } from './msix.ts'
import { Bar, Command, Config, Status } from './registers.ts'
import type { PciDeviceState } from './state.ts'

/** What answers to one bus/device/function number. */
export interface PciFunction {
  readConfig(offset: number, size: AccessSize): number
  writeConfig(offset: number, size: AccessSize, value: number): void
  /** The host calls it when the function is plugged in: where its BARs live and which line its INTx pin pulls. */
  connect?(wiring: PciWiring): void
}

export interface PciWiring {
  bus: Bus
  /** The interrupt line of a pin, 1 (INTA) .. 4 (INTD). */
  interrupt(pin: number): Line
}

export interface PciIdentity {
  vendorId: number
  deviceId: number
  /** Base class, sub-class, interface: 24 bits. */
  classCode: number
  revisionId?: number
  subsystemVendorId?: number
  subsystemId?: number
  /** 1 INTA .. 4 INTD, 0 none. Default 0. */
  interruptPin?: number
  multiFunction?: boolean
  /** An expansion ROM: code that firmware runs for the device. */
  rom?: Uint8Array
}

export interface PciBar extends Omit<BarOptions, 'index'> {
  /** 0..5; a 64-bit BAR takes the next one too. */
  index: number
  /** What answers behind the BAR. Ports are handed on as offsets from the BAR's base. */
  device: PortDevice | MmioDevice
}

const CONFIG_BYTES = 256

/**
 * One PCI function: header, BARs that can be sized and moved, capabilities, INTx pin. Later devices extend it or own one.
 * Bytes are writable only where a mask says so.
 */
export class PciDevice implements PciFunction, Stateful<PciDeviceState> {
  protected readonly config: Uint8Array = new Uint8Array(CONFIG_BYTES)
  readonly #writable: Uint8Array = new Uint8Array(CONFIG_BYTES)
  readonly #clearable: Uint8Array = new Uint8Array(CONFIG_BYTES)
  readonly #bars: BaseAddressRegister[] = []
  readonly #rom: ExpansionRom | undefined
  readonly #initial: Uint8Array = new Uint8Array(CONFIG_BYTES)
  #line: Line = NO_LINE
  #interrupt = false
  #nextCapability = 0x40
  #lastCapability: number = Config.CAPABILITIES
  #msix: { readonly table: Msix; readonly control: number } | undefined

  constructor(identity: PciIdentity, bars: readonly PciBar[] = []) {
    const pin = identity.interruptPin ?? 0
    if (!(pin >= 0 && pin <= 4)) throw new RangeError(`interruptPin must lie in 0..4, got ${pin}`)
    this.define(Config.VENDOR_ID, 2, identity.vendorId)
    this.define(Config.DEVICE_ID, 2, identity.deviceId)
    this.define(Config.COMMAND, 2, 0, Command.WRITABLE)
    this.define(Config.STATUS, 2, 0, 0, Status.CLEARABLE)
    this.define(Config.REVISION_ID, 1, identity.revisionId ?? 0)
    this.define(Config.CLASS_CODE, 1, identity.classCode & 0xff)
    this.define(Config.CLASS_CODE + 1, 2, identity.classCode >> 8)
    this.define(Config.CACHE_LINE_SIZE, 2, 0, 0xffff)
    this.define(Config.HEADER_TYPE, 1, identity.multiFunction ? 0x80 : 0)
    this.define(Config.SUBSYSTEM_VENDOR_ID, 2, identity.subsystemVendorId ?? 0)
    this.define(Config.SUBSYSTEM_ID, 2, identity.subsystemId ?? 0)
    this.define(Config.INTERRUPT_LINE, 1, 0, 0xff)
    this.define(Config.INTERRUPT_PIN, 1, pin)
    for (const bar of bars) this.#addBar(bar)
    if (identity.rom) {
      this.#rom = new ExpansionRom(identity.rom)
      this.define(Config.EXPANSION_ROM, 4, 0, this.#rom.mask | ROM_ENABLE)
    }
  }

  get interruptPin(): number {
    return this.config[Config.INTERRUPT_PIN]!
  }

  /** Bus mastering is on: the device may touch memory. */
  get busMaster(): boolean {
    return (this.#command() & Command.MASTER) !== 0
  }

  /** The base that the guest gave a BAR, whether or not it is decoded now; -1 if there is no such BAR. */
  barBase(index: number): number {
    return this.#bars.find((bar) => bar.index === index)?.base ?? -1
  }

  /** The BARs, for whoever assigns addresses in the place of firmware. */
  get bars(): readonly Readonly<Pick<BarOptions, 'index' | 'kind' | 'sizeBytes' | 'wide'>>[] {
    return this.#bars
  }

  connect(wiring: PciWiring): void {
    if (this.interruptPin > 0) this.#line = wiring.interrupt(this.interruptPin)
    for (const bar of this.#bars) bar.connect(wiring.bus)
    this.#rom?.connect(wiring.bus)
    this.#decode()
  }

  /** Pulls or releases the INTx pin. */
  setInterrupt(level: boolean): void {
    this.#interrupt = level
    this.#driveInterrupt()
  }

  readConfig(offset: number, size: AccessSize): number {
    return readLittleEndian(this.config, offset, size)
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size && offset + i < CONFIG_BYTES; i++) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff)
    const end = offset + size
    this.#takeMsixControl(offset, end)
    if (offset < Config.STATUS && end > Config.COMMAND) this.#driveInterrupt()
    if (offset < Config.CAPABILITIES && end > Config.COMMAND) this.#decode()
    this.configWritten(offset, size)
  }

  /** Called after the guest wrote configuration bytes. For devices with registers of their own. */
  protected configWritten(_offset: number, _size: number): void {}

  /** Gives bytes of configuration space their value after reset, and says which bits the guest writes or clears with 1. */
  define(offset: number, size: AccessSize, value: number, writable = 0, clearable = 0): void {
    if (!(offset >= 0 && offset + size <= CONFIG_BYTES)) throw new RangeError(`offset ${offset} is outside of 0..255`)
    writeLittleEndian(this.config, offset, size, value)
    writeLittleEndian(this.#initial, offset, size, value)
    writeLittleEndian(this.#writable, offset, size, writable)
    writeLittleEndian(this.#clearable, offset, size, clearable)
  }

  /**
   * Appends a capability and returns its offset. `body` is what follows the two bytes of id and link; `writable` masks it.
   * @throws RangeError when configuration space is full.
   */
  addCapability(id: number, body: ArrayLike<number>, writable: ArrayLike<number> = []): number {
    const offset = this.#nextCapability
    if (offset + 2 + body.length > CONFIG_BYTES) throw new RangeError(`no room for capability ${id} at ${offset}`)
    this.define(offset, 1, id)
    this.define(offset + 1, 1, 0)
    for (let i = 0; i < body.length; i++) this.define(offset + 2 + i, 1, body[i]!, writable[i] ?? 0)
    this.define(this.#lastCapability, 1, offset)
    this.define(Config.STATUS, 1, this.config[Config.STATUS]! | Status.CAPABILITIES)
    this.#lastCapability = offset + 1
    this.#nextCapability = (offset + 2 + body.length + 3) & ~3
    return offset
  }

  /** Appends the capability of MSI-X. The table must be the device behind the memory BAR `bar`. */
  addMsix(table: Msix, bar: number): void {
    const offset = this.addCapability(MSIX_CAPABILITY, table.capabilityBody(bar), Msix.capabilityMask)
    this.#msix = { table, control: offset + 2 }
  }

  snapshot(): PciDeviceState {
    const msix = this.#msix?.table.snapshot()
    return { config: [...this.config], interrupt: this.#interrupt, ...(msix && { msix }) }
  }

  restore(state: PciDeviceState): void {
    if (state.msix) this.#msix?.table.restore(state.msix)
    this.#restoreConfig(state)
  }

  #restoreConfig(state: PciDeviceState): void {
    this.config.set(state.config.slice(0, CONFIG_BYTES))
    this.#interrupt = state.interrupt
    this.#takeMsixControl(0, CONFIG_BYTES)
    this.#decode()
    this.#driveInterrupt()
    this.configWritten(0, CONFIG_BYTES)
  }

  /** RST#: BARs and command register go back to their initial values. */
  reset(): void {
    this.#msix?.table.reset()
    this.#restoreConfig({ config: [...this.#initial], interrupt: false })
  }

  #addBar({ device, ...options }: PciBar): void {
    const bar = new BaseAddressRegister(options, device)
    const slots = options.wide ? [options.index, options.index + 1] : [options.index]
    for (const other of this.#bars) {
      const taken = other.wide ? [other.index, other.index + 1] : [other.index]
      if (slots.some((slot) => taken.includes(slot))) throw new RangeError(`BAR ${options.index} is taken`)
    }
    this.#bars.push(bar)
    this.define(bar.offset, 4, bar.flags, bar.mask)
    if (bar.wide) this.define(bar.offset + 4, 4, 0, 0xffff_ffff)
  }

  #writeByte(offset: number, value: number): void {
    const writable = this.#writable[offset]!
    const cleared = this.config[offset]! & ~(value & this.#clearable[offset]!)
    this.config[offset] = (cleared & ~writable) | (value & writable)
  }

  #command(): number {
    return readLittleEndian(this.config, Config.COMMAND, 2)
  }

  /** Moves the BARs to where configuration space says. */
  #decode(): void {
    const command = this.#command()
    for (const bar of this.#bars) {
      const low = readLittleEndian(this.config, bar.offset, 4)
      const high = bar.wide ? readLittleEndian(this.config, bar.offset + 4, 4) : 0
      bar.place(low, high, (command & (bar.flags & Bar.IO ? Command.IO : Command.MEMORY)) !== 0)
    }
    this.#rom?.place(readLittleEndian(this.config, Config.EXPANSION_ROM, 4), (command & Command.MEMORY) !== 0)
  }

  /** The guest may have written bytes from `offset` up to before `end`, Message Control among them. */
  #takeMsixControl(offset: number, end: number): void {
    if (!this.#msix || offset > this.#msix.control + 1 || end <= this.#msix.control) return
    this.#msix.table.control = readLittleEndian(this.config, this.#msix.control, 2)
    this.#driveInterrupt()
  }

  /** With MSI-X enabled a function has no INTx (PCI 3.0, 6.8.3.3). */
  #driveInterrupt(): void {
    const status = this.config[Config.STATUS]!
    this.config[Config.STATUS] = this.#interrupt ? status | Status.INTERRUPT : status & ~Status.INTERRUPT
    const isDisabled = (this.#command() & Command.INTERRUPT_DISABLE) !== 0 || this.#msix?.table.enabled === true
    this.#line(this.#interrupt && !isDisabled)
  }
}

export type { Attachment }
