import type { AccessSize, PortDevice } from '../types.ts'
import { DEBUG_CONSOLE } from './registers.ts'

/** Port 80h: the last code stays readable. */
export class PostPort implements PortDevice {
  readonly portWidth = 1
  readonly #onCode: (code: number) => void
  #code = 0

  constructor(onCode: (code: number) => void = () => {}) {
    this.#onCode = onCode
  }

  readPort(): number {
    return this.#code
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.#code = value
    this.#onCode(value)
  }

  snapshot(): { code: number } {
    return { code: this.#code }
  }

  restore(state: { code: number }): void {
    this.#code = state.code
  }
}

/** Port E9h. */
export class DebugConsole implements PortDevice {
  readonly portWidth = 1
  readonly #onByte: (byte: number) => void

  constructor(onByte: (byte: number) => void) {
    this.#onByte = onByte
  }

  readPort(): number {
    return DEBUG_CONSOLE
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.#onByte(value)
  }
}

/** Port F4h. The callback gets the raw value; QEMU's process exit status would be `(value << 1) | 1`. */
export class DebugExit implements PortDevice {
  readonly #onExit: (value: number) => void

  constructor(onExit: (value: number) => void) {
    this.#onExit = onExit
  }

  readPort(): number {
    return 0
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.#onExit(value)
  }
}
