import type { InterruptController } from '../system/types.ts'
import type { IoSpace } from '../types.ts'

/** One access to a port or to device memory, as `FakeIo` logs it. */
export interface IoAccess {
  readonly kind: 'in' | 'out' | 'read' | 'write'
  readonly address: number
  readonly size: number
  readonly value: number
}

/** Ports and device memory that answer with numbers made from the address and the count of accesses, and keep a log. */
export class FakeIo implements IoSpace {
  readonly log: IoAccess[] = []
  /** Told of each access after it was logged. */
  onAccess: (access: IoAccess) => void = () => undefined

  readPort(port: number, size: 1 | 2 | 4): number {
    return this.#note('in', port, size, this.#answer(port, size))
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.#note('out', port, size, value)
  }

  readMmio(physical: number, size: 1 | 2 | 4): number {
    return this.#note('read', physical, size, this.#answer(physical, size))
  }

  writeMmio(physical: number, size: 1 | 2 | 4, value: number): void {
    this.#note('write', physical, size, value)
  }

  #answer(address: number, size: number): number {
    const mixed = Math.imul(address ^ Math.imul(this.log.length + 1, 0x9e37_79b1), 0x85eb_ca6b) >>> 0
    return size === 4 ? mixed : mixed & ((1 << (8 * size)) - 1)
  }

  #note(kind: IoAccess['kind'], address: number, size: number, value: number): number {
    const access = { kind, address, size, value }
    this.log.push(access)
    this.onAccess(access)
    return value
  }
}

/** An interrupt controller with a queue of vectors. */
export class FakeInterrupts implements InterruptController {
  readonly queue: number[] = []
  /** Told of each acknowledged vector. */
  onAcknowledge: (vector: number) => void = () => undefined

  get pending(): boolean {
    return this.queue.length > 0
  }

  /** The next vector; with none waiting, the spurious one. */
  acknowledge(): number {
    const vector = this.queue.shift() ?? 0xff
    this.onAcknowledge(vector)
    return vector
  }
}
