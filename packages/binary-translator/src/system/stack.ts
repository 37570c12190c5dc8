import { Layout, Segment } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import { type Descriptor, Rights } from './descriptors.ts'
import { Vector, raise } from './guest-fault.ts'
import { withinLimit } from './segment-check.ts'

const stackPointer = 4

/** A stack pointer moved by `distance` bytes: of a 16-bit stack's only the low half moves. */
export function movedPointer(rights: number, pointer: number, distance: number): number {
  const moved = pointer + distance
  return rights & Rights.Big ? moved >>> 0 : ((pointer & 0xffff_0000) | (moved & 0xffff)) >>> 0
}

/**
 * A stack that a transfer reads or writes before it is decided that the transfer happens: it moves its own pointer
 * and leaves the registers alone until `commit`.
 */
export class Stack {
  pointer: number
  readonly #system: SystemContext
  readonly #base: number
  readonly #rights: number
  readonly #limit: number
  readonly #user: 0 | 1
  readonly #errorCode: number

  constructor(
    system: SystemContext,
    segment: { base: number; rights: number; limit: number },
    pointer: number,
    user: 0 | 1,
    errorCode: number,
  ) {
    this.#system = system
    this.#base = segment.base
    this.#rights = segment.rights
    this.#limit = segment.limit
    this.pointer = pointer
    this.#user = user
    this.#errorCode = errorCode
  }

  /** Linear address of `size` bytes at `offset`; #SS when they are outside the segment. */
  #linear(offset: number, size: number): number {
    if (!withinLimit(this.#rights, this.#limit, offset, size)) raise(Vector.SS, this.#errorCode)
    return (this.#base + offset) >>> 0
  }

  #moved(distance: number): number {
    return movedPointer(this.#rights, this.pointer, distance)
  }

  /** The pointer's significant part as a segment offset. */
  #offset(pointer: number): number {
    return this.#rights & Rights.Big ? pointer : pointer & 0xffff
  }

  push(value: number, size: 2 | 4): void {
    const pointer = this.#moved(-size)
    const linear = this.#linear(this.#offset(pointer), size)
    this.#system.memory.write(linear, size, size === 2 ? value & 0xffff : value >>> 0, this.#user)
    this.pointer = pointer
  }

  pop(size: 2 | 4): number {
    const linear = this.#linear(this.#offset(this.pointer), size)
    const value = this.#system.memory.read(linear, size, this.#user)
    this.pointer = this.#moved(size)
    return value
  }

  /** Moves the pointer over `bytes` bytes without reading them. */
  release(bytes: number): void {
    this.pointer = this.#moved(bytes)
  }

  /** Reads `size` bytes `distance` bytes above the pointer. */
  peek(distance: number, size: 2 | 4): number {
    const linear = this.#linear(this.#offset(this.#moved(distance)), size)
    return this.#system.memory.read(linear, size, this.#user)
  }

  /** Makes this the stack pointer. */
  commit(): void {
    this.#system.state.setGpr(stackPointer, this.pointer)
  }
}

/** The stack in use. */
export function currentStack(system: SystemContext): Stack {
  const { state } = system
  const unprotected = !state.protectedMode || state.virtual8086
  const rights = state.attributes(Segment.SS)
  const segment = {
    base: state.segmentBase(Segment.SS),
    rights: unprotected ? (rights & Rights.Big) | 0x93 : rights,
    limit: state.limit(Segment.SS),
  }
  const user = state.get(Layout.cpl) === 3 ? 1 : 0
  return new Stack(system, segment, state.gpr(stackPointer), user, system.external)
}

/** The stack of an inner privilege level; a push outside it raises #SS with `errorCode`. */
export function innerStackOf(system: SystemContext, descriptor: Descriptor, pointer: number, errorCode: number): Stack {
  const { base, rights, limit } = descriptor
  return new Stack(system, { base, rights, limit }, pointer, 0, errorCode)
}

/**
 * The stack pointer that a return outwards gives to a stack of these rights. A 16-bit stack takes SP alone: the high
 * half of the inner ESP stays, as on every processor since the 386.
 */
export function outerPointer(system: SystemContext, rights: number, popped: number): number {
  if (rights & Rights.Big) return popped
  return ((system.state.gpr(stackPointer) & 0xffff_0000) | (popped & 0xffff)) >>> 0
}
