/** Delivery modes of APIC messages (Intel SDM vol. 3, 11.6.1; 82093AA data sheet, 3.2.4). */
export const DeliveryMode = {
  Fixed: 0,
  LowestPriority: 1,
  Smi: 2,
  Nmi: 4,
  Init: 5,
  Startup: 6,
  ExtInt: 7,
} as const

/** What travels between I/O APICs, devices (MSI) and local APICs. */
export interface ApicMessage {
  /** 8 bits: an APIC ID, or a mask of logical IDs. */
  destination: number
  logical: boolean
  mode: number
  vector: number
  levelTriggered: boolean
}

/** A local APIC as a receiver. */
export interface ApicReceiver {
  /** Whether the message's destination names this APIC. */
  matches(destination: number, logical: boolean): boolean
  /** Takes a message meant for it; false if it cannot now. */
  accept(message: ApicMessage): boolean
  /** For lowest-priority arbitration: smaller is served. */
  readonly processorPriority: number
  /** Software has enabled the APIC. */
  readonly enabled: boolean
}

/** An I/O APIC as a listener. */
export interface EoiListener {
  endOfInterrupt(vector: number): void
  /** Level-triggered requests that no local APIC took may try again. */
  retry(): void
}

export type Shorthand = 'none' | 'self' | 'all' | 'others'

/** Carries messages between APICs: any number of local ones and I/O ones. */
export class ApicBus {
  readonly #locals: ApicReceiver[] = []
  readonly #listeners: EoiListener[] = []

  addLocal(local: ApicReceiver): void {
    this.#locals.push(local)
  }

  addListener(listener: EoiListener): void {
    this.#listeners.push(listener)
  }

  /** Whether any local APIC took the message. */
  deliver(message: ApicMessage): boolean {
    const targets = this.#locals.filter((local) => local.matches(message.destination, message.logical))
    return this.#deliverTo(targets, message)
  }

  /** A message from a local APIC's interrupt command register. */
  sendIpi(source: ApicReceiver, shorthand: Shorthand, message: ApicMessage): boolean {
    if (shorthand === 'none') return this.deliver(message)
    const targets = this.#locals.filter((local) => shorthand === 'all' || (local === source) === (shorthand === 'self'))
    return this.#deliverTo(targets, message)
  }

  /**
   * A message-signalled interrupt: a device wrote `data` to an address of FEExxxxxh (SDM vol. 3, 11.11). False for an
   * address that is none, and when nobody took the interrupt.
   */
  deliverMsi(address: number, data: number): boolean {
    if ((address & 0xfff0_0000) >>> 0 !== 0xfee0_0000) return false
    return this.deliver({
      destination: (address >>> 12) & 0xff,
      // The manual lets the destination mode count only together with the redirection hint (bit 3). Processors take it by itself, and
      // systems rely on that: Linux sends to logical destinations without the hint.
      logical: (address & 0x04) !== 0,
      mode: (data >> 8) & 7,
      vector: data & 0xff,
      levelTriggered: (data & 0x8000) !== 0,
    })
  }

  broadcastEoi(vector: number): void {
    for (const listener of this.#listeners) listener.endOfInterrupt(vector)
  }

  /** A local APIC takes interrupts that it refused before. */
  retry(): void {
    for (const listener of this.#listeners) listener.retry()
  }

  #deliverTo(targets: ApicReceiver[], message: ApicMessage): boolean {
    if (message.mode !== DeliveryMode.LowestPriority) {
      return targets.map((local) => local.accept(message)).includes(true)
    }
    const ready = targets.filter((local) => local.enabled)
    if (ready.length === 0) return false
    const chosen = ready.reduce((best, local) => (local.processorPriority < best.processorPriority ? local : best))
    return chosen.accept({ ...message, mode: DeliveryMode.Fixed })
  }
}
