import type { LinearMemory } from './linear-memory.ts'
import type { BiosCpu } from './types.ts'

/** EFLAGS bits that services read or answer with (SDM vol. 1, 3.4.3). */
export const CpuFlag = { CARRY: 0x001, ZERO: 0x040, TRAP: 0x100, INTERRUPT: 0x200, DIRECTION: 0x400 } as const

/** An interrupt leaves IP, CS and FLAGS on the stack, each two bytes. */
const FRAME_FLAGS = 4

/** The registers of a caller by their 8- and 16-bit names, and the flags that its IRET will load. */
export class Registers {
  readonly cpu: BiosCpu
  readonly #memory: LinearMemory

  constructor(cpu: BiosCpu, memory: LinearMemory) {
    this.cpu = cpu
    this.#memory = memory
  }

  get ax(): number {
    return this.cpu.eax & 0xffff
  }
  set ax(value: number) {
    this.cpu.eax = word(this.cpu.eax, value)
  }
  get al(): number {
    return this.cpu.eax & 0xff
  }
  set al(value: number) {
    this.cpu.eax = low(this.cpu.eax, value)
  }
  get ah(): number {
    return (this.cpu.eax >>> 8) & 0xff
  }
  set ah(value: number) {
    this.cpu.eax = high(this.cpu.eax, value)
  }
  get bx(): number {
    return this.cpu.ebx & 0xffff
  }
  set bx(value: number) {
    this.cpu.ebx = word(this.cpu.ebx, value)
  }
  get bl(): number {
    return this.cpu.ebx & 0xff
  }
  set bl(value: number) {
    this.cpu.ebx = low(this.cpu.ebx, value)
  }
  get bh(): number {
    return (this.cpu.ebx >>> 8) & 0xff
  }
  set bh(value: number) {
    this.cpu.ebx = high(this.cpu.ebx, value)
  }
  get cx(): number {
    return this.cpu.ecx & 0xffff
  }
  set cx(value: number) {
    this.cpu.ecx = word(this.cpu.ecx, value)
  }
  get cl(): number {
    return this.cpu.ecx & 0xff
  }
  set cl(value: number) {
    this.cpu.ecx = low(this.cpu.ecx, value)
  }
  get ch(): number {
    return (this.cpu.ecx >>> 8) & 0xff
  }
  set ch(value: number) {
    this.cpu.ecx = high(this.cpu.ecx, value)
  }
  get dx(): number {
    return this.cpu.edx & 0xffff
  }
  set dx(value: number) {
    this.cpu.edx = word(this.cpu.edx, value)
  }
  get dl(): number {
    return this.cpu.edx & 0xff
  }
  set dl(value: number) {
    this.cpu.edx = low(this.cpu.edx, value)
  }
  get dh(): number {
    return (this.cpu.edx >>> 8) & 0xff
  }
  set dh(value: number) {
    this.cpu.edx = high(this.cpu.edx, value)
  }
  get si(): number {
    return this.cpu.esi & 0xffff
  }
  set si(value: number) {
    this.cpu.esi = word(this.cpu.esi, value)
  }
  get di(): number {
    return this.cpu.edi & 0xffff
  }
  set di(value: number) {
    this.cpu.edi = word(this.cpu.edi, value)
  }
  get bp(): number {
    return this.cpu.ebp & 0xffff
  }
  set bp(value: number) {
    this.cpu.ebp = word(this.cpu.ebp, value)
  }
  get sp(): number {
    return this.cpu.esp & 0xffff
  }
  set sp(value: number) {
    this.cpu.esp = word(this.cpu.esp, value)
  }

  /** Linear address of an offset in ES. */
  inEs(offset: number): number {
    return linear(this.cpu.es, offset)
  }

  /** Linear address of an offset in DS. */
  inDs(offset: number): number {
    return linear(this.cpu.ds, offset)
  }

  /** Pushes a word on the caller's stack. */
  push(value: number): void {
    this.sp -= 2
    this.#memory.write16(linear(this.cpu.ss, this.sp), value)
  }

  /** The word `offset` bytes above the top of the stack. */
  stackWord(offset: number): number {
    return this.#memory.read16(linear(this.cpu.ss, this.sp + offset))
  }

  /** CF as the caller will see it. */
  set carry(on: boolean) {
    this.#answer(CpuFlag.CARRY, on)
  }

  /** ZF as the caller will see it. */
  set zero(on: boolean) {
    this.#answer(CpuFlag.ZERO, on)
  }

  /** Protected-mode callers come by a far call and see the flags themselves. */
  #answer(flag: number, on: boolean): void {
    const { cpu } = this
    if (cpu.mode === 'protected') {
      cpu.eflags = (on ? cpu.eflags | flag : cpu.eflags & ~flag) >>> 0
      return
    }
    const at = linear(cpu.ss, this.sp + FRAME_FLAGS)
    const flags = this.#memory.read16(at)
    this.#memory.write16(at, on ? flags | flag : flags & ~flag)
  }
}

/** The linear address that real mode makes of a segment and an offset. */
export function linear(segment: number, offset: number): number {
  return (segment & 0xffff) * 16 + (offset & 0xffff)
}

function word(register: number, value: number): number {
  return ((register & 0xffff_0000) | (value & 0xffff)) >>> 0
}

function low(register: number, value: number): number {
  return ((register & 0xffff_ff00) | (value & 0xff)) >>> 0
}

function high(register: number, value: number): number {
  return ((register & 0xffff_00ff) | ((value & 0xff) << 8)) >>> 0
}
