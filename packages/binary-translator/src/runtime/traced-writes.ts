import type { CodeCache } from '../cache/code-cache.ts'
import { Layout } from '../state/layout.ts'
import { tracedTag, type TlbOffsets } from '../types.ts'
import type { FunctionWriter } from '../wasm/function-writer.ts'
import type { ModuleWriter } from '../wasm/module-writer.ts'
import { Op, ValueType } from '../wasm/opcodes.ts'
import { helperSignature } from './signatures.ts'

const [cpu, linear, size, site, value] = [0, 1, 2, 3, 4]

/** Function indexes of TypeScript's `write` and `update`. */
export interface SlowWrites {
  readonly write: number
  readonly update: number
}

/** Imports what the functions of `writeTracedWrites` leave to TypeScript. */
export const importSlowWrites = (module: ModuleWriter): SlowWrites => ({
  write: module.importFunction('mica', 'write', helperSignature('write')),
  update: module.importFunction('mica', 'update', helperSignature('update')),
})

/**
 * Defines and exports `write` and `update`: the helpers that emitted code calls where the inline probe fails. A write
 * to a traced frame that misses all chunks with code is done here; everything else goes on to TypeScript.
 */
export function writeTracedWrites(module: ModuleWriter, slow: SlowWrites, tlb: TlbOffsets, cache: CodeCache): void {
  const write = module.function(helperSignature('write'), 'write').writer
  const host = ifHarmless(write, tlb, cache)
  storeSized(write, host)
  write.i32(1).op(Op.return).end()
  write.get(cpu).get(linear).get(size).get(site).get(value).returnCall(slow.write)
  const update = module.function(helperSignature('update'), 'update').writer
  update
    .get(ifHarmless(update, tlb, cache))
    .op(Op.return)
    .end()
  update.get(cpu).get(linear).get(size).get(site).returnCall(slow.update)
}

/** Opens a block that runs if the TLB has a traced entry for the write, and its bytes touch no code; returns the local with their address. */
function ifHarmless(w: FunctionWriter, tlb: TlbOffsets, cache: CodeCache): number {
  const [entry, host] = [w.local(), w.local()]
  const chunks = w.local(ValueType.i64)
  w.get(linear)
    .i32(9)
    .op(Op.i32_shr_u)
    .i32((tlb.entries - 1) << 3)
    .op(Op.i32_and)
  w.get(cpu).memory(Op.i32_load, Layout.tlbWrite).op(Op.i32_add).tee(entry).memory(Op.i32_load)
  // The page of the last byte, as in the inline probe: an operand that crosses pages fits no entry.
  lastByte(w, linear).i32(-4096).op(Op.i32_and).i32(tracedTag).op(Op.i32_or).op(Op.i32_eq).if(ValueType.i32)
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
