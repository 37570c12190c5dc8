import {
  BalloonController,
  BalloonDevice,
  type BalloonControllerOptions,
  type BalloonEvent,
  type BalloonPages,
  type BalloonState,
  type GuestMemoryStatistics,
} from '@mica-vm/balloon'

/** How long a guest may take to follow: see `BalloonController`. */
export type BalloonPatience = Pick<BalloonControllerOptions, 'patienceNs' | 'stepPages'>

export interface BalloonParts extends BalloonPatience {
  readonly pages: BalloonPages
  /** The guest's own time. */
  readonly clock: { nowNs(): number }
  /** Calls `work` at the beginning of a slice, when no access of the guest is in progress. */
  readonly defer: (work: () => void) => void
  readonly onEvent: (event: BalloonEvent) => void
}

/** A machine's memory balloon: the device that its driver sees, and whether its guest follows. Pages are of 4 KiB. */
export class Balloon {
  readonly device: BalloonDevice
  readonly #controller: BalloonController
  #statistics: GuestMemoryStatistics | null = null

  constructor({ pages, clock, defer, onEvent, ...patience }: BalloonParts) {
    this.device = new BalloonDevice({
      pages,
      defer,
      onEvent: (event) => {
        if (event.kind === 'statistics') this.#statistics = event.statistics
        if (event.kind === 'driver') this.#statistics = null
        onEvent(event)
      },
    })
    this.#controller = new BalloonController({ balloon: this.device, clock, ...patience })
  }

  /** How many pages the guest shall give up: it follows in its own time, or not at all. */
  setTarget(pages: number): void {
    this.#controller.setTarget(pages)
  }

  get target(): number {
    return this.#controller.target
  }

  /** Pages that the guest has given up. */
  get actual(): number {
    return this.#controller.actual
  }

  /** How the guest does; as of the last `poll`. */
  get state(): BalloonState {
    return this.#controller.state
  }

  /** Whether the guest can be relied on to give up what it is asked for. */
  get isCompliant(): boolean {
    return this.#controller.isCompliant
  }

  /** Pages that are wanted of the guest, and that have to be taken in another way. */
  get shortfall(): number {
    return this.#controller.shortfall
  }

  /** What the guest said last of its memory; null if it has said nothing. A hint. */
  get statistics(): GuestMemoryStatistics | null {
    return this.#statistics
  }

  /** Looks how far the guest has got, and asks for its statistics anew. About once a second. */
  poll(): void {
    this.#controller.poll()
    this.device.requestStatistics()
  }
}
