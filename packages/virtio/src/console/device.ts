import { ConfigSpace } from '../internal/config-space.ts'
import { DeviceId } from '../registers.ts'
import type { AccessSize, DeviceHost, Features, VirtioDevice, Virtqueue } from '../types.ts'
import { ControlMessages, type PortFacts } from './control.ts'
import { Config, ConsoleFeature, Event, MESSAGE_BYTES, portOfQueue, Queue, receiveQueue } from './registers.ts'

const QUEUE_SIZE = 64
/** Bytes of one buffer that a driver sends, at most: drivers send pages, and pipes of a mebibyte. */
const MOST_BYTES = 1 << 20
const MOST_PORTS = 31

/** A port of the console device. */
export interface ConsolePort {
  /** Under which the guest finds it (`/dev/virtio-ports/NAME` on Linux). Default none. */
  readonly name?: string
  /** Whether it is a terminal (`hvcN` on Linux) or a mere stream. Default: the first one is. */
  readonly isConsole?: boolean
  /** What the guest sends; the array is the receiver's. */
  readonly output: (bytes: Uint8Array) => void
  /** Whether `output` may be called now; if not, `resume` shall be when it may. Default: always. */
  readonly hasRoom?: () => boolean
  /** The guest takes input: it made room, or opened the port. */
  readonly onInputRoom?: () => void
}

export interface ConsoleOptions {
  /** One at least. A single port without a name is the simple console of old, without control messages. */
  readonly ports: readonly ConsolePort[]
  /** What the terminal shows. Default: unknown. */
  readonly size?: { readonly columns: number; readonly rows: number }
}

export interface ConsoleState {
  waiting: number[]
  open: boolean[]
}

/** The console device (5.3): terminals and streams between guest and host. */
export class ConsoleDevice implements VirtioDevice {
  readonly deviceId: number = DeviceId.CONSOLE
  readonly features: readonly number[]
  readonly queueSizes: readonly number[]
  readonly configBytes: number = Config.BYTES
  readonly #ports: readonly ConsolePort[]
  readonly #config = new ConfigSpace(Config.BYTES)
  readonly #control: ControlMessages
  /** Whether the driver has opened a port. */
  readonly #open: boolean[]
  #host: DeviceHost | null = null
  #queues: readonly Virtqueue[] = []
  #isMultiport = false

  /** @throws RangeError for no ports, or more than 31. */
  constructor({ ports, size }: ConsoleOptions) {
    if (!(ports.length >= 1 && ports.length <= MOST_PORTS)) {
      throw new RangeError(`a console has 1 to ${MOST_PORTS} ports, got ${ports.length}`)
    }
    const facts = ports.map(({ name = '', isConsole }, index): PortFacts => ({
      name,
      isConsole: isConsole ?? index === 0,
    }))
    const isSimple = facts.length === 1 && facts[0]!.name === '' && facts[0]!.isConsole
    this.#ports = ports
    this.#open = ports.map(() => false)
    this.#control = new ControlMessages(facts)
    this.features = [ConsoleFeature.SIZE, ConsoleFeature.EMERG_WRITE, ...(isSimple ? [] : [ConsoleFeature.MULTIPORT])]
    const queues = isSimple ? 2 : 2 * (ports.length + 1)
    this.queueSizes = new Array<number>(queues).fill(QUEUE_SIZE)
    this.#config.set(Config.MOST_PORTS, 4, ports.length)
    if (size) this.#setSize(size.columns, size.rows)
  }

  connect(host: DeviceHost): void {
    this.#host = host
  }

  readConfig(offset: number, size: AccessSize): number {
    return this.#config.read(offset, size)
  }

  /** The emergency write (5.3.4): a character without any queue, for drivers that are not up yet. */
  writeConfig(offset: number, _size: AccessSize, value: number): void {
    if (offset === Config.EMERGENCY) this.#ports[0]!.output(Uint8Array.of(value & 0xff))
  }

  activate(queues: readonly Virtqueue[], features: Features): void {
    this.#queues = queues
    this.#isMultiport = features.has(ConsoleFeature.MULTIPORT)
    if (!this.#isMultiport) this.#open[0] = true
  }

  notify(index: number): void {
    const isControl = index === Queue.CONTROL_RECEIVE || index === Queue.CONTROL_SEND
    if (isControl) return this.#isMultiport ? this.#serveControl(index) : undefined
    const port = portOfQueue(index)
    if (index === receiveQueue(port)) this.#ports[port]?.onInputRoom?.()
    else this.resume(port)
  }

  /** Gives the guest input as far as it has made room; answers how many bytes it took. */
  send(port: number, bytes: Uint8Array): number {
    const queue = this.#queues[receiveQueue(port)]
    let sent = 0
    if (!queue || !this.#open[port]) return sent
    for (let count = 0; count < queue.size && sent < bytes.length; count++) {
      const chain = queue.take()
      if (!chain) break
      const part = bytes.subarray(sent, sent + chain.writableBytes)
      if (!chain.write(part)) break
      queue.complete(chain, part.length)
      sent += part.length
    }
    queue.notifyDriver()
    return sent
  }

  /** Takes what the guest has sent, as long as the port has room for it. */
  resume(port: number): void {
    const queue = this.#queues[receiveQueue(port) + 1]
    const { output, hasRoom = () => true } = this.#ports[port] ?? {}
    if (!queue || !output) return
    for (let count = 0; count < queue.size && hasRoom(); count++) {
      const chain = queue.take()
      if (!chain) break
      if (chain.readableBytes > MOST_BYTES) {
        return queue.fail(`a buffer to send has ${chain.readableBytes} bytes; ${MOST_BYTES} are served`)
      }
      const bytes = new Uint8Array(chain.readableBytes)
      if (!chain.read(bytes)) return
      queue.complete(chain, 0)
      if (bytes.length > 0) output(bytes)
    }
    queue.notifyDriver()
  }

  /** The terminal has another size. */
  resize(columns: number, rows: number): void {
    this.#setSize(columns, rows)
    this.#host?.configChanged()
    if (!this.#isMultiport) return
    this.#control.resize()
    this.#sendControl()
  }

  reset(): void {
    this.#queues = []
    this.#isMultiport = false
    this.#control.reset()
    this.#open.fill(false)
  }

  snapshot(): ConsoleState {
    return { waiting: [...this.#control.waiting], open: [...this.#open] }
  }

  restore(state: ConsoleState): void {
    this.#control.waiting = state.waiting
    state.open.forEach((isOpen, port) => (this.#open[port] = isOpen))
  }

  #setSize(columns: number, rows: number): void {
    this.#config.set(Config.COLUMNS, 2, columns)
    this.#config.set(Config.ROWS, 2, rows)
    this.#control.columns = columns
    this.#control.rows = rows
  }

  #serveControl(index: number): void {
    const queue = this.#queues[index]!
    if (index === Queue.CONTROL_SEND) {
      for (let count = 0; count < queue.size; count++) {
        const chain = queue.take()
        if (!chain) break
        const message = new Uint8Array(MESSAGE_BYTES)
        if (chain.read(message.subarray(0, Math.min(MESSAGE_BYTES, chain.readableBytes)))) this.#obey(message)
        queue.complete(chain, 0)
      }
      queue.notifyDriver()
    }
    this.#sendControl()
  }

  #sendControl(): void {
    const queue = this.#queues[Queue.CONTROL_RECEIVE]
    if (queue) this.#control.flush(queue)
  }

  #obey(message: Uint8Array): void {
    const view = new DataView(message.buffer)
    const port = view.getUint32(0, true)
    const isYes = view.getUint16(6, true) === 1
    switch (view.getUint16(4, true)) {
      case Event.DEVICE_READY:
        return isYes ? this.#control.addPorts() : undefined
      case Event.PORT_READY:
        return isYes ? this.#control.describe(port) : undefined
      case Event.PORT_OPEN:
        if (port >= this.#ports.length) return
        this.#open[port] = isYes
        if (isYes) this.#ports[port]!.onInputRoom?.()
    }
  }
}
