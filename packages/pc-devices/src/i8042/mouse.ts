import { copyOf } from '../internal/copy.ts'
import type { Stateful } from '../types.ts'
import { MouseCommand, Reply } from './registers.ts'
import type { MouseState } from './state.ts'

export interface MouseMotion {
  /** To the right. */
  dx?: number
  /** Upwards. */
  dy?: number
  /** Wheel, away from the user negative. */
  dz?: number
  /** Bit 0 left, 1 right, 2 middle; unchanged if absent. */
  buttons?: number
}

/** Packets wait in a buffer of this size; motion is gathered until there is room. */
const PACKET_BUFFER_BYTES = 16
const WHEEL_KNOCK = '200,100,80'
const WHEEL_ID = 3

export function initialMouseState(): MouseState {
  return {
    replies: [],
    packets: [],
    reporting: false,
    remote: false,
    wrap: false,
    scaling2: false,
    resolution: 2,
    sampleRate: 100,
    rates: [],
    id: 0,
    buttons: 0,
    dx: 0,
    dy: 0,
    dz: 0,
    awaiting: 0,
    last: 0,
  }
}

/** A PS/2 mouse, with a wheel once the guest has knocked for it. */
export class Mouse implements Stateful<MouseState> {
  #state: MouseState = initialMouseState()

  move({ dx = 0, dy = 0, dz = 0, buttons }: MouseMotion): void {
    const state = this.#state
    const changed = buttons !== undefined && (buttons & 7) !== state.buttons
    state.dx = clamp(state.dx + Math.trunc(dx), 0x7fff)
    state.dy = clamp(state.dy + Math.trunc(dy), 0x7fff)
    state.dz = clamp(state.dz + Math.trunc(dz), 0x7f)
    if (buttons !== undefined) state.buttons = buttons & 7
    if (state.reporting && !state.remote && (changed || this.#moved())) this.#packet()
  }

  take(): number {
    const state = this.#state
    const byte = state.replies.shift() ?? state.packets.shift() ?? -1
    if (byte >= 0) state.last = byte
    if (state.packets.length === 0 && state.reporting && !state.remote && this.#moved()) this.#packet()
    return byte
  }

  write(value: number): void {
    const state = this.#state
    state.replies = []
    const awaiting = state.awaiting
    state.awaiting = 0
    if (state.wrap && value !== MouseCommand.Reset && value !== MouseCommand.ResetWrap) state.replies = [value]
    else if (awaiting !== 0 && value < 0xe6) this.#argument(awaiting, value)
    else this.#command(value)
  }

  snapshot(): MouseState {
    return copyOf(this.#state)
  }

  restore(state: MouseState): void {
    this.#state = copyOf(state)
  }

  #argument(command: number, value: number): void {
    const state = this.#state
    state.replies = [Reply.ACK]
    if (command === MouseCommand.Resolution) {
      state.resolution = value & 3
      return
    }
    state.sampleRate = value
    state.rates = [...state.rates.slice(-2), value]
    if (state.rates.join() === WHEEL_KNOCK) state.id = WHEEL_ID
  }

  #command(command: number): void {
    const state = this.#state
    state.replies = [Reply.ACK]
    switch (command) {
      case MouseCommand.Scaling1:
      case MouseCommand.Scaling2:
        state.scaling2 = command === MouseCommand.Scaling2
        break
      case MouseCommand.Resolution:
      case MouseCommand.SampleRate:
        state.awaiting = command
        break
      case MouseCommand.Status:
        state.replies.push(this.#status(), state.resolution, state.sampleRate)
        break
      case MouseCommand.StreamMode:
      case MouseCommand.RemoteMode:
        state.remote = command === MouseCommand.RemoteMode
        break
      case MouseCommand.ReadData:
        state.replies.push(...this.#gather())
        break
      case MouseCommand.WrapMode:
      case MouseCommand.ResetWrap:
        state.wrap = command === MouseCommand.WrapMode
        break
      case MouseCommand.Identify:
        state.replies.push(state.id)
        break
      case MouseCommand.Enable:
      case MouseCommand.Disable:
        state.reporting = command === MouseCommand.Enable
        state.packets = []
        state.dx = state.dy = state.dz = 0
        break
      case MouseCommand.Resend:
        state.replies = [state.last]
        break
      case MouseCommand.SetDefaults:
      case MouseCommand.Reset:
        this.#state = {
          ...initialMouseState(),
          id: command === MouseCommand.Reset ? 0 : state.id,
          replies: [Reply.ACK],
        }
        if (command === MouseCommand.Reset) this.#state.replies.push(Reply.SELF_TEST_PASSED, 0)
        break
      default:
        state.replies = [Reply.RESEND]
    }
  }

  #status(): number {
    const { remote, reporting, scaling2, buttons } = this.#state
    const left = buttons & 1 ? 4 : 0
    const middle = buttons & 4 ? 2 : 0
    const right = buttons & 2 ? 1 : 0
    return (remote ? 0x40 : 0) | (reporting ? 0x20 : 0) | (scaling2 ? 0x10 : 0) | left | middle | right
  }

  #moved(): boolean {
    const { dx, dy, dz, id } = this.#state
    return dx !== 0 || dy !== 0 || (id === WHEEL_ID && dz !== 0)
  }

  #packet(): void {
    if (this.#state.packets.length + 4 <= PACKET_BUFFER_BYTES) this.#state.packets.push(...this.#gather())
  }

  /** A packet of as much motion as fits; the rest stays for the next one. */
  #gather(): number[] {
    const state = this.#state
    const dx = clamp(state.dx, 0xff)
    const dy = clamp(state.dy, 0xff)
    const dz = clamp(state.dz, 7)
    state.dx -= dx
    state.dy -= dy
    const bytes = [0x08 | state.buttons | (dx < 0 ? 0x10 : 0) | (dy < 0 ? 0x20 : 0), dx & 0xff, dy & 0xff]
    if (state.id !== WHEEL_ID) {
      state.dz = 0
      return bytes
    }
    state.dz -= dz
    return [...bytes, dz & 0xff]
  }
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value))
}
