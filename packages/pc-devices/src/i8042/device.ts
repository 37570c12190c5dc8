import { copyOf } from '../internal/copy.ts'
import { NO_LINE } from '../line.ts'
import type { AccessSize, Line, PortDevice, Stateful } from '../types.ts'
import { initialKeyboardState, Keyboard } from './keyboard.ts'
import { translate, type KeyName } from './keys.ts'
import { initialMouseState, Mouse, type MouseMotion } from './mouse.ts'
import { Command, CommandByte, DATA, NO_PASSWORD, OutputPort, SELF_TEST_PASSED, Status } from './registers.ts'
import type { I8042State } from './state.ts'

export interface I8042Options {
  keyboardIrq?: Line
  mouseIrq?: Line
  /** Whether there is a mouse, and with it an auxiliary port. Default true. */
  mouse?: boolean
  /** Output port bit 1: address line 20 not forced to zero. */
  a20?: Line
  /** The level of A20 after a reset. Default true, as firmware leaves it. */
  a20AtReset?: boolean
  /** Output port bit 0 went low: CPU reset. */
  onReset?: () => void
  /** Bit 0 Scroll Lock, 1 Num Lock, 2 Caps Lock. */
  onLeds?: (leds: number) => void
}

type Controller = Omit<I8042State, 'keyboard' | 'mouse'>

const BREAK = 0xf0

/** Keyboard controller with keyboard and, if wanted, mouse. */
export class I8042 implements PortDevice, Stateful<I8042State> {
  readonly portWidth = 1
  readonly #keyboardIrq: Line
  readonly #mouseIrq: Line
  readonly #a20: Line
  readonly #onReset: () => void
  readonly #a20AtReset: boolean
  readonly #keyboard: Keyboard
  readonly #mouse: Mouse | undefined
  /** Called when `takesKeys` may have become true. Set by whoever types. */
  onReady: () => void = () => {}
  #state: Controller

  constructor(options: I8042Options = {}) {
    this.#keyboardIrq = options.keyboardIrq ?? NO_LINE
    this.#mouseIrq = options.mouseIrq ?? NO_LINE
    this.#a20 = options.a20 ?? NO_LINE
    this.#onReset = options.onReset ?? (() => {})
    this.#a20AtReset = options.a20AtReset ?? true
    this.#keyboard = new Keyboard(options.onLeds)
    this.#mouse = options.mouse === false ? undefined : new Mouse()
    this.#state = initialController(this.#a20AtReset)
  }

  /** A key goes down or up. False if the keyboard does not know it or had no room. */
  key(key: KeyName, down: boolean): boolean {
    const taken = this.#keyboard.key(key, down)
    this.#settle()
    return taken
  }

  /** Whether the keyboard scans its keys, and the guest has read all that it had to say of them. */
  get takesKeys(): boolean {
    return this.#keyboard.takesKeys && !(this.#state.full && !this.#state.fromAux)
  }

  moveMouse(motion: MouseMotion): void {
    this.#mouse?.move(motion)
    this.#settle()
  }

  readPort(port: number, _size: AccessSize): number {
    return port === DATA ? this.#readData() : this.#readStatus()
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    if (port === DATA) this.#writeData(value)
    else this.#writeCommand(value)
    this.#settle()
  }

  snapshot(): I8042State {
    return copyOf({
      ...this.#state,
      keyboard: this.#keyboard.snapshot(),
      mouse: this.#mouse?.snapshot() ?? null,
    })
  }

  restore(state: I8042State): void {
    const { keyboard, mouse, ...controller } = state
    this.#state = copyOf(controller)
    this.#keyboard.restore(keyboard)
    this.#mouse?.restore(mouse ?? initialMouseState())
    this.#a20((controller.outputPort & OutputPort.A20) !== 0)
    this.#settle()
  }

  reset(): void {
    this.restore({
      ...initialController(this.#a20AtReset),
      keyboard: initialKeyboardState(),
      mouse: this.#mouse ? initialMouseState() : null,
    })
  }

  #readData(): number {
    const state = this.#state
    const value = state.data
    if (state.full) {
      state.full = false
      this.#drive()
      this.#settle()
    }
    return value
  }

  #readStatus(): number {
    const { status, full, fromAux } = this.#state
    return status | Status.UNLOCKED | (full ? Status.OBF | (fromAux ? Status.AUX_OBF : 0) : 0)
  }

  #writeData(value: number): void {
    const state = this.#state
    state.status &= ~Status.COMMAND
    const command = state.awaiting
    state.awaiting = 0
    if (command === 0) {
      // A byte for the keyboard also enables its interface.
      state.ram[0]! &= ~CommandByte.KEYBOARD_DISABLE
      this.#keyboard.write(value)
    } else if (command === Command.WriteOutputPort) {
      this.#writeOutputPort(value)
    } else if (command === Command.WriteKeyboardBuffer) {
      state.replies = [[value, false]]
    } else if (command === Command.WriteAuxBuffer) {
      state.replies = [[value, true]]
    } else if (command === Command.WriteAuxDevice) {
      this.#mouse?.write(value)
    } else {
      state.ram[command & 0x1f] = value
      state.status = (state.status & ~Status.SYS) | (state.ram[0]! & CommandByte.SYS ? Status.SYS : 0)
    }
  }

  #writeCommand(command: number): void {
    const state = this.#state
    state.status |= Status.COMMAND
    state.awaiting = 0
    if (command >= Command.PulseOutputPort) {
      if (!(command & OutputPort.NOT_RESET)) this.#onReset()
    } else if (command >= Command.WriteRam && command < Command.WriteRam + 0x20) {
      state.awaiting = command
    } else if (command >= Command.ReadRam && command < Command.ReadRam + 0x20) {
      this.#reply(state.ram[command & 0x1f]!)
    } else {
      this.#execute(command)
    }
  }

  #execute(command: number): void {
    const state = this.#state
    switch (command) {
      case Command.WriteOutputPort:
      case Command.WriteKeyboardBuffer:
        state.awaiting = command
        break
      case Command.TestPassword:
        this.#reply(NO_PASSWORD)
        break
      case Command.DisableKeyboard:
      case Command.EnableKeyboard:
        this.#configure(CommandByte.KEYBOARD_DISABLE, command === Command.DisableKeyboard)
        break
      case Command.SelfTest:
        state.status |= Status.SYS
        state.ram[0]! |= CommandByte.SYS
        this.#reply(SELF_TEST_PASSED)
        break
      case Command.TestKeyboard:
      case Command.ReadTestInputs:
        this.#reply(0x00)
        break
      case Command.ReadInputPort:
        // Bit 7: keyboard not inhibited; bit 5: manufacturing jumper not installed.
        this.#reply(0xa0)
        break
      case Command.ReadOutputPort:
        this.#reply(this.#readOutputPort())
        break
      default:
        if (this.#mouse) this.#executeAux(command)
    }
  }

  /** Without a mouse the controller is that of an AT, which knows none of these. */
  #executeAux(command: number): void {
    if (command === Command.WriteAuxBuffer || command === Command.WriteAuxDevice) this.#state.awaiting = command
    else if (command === Command.TestAux) this.#reply(0x00)
    else if (command === Command.DisableAux) this.#configure(CommandByte.AUX_DISABLE, true)
    else if (command === Command.EnableAux) this.#configure(CommandByte.AUX_DISABLE, false)
  }

  #configure(bit: number, on: boolean): void {
    if (on) this.#state.ram[0]! |= bit
    else this.#state.ram[0]! &= ~bit
  }

  #readOutputPort(): number {
    const { outputPort, full, fromAux } = this.#state
    return outputPort | (full ? (fromAux ? OutputPort.AUX_OBF : OutputPort.KEYBOARD_OBF) : 0)
  }

  #writeOutputPort(value: number): void {
    this.#state.outputPort = (value & OutputPort.A20) | OutputPort.NOT_RESET | OutputPort.IDLE
    this.#a20((value & OutputPort.A20) !== 0)
    if (!(value & OutputPort.NOT_RESET)) this.#onReset()
  }

  /** A newer answer of the controller replaces one that nobody read. */
  #reply(value: number): void {
    this.#state.replies = [[value, false]]
  }

  /** Fills the output buffer from whoever has something to say, and sets the interrupt lines. */
  #settle(): void {
    const state = this.#state
    if (!state.full) {
      const next = this.#next()
      if (next !== undefined) {
        state.data = next[0]
        state.fromAux = next[1]
        state.full = true
      }
    }
    this.#drive()
    if (this.takesKeys) this.onReady()
  }

  #next(): [number, boolean] | undefined {
    const state = this.#state
    const reply = state.replies.shift()
    if (reply) return reply
    const configuration = state.ram[0]!
    if (!(configuration & CommandByte.KEYBOARD_DISABLE)) {
      const byte = this.#nextKeyboardByte((configuration & CommandByte.TRANSLATE) !== 0)
      if (byte >= 0) return [byte, false]
    }
    if (configuration & CommandByte.AUX_DISABLE) return undefined
    const byte = this.#mouse?.take() ?? -1
    return byte < 0 ? undefined : [byte, true]
  }

  #nextKeyboardByte(translated: boolean): number {
    const state = this.#state
    let byte = this.#keyboard.take()
    if (!translated || byte < 0) return byte
    // The translator swallows F0h and sets bit 7 of the next code; a keyboard holds at most 16 bytes.
    while (byte === BREAK) {
      state.breakSeen = true
      byte = this.#keyboard.take()
    }
    if (byte < 0) return byte
    const code = translate(byte) | (state.breakSeen ? 0x80 : 0)
    state.breakSeen = false
    return code
  }

  #drive(): void {
    const { full, fromAux, ram } = this.#state
    this.#keyboardIrq(full && !fromAux && (ram[0]! & CommandByte.KEYBOARD_INTERRUPT) !== 0)
    this.#mouseIrq(full && fromAux && (ram[0]! & CommandByte.AUX_INTERRUPT) !== 0)
  }
}

/** As firmware leaves it: tested, translating, both interfaces enabled, interrupts off. */
function initialController(a20: boolean): Controller {
  const ram = new Array<number>(32).fill(0)
  ram[0] = CommandByte.SYS | CommandByte.TRANSLATE
  return {
    ram,
    status: Status.SYS,
    full: false,
    fromAux: false,
    data: 0,
    outputPort: OutputPort.NOT_RESET | OutputPort.IDLE | (a20 ? OutputPort.A20 : 0),
    replies: [],
    awaiting: 0,
    breakSeen: false,
  }
}
