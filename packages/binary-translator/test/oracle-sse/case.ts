// Cases of one form, made from a seed, as records of the C harness.
import { Random } from '../random/random.ts'
import { type Content, type Form, codeOf } from './forms.ts'

export const recordBytes = 144
/** Where the parts of a record lie. */
export const Part = { code: 0, length: 15, xmm: 16, mm: 64, gpr: 88, mxcsr: 104, eflags: 108, memory: 112 } as const

const singles = [
  0x0000_0000, 0x0000_0001, 0x007f_ffff, 0x0080_0000, 0x0080_0001, 0x3f80_0000, 0x3f80_0001, 0x3f7f_ffff, 0x4000_0000,
  0x3f00_0000, 0x3fc0_0000, 0x4f00_0000, 0x4eff_ffff, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001, 0x7fc0_0000, 0x7fe1_2345,
  0x7fa1_2345,
] as const
const doubles = [
  0x0000_0000, 0x0000_0001, 0x000f_ffff, 0x0010_0000, 0x0010_0001, 0x3ff0_0000, 0x3fe0_0000, 0x4000_0000, 0x3ff8_0000,
  0x41e0_0000, 0x41df_ffff, 0x47ef_ffff, 0x3810_0000, 0x380f_ffff, 0x36a0_0000, 0x7fef_ffff, 0x7ff0_0000, 0x7ff4_0000,
  0x7ff8_0000, 0x7ffc_1234,
] as const

const sign = (random: Random): number => (random.chance(0.5) ? 0x8000_0000 : 0)

function single(random: Random): number {
  if (random.chance(0.35)) return (random.pick(singles) | sign(random)) >>> 0
  // Close exponents make sums that cancel and products that round.
  const exponent = random.chance(0.7)
    ? random.between(120, 135)
    : random.chance(0.5)
      ? random.below(256)
      : random.pick([1, 2, 40, 64, 190, 253, 254])
  const fraction = random.chance(0.3) ? random.below(8) << 20 : random.bits() & 0x7f_ffff
  return (sign(random) | (exponent << 23) | fraction) >>> 0
}

function double(random: Random): [low: number, high: number] {
  const low = random.chance(0.4) ? 0 : random.chance(0.2) ? 0xffff_ffff : random.bits()
  if (random.chance(0.35)) return [random.chance(0.5) ? 0 : low, (random.pick(doubles) | sign(random)) >>> 0]
  const exponent = random.chance(0.7)
    ? random.between(1015, 1056)
    : random.chance(0.5)
      ? random.below(2048)
      : random.pick([1, 2, 500, 512, 873, 896, 1150, 1151, 2045, 2046])
  return [low, (sign(random) | (exponent << 20) | (random.bits() & 0xf_ffff)) >>> 0]
}

function fill(view: DataView, at: number, bytes: number, content: Content, random: Random): void {
  for (let i = 0; i < bytes; i += 8) {
    const put = (low: number, high: number): void => {
      view.setUint32(at + i, low, true)
      view.setUint32(at + i + 4, high, true)
    }
    if (content === 'f32') put(single(random), single(random))
    else if (content === 'f64') put(...double(random))
    else if (content === 'shift' && random.chance(0.8)) put(random.below(70), random.chance(0.9) ? 0 : random.bits())
    else if (content === 'control') put(random.bits() & (random.chance(0.9) ? 0xffff : 0x3_ffff), random.bits())
    else if (content === 'text')
      for (let j = 0; j < 8; j++)
        view.setUint8(at + i + j, random.chance(0.06) ? 0 : random.pick([97, 98, 99, 0x80, 1]))
    else put(random.interesting(), random.interesting())
  }
}

/** Rounding, flushing and masks at random; mostly the default, with and without PE set. */
function mxcsrOf(random: Random, content: Content): number {
  if ((content !== 'f32' && content !== 'f64') || random.chance(0.25)) return random.chance(0.5) ? 0x1fa0 : 0x1f80
  const flags = random.bits() & 0x3f
  if (random.chance(0.5)) return 0x1f80 | flags | (random.bits() & 0xe040)
  // Only flags whose exceptions are masked, since hardware would not get here with others.
  return (random.bits() & 0xff80) | (random.bits() & 0x40)
}

const immediates = 10

/** Records of `count` cases, those of one immediate together. */
export function recordsOf(form: Form, count: number, seed: number): Uint8Array<ArrayBuffer> {
  const records = new Uint8Array(count * recordBytes)
  const random = new Random(seed)
  // Counts are mostly to be small enough to matter.
  const isCount = form.digit !== 1 || form.name.startsWith('palignr')
  let immediate = 0
  for (let i = 0; i < count; i++) {
    if (i % Math.ceil(count / immediates) === 0)
      immediate = isCount && random.chance(0.9) ? random.below(40) : random.byte()
    const view = new DataView(records.buffer, i * recordBytes, recordBytes)
    const code = codeOf(form, immediate)
    records.set(code, i * recordBytes)
    view.setUint8(Part.length, code.length)
    fill(view, Part.xmm, 48, form.content, random)
    fill(view, Part.mm, 24, form.content, random)
    fill(view, Part.memory, 32, form.content, random)
    for (let j = 0; j < 3; j++)
      view.setUint32(
        Part.gpr + 4 * j,
        form.content === 'text' && random.chance(0.7) ? random.between(-18, 18) >>> 0 : random.interesting(),
        true,
      )
    view.setUint32(Part.mxcsr, mxcsrOf(random, form.content), true)
    view.setUint32(Part.eflags, (random.bits() & 0x8d5) | 2, true)
  }
  return records
}
