import type { TlbOffsets } from '../types.ts'
import type { Local } from '../wasm/function-writer.ts'
import { Op, ValueType } from '../wasm/opcodes.ts'
import { Layout, Segment, SegmentField, segmentSlot } from '../state/layout.ts'
import { CodeEmitter } from './code-emitter.ts'
import type { Shape } from './shape.ts'
import { constant, type Value } from './value.ts'

/** Indexes of the helper functions that every emitted module imports from the runtime, in import order. */
export const Helper = {
  /** (cpu, linear, size, site) -> host address to read from, 0: leave. */
  read: 0,
  /** (cpu, linear, size, site, value) -> 1, 0: leave. */
  write: 1,
  /** (cpu, linear, size, site) -> host address to read and write, 0: leave. */
  update: 2,
  /** (cpu): writes a bounced update back. */
  commit: 3,
  /** (cpu, segment | size << 8 | write << 16, offset, site) -> 1, 0: leave. */
  checkSegment: 4,
  /** (cpu, callout, x, y, site) -> exit code. */
  callout: 5,
  /** (cpu, unit) -> exit code: goes on at state.rip, found through the fetch TLB and the unit hash. */
  continueAtRip: 6,
  /** (cpu, operation, source, destination, count, value) -> elements of a repeated string instruction that are dealt with: see `string-blocks.ts`. */
  block: 7,
  /** (kind, a, b, result, aux) -> aux: see `late-flags.ts`. */
  lateAux: 8,
} as const

const stackPointer = 4

const loadOp = { 1: Op.i32_load8_u, 2: Op.i32_load16_u, 4: Op.i32_load } as const
const storeOp = { 1: Op.i32_store8, 2: Op.i32_store16, 4: Op.i32_store } as const

/** The load of `size` bytes, zero-extended. */
export const loadOf = (size: number): Op => loadOp[size as 1 | 2 | 4]
/** The store of the low `size` bytes. */
export const storeOf = (size: number): Op => storeOp[size as 1 | 2 | 4]

/** Emits memory accesses: segment checks, the inline probe of the soft TLB, and the slow path behind it. */
export abstract class AccessEmitter extends CodeEmitter {
  readonly tlb: TlbOffsets
  /** The instruction being emitted. */
  shape!: Shape
  /** The register that the address of the next access lies near to; -1 if none is known. */
  protected near = -1

  constructor(tlb: TlbOffsets) {
    super()
    this.tlb = tlb
  }

  /** Pushes the site word of this instruction. */
  abstract pushSite(): void

  /** Leaves the instruction without effect if the top of the stack is not zero; why is in the state already. */
  abstract leaveIf(): void

  /** Linear address of `offset` in a segment known now, such as SS for stacks and ES for strings. */
  linearIn(segment: number, offset: Value, size: number, write: boolean): Value {
    const segmented = !this.shape.flat || segment > Segment.DS || (segment === Segment.CS && write)
    const linear = this.linear(constant(segment), offset, size, write, segmented)
    if (segment === Segment.SS) this.near = stackPointer
    return linear
  }

  /** Adds the segment's base after checking its limit and rights, where the mode does not make both moot. */
  linear(segment: Value, offset: Value, size: number, write: boolean, segmented: boolean): Value {
    this.near = -1
    if (!segmented) return offset
    const record = this.segmentRecord(segment)
    const span = write ? SegmentField.writeSpan : SegmentField.readSpan
    const slot = typeof segment === 'number' ? 0 : segmentSlot(segment.constant)
    const at = this.copy(offset)
    // Spans promise room for 16 bytes; larger operands are always checked exactly.
    if (size > 16) this.i32(1)
    else
      this.push(at)
        .w.get(record)
        .memory(Op.i32_load, slot + span)
        .op(Op.i32_ge_u)
    this.rarely(() => {
      this.w.get(this.cpu)
      this.push(segment).i32((Math.min(size, 255) << 8) | (write ? 0x1_0000 : 0))
      this.op(Op.i32_or).push(at).pushSite()
      this.w.call(Helper.checkSegment).op(Op.i32_eqz)
      this.leaveIf()
    })
    this.push(at)
      .w.get(record)
      .memory(Op.i32_load, slot + SegmentField.base)
      .op(Op.i32_add)
    return this.pop()
  }

  /** Address to which a segment record's field offsets are relative. */
  protected segmentRecord(segment: Value): Local {
    if (typeof segment !== 'number') return this.cpu
    return this.push(segment)
      .i32(5)
      .op(Op.i32_shl)
      .i32(Layout.segments)
      .op(Op.i32_add)
      .push(this.cpu)
      .op(Op.i32_add)
      .pop()
  }

  /** Pushes the address of the current privilege's TLB array, or of its entry `known`, minus an offset; returns that. */
  protected abstract pushTlbBase(write: boolean, known: Local | undefined): number

  /** The local of the entry that an access near `near` has looked at on every way to here; undefined: none is known. */
  protected knownEntry(): Local | undefined {
    return undefined
  }

  /** A local for the entry of an access near `near`. */
  protected entryLocal(): Local {
    return this.temporary()
  }

  /**
   * Emits the TLB probe; leaves the hit condition on the stack and returns the entry's address and array offset. Where an access before had an
   * address nearby, its entry is likely to be the right one, and is not looked up again: a wrong one cannot have the tag, and the helper looks.
   */
  private probe(linear: Value, size: number, write: boolean): { entry: Local; offset: number } {
    const known = this.knownEntry()
    const entry = known ?? this.entryLocal()
    if (known === undefined) {
      this.push(linear)
        .i32(9)
        .op(Op.i32_shr_u)
        .i32((this.tlb.entries - 1) << 3)
        .op(Op.i32_and)
    }
    const offset = this.pushTlbBase(write, known)
    if (known === undefined) this.op(Op.i32_add).w.tee(entry)
    this.w.memory(Op.i32_load, offset)
    this.push(linear)
    if (size > 1) this.i32(size - 1).op(Op.i32_add)
    this.i32(-4096).op(Op.i32_and).op(Op.i32_eq)
    if (known !== undefined && size > 1) this.insidePage(linear, size)
    return { entry, offset }
  }

  /**
   * Lets the condition on the stack hold only if the operand does not cross pages. Its own entry's tag says so, being never that of the page
   * after; an entry that is only likely to be its own may be just that one. Words on the stack are aligned, or take the slow way.
   */
  private insidePage(linear: Value, size: number): void {
    this.w.mostly().if(ValueType.i32)
    this.push(linear)
    if (this.near === stackPointer && size === 4 && this.shape.stack32) this.i32(3).op(Op.i32_and).op(Op.i32_eqz)
    else
      this.push(linear)
        .i32(size - 1)
        .op(Op.i32_add)
        .op(Op.i32_xor)
        .i32(4096)
        .op(Op.i32_lt_u)
    this.w.else()
    this.i32(0).w.end()
  }

  /** Pushes whether the TLB permits an access; what is returned pushes the host address, where it does. */
  direct(linear: Value, size: number, write: boolean): () => void {
    const { entry, offset } = this.probe(linear, size, write)
    return () =>
      void this.push(linear)
        .w.get(entry)
        .memory(Op.i32_load, offset + 4)
        .op(Op.i32_add)
  }

  /** A slow access was made: the TLB may have changed. */
  protected slowlyAccessed(): void {}

  /** Host address of `size` readable bytes at `linear`: direct memory, or the bounce buffer after the slow path. */
  readable(linear: Value, size: number): void {
    const pushHost = this.direct(linear, size, false)
    this.w.mostly().if(ValueType.i32)
    pushHost()
    this.w.else()
    this.slow(Helper.read, linear, size)
    this.w.end()
  }

  /** Loads `size` (1, 2 or 4) bytes, zero-extended. */
  load(linear: Value, size: number): Local {
    this.readable(linear, size)
    this.w.memory(loadOf(size))
    return this.pop()
  }

  /** Host address of `size` bytes at `linear` for reading and writing. */
  updatable(linear: Value, size: number): Local {
    const pushHost = this.direct(linear, size, true)
    this.w.mostly().if(ValueType.i32)
    pushHost()
    this.w.else()
    this.slow(Helper.update, linear, size)
    this.w.end()
    return this.pop()
  }

  /** Writes an update back that went to the bounce buffer. */
  commit(host: Local): void {
    this.w.get(host).get(this.cpu).i32(Layout.bounce).op(Op.i32_add).op(Op.i32_eq)
    this.rarely(() => {
      this.w.get(this.cpu).call(Helper.commit)
      this.slowlyAccessed()
    })
  }

  /** Stores the low `size` (1, 2 or 4) bytes of `value`. */
  store(linear: Value, size: number, value: Value): void {
    const pushHost = this.direct(linear, size, true)
    this.w.mostly().if()
    pushHost()
    this.push(value).w.memory(storeOf(size))
    this.w.else()
    this.w.get(this.cpu)
    this.push(linear).i32(size).pushSite()
    this.push(value).w.call(Helper.write).op(Op.i32_eqz)
    this.leaveIf()
    this.slowlyAccessed()
    this.w.end()
  }

  /** Stores `size` bytes of any number, all or none, which `put` writes to the host address that it gets. */
  storeWith(linear: Value, size: number, put: (host: Local) => void): void {
    const pushHost = this.direct(linear, size, true)
    const host = this.temporary()
    this.w.mostly().if()
    pushHost()
    this.w.set(host)
    put(host)
    this.w.else()
    this.slow(Helper.update, linear, size)
    this.w.set(host)
    put(host)
    this.commit(host)
    this.w.end()
  }

  private slow(helper: number, linear: Value, size: number): void {
    const host = this.temporary()
    this.w.get(this.cpu)
    this.push(linear).i32(size).pushSite()
    this.w.call(helper).tee(host).op(Op.i32_eqz)
    this.leaveIf()
    this.slowlyAccessed()
    this.w.get(host)
  }
}
