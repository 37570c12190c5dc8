// Encodings that reach every legacy row of the decoder's table: all opcodes of four maps, with each mandatory prefix and ModRM digit.
import { DecodeStatus, Instruction, decodeInto } from '@mica-vm/x86-decoder'

const maps: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]]
const tail = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x08, 0x99, 0x0a]

/** Opcodes by map of which some ModRM bytes are instructions of their own. */
const whole: readonly (readonly number[])[] = [[0xc6, 0xc7], [0x01, 0x1e, 0xae], [], [0xf0]]

/** ModRM bytes: memory with a base, with an index, absolute, and registers. Every register for x87 and system groups. */
function modrms(opcode: number, map: number): number[] {
  const list: number[] = []
  for (let reg = 0; reg < 8; reg++) {
    for (const rest of [0x03, 0x44, 0x05, 0xc1, 0xc4]) list.push(rest | (reg << 3))
  }
  if ((map === 0 && opcode >= 0xd8 && opcode <= 0xdf) || whole[map]!.includes(opcode))
    for (let modrm = 0xc0; modrm < 0x100; modrm++) list.push(modrm)
  return list
}

/** Calls `visit` with the bytes of each valid encoding in `bitness` and its instruction, which is reused. */
export function forEachEncoding(bitness: 16 | 32, visit: (bytes: Uint8Array, instruction: Instruction) => void): void {
  const instruction = new Instruction()
  for (const [map, escape] of maps.entries()) {
    for (const prefix of [[], [0x66], [0xf2], [0xf3], [0x67], [0x64], [0xf0], [0x66, 0xf3]]) {
      for (let opcode = 0; opcode < 256; opcode++) {
        for (const modrm of modrms(opcode, map)) {
          const bytes = Uint8Array.from([...prefix, ...escape, opcode, modrm, 0x63, ...tail])
          if (decodeInto(bytes, 0, bytes.length, bitness, instruction) !== DecodeStatus.Ok) continue
          visit(bytes, instruction)
          if (instruction.length <= prefix.length + escape.length + 1) break
        }
      }
    }
  }
}
