// XSAVE and XRSTOR for the x87 and SSE (SDM vol. 1, chapter 13).
import {
  CODE_OFFSET,
  CODE_SELECTOR,
  CONTROL,
  DATA_OFFSET,
  DATA_SELECTOR,
  OPCODE,
  REGISTERS,
  SIGN_EXPONENT,
  STATUS,
  TAGS,
} from './layout'
import { fxrstor, fxsave } from './environment'

const MXCSR: usize = 0x4e0
const VECTORS: usize = 0x500
const VECTOR_BYTES: usize = 32
const XMM_REGISTERS: usize = 8

/** State components, and MXCSR, which belongs to none alone. */
const X87: u32 = 1
const SSE: u32 = 2
const CONTROL_OF_SSE: u32 = 4

/** Where the parts of the area lie. */
const MXCSR_IMAGE: usize = 24
const XMM_IMAGE: usize = 160
const PRESENT: usize = 512
const COMPACTION: usize = 520
const RESERVED: usize = 528
const HEADER_END: usize = 576

const MXCSR_BITS: u32 = 0xffff
const MXCSR_INITIAL: u32 = 0x1f80
const COMPACTED: u32 = 0x80000000

/** Kinds of XSAVE. */
const OPTIMIZED: u32 = 1
const COMPACTING: u32 = 2

function isX87InUse(cpu: usize): bool {
  const words =
    (load<u32>(cpu, CONTROL) ^ 0x37f) |
    load<u32>(cpu, STATUS) |
    (load<u32>(cpu, TAGS) ^ 0xffff) |
    load<u32>(cpu, OPCODE)
  const pointers =
    load<u32>(cpu, CODE_OFFSET) |
    load<u32>(cpu, CODE_SELECTOR) |
    load<u32>(cpu, DATA_OFFSET) |
    load<u32>(cpu, DATA_SELECTOR)
  let registers: u64 = 0
  for (let i: usize = 0; i < 8; i++) {
    const at = cpu + (i << 4)
    registers |= load<u64>(at, REGISTERS) | (<u64>load<u16>(at, SIGN_EXPONENT))
  }
  return (words | pointers) != 0 || registers != 0
}

function isSseInUse(cpu: usize): bool {
  let bits: u64 = 0
  for (let i: usize = 0; i < XMM_REGISTERS; i++) {
    const at = cpu + i * VECTOR_BYTES
    bits |= load<u64>(at, VECTORS) | load<u64>(at, VECTORS + 8)
  }
  return bits != 0
}

function xmmToImage(cpu: usize, image: usize): void {
  for (let i: usize = 0; i < XMM_REGISTERS; i++) {
    const at = cpu + i * VECTOR_BYTES
    store<u64>(image + (i << 4), load<u64>(at, VECTORS), XMM_IMAGE)
    store<u64>(image + (i << 4), load<u64>(at, VECTORS + 8), XMM_IMAGE + 8)
  }
}

function xmmFromImage(cpu: usize, image: usize): void {
  for (let i: usize = 0; i < XMM_REGISTERS; i++) {
    const at = cpu + i * VECTOR_BYTES
    store<u64>(at, load<u64>(image + (i << 4), XMM_IMAGE), VECTORS)
    store<u64>(at, load<u64>(image + (i << 4), XMM_IMAGE + 8), VECTORS + 8)
  }
}

/**
 * Makes an area of the components in `requested` (XCR0 and EDX:EAX) at `image`, whose header is the one that memory has. Kinds:
 * 0 XSAVE, 1 XSAVEOPT, 2 XSAVEC. Returns what is to be written: 1 the x87, 2 the XMM registers, 4 MXCSR.
 */
export function xsave(cpu: usize, image: usize, requested: u32, kind: u32): u32 {
  let inUse = (isX87InUse(cpu) ? X87 : 0) | (isSseInUse(cpu) ? SSE : 0)
  // XSAVEC counts MXCSR to SSE.
  if (kind == COMPACTING && load<u32>(cpu, MXCSR) != MXCSR_INITIAL) inUse |= SSE
  inUse &= requested
  fxsave(cpu, image, 0)
  store<u32>(image, load<u32>(cpu, MXCSR), MXCSR_IMAGE)
  store<u32>(image, MXCSR_BITS, MXCSR_IMAGE + 4)
  xmmToImage(cpu, image)
  if (kind == COMPACTING) {
    store<u64>(image, <u64>inUse, PRESENT)
    store<u64>(image, ((<u64>COMPACTED) << 32) | (<u64>requested), COMPACTION)
    return inUse | (inUse & SSE ? CONTROL_OF_SSE : 0)
  }
  store<u32>(image, (load<u32>(image, PRESENT) & ~requested) | inUse, PRESENT)
  const written = kind == OPTIMIZED ? inUse : requested
  return written | (requested & SSE ? CONTROL_OF_SSE : 0)
}

function isZero(image: usize, from: usize, to: usize): bool {
  let bits: u64 = 0
  for (let at = from; at < to; at += 8) bits |= load<u64>(image + at)
  return bits == 0
}

/** Whether the header is one that XRSTOR takes (SDM vol. 1, section 13.8). */
function isHeaderGood(image: usize, enabled: u32, mayBeCompacted: u32): bool {
  const present = load<u64>(image, PRESENT)
  const high = load<u32>(image, COMPACTION + 4)
  if (!(high & COMPACTED)) return !(present & ~(<u64>enabled)) && isZero(image, COMPACTION, RESERVED + 8)
  if (!mayBeCompacted) return false
  const layout = load<u32>(image, COMPACTION)
  return !(layout & ~enabled) && high == COMPACTED && !(present & ~(<u64>layout)) && isZero(image, RESERVED, HEADER_END)
}

/**
 * Loads the components in `requested` from the area at `image`. `enabled` is XCR0. Returns 1, with nothing changed, for an area that
 * raises #GP.
 */
export function xrstor(cpu: usize, image: usize, requested: u32, enabled: u32, mayBeCompacted: u32): u32 {
  if (!isHeaderGood(image, enabled, mayBeCompacted)) return 1
  const present = load<u32>(image, PRESENT) & requested
  const compacted = load<u32>(image, COMPACTION + 4) != 0
  // The standard form has an MXCSR even where it has no XMM registers.
  const hasControl = (compacted ? present : requested) & SSE
  if (hasControl && load<u32>(image, MXCSR_IMAGE) & ~MXCSR_BITS) return 1
  if (requested & SSE) store<u32>(cpu, hasControl ? load<u32>(image, MXCSR_IMAGE) : MXCSR_INITIAL, MXCSR)
  if (requested & X87) {
    if (!(present & X87)) {
      memory.fill(image, 0, 160)
      store<u16>(image, 0x37f)
    }
    fxrstor(cpu, image, 0)
  }
  if (requested & SSE) {
    if (!(present & SSE)) memory.fill(image + XMM_IMAGE, 0, 128)
    xmmFromImage(cpu, image)
  }
  return 0
}
