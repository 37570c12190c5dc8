import { CodeCache } from '../cache/code-cache.ts'
import { UnitField } from '../cache/unit.ts'
import { ExitCode, Layout, Segment, SegmentField, segmentSlot } from '../state/layout.ts'
import type { TlbOffsets } from '../types.ts'
import type { FunctionWriter } from '../wasm/function-writer.ts'
import { ModuleWriter } from '../wasm/module-writer.ts'
import { Op } from '../wasm/opcodes.ts'
import { ValueType } from '../wasm/opcodes.ts'
import { RecordField } from '../emit/record.ts'
import { writeStringBlocks } from './string-blocks.ts'
import { codeSignature } from './signatures.ts'
import { writeLateAux } from './late-flags.ts'
import { importSlowAccesses, writeMissedAccesses } from './missed-accesses.ts'

const cpu = 0

/** What the dispatcher module exports. */
export interface Dispatcher {
  /** Runs guest code from the vCPU's state until something needs TypeScript; returns an `ExitCode`. */
  run(cpu: number): number
  /** Interprets from `record` until a handler leaves; returns the exit cell. */
  interpret(cpu: number, record: number): number
  continueAtRip(cpu: number, unit: number): number
  stub(cpu: number, unit: number): number
  block(cpu: number, operation: number, source: number, destination: number, count: number, value: number): number
  lateAux(kind: number, a: number, b: number, result: number, aux: number): number
  /** The helpers of these names, which leave to TypeScript what the TLB does not permit and is no harmless write to a traced frame. */
  read(cpu: number, linear: number, size: number, site: number): number
  write(cpu: number, linear: number, size: number, site: number, value: number): number
  update(cpu: number, linear: number, size: number, site: number): number
}

/**
 * Assembles the dispatcher: the loop between translated code and the interpreter, and the look-up of units by RIP
 * through the fetch TLB and the unit hash. Writes to traced frames that touch no code are its work, too.
 */
export function dispatcherModule(tlb: TlbOffsets, cache: CodeCache, memoryPages: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter()
  const slow = importSlowAccesses(module)
  module.importMemory('mica', 'memory', 1, memoryPages)
  module.importTable('mica', 'table')
  const codeType = module.type(codeSignature)
  const one = { parameters: [ValueType.i32], results: [ValueType.i32] }
  const lookup = module.function(one)
  writeLookup(lookup.writer, tlb, cache.hashBase)
  const crossing = module.function(codeSignature)
  writeCrossingCheck(crossing.writer, tlb)
  const interpret = module.function(codeSignature, 'interpret')
  writeInterpret(interpret.writer, codeType)
  writeRun(module.function(one, 'run').writer, {
    lookup: lookup.index,
    interpret: interpret.index,
    crossing: crossing.index,
    codeType,
  })
  writeContinue(module.function(codeSignature, 'continueAtRip').writer, lookup.index, codeType)
  writeStub(module.function(codeSignature, 'stub').writer)
  writeStringBlocks(module, tlb)
  writeLateAux(module)
  writeMissedAccesses(module, slow, tlb, cache)
  return module.toBytes()
}

const load = (w: FunctionWriter, offset: number): FunctionWriter => w.get(cpu).memory(Op.i32_load, offset)

const csBase = segmentSlot(Segment.CS) + SegmentField.base

/** Pushes the fetch TLB entry of the linear address in `linear`, and leaves its address in `entry`. */
function probeFetch(w: FunctionWriter, tlb: TlbOffsets, linear: number, entry: number): void {
  w.get(linear)
    .i32(9)
    .op(Op.i32_shr_u)
    .i32((tlb.entries - 1) << 3)
    .op(Op.i32_and)
  load(w, Layout.tlbFetch).op(Op.i32_add).tee(entry).memory(Op.i32_load)
  w.get(linear).i32(-4096).op(Op.i32_and).op(Op.i32_ne)
}

/** lookup(cpu) -> unit for RIP, or 0. Sets ripPage. */
function writeLookup(w: FunctionWriter, tlb: TlbOffsets, hashBase: number): void {
  const [linear, entry, unit] = [w.local(), w.local(), w.local()]
  load(w, Layout.rip)
  load(w, csBase).op(Op.i32_add).set(linear)
  probeFetch(w, tlb, linear, entry)
  w.if()
  w.i32(0).op(Op.return).end()
  const host = w.local()
  w.get(linear).get(entry).memory(Op.i32_load, 4).op(Op.i32_add).set(host)
  w.get(host).get(host).i32(13).op(Op.i32_shr_u).op(Op.i32_xor).i32(CodeCache.bucketMask).op(Op.i32_and)
  w.i32(2).op(Op.i32_shl).memory(Op.i32_load, hashBase).set(unit)
  const missing = w.block()
  const search = w.loop()
  w.get(unit).op(Op.i32_eqz).brIf(missing)
  w.get(unit).memory(Op.i32_load, UnitField.host).get(host).op(Op.i32_eq)
  w.get(unit).memory(Op.i32_load, UnitField.mode)
  load(w, Layout.mode).op(Op.i32_eq).op(Op.i32_and).if()
  w.get(cpu)
  load(w, Layout.rip).get(linear).i32(0xfff).op(Op.i32_and).op(Op.i32_sub).memory(Op.i32_store, Layout.ripPage)
  w.get(unit).op(Op.return).end()
  w.get(unit).memory(Op.i32_load, UnitField.nextInBucket).set(unit).br(search)
  w.end().end().i32(0)
}

/** crossing(cpu, unit) -> whether the page after ripPage is still the unit's second page. */
function writeCrossingCheck(w: FunctionWriter, tlb: TlbOffsets): void {
  const unit = 1
  const [linear, entry] = [w.local(), w.local()]
  load(w, Layout.ripPage)
  load(w, csBase).op(Op.i32_add).i32(4096).op(Op.i32_add).set(linear)
  probeFetch(w, tlb, linear, entry)
  w.if()
  w.i32(0).op(Op.return).end()
  w.get(linear).get(entry).memory(Op.i32_load, 4).op(Op.i32_add)
  w.get(unit).memory(Op.i32_load, UnitField.secondPage).op(Op.i32_eq)
}

/** interpret(cpu, record): calls handlers until one returns 0. */
function writeInterpret(w: FunctionWriter, codeType: number): void {
  const record = 1
  const next = w.loop()
  w.get(cpu)
    .get(record)
    .get(record)
    .memory(Op.i32_load, RecordField.handler)
    .callIndirect(codeType)
    .tee(record)
    .brIf(next)
  w.end()
  load(w, Layout.exit)
}

interface Parts {
  lookup: number
  interpret: number
  crossing: number
  codeType: number
}

function writeRun(w: FunctionWriter, { lookup, interpret, crossing, codeType }: Parts): void {
  const [unit, code, records, before] = [w.local(), w.local(), w.local(), w.local()]
  const leave = (exit: number): void => {
    w.get(cpu)
    load(w, Layout.ripPage).get(unit).memory(Op.i32_load, UnitField.host).i32(0xfff).op(Op.i32_and).op(Op.i32_add)
    w.memory(Op.i32_store, Layout.rip).i32(exit).op(Op.return)
  }
  const exit = w.local()
  const again = w.loop()
  load(w, Layout.nextUnit).tee(unit).op(Op.i32_eqz).if()
  w.get(cpu).call(lookup).tee(unit).op(Op.i32_eqz).if()
  w.i32(ExitCode.NeedUnit).op(Op.return).end().end()
  w.get(cpu).i32(0).memory(Op.i32_store, Layout.nextUnit)
  w.get(unit).memory(Op.i32_load, UnitField.code).tee(code).if()
  w.get(cpu).get(unit).get(code).callIndirect(codeType).set(exit)
  w.else()
  w.get(unit).memory(Op.i32_load, UnitField.records).tee(records).op(Op.i32_eqz).if()
  leave(ExitCode.NeedUnit)
  w.end().get(unit).memory(Op.i32_load, UnitField.secondPage).if()
  w.get(cpu).get(unit).call(crossing).op(Op.i32_eqz).if()
  leave(ExitCode.NeedUnit)
  w.end().end()
  load(w, Layout.budget).set(before)
  w.get(cpu).get(records).call(interpret).set(exit)
  // What the interpreter took from the budget and did not give back.
  w.get(cpu)
  load(w, Layout.interpreted).get(before)
  load(w, Layout.budget).op(Op.i32_sub).op(Op.i32_add).memory(Op.i32_store, Layout.interpreted)
  w.end()
  w.get(exit).op(Op.i32_eqz).brIf(again).end()
  w.get(exit)
}

/** continueAtRip(cpu, unit): tail-calls the code of the unit at RIP, or returns to the dispatcher. */
function writeContinue(w: FunctionWriter, lookup: number, codeType: number): void {
  const unit = 1
  const code = w.local()
  w.get(cpu).call(lookup).tee(unit).if()
  w.get(unit).memory(Op.i32_load, UnitField.code).tee(code).if()
  w.get(cpu).get(unit).get(code).returnCallIndirect(codeType).end()
  w.get(cpu).get(unit).memory(Op.i32_store, Layout.nextUnit).end()
  w.i32(ExitCode.Continue)
}

/** stub(cpu, unit): the code of units that have none; the dispatcher goes on with them. */
function writeStub(w: FunctionWriter): void {
  w.get(cpu).get(1).memory(Op.i32_store, Layout.nextUnit).i32(ExitCode.Continue)
}
