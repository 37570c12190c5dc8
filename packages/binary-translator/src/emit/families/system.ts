import { Op, ValueType } from '../../wasm/opcodes.ts'
import { Callout } from '../../system/callouts.ts'
import { Cr4 } from '../../system/control-bits.ts'
import { Vector, noErrorCode } from '../../system/guest-fault.ts'
import { Msr, msrSlot } from '../../system/msr-access.ts'
import { Flag, Layout, Segment } from '../../state/layout.ts'
import { TIME_STAMP_PARTS } from '../../time-stamp.ts'
import type { Emitter } from '../emitter.ts'
import { tooLongVariant } from '../shape.ts'
import { constant, type Value } from '../value.ts'
import { jump, next, type Family } from './family.ts'
import { readFarPointer } from './control.ts'

const zero = constant(0)

/** A callout without operands. */
const plain = (callout: number): Family => jump((e) => e.callout(callout, zero, zero))

/** CLAC and STAC. */
export const alignmentCheck = (set: 0 | 1): Family =>
  jump((e) => e.callout(Callout.SetAlignmentCheck, constant(set), zero))

/** #UD, but #GP(0) for more than 15 bytes. SDM vol. 3, section 6.15, interrupt 13. */
export const undefinedInstruction: Family = jump((e) => {
  if (e.shape.variant === tooLongVariant) e.callout(Callout.Raise, constant(Vector.GP), zero)
  else e.callout(Callout.Undefined, zero, zero)
})
export const hlt: Family = plain(Callout.Hlt)
export const cpuid: Family = plain(Callout.Cpuid)
export const rdmsr: Family = plain(Callout.Rdmsr)
export const wrmsr: Family = plain(Callout.Wrmsr)
export const rdpmc: Family = plain(Callout.Rdpmc)
export const clts: Family = plain(Callout.Clts)
export const mwait: Family = plain(Callout.Mwait)

/** RDRAND and RDSEED. */
export const rdrand: Family = jump((e) => e.callout(Callout.Rdrand, e.gprNumber(0), constant(e.size)))

/** MONITOR watches the line at DS:(E)AX; whoever may not is told before any fault of the address. */
export const monitor: Family = jump((e) => {
  e.cell(Layout.cpl)
  e.rarely(() => e.callout(Callout.Undefined, zero, zero))
  e.callout(Callout.Monitor, e.linear(e.segment(), e.gpr(0, e.shape.addressSize), 1, false, e.shape.segmented), zero)
})

export const wbinvd: Family = plain(Callout.Wbinvd)
export const sysenter: Family = plain(Callout.Sysenter)
export const sysexit: Family = plain(Callout.Sysexit)

/** MOV to and from control and debug registers. */
function special(from: number, to: number): Family {
  return jump((e) => {
    // The general register is operand 0 when it is the destination.
    if (e.isGeneralRegister(0)) return e.callout(from, e.registerNumber(1), e.gprNumber(0))
    e.callout(to, e.registerNumber(0), e.read(1))
  })
}

export const movControl: Family = special(Callout.MovFromCr, Callout.MovToCr)
export const movDebug: Family = special(Callout.MovFromDr, Callout.MovToDr)

export const movSegment: Family = {
  flow: jump(() => {}).flow,
  emit: (e) => e.callout(Callout.LoadSegment, e.registerNumber(0), e.push(e.read(1)).i32(0xffff).op(Op.i32_and).pop()),
}

/** LDS, LES, LSS, LFS, LGS: `segment` is the register that the operation's form names. */
export const loadFarPointer = (segment: number): Family =>
  jump((e) => {
    const size = e.size
    const { offset, selector } = readFarPointer(e, e.copy(e.memoryOperand(size + 2, false)), size)
    e.setCell(Layout.scratch, offset)
    e.push(e.gprNumber(0))
      .i32(8)
      .op(Op.i32_shl)
      .i32(segment | (size << 16))
      .op(Op.i32_or)
    e.callout(Callout.LoadFarPointer, e.pop(), selector)
  })

const withLinear = (callout: number, bytes: number): Family =>
  jump((e) => e.callout(callout, e.memoryOperand(bytes, false), constant(e.size)))

export const lgdt: Family = withLinear(Callout.Lgdt, 6)
export const lidt: Family = withLinear(Callout.Lidt, 6)
export const invlpg: Family = withLinear(Callout.Invlpg, 1)

/** CR4.UMIP keeps what only the system needs to know from less privileged code. SDM vol. 3, section 2.5. */
function refuseUser(e: Emitter): void {
  e.cell(Layout.cpl).op(Op.i32_eqz).op(Op.i32_eqz)
  e.cell(Layout.cr4).i32(Cr4.UMIP).op(Op.i32_and).op(Op.i32_eqz).op(Op.i32_eqz).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.CheckProtected, zero, zero))
}

/** SGDT and SIDT: limit, then base. */
function storeTable(baseCell: number, limitCell: number): Family {
  return next((e) => {
    refuseUser(e)
    const linear = e.copy(e.memoryOperand(6, true))
    e.store(linear, 2, e.cell(limitCell).pop())
    e.store(e.push(linear).i32(2).op(Op.i32_add).pop(), 4, e.cell(baseCell).pop())
  })
}

export const sgdt: Family = storeTable(Layout.gdtrBase, Layout.gdtrLimit)
export const sidt: Family = storeTable(Layout.idtrBase, Layout.idtrLimit)

const selectorCallout = (callout: number): Family =>
  jump((e) => e.callout(callout, e.push(e.read(0)).mask(2).pop(), zero))

export const lldt: Family = selectorCallout(Callout.Lldt)
export const ltr: Family = selectorCallout(Callout.Ltr)
export const verr: Family = selectorCallout(Callout.Verr)
export const verw: Family = selectorCallout(Callout.Verw)
export const lmsw: Family = selectorCallout(Callout.Lmsw)

/** LAR and LSL. */
function segmentFacts(callout: number): Family {
  return jump((e) => {
    const selector = e.push(e.read(1)).mask(2).pop()
    e.callout(
      callout,
      selector,
      e
        .push(e.gprNumber(0))
        .i32(e.size << 8)
        .op(Op.i32_or)
        .pop(),
    )
  })
}

export const lar: Family = segmentFacts(Callout.Lar)
export const lsl: Family = segmentFacts(Callout.Lsl)

/** Raises #UD in real and virtual-8086 mode, where selectors mean nothing. */
function onlyProtected(e: Emitter): void {
  e.cell(Layout.cr0).i32(1).op(Op.i32_and).op(Op.i32_eqz)
  e.cell(Layout.eflags).i32(Flag.VM).op(Op.i32_and).op(Op.i32_or)
  e.rarely(() => e.callout(Callout.Undefined, zero, zero))
}

const storeSelector = (segment: number): Family =>
  next((e) => {
    onlyProtected(e)
    refuseUser(e)
    e.write(0, e.selectorOf(constant(segment)))
  })

export const sldt: Family = storeSelector(Segment.LDTR)
export const str: Family = storeSelector(Segment.TR)

/** SMSW stores CR0; memory gets 16 bits of it. */
export const smsw: Family = next((e) => {
  refuseUser(e)
  e.write(0, e.cell(Layout.cr0).pop())
})

/** ARPL: raises the destination's RPL to the source's; memory is written only if that changes it. */
export const arpl: Family = next((e) => {
  onlyProtected(e)
  const source = e.copy(e.read(1))
  const old = e.copy(e.read(0))
  const rpl = e.push(source).i32(3).op(Op.i32_and).pop()
  const lower = e.push(old).i32(3).op(Op.i32_and).push(rpl).op(Op.i32_lt_u).pop()
  const raised = e.push(old).i32(~3).op(Op.i32_and).push(rpl).op(Op.i32_or).pop()
  if (e.isMemory(0)) {
    e.push(lower)
    e.when(() => e.write(0, raised))
  } else e.write(0, e.push(raised).push(old).push(lower).op(Op.select).pop())
  e.flags.zeroOnly(lower)
})

/** BOUND: #BR unless the signed index lies between the two bounds. */
export const bound: Family = next((e) => {
  const size = e.size
  const linear = e.copy(e.memoryOperand(2 * size, false))
  const low = e.load(linear, size)
  const high = e.load(e.push(linear).i32(size).op(Op.i32_add).pop(), size)
  const index = e.pushSigned(e.read(0), size).pop()
  e.push(index).pushSigned(low, size).op(Op.i32_lt_s)
  e.push(index).pushSigned(high, size).op(Op.i32_gt_s).op(Op.i32_or)
  e.rarely(() => e.callout(Callout.Raise, constant(Vector.BR), constant(noErrorCode)))
})

/** The time stamp without leaving translated code, unless CR4.TSD forbids it to this privilege. */
function readTimeStamp(e: Emitter): void {
  e.cell(Layout.cr4).i32(4).op(Op.i32_and).op(Op.i32_eqz).op(Op.i32_eqz)
  e.cell(Layout.cpl).op(Op.i32_eqz).op(Op.i32_eqz).op(Op.i32_and)
  e.rarely(() => e.callout(Callout.Rdtsc, zero, zero))
  const tsc = e.w.local(ValueType.i64)
  e.w.get(e.cpu).memory(Op.i64_load, Layout.tscBase)
  e.w.get(e.cpu).memory(Op.i64_load32_u, Layout.tscFraction)
  e.cell(Layout.budget).pushSite()
  e.i32(12).op(Op.i32_shr_u).i32(0xff).op(Op.i32_and).op(Op.i32_add).op(Op.i64_extend_i32_s)
  e.w.get(e.cpu).memory(Op.i64_load32_u, Layout.tscScale).op(Op.i64_mul).op(Op.i64_sub)
  e.w.i64(Math.log2(TIME_STAMP_PARTS)).op(Op.i64_shr_s).op(Op.i64_add).tee(tsc).op(Op.i32_wrap_i64)
  e.setGpr(0, 4, e.pop())
  e.w.get(tsc).i64(32).op(Op.i64_shr_u).op(Op.i32_wrap_i64)
  e.setGpr(2, 4, e.pop())
}

export const rdtsc: Family = next(readTimeStamp)

/** RDTSCP also tells which processor that was, as IA32_TSC_AUX says. */
export const rdtscp: Family = next((e) => {
  readTimeStamp(e)
  e.setGpr(1, 4, e.cell(msrSlot(Msr.TscAux)).pop())
})

/** IN and OUT: the port is DX or the immediate. */
function port(e: Emitter, operand: number): Value {
  const value = e.read(operand)
  return e.push(value).i32(0xffff).op(Op.i32_and).pop()
}

/** An immediate port is eight bits wide whatever the operand size. */
export const input: Family = jump((e) =>
  e.callout(Callout.In, e.isGeneralRegister(1) ? port(e, 1) : bytePort(e), constant(e.size)),
)
export const output: Family = jump((e) =>
  e.callout(Callout.Out, e.isGeneralRegister(0) ? port(e, 0) : bytePort(e), constant(e.size)),
)

const bytePort = (e: Emitter): Value => e.push(e.immediate()).i32(0xff).op(Op.i32_and).pop()

const packed = (e: Emitter): Value => constant(e.size | (e.shape.addressSize << 8) | (e.shape.rep << 16))

export const ins: Family = jump((e) => e.callout(Callout.Ins, packed(e), zero))
export const outs: Family = jump((e) => e.callout(Callout.Outs, packed(e), e.segment()))
