import { ApicBus } from '../apic-bus.ts'
import type { Bus } from '../bus.ts'
import { IoApic } from '../io-apic/device.ts'
import { WINDOW_BYTES } from '../io-apic/registers.ts'
import type { IoApicState } from '../io-apic/state.ts'
import { LocalApic } from '../local-apic/device.ts'
import { PAGE_BYTES } from '../local-apic/registers.ts'
import type { LocalApicState } from '../local-apic/state.ts'
import type { Stateful } from '../types.ts'
import { PC_ADDRESSES, SHORTEST_EDGE_NS } from './addresses.ts'
import type { PcPlatformOptions } from './options.ts'

export interface ApicsState {
  local: LocalApicState
  io: IoApicState
}

/** The boot processor's local APIC and the I/O APIC, at their usual places. */
export class Apics implements Stateful<ApicsState> {
  readonly messages: ApicBus = new ApicBus()
  readonly local: LocalApic
  readonly io: IoApic
  readonly #virtualWire: boolean

  constructor(bus: Bus, { timers, tsc, events = {}, shortestEdgeNs, virtualWire = true }: PcPlatformOptions) {
    this.#virtualWire = virtualWire
    this.local = new LocalApic({
      timers,
      tsc,
      bus: this.messages,
      shortestEdgeNs: shortestEdgeNs ?? SHORTEST_EDGE_NS,
      onNmi: () => events.nmi?.(),
      onInit: () => events.init?.(),
      onStartup: (vector) => events.startup?.(vector),
      onBase: (base) => (base < 0 ? page.detach() : page.move(base)),
    })
    this.io = new IoApic({ bus: this.messages, id: PC_ADDRESSES.ioApicId })
    // The guest may move the local APIC anywhere: it must not hide what is fixed.
    const page = bus.attachMmio(PC_ADDRESSES.localApic, PAGE_BYTES, this.local, { yields: true })
    bus.attachMmio(PC_ADDRESSES.ioApic, WINDOW_BYTES, this.io)
  }

  snapshot(): ApicsState {
    return { local: this.local.snapshot(), io: this.io.snapshot() }
  }

  restore(state: ApicsState): void {
    this.io.restore(state.io)
    this.local.restore(state.local)
  }

  reset(): void {
    this.io.reset()
    this.local.reset()
    if (this.#virtualWire) this.local.enterVirtualWire()
  }
}
