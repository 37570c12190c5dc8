import { decodeInto, DecodeStatus, facts, FlowControl, format, Instruction, MAX_LENGTH } from '@mica-vm/x86-decoder'

/** A stretch of code that ends with a branch. */
export interface CodeUnit {
  /** EIP of its first instruction. */
  readonly address: number
  /** Address, bytes and text of each instruction. */
  readonly instructions: readonly string[]
}

/** A unit as long as the engine makes them says enough. */
const longestUnit = 16

/** Reads a unit byte by byte; `byteAt` answers -1 where there is no memory. */
export function disassembleUnit(byteAt: (eip: number) => number, eip: number, bitness: 16 | 32): CodeUnit {
  const instruction = new Instruction()
  const instructions: string[] = []
  const bytes = new Uint8Array(MAX_LENGTH)
  for (let at = eip; instructions.length < longestUnit;) {
    const present = fetch(byteAt, at, bytes)
    const status = decodeInto(bytes, 0, present, bitness, instruction)
    if (status !== DecodeStatus.Ok) {
      instructions.push(line(at, bytes.subarray(0, Math.min(present, 8)), present === 0 ? 'not in memory' : '(bad)'))
      break
    }
    instructions.push(line(at, bytes.subarray(0, instruction.length), format(instruction, { ip: at, hex: 'prefix' })))
    if (facts(instruction.code).flow !== FlowControl.Next) break
    at = (at + instruction.length) >>> 0
  }
  return { address: eip, instructions }
}

/** Fills `bytes` from `eip` on as far as there is memory, and says how far. */
function fetch(byteAt: (eip: number) => number, eip: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    const byte = byteAt((eip + i) >>> 0)
    if (byte < 0) return i
    bytes[i] = byte
  }
  return bytes.length
}

function line(eip: number, bytes: Uint8Array, text: string): string {
  const dump = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return `${eip.toString(16).padStart(8, '0')}  ${dump.padEnd(24)} ${text}`
}
