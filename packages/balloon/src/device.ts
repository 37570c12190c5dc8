import type { AccessSize, Chain, DeviceHost, Features, VirtioDevice, Virtqueue } from '@mica-vm/virtio'
import { FreePageHints } from './free-page-hints.ts'
import { GivenPages } from './given-pages.ts'
import { implausible, MOST_STATISTICS_BYTES, parseStatistics } from './guest-statistics.ts'
import { BalloonFeature, Config, DEVICE_ID, PAGE_BYTES } from './registers.ts'
import type { BalloonEvent, BalloonOptions, BalloonPages, ControlledBalloon, PageViolation } from './types.ts'
import { Violations } from './violations.ts'

/** What a queue is for. */
type Role = 'inflate' | 'deflate' | 'statistics' | 'hints' | 'reports'

/** Entries of one list of pages, at most: drivers send some hundreds. */
const MOST_ENTRIES = 4096
/** Pages looked at in one go; what is left waits for the next. */
const PAGES_PER_TURN = 0x1_0000
const QUEUE_SIZE = 128

/** The device's state beside its queues, as plain data. */
export interface BalloonDeviceState {
  target: number
  reported: number
  poison: number
  given: [first: number, count: number][]
  pending: Role[]
  violations: number
  hints: { command: number; round: number; isNaming: boolean }
}

/**
 * The memory balloon of VIRTIO 1.2, 5.5. The driver pins pages of its guest and tells which; the device takes them. It also takes what
 * the driver reports as free, and passes on what it says of its memory.
 *
 * ```ts
 * const balloon = new BalloonDevice({ pages: map, defer: (work) => afterTheSlice(work) })
 * balloon.setTarget(25_600) // 100 MiB, in the guest's own time
 * balloon.inflatedPages
 * ```
 */
export class BalloonDevice implements VirtioDevice, ControlledBalloon {
  readonly deviceId: number = DEVICE_ID
  readonly features: readonly number[] = Object.values(BalloonFeature)
  readonly queueSizes: readonly number[] = Array.from({ length: 5 }, () => QUEUE_SIZE)
  readonly configBytes: number = Config.BYTES
  readonly #pages: BalloonPages
  readonly #defer: BalloonOptions['defer']
  readonly #emit: (event: BalloonEvent) => void
  readonly #given: GivenPages
  readonly #violations: Violations
  readonly #hints: FreePageHints
  readonly #pending = new Set<Role>()
  readonly #queues = new Map<Role, Virtqueue>()
  readonly #roles: Role[] = []
  #host: DeviceHost | null = null
  #isDeferred = false
  #budget = 0
  #target = 0
  #reported = 0
  #poison = 0

  constructor({ pages, defer, onEvent = () => {} }: BalloonOptions) {
    this.#pages = pages
    this.#defer = defer
    this.#emit = onEvent
    this.#given = new GivenPages(pages)
    this.#violations = new Violations(onEvent)
    this.#hints = new FreePageHints({ pages, emit: onEvent, violations: this.#violations })
  }

  get isActive(): boolean {
    return this.#roles.length > 0
  }

  get inflatedPages(): number {
    return this.#given.count
  }

  /** What the driver says that it has given up: for display. */
  get reportedPages(): number {
    return this.#reported
  }

  get violations(): number {
    return this.#violations.count
  }

  get target(): number {
    return this.#target
  }

  /** How many pages the guest shall give up: it follows in its own time, or not at all. */
  setTarget(pages: number): void {
    const most = this.#pages.endPage
    if (!Number.isInteger(pages) || pages < 0 || pages > most)
      throw new RangeError(`target is ${pages} pages; must be an integer from 0 to ${most}`)
    if (pages === this.#target) return
    this.#target = pages
    this.#host?.configChanged()
  }

  /** Asks the driver for statistics, which come as an event. False: it does not send any, or was asked already. */
  requestStatistics(): boolean {
    const queue = this.#pending.has('statistics') ? undefined : this.#queues.get('statistics')
    const chain = queue?.take()
    if (!queue || !chain) return false
    queue.complete(chain, 0)
    queue.notifyDriver()
    return true
  }

  /** Asks the driver to name its free pages, which come as events. It keeps them until `endHints`. False: it does not do that. */
  requestHints(): boolean {
    if (!this.#queues.has('hints')) return false
    this.#hints.begin()
    this.#host?.configChanged()
    return true
  }

  /** Lets the driver use the pages that it has named. */
  endHints(): void {
    this.#hints.end()
    this.#host?.configChanged()
  }

  connect(host: DeviceHost): void {
    this.#host = host
  }

  readConfig(offset: number, size: AccessSize): number {
    const words = Uint32Array.of(this.#target, this.#reported, this.#hints.command, this.#poison)
    let value = 0
    for (let i = size - 1; i >= 0; i--)
      value = value * 256 + ((words[(offset + i) >> 2]! >>> (8 * ((offset + i) & 3))) & 0xff)
    return value
  }

  /** The driver's words are `actual` and `poison_val`; it writes them whole. */
  writeConfig(offset: number, size: AccessSize, value: number): void {
    if (size !== 4) return
    if (offset === Config.ACTUAL) this.#reported = value >>> 0
    else if (offset === Config.POISON) this.#poison = value >>> 0
  }

  activate(queues: readonly Virtqueue[], features: Features): void {
    this.#roles.push(...rolesOf(features))
    this.#roles.forEach((role, index) => this.#queues.set(role, queues[index]!))
    if (!features.has(BalloonFeature.PAGE_POISON)) this.#poison = 0
    this.#emit({ kind: 'driver', isActive: true })
    if (this.#pending.size > 0) this.#later()
  }

  notify(index: number): void {
    const role = this.#roles[index]
    if (!role) return
    this.#pending.add(role)
    this.#later()
  }

  /** What a driver means that breaks the rules of its queues cannot be known: it is trusted again when it begins anew. */
  failed(reason: string): void {
    this.#violations.add('broken-queue', `broke the device: ${reason}`)
  }

  /** The driver is gone: the guest gets all its pages back. */
  reset(): void {
    const wasActive = this.isActive
    this.#roles.length = 0
    this.#queues.clear()
    this.#pending.clear()
    this.#given.pop()
    this.#violations.reset()
    this.#hints.reset()
    this.#reported = 0
    this.#poison = 0
    if (wasActive) this.#emit({ kind: 'driver', isActive: false })
  }

  snapshot(): BalloonDeviceState {
    return {
      target: this.#target,
      reported: this.#reported,
      poison: this.#poison,
      given: this.#given.runs(),
      pending: [...this.#pending],
      violations: this.#violations.count,
      hints: this.#hints.snapshot(),
    }
  }

  /** What became of the pages is the owner's to restore, after the devices. */
  restore(state: BalloonDeviceState): void {
    this.#target = state.target
    this.#reported = state.reported
    this.#poison = state.poison
    this.#given.restore(state.given)
    this.#pending.clear()
    for (const role of state.pending) this.#pending.add(role)
    this.#violations.restore(state.violations)
    this.#hints.restore(state.hints)
  }

  #later(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#defer(() => {
      this.#isDeferred = false
      this.#work()
    })
  }

  #work(): void {
    this.#budget = PAGES_PER_TURN
    for (const role of [...this.#pending]) {
      const queue = this.#queues.get(role)
      this.#pending.delete(role)
      if (queue && !this.#serve(role, queue)) this.#pending.add(role)
    }
    if (this.#pending.size > 0) this.#later()
  }

  /** Serves what waits in a queue; false if the turn ended before. */
  #serve(role: Role, queue: Virtqueue): boolean {
    if (role === 'statistics') return this.#readStatistics(queue)
    let isDone = false
    // A driver may let a device write its own ring, so the number of buffers is bounded, too.
    for (let count = 0; count < queue.size && this.#budget > 0 && !isDone; count++) {
      const chain = queue.take()
      if (chain === null) isDone = true
      else {
        this.#serveBuffer(role, chain)
        queue.complete(chain, 0)
      }
    }
    queue.notifyDriver()
    return isDone
  }

  #serveBuffer(role: Role, chain: Chain): void {
    if (role === 'inflate') this.#each(chain, (ppn) => this.#given.inflate(ppn))
    else if (role === 'deflate') this.#each(chain, (ppn) => this.#given.deflate(ppn))
    else if (role === 'hints') this.#budget -= this.#hints.take(chain)
    else this.#discard(chain)
  }

  /** A list of page numbers, four bytes each. */
  #each(chain: Chain, visit: (ppn: number) => PageViolation | null): void {
    const count = chain.readableBytes / 4
    if (!Number.isInteger(count) || count > MOST_ENTRIES)
      return this.#violations.add('malformed-list', `sent a list of pages of ${chain.readableBytes} bytes`)
    const bytes = new Uint8Array(chain.readableBytes)
    if (!chain.read(bytes)) return
    const numbers = new DataView(bytes.buffer)
    this.#budget -= count
    for (let i = 0; i < count; i++) {
      const ppn = numbers.getUint32(4 * i, true)
      const rule = visit(ppn)
      if (rule) this.#violations.add(rule, said[rule](ppn))
    }
  }

  /** Free page reporting (5.5.6.7): the driver keeps its hands off the pages until it has the buffer back. */
  #discard(chain: Chain): void {
    this.#budget -= Math.ceil(chain.writableBytes / PAGE_BYTES)
    // Free pages shall hold the poison, which is not what a page without contents reads as.
    if (this.#poison !== 0) return
    this.#violations.wholePages(chain, this.#pages, (ppn) => this.#pages.discard(ppn))
  }

  /** Reads what the driver has sent, and leaves the buffer with the device: its return is how the driver is asked for more. */
  #readStatistics(queue: Virtqueue): boolean {
    const chain = queue.take()
    if (chain === null) return true
    const bytes = new Uint8Array(Math.min(chain.readableBytes, MOST_STATISTICS_BYTES))
    const isRead = chain.read(bytes)
    queue.putBack(chain)
    if (!isRead) return true
    const statistics = parseStatistics(bytes)
    const why = implausible(statistics, this.#pages.endPage * PAGE_BYTES)
    if (why) this.#violations.add('implausible-statistics', why)
    this.#emit({ kind: 'statistics', statistics })
    return true
  }
}

const said: Readonly<Record<PageViolation, (ppn: number) => string>> = {
  'not-memory': (ppn) => `gave up page ${ppn}, which is no memory of its own`,
  'inflated-twice': (ppn) => `gave up page ${ppn}, which it had given up before`,
  'not-inflated': (ppn) => `took back page ${ppn}, which it had not given up`,
}

/** Queues whose features were not negotiated do not exist, and those behind them move up: so drivers number them. */
function rolesOf(features: Features): Role[] {
  const optional: readonly (readonly [number, Role])[] = [
    [BalloonFeature.STATISTICS, 'statistics'],
    [BalloonFeature.FREE_PAGE_HINT, 'hints'],
    [BalloonFeature.FREE_PAGE_REPORTING, 'reports'],
  ]
  return ['inflate', 'deflate', ...optional.filter(([bit]) => features.has(bit)).map(([, role]) => role)]
}
