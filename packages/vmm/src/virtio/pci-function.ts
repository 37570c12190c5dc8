import { Msix, PciDevice, type AccessSize, type DmaMemory, type PciBar, type PciDeviceState } from '@mica-vm/pc-devices'
import { PCI_WINDOW, VIRTIO_PCI_BAR, VirtioPci, type VirtioDevice, type VirtioPciOptions } from '@mica-vm/virtio'
import type { VirtioPciState } from '@mica-vm/virtio'

export interface VirtioFunctionOptions extends Pick<VirtioPciOptions, 'mode' | 'packed' | 'onFailure'> {
  readonly device: VirtioDevice
  readonly memory: DmaMemory
  /** A message for the local APICs. */
  readonly msi: (address: number, data: number) => void
}

export interface VirtioFunctionState extends PciDeviceState {
  virtio: VirtioPciState
}

/** INTA. */
const pin = 1

/** Joins a virtio device's registers to a function on the PCI bus. */
export function createVirtioFunction({ msi, ...options }: VirtioFunctionOptions): VirtioFunction {
  let fn: VirtioFunction | null = null
  const msix = new Msix({
    vectors: options.device.queueSizes.length + 1,
    deliver: (address, data) => fn?.busMaster && msi(address, data),
  })
  const virtio = new VirtioPci({
    ...options,
    fn: {
      isBusMaster: () => fn?.busMaster === true,
      isMsixEnabled: () => msix.enabled,
      signal: (vector) => msix.signal(vector),
      setInterrupt: (level) => fn?.setInterrupt(level),
    },
  })
  fn = new VirtioFunction(virtio, msix)
  return fn
}

export class VirtioFunction extends PciDevice {
  readonly virtio: VirtioPci
  /** Offset of the capability through which the guest reaches BARs; -1: there is none. */
  readonly #window: number

  constructor(virtio: VirtioPci, msix: Msix) {
    const table = { index: VIRTIO_PCI_BAR.MSIX, kind: 'memory', sizeBytes: msix.barBytes, device: msix } as const
    super({ ...virtio.numbers, interruptPin: pin }, [...registersOf(virtio), table])
    this.virtio = virtio
    this.addMsix(msix, VIRTIO_PCI_BAR.MSIX)
    const offsets = virtio.capabilities.map(({ id, body, writable }) => this.addCapability(id, body, writable))
    this.#window = offsets[virtio.capabilities.findIndex(({ isWindow }) => isWindow)] ?? -1
  }

  /** VIRTIO 1.2, 4.1.4.9: reading the window's data reads from the BAR that its other fields name. */
  override readConfig(offset: number, size: AccessSize): number {
    if (this.#isWindow(offset, size)) {
      const { bar, place, length } = this.#windowTarget()
      if (length !== null) this.#setWindow(this.virtio.read(bar, place, length))
    }
    return super.readConfig(offset, size)
  }

  override writeConfig(offset: number, size: AccessSize, value: number): void {
    super.writeConfig(offset, size, value)
    if (!this.#isWindow(offset, size)) return
    const { bar, place, length } = this.#windowTarget()
    if (length === null) return
    const data = super.readConfig(this.#window + PCI_WINDOW.DATA, 4)
    this.virtio.write(bar, place, length, length === 4 ? data : data & (2 ** (8 * length) - 1))
  }

  override snapshot(): VirtioFunctionState {
    return { ...super.snapshot(), virtio: this.virtio.snapshot() }
  }

  override restore(state: VirtioFunctionState): void {
    super.restore(state)
    this.virtio.restore(state.virtio)
  }

  override reset(): void {
    this.virtio.reset()
    super.reset()
  }

  protected override configWritten(): void {
    // The base class calls it before there is a device.
    ;(this.virtio as VirtioPci | undefined)?.msixChanged()
  }

  #isWindow(offset: number, size: AccessSize): boolean {
    const data = this.#window + PCI_WINDOW.DATA
    return this.#window >= 0 && offset < data + 4 && offset + size > data
  }

  /** No length: the guest's fields name nothing that can be accessed. */
  #windowTarget(): { bar: number; place: number; length: AccessSize | null } {
    const bar = super.readConfig(this.#window + PCI_WINDOW.BAR, 1)
    const place = super.readConfig(this.#window + PCI_WINDOW.OFFSET, 4)
    const length = super.readConfig(this.#window + PCI_WINDOW.LENGTH, 4)
    const isAccess = (length === 1 || length === 2 || length === 4) && place % length === 0
    const bytes = this.virtio.bars.find(({ index }) => index === bar)?.sizeBytes ?? 0
    return { bar, place, length: isAccess && place + length <= bytes ? (length as AccessSize) : null }
  }

  #setWindow(data: number): void {
    for (let i = 0; i < 4; i++) this.config[this.#window + PCI_WINDOW.DATA + i] = (data >>> (8 * i)) & 0xff
  }
}

function registersOf(virtio: VirtioPci): PciBar[] {
  return virtio.bars.map((bar) => ({
    ...bar,
    device: {
      readPort: (offset: number, size: AccessSize) => virtio.read(bar.index, offset, size),
      writePort: (offset: number, size: AccessSize, value: number) => virtio.write(bar.index, offset, size, value),
      readMmio: (offset: number, size: AccessSize) => virtio.read(bar.index, offset, size),
      writeMmio: (offset: number, size: AccessSize, value: number) => virtio.write(bar.index, offset, size, value),
    },
  }))
}
