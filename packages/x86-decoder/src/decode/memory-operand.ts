import type { Instruction } from '../instruction.ts'
import type { DecodeState } from './state.ts'

const DS = 3
const SS = 2
/** Base and index of the 16-bit forms by rm (SDM vol. 2, table 2-1): BX 3, BP 5, SI 6, DI 7. */
const BASE16 = Int8Array.of(3, 3, 5, 5, 6, 7, 5, 3)
const INDEX16 = Int8Array.of(6, 7, 6, 7, -1, -1, -1, -1)

/** Reads what follows ModRM for a memory form, once per instruction. */
export function readMemoryOperand(state: DecodeState, out: Instruction): void {
  if (state.addressSize === 2) read16(state, out)
  else read32(state, out)
}

function read16(state: DecodeState, out: Instruction): void {
  const { mod, rm } = state
  let base = BASE16[rm]!
  let displacement = 0
  let displaced = mod
  if (mod === 1) displacement = ((state.u8() << 24) >> 24) * state.displacementFactor
  else if (mod === 2) displacement = (state.u16() << 16) >> 16
  else if (rm === 6) {
    base = -1
    displaced = 2
    displacement = (state.u16() << 16) >> 16
  }
  out.displacementSize = displaced
  out.base = base
  out.index = INDEX16[rm]!
  out.displacement = displacement
  out.segment = base === 5 ? SS : DS
}

function read32(state: DecodeState, out: Instruction): void {
  const { mod, rm } = state
  let base = rm
  let displaced = mod
  if (rm === 4) {
    const sib = state.u8()
    base = sib & 7
    const index = ((sib >> 3) & 7) | state.rexX
    if (index !== 4 || out.vectorIndex !== 0) out.index = out.vectorIndex === 0 ? index : index | (state.vvvv & 16)
    out.scale = sib >> 6
    out.sib = 1
    if (base === 5 && mod === 0) {
      base = -1
      displaced = 2
    }
  } else if (rm === 5 && mod === 0) {
    base = -1
    displaced = 2
    out.ripRelative = state.long
  }
  if (base >= 0) base |= state.rexB
  if (displaced === 1) {
    out.displacement = ((state.u8() << 24) >> 24) * state.displacementFactor
    out.displacementSize = 1
  } else if (displaced === 2) {
    out.displacement = state.i32()
    out.displacementSize = 4
  }
  out.base = base
  out.segment = base === 4 || base === 5 ? SS : DS
}
