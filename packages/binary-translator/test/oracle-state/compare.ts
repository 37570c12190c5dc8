// Holds the engine's records against the CPU's.
import { Part, areaBytes, stateBytes } from './cases.ts'

/** FCS and FDS: processors since Haswell have done without them. SDM vol. 1, section 8.1.8. */
const isSelector = (offset: number): boolean => (offset >= 12 && offset < 16) || (offset >= 20 && offset < 24)
/** XMM8 to XMM15, which 32-bit mode has not, and what FXSAVE leaves to software. */
const isUnused = (offset: number): boolean => offset >= 288 && offset < 512

/** The first byte that differs, in words; empty: none. */
export function compareStates(name: string, cpu: Uint8Array, engine: Uint8Array): string[] {
  if (cpu[0] !== engine[0]) return [`${name}: trap ${cpu[0]} / ${engine[0]}`]
  const isSame = (part: string, start: number, bytes: number): string[] => {
    for (let i = 0; i < bytes; i++) {
      if (isSelector(i) || isUnused(i)) continue
      const [a, b] = [cpu[start + i]!, engine[start + i]!]
      if (a !== b) return [`${name}: ${part} byte ${i}: ${a.toString(16)} / ${b.toString(16)}`]
    }
    return []
  }
  // After a fault the harness stores its state, the engine does not.
  const state = cpu[0] === 0 ? isSame('state', Part.state, stateBytes) : []
  return [...state, ...isSame('area', Part.area, areaBytes)]
}
