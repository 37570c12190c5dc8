import { Prefix } from '../instruction.ts'

/** Class of each byte as a prefix, by 256 in 16- and 32-bit and then by 256 in 64-bit mode. */
export const PrefixClass = {
  None: 0,
  Segment: 1,
  OperandSize: 2,
  AddressSize: 3,
  Lock: 4,
  Repne: 5,
  Rep: 6,
  Rex: 7,
} as const
export const prefixClasses: Uint8Array = buildClasses()

/** Segment number of a segment override byte, and the bit that records it. */
export const overrideSegment: Uint8Array = new Uint8Array(256)
export const overrideBit: Uint16Array = new Uint16Array(256)

const OVERRIDES: readonly (readonly [byte: number, segment: number, bit: number])[] = [
  [0x26, 0, Prefix.Es],
  [0x2e, 1, Prefix.Cs],
  [0x36, 2, Prefix.Ss],
  [0x3e, 3, Prefix.Ds],
  [0x64, 4, Prefix.Fs],
  [0x65, 5, Prefix.Gs],
]
for (const [byte, segment, bit] of OVERRIDES) {
  overrideSegment[byte] = segment
  overrideBit[byte] = bit
}

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(512)
  for (const base of [0, 256]) {
    for (const byte of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]) classes[base + byte] = PrefixClass.Segment
    classes[base + 0x66] = PrefixClass.OperandSize
    classes[base + 0x67] = PrefixClass.AddressSize
    classes[base + 0xf0] = PrefixClass.Lock
    classes[base + 0xf2] = PrefixClass.Repne
    classes[base + 0xf3] = PrefixClass.Rep
  }
  classes.fill(PrefixClass.Rex, 256 + 0x40, 256 + 0x50)
  return classes
}
