// Cases of the instructions that save and restore whole states, as records of the C harness.
import { Random } from '../random/random.ts'

/** An instruction under test; its operand is [EDI]. */
export interface StateForm {
  readonly name: string
  readonly code: readonly number[]
}

export const states: readonly StateForm[] = [
  { name: 'fxsave', code: [0x0f, 0xae, 0x07] },
  { name: 'fxrstor', code: [0x0f, 0xae, 0x0f] },
  { name: 'xsave', code: [0x0f, 0xae, 0x27] },
  { name: 'xrstor', code: [0x0f, 0xae, 0x2f] },
  { name: 'xsaveopt', code: [0x0f, 0xae, 0x37] },
  { name: 'xsavec', code: [0x0f, 0xc7, 0x27] },
]

export const stateBytes = 512
export const areaBytes = 576
/** Where the parts of a record lie. `skew` moves the operand off its alignment. */
export const Part = { code: 0, length: 8, eax: 12, skew: 16, present: 20, state: 24, area: 536 } as const
export const recordBytes: number = Part.area + areaBytes

/** An image as FXSAVE makes it: control words at random, registers of few different bytes, so that the vectors pack well. */
function image(random: Random, view: DataView, at: number): void {
  const isInitial = random.chance(0.3)
  view.setUint16(at, isInitial ? 0x37f : (random.bits() & 0x1f3f) | 0x40, true)
  // No flag whose exception is not masked: hardware would not get here.
  const control = view.getUint16(at, true)
  view.setUint16(at + 2, isInitial ? 0 : random.bits() & (0x7f40 | (control & 0x3f)), true)
  view.setUint8(at + 4, isInitial ? 0 : random.byte())
  view.setUint16(at + 6, isInitial ? 0 : random.bits() & 0x7ff, true)
  view.setUint32(at + 8, isInitial ? 0 : random.bits(), true)
  view.setUint32(at + 16, isInitial ? 0 : random.bits(), true)
  const flags = random.chance(0.4) ? 0x1f80 : random.bits() & 0xffff
  view.setUint32(at + 24, flags, true)
  view.setUint32(at + 28, 0xffff, true)
  if (!isInitial || random.chance(0.5)) for (let i = 0; i < 8; i++) fill(random, view, at + 32 + 16 * i, 10)
  if (random.chance(0.7)) for (let i = 0; i < 8; i++) fill(random, view, at + 160 + 16 * i, 16)
}

function fill(random: Random, view: DataView, at: number, bytes: number): void {
  const byte = random.byte()
  for (let i = 0; i < bytes; i++) view.setUint8(at + i, byte)
}

/** A header, mostly one that is accepted. Bits 3 and 4 stand for components that no processor of today has. */
function header(random: Random, view: DataView, at: number): void {
  const isCompacted = random.chance(0.5)
  const layout = random.below(4)
  view.setUint32(at, isCompacted ? layout & random.bits() : random.below(4), true)
  if (isCompacted) {
    view.setUint32(at + 8, layout, true)
    view.setUint32(at + 12, 0x8000_0000, true)
  }
  if (random.chance(0.7)) return
  const [offset, value] = random.pick([
    [0, 8],
    [0, 3],
    [4, 0x8000_0000],
    [8, 1],
    [8, 0x10],
    [12, 1],
    [16, 1],
    [23, 1],
    [24, 1],
    [56, 1],
  ] as const)
  view.setUint32(at + offset, view.getUint32(at + offset, true) | value, true)
}

/** The components of an image that are not in their first state: 1 the x87, 2 the XMM registers. */
function presentIn(view: DataView, at: number): number {
  const isZero = (from: number, to: number): boolean => {
    for (let i = from; i < to; i++) if (view.getUint8(at + i) !== 0) return false
    return true
  }
  const isX87 = view.getUint16(at, true) !== 0x37f || !isZero(2, 24) || !isZero(32, 160)
  return (isX87 ? 1 : 0) | (isZero(160, 288) ? 0 : 2)
}

/** Records of `count` cases of a form. */
export function recordsOf({ code }: StateForm, count: number, seed: number): Uint8Array<ArrayBuffer> {
  const records = new Uint8Array(count * recordBytes)
  const random = new Random(seed)
  for (let i = 0; i < count; i++) {
    const view = new DataView(records.buffer, i * recordBytes, recordBytes)
    records.set(code, i * recordBytes)
    view.setUint32(Part.length, code.length, true)
    view.setUint32(Part.eax, random.chance(0.6) ? 3 : random.below(4), true)
    view.setUint32(Part.skew, random.chance(0.05) ? random.pick([8, 16, 32]) : 0, true)
    image(random, view, Part.state)
    view.setUint32(Part.present, presentIn(view, Part.state), true)
    image(random, view, Part.area)
    header(random, view, Part.area + 512)
    if (random.chance(0.05)) view.setUint32(Part.area + 24, 0x1_0000, true)
  }
  return records
}
