import { Layout, Segment } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import { Privilege, type Write } from './types.ts'

/** Bits of a descriptor's access rights, as kept in a segment record. SDM vol. 3, sections 3.4.5 and 3.5. */
export const Rights = {
  Accessed: 0x0001,
  /** Data: writable. Code: readable. */
  Writable: 0x0002,
  /** Data: expand-down. Code: conforming. */
  ExpandDown: 0x0004,
  Conforming: 0x0004,
  Code: 0x0008,
  /** S: a code or data segment rather than a system one. */
  Memory: 0x0010,
  Present: 0x0080,
  Big: 0x4000,
  Granular: 0x8000,
} as const

/** Types of system descriptors. SDM vol. 3, table 3-2. */
export const SystemType = {
  Tss16: 1,
  Ldt: 2,
  Tss16Busy: 3,
  CallGate16: 4,
  TaskGate: 5,
  InterruptGate16: 6,
  TrapGate16: 7,
  Tss32: 9,
  Tss32Busy: 11,
  CallGate32: 12,
  InterruptGate32: 14,
  TrapGate32: 15,
} as const

/** A descriptor as read from the GDT or LDT, or a gate of the IDT. */
export class Descriptor {
  /** Linear address of its first byte. */
  readonly address: number
  readonly low: number
  readonly high: number

  constructor(address: number, low: number, high: number) {
    this.address = address
    this.low = low
    this.high = high
  }

  /** Access rights in the form of a segment record's. */
  get rights(): number {
    return (this.high >>> 8) & 0xf0ff
  }

  get dpl(): number {
    return (this.high >>> 13) & 3
  }

  get present(): boolean {
    return (this.high & 0x8000) !== 0
  }

  /** Type of a system descriptor, -1 for code and data. */
  get systemType(): number {
    return this.high & 0x1000 ? -1 : (this.high >>> 8) & 15
  }

  get base(): number {
    return ((this.low >>> 16) | ((this.high & 0xff) << 16) | (this.high & 0xff00_0000)) >>> 0
  }

  /** Limit in bytes, granularity applied. */
  get limit(): number {
    const raw = (this.low & 0xffff) | (this.high & 0x000f_0000)
    return this.high & 0x0080_0000 ? ((raw << 12) | 0xfff) >>> 0 : raw
  }

  /** A gate's target selector. */
  get gateSelector(): number {
    return this.low >>> 16
  }

  /** A 32-bit gate's target offset; a 16-bit gate has only the low half. */
  get gateOffset(): number {
    return ((this.low & 0xffff) | (this.high & 0xffff_0000)) >>> 0
  }
}

export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0
export const isCode = (rights: number): boolean => (rights & 0x18) === 0x18
export const isConforming = (rights: number): boolean => (rights & 0x1c) === 0x1c
export const isWritableData = (rights: number): boolean => (rights & 0x1a) === 0x12
export const isReadable = (rights: number): boolean => (rights & 0x18) === 0x10 || (rights & 0x1a) === 0x1a
export const rightsDpl = (rights: number): number => (rights >>> 5) & 3

/** The error code that names `selector`. SDM vol. 3, section 6.13. */
export function selectorError(system: SystemContext, selector: number): number {
  return (selector & 0xfffc) | system.external
}

/** Raises `vector` with the error code that names `selector`. */
export function raiseSelector(system: SystemContext, vector: number, selector: number): never {
  raise(vector, selectorError(system, selector))
}

/** Reads the two halves of a descriptor with supervisor privilege, whatever CPL is. SDM vol. 3, section 4.6.1. */
export function readDescriptor(system: SystemContext, address: number): Descriptor {
  const low = system.memory.read(address, 4, Privilege.Implicit)
  const high = system.memory.read((address + 4) >>> 0, 4, Privilege.Implicit)
  return new Descriptor(address, low, high)
}

/** The descriptor that `selector` names, or `undefined` when it lies outside its table. */
export function findDescriptor(system: SystemContext, selector: number): Descriptor | undefined {
  const { state } = system
  const local = (selector & 4) !== 0
  if (local && state.attributes(Segment.LDTR) === 0) return undefined
  const limit = local ? state.limit(Segment.LDTR) : state.get(Layout.gdtrLimit)
  const base = local ? state.segmentBase(Segment.LDTR) : state.get(Layout.gdtrBase)
  const offset = selector & 0xfff8
  if (offset + 7 > limit) return undefined
  return readDescriptor(system, (base + offset) >>> 0)
}

/** The descriptor that `selector` names; `vector` with the selector when it lies outside its table. */
export function fetchDescriptor(system: SystemContext, selector: number, vector: number = Vector.GP): Descriptor {
  return findDescriptor(system, selector) ?? raiseSelector(system, vector, selector)
}

/** Sets the accessed bit of a code or data segment's descriptor in memory. SDM vol. 3, section 3.4.5.1. */
export function markAccessed(system: SystemContext, descriptor: Descriptor): void {
  const type = (descriptor.high >>> 8) & 0xff
  if ((type & Rights.Accessed) === 0) {
    system.memory.write((descriptor.address + 5) >>> 0, 1, type | Rights.Accessed, Privilege.Implicit)
  }
}

/** Sets or clears the busy bit of a TSS descriptor in memory. */
export function markBusy(descriptor: Descriptor, busy: boolean, write: Write): void {
  const type = (descriptor.high >>> 8) & 0xff
  write((descriptor.address + 5) >>> 0, 1, busy ? type | 2 : type & ~2)
}
