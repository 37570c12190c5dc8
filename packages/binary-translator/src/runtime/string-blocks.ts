import { Layout } from '../state/layout.ts'
import type { TlbOffsets } from '../types.ts'
import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import type { ModuleWriter } from '../wasm/module-writer.ts'
import { Op, Simd, ValueType } from '../wasm/opcodes.ts'
import { helperSignature } from './signatures.ts'

const [cpu, operation, source, destination, count, value] = [0, 1, 2, 3, 4, 5]
const vectorBytes = 16
const pageBytes = 4096

/** What a block of a repeated string instruction does: the low bits of `operation`. */
export const BlockKind = { Move: 0, Store: 1, Compare: 2, Scan: 3 } as const
const kindMask = 3
/** log2 of an element's bytes, in `operation`. */
const sizeShift = 4
const sizeMask = 3
/** REPE: the repetition goes on while elements are equal, not while they differ. */
const whileEqual = 0x100

/** The word that tells `block` what to do. */
export const blockOperation = (kind: number, size: number, isWhileEqual: boolean): number =>
  kind | (Math.log2(size) << sizeShift) | (isWhileEqual ? whileEqual : 0)

/**
 * Defines and exports `block`: (cpu, operation, source, destination, count, value) -> how many elements of a forward repetition it has dealt with,
 * of `count` at most. They lie in one page each, to which the TLB permits direct access: so there are no faults, devices, traces or breakpoints.
 * None of them ends the repetition by its comparison. Where it cannot say so quickly, it does nothing and returns 0.
 */
export function writeStringBlocks(module: ModuleWriter, tlb: TlbOffsets): void {
  const w = module.function(helperSignature('block'), 'block').writer
  const parts = { kind: w.local(), shift: w.local(), n: w.local(), from: w.local(), to: w.local() }
  const { kind, shift, n, from, to } = parts
  w.get(operation).i32(kindMask).op(Op.i32_and).set(kind)
  w.get(operation).i32(sizeShift).op(Op.i32_shr_u).i32(sizeMask).op(Op.i32_and).set(shift)
  w.get(count).set(n)
  // MOVS and CMPS read a source; MOVS and STOS write.
  w.get(kind).i32(1).op(Op.i32_and).op(Op.i32_eqz).if()
  direct(w, tlb, { linear: source, write: false, host: from, parts })
  w.end().get(kind).i32(BlockKind.Compare).op(Op.i32_lt_u).if()
  direct(w, tlb, { linear: destination, write: true, host: to, parts })
  w.else()
  direct(w, tlb, { linear: destination, write: false, host: to, parts })
  w.end()
  forKind(w, BlockKind.Move, kind, () => move(w, parts))
  toWholeVectors(w, parts)
  const pattern = splat(w, parts)
  forKind(w, BlockKind.Store, kind, () => store(w, parts, pattern))
  compare(w, parts, pattern)
}

interface Parts {
  readonly kind: Local
  readonly shift: Local
  /** Elements that there are, as far as is known. */
  readonly n: Local
  readonly from: Local
  readonly to: Local
}

interface Access {
  readonly linear: Local
  readonly write: boolean
  readonly host: Local
  readonly parts: Parts
}

/** Returns 0 unless the TLB permits access to the page of `linear`; keeps `n` to that page. */
function direct(w: FunctionWriter, tlb: TlbOffsets, { linear, write, host, parts: { n, shift } }: Access): void {
  const [entry, room] = [w.local(), w.local()]
  w.get(linear)
    .i32(9)
    .op(Op.i32_shr_u)
    .i32((tlb.entries - 1) << 3)
    .op(Op.i32_and)
  w.get(cpu)
    .memory(Op.i32_load, write ? Layout.tlbWrite : Layout.tlbRead)
    .op(Op.i32_add)
    .tee(entry)
  w.memory(Op.i32_load).get(linear).i32(-pageBytes).op(Op.i32_and).op(Op.i32_ne).if()
  w.i32(0).op(Op.return).end()
  w.get(linear).get(entry).memory(Op.i32_load, 4).op(Op.i32_add).set(host)
  w.i32(pageBytes)
    .get(linear)
    .i32(pageBytes - 1)
    .op(Op.i32_and)
    .op(Op.i32_sub)
  w.get(shift).op(Op.i32_shr_u).set(room)
  w.get(n).get(room).get(n).get(room).op(Op.i32_lt_u).op(Op.select).set(n)
}

function forKind(w: FunctionWriter, wanted: number, kind: Local, body: () => void): void {
  w.get(kind).i32(wanted).op(Op.i32_eq).if()
  body()
  w.end()
}

const pushBytes = (w: FunctionWriter, { n, shift }: Parts): FunctionWriter => w.get(n).get(shift).op(Op.i32_shl)

/** memory.copy, unless elements to be read later would be overwritten before: then each has to be moved by itself. */
function move(w: FunctionWriter, parts: Parts): void {
  const { from, to, n } = parts
  w.get(to).get(from).op(Op.i32_sub).i32(1).op(Op.i32_sub)
  pushBytes(w, parts).i32(1).op(Op.i32_sub).op(Op.i32_lt_u).if()
  w.i32(0).op(Op.return).end()
  w.get(to).get(from)
  pushBytes(w, parts).memoryCopy().get(n).op(Op.return)
}

/** Leaves elements that fill no vector to the instruction's own loop. */
function toWholeVectors(w: FunctionWriter, { n, shift }: Parts): void {
  w.get(n).i32(-vectorBytes).get(shift).op(Op.i32_shr_s).op(Op.i32_and).tee(n).op(Op.i32_eqz).if()
  w.i32(0).op(Op.return).end()
}

/** The value in all elements of a vector. */
function splat(w: FunctionWriter, { shift }: Parts): Local {
  const vector = w.local(ValueType.v128)
  w.get(value).simd(Simd.i32x4_splat).set(vector)
  w.get(shift).i32(1).op(Op.i32_eq).if()
  w.get(value).simd(Simd.i16x8_splat).set(vector).end()
  w.get(shift).op(Op.i32_eqz).if()
  w.get(value).simd(Simd.i8x16_splat).set(vector).end()
  return vector
}

/** Runs `body` for every vector; `at` counts bytes. */
function forVectors(w: FunctionWriter, parts: Parts, body: (at: Local) => void): void {
  const at = w.local()
  const top = w.loop()
  body(at)
  w.get(at).i32(vectorBytes).op(Op.i32_add).tee(at)
  pushBytes(w, parts).op(Op.i32_lt_u).brIf(top).end()
}

function store(w: FunctionWriter, parts: Parts, pattern: Local): void {
  forVectors(w, parts, (at) => {
    w.get(parts.to).get(at).op(Op.i32_add).get(pattern).simdMemory(Simd.v128_store)
  })
  w.get(parts.n).op(Op.return)
}

/** Elements before the first one that ends the repetition. Which of two are different shows in their bytes; which are equal, only if they are bytes. */
function compare(w: FunctionWriter, parts: Parts, pattern: Local): void {
  const { kind, shift, from, to, n } = parts
  const [ends, flip] = [w.local(), w.local()]
  const allBytes = (1 << vectorBytes) - 1
  w.get(operation).i32(whileEqual).op(Op.i32_and).op(Op.i32_eqz).tee(flip).get(shift).op(Op.i32_and).if()
  w.i32(0).op(Op.return).end()
  w.i32(0).i32(allBytes).get(flip).op(Op.select).set(flip)
  forVectors(w, parts, (at) => {
    w.get(kind).i32(BlockKind.Compare).op(Op.i32_eq).if()
    w.get(from).get(at).op(Op.i32_add).simdMemory(Simd.v128_load).set(pattern).end()
    w.get(to).get(at).op(Op.i32_add).simdMemory(Simd.v128_load).get(pattern).simd(Simd.i8x16_eq)
    w.simd(Simd.i8x16_bitmask).get(flip).op(Op.i32_xor).tee(ends).if()
    w.get(at).get(ends).op(Op.i32_ctz).op(Op.i32_add).get(shift).op(Op.i32_shr_u).op(Op.return).end()
  })
  w.get(n)
}
