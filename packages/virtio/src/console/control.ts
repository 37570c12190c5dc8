import type { Chain, Virtqueue } from '../types.ts'
import { Event, MESSAGE_BYTES } from './registers.ts'

/** What a port is to the driver. */
export interface PortFacts {
  readonly name: string
  readonly isConsole: boolean
}

/** Messages that wait for the driver to make room, by kind and in the order in which they have to come. */
const ORDER = [Event.PORT_ADD, Event.CONSOLE_PORT, Event.PORT_NAME, Event.PORT_OPEN, Event.RESIZE] as const

/**
 * What the device has to say about its ports. A message that waits is a bit for its port and kind, so that however often a driver
 * asks, there are only so many.
 */
export class ControlMessages {
  readonly #ports: readonly PortFacts[]
  #waiting: number[]
  columns = 0
  rows = 0

  constructor(ports: readonly PortFacts[]) {
    this.#ports = ports
    this.#waiting = ports.map(() => 0)
  }

  /** The driver is ready for ports (5.3.6.2): it is told of each. */
  addPorts(): void {
    this.#ports.forEach((_, port) => this.#want(port, Event.PORT_ADD))
  }

  /** The driver is ready for a port: it hears what the port is, and that there is someone at its other end. */
  describe(port: number): void {
    const facts = this.#ports[port]
    if (!facts) return
    if (facts.isConsole) this.#want(port, Event.CONSOLE_PORT)
    if (facts.name !== '') this.#want(port, Event.PORT_NAME)
    this.#want(port, Event.PORT_OPEN)
    if (facts.isConsole && this.columns > 0) this.#want(port, Event.RESIZE)
  }

  resize(): void {
    this.#ports.forEach(({ isConsole }, port) => isConsole && this.#want(port, Event.RESIZE))
  }

  reset(): void {
    this.#waiting.fill(0)
  }

  get waiting(): readonly number[] {
    return this.#waiting
  }

  set waiting(bits: readonly number[]) {
    this.#waiting = [...bits]
  }

  /** Sends what waits, as far as the driver has made room. */
  flush(queue: Virtqueue): void {
    for (const event of ORDER) {
      for (let port = 0; port < this.#ports.length; port++) {
        if (!(this.#waiting[port]! & (1 << event))) continue
        const chain = queue.take()
        if (!chain) return queue.notifyDriver()
        this.#waiting[port]! &= ~(1 << event)
        queue.complete(chain, this.#write(chain, port, event))
      }
    }
    queue.notifyDriver()
  }

  #want(port: number, event: number): void {
    this.#waiting[port]! |= 1 << event
  }

  /** A buffer that is too small gets what fits: nothing else would tell the driver. */
  #write(chain: Chain, port: number, event: number): number {
    const more = this.#behind(port, event)
    const message = new Uint8Array(MESSAGE_BYTES + more.length)
    const view = new DataView(message.buffer)
    view.setUint32(0, port, true)
    view.setUint16(4, event, true)
    view.setUint16(6, 1, true)
    message.set(more, MESSAGE_BYTES)
    const part = message.subarray(0, chain.writableBytes)
    return chain.write(part) ? part.length : 0
  }

  #behind(port: number, event: number): Uint8Array {
    if (event === Event.PORT_NAME) return new TextEncoder().encode(this.#ports[port]!.name)
    if (event !== Event.RESIZE) return new Uint8Array(0)
    const size = new DataView(new ArrayBuffer(4))
    size.setUint16(0, this.columns, true)
    size.setUint16(2, this.rows, true)
    return new Uint8Array(size.buffer)
  }
}
