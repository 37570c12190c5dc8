import { Feature } from '../registers.ts'
import { Session, type SessionState } from '../session.ts'
import type { AccessSize, GuestMemory, VirtioDevice } from '../types.ts'
import { capabilitiesOf, type PciCapability } from './capabilities.ts'
import { CommonConfig, type SelectorState } from './common-config.ts'
import {
  BAR,
  hasLegacyForm,
  Isr,
  MODERN_BAR_BYTES,
  MOST_QUEUES,
  NO_VECTOR,
  NOTIFY_MULTIPLIER,
  pciNumbers,
  Region,
  type PciMode,
  type PciNumbers,
} from './layout.ts'
import { LEGACY_HEADER_BYTES, LegacyRegisters } from './legacy-registers.ts'
import { Vectors, type VectorsState } from './vectors.ts'

/** Port: the PCI function around a device. */
export interface PciFunctionPort {
  /** Command register: the device may reach memory. */
  isBusMaster(): boolean
  /** The guest has enabled MSI-X. */
  isMsixEnabled(): boolean
  /** Sends the message of an MSI-X table entry, or makes it pending while it is masked. */
  signal(vector: number): void
  /** Pulls or releases INTx. */
  setInterrupt(level: boolean): void
}

export interface VirtioPciOptions {
  readonly device: VirtioDevice
  readonly memory: GuestMemory
  readonly fn: PciFunctionPort
  /** Default `transitional`, or `modern` for kinds of devices that are younger than VIRTIO 1. */
  readonly mode?: PciMode
  /** Whether packed rings are offered. Default true. */
  readonly packed?: boolean
  /** Told why the device needs a reset. */
  readonly onFailure?: (reason: string) => void
}

/** A base address register that the function has. */
export interface PciBarNeed {
  readonly index: number
  readonly kind: 'io' | 'memory'
  readonly sizeBytes: number
}

export interface VirtioPciState {
  session: SessionState
  vectors: VectorsState
  selected: SelectorState
  legacySelected: number
  isr: number
}

/**
 * A virtio device's registers behind PCI (VIRTIO 1.2, 4.1). It is no PCI function itself: whoever has one gives it these numbers, BARs
 * and capabilities, an MSI-X table of `msixVectors` entries, and hands accesses on.
 */
export class VirtioPci {
  readonly numbers: PciNumbers
  /** Legacy registers and modern ones; the MSI-X table has `BAR.MSIX`. */
  readonly bars: readonly PciBarNeed[]
  /** To be appended in this order. */
  readonly capabilities: readonly PciCapability[]
  /** One for each queue, and one for the configuration. */
  readonly msixVectors: number
  readonly session: Session
  readonly #fn: PciFunctionPort
  readonly #vectors: Vectors
  readonly #common: CommonConfig
  readonly #legacy: LegacyRegisters
  readonly #mode: PciMode
  #isr = 0

  /** @throws RangeError for a device that cannot have the mode, or has too many queues. */
  constructor({ device, memory, fn, mode, packed = true, onFailure = () => {} }: VirtioPciOptions) {
    const isLegacy = mode === 'legacy'
    const chosen = mode ?? (hasLegacyForm(device.deviceId) ? 'transitional' : 'modern')
    const queues = device.queueSizes.length
    if (queues > MOST_QUEUES) throw new RangeError(`a device has at most ${MOST_QUEUES} queues, got ${queues}`)
    this.#fn = fn
    this.#mode = chosen
    this.numbers = pciNumbers(device.deviceId, chosen)
    this.bars = barsOf(chosen, device.configBytes)
    this.capabilities = isLegacy ? [] : capabilitiesOf(device.configBytes)
    this.msixVectors = queues + 1
    this.#vectors = new Vectors(this.msixVectors, queues)
    this.session = new Session({
      device,
      features: offeredBy(chosen, packed),
      ports: {
        memory,
        // Drivers of before VIRTIO 1 did not all turn bus mastering on.
        mayRun: () => this.session.isLegacy || fn.isBusMaster(),
        queueInterrupt: (index) => this.#queueInterrupt(index),
        configInterrupt: () => this.#configInterrupt(),
        onFailure,
      },
    })
    this.#common = new CommonConfig(this.session, this.#vectors, (value) => this.#writeStatus(value, false))
    this.#legacy = new LegacyRegisters({
      session: this.session,
      vectors: this.#vectors,
      isMsixEnabled: () => fn.isMsixEnabled(),
      readIsr: () => this.#readIsr(),
      writeStatus: (value) => this.#writeStatus(value, true),
    })
  }

  /** Reads from a BAR; `offset` counts from its base. What lies in none of the structures reads as zero. */
  read(bar: number, offset: number, size: AccessSize): number {
    if (!this.#has(bar)) return 0
    if (bar === BAR.LEGACY) return this.#legacy.read(offset, size)
    const { device } = this.session
    const place = offset & 0xfff
    switch (offset - place) {
      case Region.COMMON.offset:
        return this.#common.read(place, size)
      case Region.ISR.offset:
        return place === 0 ? this.#readIsr() : 0
      case Region.DEVICE.offset:
        return place + size <= device.configBytes ? device.readConfig(place, size) : 0
      default:
        return 0
    }
  }

  write(bar: number, offset: number, size: AccessSize, value: number): void {
    if (!this.#has(bar)) return
    if (bar === BAR.LEGACY) return this.#legacy.write(offset, size, value)
    const { device } = this.session
    const place = offset & 0xfff
    switch (offset - place) {
      case Region.COMMON.offset:
        return this.#common.write(place, size, value)
      case Region.DEVICE.offset:
        if (place + size <= device.configBytes) device.writeConfig(place, size, value)
        return
      case Region.NOTIFY.offset:
        return this.session.notify(Math.floor(place / NOTIFY_MULTIPLIER))
    }
  }

  /** The guest enabled or disabled MSI-X: while it is enabled, the INTx pin is not pulled. */
  msixChanged(): void {
    this.#driveLine()
  }

  /** The whole machine is reset. */
  reset(): void {
    this.#writeStatus(0, false)
    this.#common.reset()
    this.#legacy.selected = 0
  }

  snapshot(): VirtioPciState {
    return {
      session: this.session.snapshot(),
      vectors: this.#vectors.snapshot(),
      selected: { ...this.#common.selected },
      legacySelected: this.#legacy.selected,
      isr: this.#isr,
    }
  }

  restore(state: VirtioPciState): void {
    this.session.restore(state.session)
    this.#vectors.restore(state.vectors)
    this.#common.selected = { ...state.selected }
    this.#legacy.selected = state.legacySelected
    this.#isr = state.isr
    this.#driveLine()
  }

  #has(bar: number): boolean {
    return bar === BAR.LEGACY ? this.#mode !== 'modern' : bar === BAR.MODERN && this.#mode !== 'legacy'
  }

  #writeStatus(value: number, isLegacy: boolean): void {
    this.session.writeStatus(value, isLegacy)
    if (value !== 0) return
    this.#vectors.reset()
    this.#isr = 0
    this.#driveLine()
  }

  #queueInterrupt(index: number): void {
    if (this.#fn.isMsixEnabled()) return this.#signal(this.#vectors.ofQueue(index))
    this.#isr |= Isr.QUEUE
    this.#driveLine()
  }

  #configInterrupt(): void {
    this.#isr |= Isr.CONFIG
    if (this.#fn.isMsixEnabled()) this.#signal(this.#vectors.config)
    else this.#driveLine()
  }

  #signal(vector: number): void {
    if (vector !== NO_VECTOR) this.#fn.signal(vector)
  }

  /** Reading takes the interrupt back (4.1.4.5). */
  #readIsr(): number {
    const isr = this.#isr
    this.#isr = 0
    this.#driveLine()
    return isr
  }

  #driveLine(): void {
    this.#fn.setInterrupt(this.#isr !== 0 && !this.#fn.isMsixEnabled())
  }
}

function offeredBy(mode: PciMode, packed: boolean): number[] {
  const ring = [Feature.INDIRECT_DESC, Feature.EVENT_IDX]
  const legacy = mode === 'modern' ? [] : [Feature.ANY_LAYOUT]
  if (mode === 'legacy') return [...ring, ...legacy]
  return [...ring, ...legacy, Feature.VERSION_1, ...(packed ? [Feature.RING_PACKED] : [])]
}

/** A BAR has a power of two; ports are scarce, and so no more than needed. */
function barsOf(mode: PciMode, configBytes: number): PciBarNeed[] {
  const bars: PciBarNeed[] = []
  if (mode !== 'modern') {
    const sizeBytes = 2 ** Math.ceil(Math.log2(LEGACY_HEADER_BYTES + configBytes))
    bars.push({ index: BAR.LEGACY, kind: 'io', sizeBytes })
  }
  if (mode !== 'legacy') bars.push({ index: BAR.MODERN, kind: 'memory', sizeBytes: MODERN_BAR_BYTES })
  return bars
}
