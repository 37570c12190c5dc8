import { CpuState } from '../../src/state/cpu-state.ts'
import { Layout, Segment } from '../../src/state/layout.ts'
import { Callout } from '../../src/system/callouts.ts'
import { mica32 } from '../../src/system/cpu-models.ts'
import { GuestFault, Vector } from '../../src/system/guest-fault.ts'
import { CalloutResult, SystemUnit } from '../../src/system/system-unit.ts'
import { Breakpoints } from '../../src/system/breakpoints.ts'
import type { CpuModel, Exclusion, LinearMemory, Privilege, SegmentState } from '../../src/system/types.ts'

type Size = 1 | 2 | 4

/** Linear memory of 1 MiB that wraps, with pages that fault on request. */
export class FakeMemory implements LinearMemory {
  aligned = false
  readonly bytes: Uint8Array = new Uint8Array(1 << 20)
  readonly notPresent: Set<number> = new Set()
  readonly readOnly: Set<number> = new Set()
  readonly supervisorOnly: Set<number> = new Set()
  readonly #state: CpuState

  constructor(state: CpuState) {
    this.#state = state
  }

  #check(linear: number, size: number, write: boolean, user: Privilege): void {
    for (const address of [linear, linear + size - 1]) {
      const page = (address >>> 12) & 0xff
      const denied = (write && this.readOnly.has(page)) || (user === 1 && this.supervisorOnly.has(page))
      if (denied || this.notPresent.has(page)) {
        this.#state.set(Layout.cr2, address >>> 0)
        throw new GuestFault(Vector.PF, (write ? 2 : 0) | (user ? 4 : 0) | (denied ? 1 : 0))
      }
    }
  }

  read(linear: number, size: Size, user: Privilege): number {
    if (linear !== linear >>> 0) throw new RangeError(`linear address ${linear} is not unsigned`)
    this.#check(linear, size, false, user)
    let value = 0
    for (let index = size - 1; index >= 0; index--) value = value * 256 + this.bytes[(linear + index) & 0xfffff]!
    return value
  }

  write(linear: number, size: Size, value: number, user: Privilege): void {
    if (linear !== linear >>> 0) throw new RangeError(`linear address ${linear} is not unsigned`)
    this.#check(linear, size, true, user)
    for (let index = 0; index < size; index++) this.bytes[(linear + index) & 0xfffff] = value >>> (index * 8)
  }

  replace(linear: number, size: Size, value: number, user: Privilege): () => void {
    const before = this.bytes.slice(linear, linear + size)
    this.write(linear, size, value, user)
    return () => this.bytes.set(before, linear)
  }

  words(linear: number, count: number, size: Size = 4): number[] {
    return Array.from({ length: count }, (_, index) => this.read(linear + index * size, size, 0))
  }
}

export const gdtBase = 0x1000
export const idtBase = 0x2000
export const tssBase = 0x3000
export const ldtBase = 0x4000
export const kernelStackTop = 0x9000
export const userStackTop = 0xb000
/** Where handlers of tests live: vector n at handlerBase + n. */
export const handlerBase = 0x5000

/** Selectors of the GDT that `protectedMachine` makes. */
export const Selector = {
  KernelCode: 0x08,
  KernelData: 0x10,
  UserCode: 0x1b,
  UserData: 0x23,
  Tss: 0x28,
  Ldt: 0x30,
  ConformingCode: 0x38,
  ReadOnlyData: 0x40,
  AbsentData: 0x48,
  ExecuteOnly: 0x50,
  Free: 0x58,
  SmallKernelData: 0x60,
  Tss2: 0x68,
  Ring1Code: 0x71,
  Ring1Data: 0x79,
  Code16: 0x80,
  Data16: 0x88,
  AbsentCode: 0x90,
} as const

export const rights = (type: number, dpl: number, more: number = 0): number => type | (dpl << 5) | 0x80 | more
export const flat = 0xc000

interface Call {
  readonly port: number
  readonly size: number
  readonly value?: number
}

/** A system unit with fakes around it. */
export class Machine {
  readonly state: CpuState
  readonly memory: FakeMemory
  readonly unit: SystemUnit
  readonly configured: { cr0: number; cr3: number; cr4: number; efer: number; a20: boolean }[] = []
  readonly invalidated: number[] = []
  exclusion: Exclusion = { data: [], code: [], userData: false }
  userDataAllowed: boolean = false
  readonly breakpoints: Breakpoints = new Breakpoints()
  readonly portReads: Call[] = []
  readonly portWrites: Call[] = []
  portValue: (port: number, size: number) => number = () => 0
  time: { low: number; high: number } = { low: 0, high: 0 }
  apicBase: number = 0
  deadline: { low: number; high: number } = { low: 0, high: 0 }
  /** Writes to the deadline, by whatever cause. */
  deadlineWrites: number = 0
  readonly pendingVectors: number[] = [0x20]

  constructor(model: CpuModel = mica32()) {
    const queue = this.pendingVectors
    const linear = new WebAssembly.Memory({ initial: 2 })
    this.state = new CpuState(linear, 4096)
    this.memory = new FakeMemory(this.state)
    this.unit = new SystemUnit({
      state: this.state,
      memory: this.memory,
      paging: {
        configure: (paging) => this.configured.push(paging) > 0,
        invalidatePage: (page) => this.invalidated.push(page),
        exclude: (exclusion) => (this.exclusion = exclusion),
        setUserDataAllowed: (allowed) => (this.userDataAllowed = allowed),
      },
      ports: {
        readPort: (port, size) => {
          this.portReads.push({ port, size })
          return this.portValue(port, size)
        },
        writePort: (port, size, value) => this.portWrites.push({ port, size, value }),
      },
      interrupts: {
        get pending() {
          return queue.length > 0
        },
        acknowledge: () => queue.shift() ?? 0xff,
      },
      model,
      breakpoints: this.breakpoints,
      timeStamp: { read: () => this.time, write: (low, high) => (this.time = { low, high }) },
      tlb: {
        readUser: 1,
        readSupervisor: 2,
        writeUser: 3,
        writeSupervisor: 4,
        fetchUser: 5,
        fetchSupervisor: 6,
      },
      deadlineTimer: {
        readTscDeadline: () => this.deadline,
        writeTscDeadline: (low, high) => {
          this.deadline = { low, high }
          this.deadlineWrites++
        },
      },
      apicBaseChanged: (low) => (this.apicBase = low),
    })
    this.unit.reset()
  }

  descriptor(selector: number, base: number, limit: number, attributes: number, table: number = gdtBase): void {
    const at = table + (selector & 0xfff8)
    const raw = attributes & 0x8000 ? limit >>> 12 : limit
    this.memory.write(at, 4, ((raw & 0xffff) | (base << 16)) >>> 0, 0)
    const high = ((base >>> 16) & 0xff) | (attributes << 8) | (raw & 0xf0000) | (base & 0xff00_0000)
    this.memory.write(at + 4, 4, high >>> 0, 0)
  }

  gate(at: number, selector: number, offset: number, type: number, dpl: number, parameters: number = 0): void {
    this.memory.write(at, 4, ((selector << 16) | (offset & 0xffff)) >>> 0, 0)
    this.memory.write(at + 4, 4, ((offset & 0xffff_0000) | 0x8000 | (dpl << 13) | (type << 8) | parameters) >>> 0, 0)
  }

  interruptGate(vector: number, type: number = 14, dpl: number = 0, selector: number = Selector.KernelCode): void {
    this.gate(idtBase + vector * 8, selector, handlerBase + vector, type, dpl)
  }

  callout(id: number, x: number = 0, y: number = 0): CalloutResult {
    return this.unit.callout(id, x, y)
  }

  /** Runs a callout that has to succeed. */
  run(id: number, x: number = 0, y: number = 0): void {
    const result = this.callout(id, x, y)
    if (result === CalloutResult.Fault) throw new Error(`unexpected fault ${this.fault.join(', ')}`)
  }

  /** Runs a callout that has to fault; its vector and error code. */
  faultOf(id: number, x: number = 0, y: number = 0): [vector: number, errorCode: number] {
    if (this.callout(id, x, y) !== CalloutResult.Fault) throw new Error('expected a fault')
    return this.fault
  }

  get fault(): [vector: number, errorCode: number] {
    return [this.state.get(Layout.faultVector), this.state.get(Layout.faultError) | 0]
  }

  /** Everything that the architecture shows, to tell whether a fault left it alone. */
  snapshot(): Record<string, unknown> {
    const { state } = this
    const segments = Array.from({ length: 8 }, (_, segment) => segmentOf(state, segment))
    const registers = Array.from({ length: 8 }, (_, register) => state.gpr(register))
    const cells = [Layout.cr0, Layout.cr3, Layout.cr4, Layout.cpl, Layout.mode, Layout.tlbRead].map((cell) =>
      state.get(cell),
    )
    return { segments, registers, cells, eip: state.eip, eflags: state.eflags }
  }

  /** Goes to CPL 3 with the flat user segments, by IRET. */
  toUser(eflags: number = 0x202, selectors: { code?: number; data?: number } = {}): void {
    const { code = Selector.UserCode, data = Selector.UserData } = selectors
    const frame = [0x6000, code, eflags, userStackTop, data]
    const at = kernelStackTop - frame.length * 4
    frame.forEach((value, index) => this.memory.write(at + index * 4, 4, value, 0))
    this.state.setGpr(4, at)
    this.run(Callout.Iret, 4)
    for (const segment of [Segment.DS, Segment.ES]) this.run(Callout.LoadSegment, segment, data)
    this.state.eip = 0x6000
    this.state.nextEip = 0x6002
  }

  /** Goes from CPL 0 to virtual-8086 mode at CS:IP 0700:0010, SS:SP 0a00:0100. */
  toVirtual8086(iopl: number = 0, more: number = 0x202): void {
    const frame = [0x10, 0x700, 0x2_0000 | (iopl << 12) | more, 0x100, 0xa00, 0xe00, 0xd00, 0xf00, 0x100]
    const at = kernelStackTop - frame.length * 4
    frame.forEach((value, index) => this.memory.write(at + index * 4, 4, value, 0))
    this.state.setGpr(4, at)
    this.run(Callout.Iret, 4)
  }
}

export function segmentOf(state: CpuState, segment: number): SegmentState {
  return {
    selector: state.selector(segment),
    base: state.segmentBase(segment),
    limit: state.limit(segment),
    attributes: state.attributes(segment),
  }
}

function fillTables(machine: Machine): void {
  const all = 0xffff_ffff
  machine.descriptor(Selector.KernelCode, 0, all, rights(0x1a, 0, flat))
  machine.descriptor(Selector.KernelData, 0, all, rights(0x12, 0, flat))
  machine.descriptor(Selector.UserCode, 0, all, rights(0x1a, 3, flat))
  machine.descriptor(Selector.UserData, 0, all, rights(0x12, 3, flat))
  machine.descriptor(Selector.Tss, tssBase, 0x2068, rights(0x09, 0))
  machine.descriptor(Selector.Ldt, ldtBase, 0xff, rights(0x02, 0))
  machine.descriptor(Selector.ConformingCode, 0, all, rights(0x1e, 0, flat))
  machine.descriptor(Selector.ReadOnlyData, 0, all, rights(0x10, 3, flat))
  machine.descriptor(Selector.AbsentData, 0, all, rights(0x12, 3, flat) & ~0x80)
  machine.descriptor(Selector.ExecuteOnly, 0, all, rights(0x18, 3, flat))
  machine.descriptor(Selector.SmallKernelData, 0x1_0000, 0x1ff, rights(0x12, 0, 0x4000))
  machine.descriptor(Selector.Tss2, tssBase + 0x400, 0x67, rights(0x09, 0))
  machine.descriptor(Selector.Ring1Code, 0, all, rights(0x1a, 1, flat))
  machine.descriptor(Selector.Ring1Data, 0, all, rights(0x12, 1, flat))
  machine.descriptor(Selector.Code16, 0x2_0000, 0xffff, rights(0x1a, 0))
  machine.descriptor(Selector.Data16, 0x3_0000, 0xffff, rights(0x12, 0))
  machine.descriptor(Selector.AbsentCode, 0, all, rights(0x1a, 0, flat) & ~0x80)
}

const segment = (selector: number, attributes: number): SegmentState => ({
  selector,
  base: 0,
  limit: 0xffff_ffff,
  attributes,
})

/** A machine in flat protected mode at CPL 0, with GDT, IDT, LDT and TSS in place. */
export function protectedMachine(model: CpuModel = mica32()): Machine {
  const machine = new Machine(model)
  const data = segment(Selector.KernelData, 0xc093)
  fillTables(machine)
  machine.unit.loadState({
    eip: 0x7000,
    eflags: 2,
    registers: { eax: 0, ecx: 0, edx: 0, ebx: 0, esp: kernelStackTop, ebp: 0, esi: 0, edi: 0 },
    segments: { es: data, cs: segment(Selector.KernelCode, 0xc09b), ss: data, ds: data, fs: data, gs: data },
    gdt: { base: gdtBase, limit: 0x97 },
    idt: { base: idtBase, limit: 0x7ff },
    cr0: 1,
  })
  machine.state.nextEip = 0x7002
  machine.run(Callout.Ltr, Selector.Tss)
  machine.memory.write(tssBase + 4, 4, kernelStackTop, 0)
  machine.memory.write(tssBase + 8, 2, Selector.KernelData, 0)
  machine.memory.write(tssBase + 12, 4, 0xd000, 0)
  machine.memory.write(tssBase + 16, 2, Selector.Ring1Data, 0)
  machine.memory.write(tssBase + 0x66, 2, 0x68, 0)
  machine.state.eip = 0x7000
  return machine
}
