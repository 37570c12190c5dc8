import { Bios } from '../bios/bios.ts'
import type { BiosCpu, BiosMachine, CpuMode } from '../bios/types.ts'
import type { GuestMemory } from '../types.ts'
import { FakePorts } from './fake-ports.ts'

const MIB = 0x10_0000
const ROM_BASE = 0xf_0000
const ROM_SEGMENT = 0xf000
const TRAP_BYTES = 2
const STACK = 0x7000
const POST = 0xe05b
const FLAGS = 0x202
const Opcode = { OUT_IMMEDIATE: 0xe6, JUMP: 0xe9, IRET: 0xcf, STI: 0xfb } as const

/** Memory in an array: RAM below and above the ROM's 64 KiB, which refuse writes; video memory is RAM as well. */
export class FakeMemory implements GuestMemory {
  readonly bytes: Uint8Array

  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes)
  }

  read(linear: number, into: Uint8Array): boolean {
    if (!(linear >= 0 && linear + into.length <= this.bytes.length)) return false
    into.set(this.bytes.subarray(linear, linear + into.length))
    return true
  }

  write(linear: number, from: Uint8Array): boolean {
    const touchesRom = linear < MIB && linear + from.length > ROM_BASE
    if (!(linear >= 0 && linear + from.length <= this.bytes.length) || touchesRom) return false
    this.bytes.set(from, linear)
    return true
  }

  word(linear: number): number {
    return this.bytes[linear]! | (this.bytes[linear + 1]! << 8)
  }

  setWord(linear: number, value: number): void {
    this.bytes[linear] = value
    this.bytes[linear + 1] = value >>> 8
  }
}

/** Registers and nothing else; the code segment's base follows CS. */
export class FakeCpu implements BiosCpu {
  eax = 0
  ecx = 0
  edx = 0
  ebx = 0
  esp: number = STACK
  ebp = 0
  esi = 0
  edi = 0
  es = 0
  cs = 0
  ss = 0
  ds = 0
  fs = 0
  gs = 0
  eip = 0
  eflags: number = FLAGS
  mode: CpuMode = 'real'
  privilege = 0

  get codeBase(): number {
    return this.mode === 'protected' ? 0 : this.cs * 16
  }
}

export type RegisterValues = Partial<Record<(typeof CALL_REGISTERS)[number], number>>
const CALL_REGISTERS = ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp', 'es', 'ds'] as const

/** What a call did: whether it returned, and the flags that it returned with. */
export interface CallOutcome {
  /** Waits: sleeps until an interrupt, then is called again. Elsewhere: went on in other code. */
  readonly ended: 'returned' | 'waits' | 'elsewhere'
  readonly carry: boolean
  readonly zero: boolean
}

/**
 * A machine of arrays around a `Bios`, for tests: no processor runs, calls go straight to the services that the ROM's code would have called.
 *
 * ```ts
 * const pc = new FakePc({ floppies: [{ medium, changes: 0 }] })
 * pc.call(0x13, { eax: 0x0201, ecx: 0x0001, edx: 0, ebx: 0x7c00 })
 * ```
 */
export class FakePc {
  readonly cpu: FakeCpu = new FakeCpu()
  readonly memory: FakeMemory
  readonly ports: FakePorts
  readonly bios: Bios

  constructor(machine: Partial<BiosMachine> = {}) {
    const ramBytes = machine.ramBytes ?? 2 * MIB
    this.memory = new FakeMemory(ramBytes)
    this.ports = new FakePorts()
    const described: BiosMachine = {
      ramBytes,
      floppies: [],
      disks: [],
      cdroms: [],
      bootOrder: ['floppy', 'disk', 'cdrom'],
      acpi: null,
      ...machine,
    }
    this.bios = new Bios({ cpu: this.cpu, memory: this.memory, ports: this.ports, machine: described })
    this.memory.bytes.set(this.bios.rom, ROM_BASE)
    this.post()
  }

  /** Power-on. */
  post(): void {
    this.#enter(this.#trapBehind(this.#jumpTarget(POST)))
    this.bios.service()
  }

  /** What follows: the next option ROM is called, if there is one. */
  callOptionRoms(): void {
    const { cpu } = this
    cpu.ss = 0
    cpu.esp = STACK
    this.#enter(this.#trapBehind(this.#trapBehind(this.#jumpTarget(POST)) + TRAP_BYTES))
    this.bios.service()
  }

  /** INT `vector` with these registers; what is not given is zero. */
  call(vector: number, registers: RegisterValues = {}): CallOutcome {
    const { cpu, memory } = this
    for (const name of CALL_REGISTERS) cpu[name] = registers[name] ?? 0
    cpu.ss = 0
    cpu.esp = STACK - 6
    memory.setWord(cpu.esp, 0)
    memory.setWord(cpu.esp + 2, 0x1000)
    memory.setWord(cpu.esp + 4, FLAGS)
    this.#enter(this.#trapBehind(this.#jumpTarget(memory.word(4 * vector))))
    this.bios.service()
    return this.#outcome()
  }

  /** Calls again what waits, as the ROM's code does after an interrupt. */
  retry(): CallOutcome {
    this.#enter(this.#lastTrap)
    this.bios.service()
    return this.#outcome()
  }

  #lastTrap = 0

  #enter(trap: number): void {
    this.#lastTrap = trap
    this.cpu.cs = ROM_SEGMENT
    this.cpu.eip = trap + TRAP_BYTES
  }

  #outcome(): CallOutcome {
    const { cpu, memory } = this
    const next = cpu.cs === ROM_SEGMENT ? memory.bytes[ROM_BASE + cpu.eip]! : 0
    const flags = memory.word(cpu.ss * 16 + (cpu.esp & 0xffff) + 4)
    const ended = next === Opcode.IRET ? 'returned' : next === Opcode.STI ? 'waits' : 'elsewhere'
    return { ended, carry: (flags & 1) !== 0, zero: (flags & 0x40) !== 0 }
  }

  #jumpTarget(offset: number): number {
    const { bytes } = this.memory
    if (bytes[ROM_BASE + offset] !== Opcode.JUMP) return offset
    return (offset + 3 + this.memory.word(ROM_BASE + offset + 1)) & 0xffff
  }

  /** The first call of a service from an offset of the ROM on. */
  #trapBehind(offset: number): number {
    const { bytes } = this.memory
    for (let at = offset; at < 0xffff; at += 1) {
      if (bytes[ROM_BASE + at] === Opcode.OUT_IMMEDIATE && bytes[ROM_BASE + at + 1] === this.bios.trapPort) return at
    }
    throw new RangeError(`no service is called behind ${offset.toString(16)}h`)
  }
}
