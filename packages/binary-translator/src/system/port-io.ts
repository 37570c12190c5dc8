import type { CpuState } from '../state/cpu-state.ts'
import { Layout, Segment } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import { checkSegment, withinSegment } from './segment-check.ts'
import { ioPermitted } from './task-state.ts'

/** Elements that one execution of a repeated string instruction moves at most, so that interrupts get their turn. */
export const elementsPerPortion = 4096

const accumulator = 0
const counter = 1
const dataRegister = 2
const sourceIndex = 6
const destinationIndex = 7
const directionFlag = 0x400

type PortSize = 1 | 2 | 4

/** IOPL decides in protected mode, the TSS's bitmap where IOPL does not allow it. SDM vol. 1, section 19.5. */
function requirePort(system: SystemContext, port: number, size: number): void {
  const { state } = system
  if (!state.protectedMode) return
  const iopl = (state.systemFlags >>> 12) & 3
  if (!state.virtual8086 && state.cpl <= iopl) return
  if (!ioPermitted(system, port, size)) raise(Vector.GP, 0)
}

/** `value` in the low `size` bytes of `register`. */
function merge(register: number, value: number, size: PortSize): number {
  if (size === 4) return value
  const mask = size === 2 ? 0xffff : 0xff
  return (register & ~mask) | (value & mask)
}

/** IN: port `x` to AL, AX or EAX. */
export function readPort(system: SystemContext, x: number, y: number): Flow {
  const { state } = system
  const port = x & 0xffff
  const size = y as PortSize
  requirePort(system, port, size)
  const value = system.ports.readPort(port, size)
  system.breakpoints.port(port, size)
  state.setGpr(accumulator, merge(state.gpr(accumulator), value, size))
  return Flow.Next
}

/** OUT: AL, AX or EAX to port `x`. */
export function writePort(system: SystemContext, x: number, y: number): Flow {
  const port = x & 0xffff
  const size = y as PortSize
  requirePort(system, port, size)
  system.ports.writePort(port, size, merge(0, system.state.gpr(accumulator), size) >>> 0)
  system.breakpoints.port(port, size)
  return Flow.Next
}

/** The operand of a string instruction, unpacked. */
class StringOperation {
  readonly size: PortSize
  readonly #state: CpuState
  readonly #wide: boolean
  readonly #repeated: boolean

  constructor(state: CpuState, packed: number) {
    this.#state = state
    this.size = (packed & 0xff) as PortSize
    this.#wide = ((packed >>> 8) & 0xff) !== 2
    this.#repeated = packed >>> 16 !== 0
  }

  #read(register: number): number {
    const value = this.#state.gpr(register)
    return this.#wide ? value : value & 0xffff
  }

  #write(register: number, value: number): void {
    this.#state.setGpr(register, this.#wide ? value : merge(this.#state.gpr(register), value, 2))
  }

  get remaining(): number {
    return this.#repeated ? this.#read(counter) : 1
  }

  /** Linear address of the element at `register` in `segment`, after the segment's check. */
  linear(segment: number, register: number, write: boolean): number {
    const offset = this.#read(register)
    const fault = checkSegment(this.#state, segment, offset, this.size, write)
    if (fault !== withinSegment) raise(fault, 0)
    return (this.#state.segmentBase(segment) + offset) >>> 0
  }

  /** One element is done. */
  advance(register: number): void {
    const step = this.#state.systemFlags & directionFlag ? -this.size : this.size
    this.#write(register, (this.#read(register) + step) >>> 0)
    if (this.#repeated) this.#write(counter, (this.#read(counter) - 1) >>> 0)
  }

  /** Where to go on after this execution: at the instruction itself while elements remain. */
  finish(): Flow {
    const isGoingOn = this.#repeated && this.remaining !== 0
    this.#state.set(Layout.repeating, isGoingOn ? 1 : 0)
    return isGoingOn ? Flow.Set : Flow.Next
  }
}

/** Elements of INS and OUTS before interrupts get their turn: a device takes as long for one as memory for many. */
export const elementsPerTurn = 64

/** Elements up to a multiple of a portion, of one where each may trap: where it ends does not depend on where it was broken off before. */
function portionOf({ state, breakpoints }: SystemContext, remaining: number): number {
  if (remaining === 0) return 0
  const most = breakpoints.armed ? 1 : Math.min(elementsPerTurn, state.get(Layout.portion))
  return ((remaining - 1) % most) + 1
}

const isUser = (state: CpuState): 0 | 1 => (state.get(Layout.cpl) === 3 ? 1 : 0)

/**
 * INS. The destination is proven writable before the port is read, since a port's value cannot be read twice:
 * writing back what is there faults exactly when the real write would.
 */
export function inputString(system: SystemContext, packed: number): Flow {
  const { state, memory } = system
  const operation = new StringOperation(state, packed)
  const { size } = operation
  const count = portionOf(system, operation.remaining)
  const port = state.gpr(dataRegister) & 0xffff
  const user = isUser(state)
  if (count > 0) requirePort(system, port, size)
  let provenFirst = -1
  let provenLast = -1
  for (let index = 0; index < count; index++) {
    const linear = operation.linear(Segment.ES, destinationIndex, true)
    const first = linear >>> 12
    const last = (linear + size - 1) >>> 12
    if (first !== provenFirst || last !== provenLast) {
      memory.write(linear, size, memory.read(linear, size, user), user)
      provenFirst = first
      provenLast = last
    }
    memory.write(linear, size, system.ports.readPort(port, size), user)
    system.breakpoints.port(port, size)
    operation.advance(destinationIndex)
  }
  return operation.finish()
}

/** OUTS from `segment`. */
export function outputString(system: SystemContext, packed: number, segment: number): Flow {
  const { state, memory } = system
  const operation = new StringOperation(state, packed)
  const { size } = operation
  const count = portionOf(system, operation.remaining)
  const port = state.gpr(dataRegister) & 0xffff
  const user = isUser(state)
  if (count > 0) requirePort(system, port, size)
  for (let index = 0; index < count; index++) {
    const linear = operation.linear(segment, sourceIndex, false)
    system.ports.writePort(port, size, memory.read(linear, size, user))
    system.breakpoints.port(port, size)
    operation.advance(sourceIndex)
  }
  return operation.finish()
}
