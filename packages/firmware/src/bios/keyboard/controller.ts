import type { Ports } from '../ports.ts'

const DATA = 0x60
const STATUS = 0x64
const COMMAND = 0x64
const OUTPUT_FULL = 0x01
const INPUT_FULL = 0x02
const READ_CONFIGURATION = 0x20
const WRITE_CONFIGURATION = 0x60
const SELF_TEST = 0xaa
const DISABLE_MOUSE = 0xa7
const ENABLE_MOUSE = 0xa8
const TO_MOUSE = 0xd4
const KEYBOARD_RESET = 0xff
const KEYBOARD_ENABLE = 0xf4
const SET_LEDS = 0xed
const ACKNOWLEDGE = 0xfa

/** Interrupts of the keyboard, system flag, translation to scan code set 1; the mouse is off. */
const CONFIGURATION = 0x65
const MOUSE_INTERRUPT = 0x02
const MOUSE_OFF = 0x20
const KEYBOARD_OFF = 0x10
const INTERRUPTS = 0x03

/** Polls of a controller that answers at once, or is not there. */
const PATIENCE = 64

function waitForRoom(ports: Ports): void {
  for (let polls = 0; polls < PATIENCE && (ports.in8(STATUS) & INPUT_FULL) !== 0; polls += 1);
}

function command(ports: Ports, value: number): void {
  waitForRoom(ports)
  ports.out8(COMMAND, value)
}

function send(ports: Ports, value: number): void {
  waitForRoom(ports)
  ports.out8(DATA, value)
}

/** The next byte, -1 if none comes. */
function receive(ports: Ports): number {
  for (let polls = 0; polls < PATIENCE; polls += 1) {
    if (ports.in8(STATUS) & OUTPUT_FULL) return ports.in8(DATA)
  }
  return -1
}

/** Reads away what nobody waits for; a hostile device could go on for ever. */
function drain(ports: Ports): void {
  for (let bytes = 0; bytes < PATIENCE && (ports.in8(STATUS) & OUTPUT_FULL) !== 0; bytes += 1) ports.in8(DATA)
}

function configure(ports: Ports, change: (value: number) => number): void {
  command(ports, READ_CONFIGURATION)
  const value = receive(ports)
  if (value < 0) return
  command(ports, WRITE_CONFIGURATION)
  send(ports, change(value))
}

/** Tests and resets controller and keyboard, and lets keys interrupt. */
export function resetKeyboard(ports: Ports): void {
  drain(ports)
  command(ports, SELF_TEST)
  receive(ports)
  // Until the end no interrupts, or they would take the answers.
  configure(ports, () => CONFIGURATION & ~1)
  send(ports, KEYBOARD_RESET)
  receive(ports)
  receive(ports)
  send(ports, KEYBOARD_ENABLE)
  receive(ports)
  drain(ports)
  configure(ports, () => CONFIGURATION)
}

/** Turns the auxiliary port and its interrupt on or off. */
export function enableMouse(ports: Ports, on: boolean): void {
  command(ports, on ? ENABLE_MOUSE : DISABLE_MOUSE)
  configure(ports, (value) => (on ? (value | MOUSE_INTERRUPT) & ~MOUSE_OFF : (value & ~MOUSE_INTERRUPT) | MOUSE_OFF))
}

/** Sends a command to the mouse and answers what it said: `replies` bytes behind the acknowledge; null if it did not obey. */
export function mouseCommand(ports: Ports, bytes: readonly number[], replies: number): number[] | null {
  const hold = withoutKeyboard(ports)
  const answer: number[] = []
  let obeyed = true
  for (const byte of bytes) {
    command(ports, TO_MOUSE)
    send(ports, byte)
    obeyed &&= receive(ports) === ACKNOWLEDGE
  }
  for (let index = 0; obeyed && index < replies; index += 1) {
    const byte = receive(ports)
    obeyed = byte >= 0
    answer.push(byte)
  }
  hold.end()
  return obeyed ? answer : null
}

/** While a device answers, no interrupt handler may take the bytes, and no key may come between. */
function withoutKeyboard(ports: Ports): { end: () => void } {
  drain(ports)
  command(ports, READ_CONFIGURATION)
  const before = receive(ports)
  command(ports, WRITE_CONFIGURATION)
  send(ports, (before & ~(INTERRUPTS | MOUSE_OFF)) | KEYBOARD_OFF)
  return {
    end: () => {
      command(ports, WRITE_CONFIGURATION)
      send(ports, before)
    },
  }
}

/** Shows the locks: bit 0 Scroll Lock, 1 Num Lock, 2 Caps Lock. Their answers are read here, not by an interrupt handler. */
export function setLeds(ports: Ports, leds: number): void {
  configure(ports, (value) => value & ~1)
  for (const byte of [SET_LEDS, leds]) {
    send(ports, byte)
    receive(ports)
  }
  configure(ports, (value) => value | 1)
}
