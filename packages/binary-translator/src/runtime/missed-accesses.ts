import type { CodeCache } from '../cache/code-cache.ts'
import { Layout } from '../state/layout.ts'
import { tracedTag, type TlbOffsets } from '../types.ts'
import type { FunctionWriter } from '../wasm/function-writer.ts'
import type { ModuleWriter } from '../wasm/module-writer.ts'
import { Op, ValueType } from '../wasm/opcodes.ts'
import { helperSignature } from './signatures.ts'

const [cpu, linear, size, site, value] = [0, 1, 2, 3, 4]

/** Function indexes of TypeScript's functions of these names. */
export interface SlowAccesses {
  readonly read: number
  readonly write: number
  readonly update: number
}

/** Imports what the functions of `writeMissedAccesses` leave to TypeScript. */
export const importSlowAccesses = (module: ModuleWriter): SlowAccesses => ({
  read: module.importFunction('mica', 'read', helperSignature('read')),
  write: module.importFunction('mica', 'write', helperSignature('write')),
  update: module.importFunction('mica', 'update', helperSignature('update')),
})

/**
 * Defines and exports `read`, `write` and `update`: the helpers that emitted code calls where the inline probe fails. It may have tried a wrong
 * entry, so the right one is looked at here. A write to a traced frame that misses all chunks with code is done here, too; everything else goes
 * on to TypeScript.
 */
export function writeMissedAccesses(module: ModuleWriter, slow: SlowAccesses, tlb: TlbOffsets, cache: CodeCache): void {
  const read = module.function(helperSignature('read'), 'read').writer
  ifPermitted(read, probe(read, tlb, Layout.tlbRead), (host) => void read.get(host).op(Op.return))
  read.get(cpu).get(linear).get(size).get(site).returnCall(slow.read)
  const write = module.function(helperSignature('write'), 'write').writer
  ifWritable(write, tlb, cache, (host) => {
    storeSized(write, host)
    write.i32(1).op(Op.return)
  })
  write.get(cpu).get(linear).get(size).get(site).get(value).returnCall(slow.write)
  const update = module.function(helperSignature('update'), 'update').writer
  ifWritable(update, tlb, cache, (host) => void update.get(host).op(Op.return))
  update.get(cpu).get(linear).get(size).get(site).returnCall(slow.update)
}

/** Looks the operand's entry up in the array whose address is in the cell `array`; returns its local. */
function probe(w: FunctionWriter, tlb: TlbOffsets, array: number): number {
  const entry = w.local()
  w.get(linear)
    .i32(9)
    .op(Op.i32_shr_u)
    .i32((tlb.entries - 1) << 3)
    .op(Op.i32_and)
  w.get(cpu).memory(Op.i32_load, array).op(Op.i32_add).set(entry)
  return entry
}

/** Pushes the tag that permits the access: the page of its last byte, so that an operand that crosses pages fits no entry. */
const pushTag = (w: FunctionWriter): FunctionWriter => lastByte(w, linear).i32(-4096).op(Op.i32_and)

/** Emits `body`, which gets the operand's host address, for where `entry` permits the access. */
function ifPermitted(w: FunctionWriter, entry: number, body: (host: number) => void): void {
  const host = w.local()
  pushTag(w.get(entry).memory(Op.i32_load)).op(Op.i32_eq).if()
  w.get(linear).get(entry).memory(Op.i32_load, 4).op(Op.i32_add).set(host)
  body(host)
  w.end()
}

function ifWritable(w: FunctionWriter, tlb: TlbOffsets, cache: CodeCache, body: (host: number) => void): void {
  const entry = probe(w, tlb, Layout.tlbWrite)
  ifPermitted(w, entry, body)
  body(ifHarmless(w, entry, cache))
  w.end()
}

/** Opens a block that runs if `entry` is a traced one for the write, and its bytes touch no code; returns the local with their address. */
function ifHarmless(w: FunctionWriter, entry: number, cache: CodeCache): number {
  const host = w.local()
  const chunks = w.local(ValueType.i64)
  pushTag(w.get(entry).memory(Op.i32_load)).i32(tracedTag).op(Op.i32_or).op(Op.i32_eq).if(ValueType.i32)
  w.get(linear).get(entry).memory(Op.i32_load, 4).op(Op.i32_add).tee(host)
  w.i32(12).op(Op.i32_shr_u).i32(3).op(Op.i32_shl).memory(Op.i64_load, cache.chunkMap).set(chunks)
  w.get(chunks)
  chunkOf(w.get(host)).op(Op.i64_shr_u).get(chunks)
  chunkOf(lastByte(w, host)).op(Op.i64_shr_u).op(Op.i64_or).i64(1).op(Op.i64_and).op(Op.i64_eqz)
  w.else().i32(0).end()
  w.if()
  return host
}

/** Pushes the address of an operand's last byte. */
const lastByte = (w: FunctionWriter, first: number): FunctionWriter =>
  w.get(first).get(size).op(Op.i32_add).i32(1).op(Op.i32_sub)

/** Turns the address on the stack into a shift count: the number of its chunk, of which shifts take the low six bits. */
const chunkOf = (w: FunctionWriter): FunctionWriter => w.i32(6).op(Op.i32_shr_u).op(Op.i64_extend_i32_u)

/** Stores the low 1, 2 or 4 bytes of `value` at `host`. */
function storeSized(w: FunctionWriter, host: number): void {
  w.get(size).i32(4).op(Op.i32_eq).if()
  w.get(host).get(value).memory(Op.i32_store)
  w.else().get(size).i32(2).op(Op.i32_eq).if()
  w.get(host).get(value).memory(Op.i32_store16)
  w.else().get(host).get(value).memory(Op.i32_store8).end().end()
}
