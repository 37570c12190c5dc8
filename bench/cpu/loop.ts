/** A loop body of one instruction group, which every contestant runs as a program without an operating system. */
export interface Loop {
  readonly name: string
  /** Feature bit of CPUID leaf 1 without which the group is left out. */
  readonly needs?: { readonly register: 'ecx' | 'edx'; readonly bit: number }
  /** What is done once before the loop. Each instruction is given as its bytes and its text. */
  readonly setup?: readonly string[]
  /** One turn. EBP counts the turns, ESI points to the data (see `data`), ESP to a stack. */
  readonly body: readonly string[]
}

/** Bytes of an instruction that is written as `01c8 add eax,ecx`. */
export function bytesOf(line: string): number[] {
  const [hex = ''] = line.split(' ', 1)
  return (hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16))
}

export const codeOf = (lines: readonly string[]): number[] => lines.flatMap(bytesOf)

/** A 32-bit number as it lies in memory. */
export const wordBytes = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** What ESI points to: constants in the first 80h bytes, room to write in after them. At F0h lies the address of the body's byte 8. */
export function data(): Uint8Array {
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  ;[3.9, 3.9, 1, 1, 0.31, 0.47].forEach((value, i) => view.setFloat64(8 * i, value, true))
  const singles = [3.9, 3.9, 3.9, 3.9, 1, 1, 1, 1, 0.31, 0.47, 0.53, 0.29]
  singles.forEach((value, i) => view.setFloat32(0x30 + 4 * i, value, true))
  ;[1, 2, 3, 4].forEach((value, i) => view.setUint32(0x60 + 4 * i, value, true))
  // An 80-bit number, pi.
  view.setBigUint64(0x70, 0xc90f_daa2_2168_c235n, true)
  view.setUint16(0x78, 0x4000, true)
  return bytes
}
