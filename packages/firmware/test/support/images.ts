/** Images built byte by byte from what they are meant to say. */

export interface BzImageSpec {
  version?: number
  setupSectors?: number
  loadFlags?: number
  relocatable?: boolean
  prefAddress?: number
  initBytes?: number
  initrdMax?: number
  commandLineLimit?: number
  code?: Uint8Array
}

export function bzImage(spec: BzImageSpec = {}): Uint8Array<ArrayBuffer> {
  const { version = 0x20f, setupSectors = 4, loadFlags = 1, relocatable = true, code = pattern(5000, 7) } = spec
  const codeBytes = Math.ceil(code.length / 16) * 16
  const image = new Uint8Array(((setupSectors || 4) + 1) * 512 + codeBytes)
  const view = new DataView(image.buffer)
  image[0x1f1] = setupSectors
  view.setUint32(0x1f4, codeBytes / 16, true)
  view.setUint16(0x1fe, 0xaa55, true)
  image[0x200] = 0xeb
  image[0x201] = 0x66
  image.set([0x48, 0x64, 0x72, 0x53], 0x202)
  view.setUint16(0x206, version, true)
  image[0x211] = loadFlags
  view.setUint32(0x214, 0x100000, true)
  view.setUint32(0x22c, spec.initrdMax ?? 0x7fffffff, true)
  view.setUint32(0x230, 0x1000000, true)
  image[0x234] = relocatable ? 1 : 0
  view.setUint32(0x238, spec.commandLineLimit ?? 2047, true)
  view.setBigUint64(0x258, BigInt(spec.prefAddress ?? 0x1000000), true)
  view.setUint32(0x260, spec.initBytes ?? 0x200000, true)
  image.set(code, image.length - codeBytes)
  return image
}

export interface SegmentSpec {
  physical: number
  virtual?: number
  data: Uint8Array
  memoryBytes: number
}

export interface ElfSpec {
  bits?: 32 | 64
  entry: number
  segments: readonly SegmentSpec[]
  /** Placed right after the program headers: a Multiboot header, say. */
  prologue?: Uint8Array
}

export function elf({ bits = 32, entry, segments, prologue = new Uint8Array(0) }: ElfSpec): Uint8Array<ArrayBuffer> {
  const wide = bits === 64
  const headerBytes = wide ? 64 : 52
  const programBytes = wide ? 56 : 32
  const prologueAt = Math.ceil((headerBytes + programBytes * segments.length) / 4) * 4
  let at = prologueAt + prologue.length
  const image = new Uint8Array(at + segments.reduce((sum, { data }) => sum + data.length, 0))
  const view = new DataView(image.buffer)
  const word = (offset: number, value: number): void =>
    wide ? view.setBigUint64(offset, BigInt(value), true) : view.setUint32(offset, value, true)
  image.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1])
  view.setUint16(16, 2, true)
  view.setUint16(18, wide ? 62 : 3, true)
  view.setUint32(20, 1, true)
  word(24, entry)
  word(wide ? 32 : 28, headerBytes)
  view.setUint16(wide ? 52 : 40, headerBytes, true)
  view.setUint16(wide ? 54 : 42, programBytes, true)
  view.setUint16(wide ? 56 : 44, segments.length, true)
  segments.forEach(({ physical, virtual = physical, data, memoryBytes }, index) => {
    const header = headerBytes + index * programBytes
    view.setUint32(header, 1, true)
    const fields = [at, virtual, physical, data.length, memoryBytes]
    fields.forEach((value, field) => word(header + (wide ? 8 + field * 8 : 4 + field * 4), value))
    image.set(data, at)
    at += data.length
  })
  image.set(prologue, prologueAt)
  return image
}

export interface MultibootHeaderSpec {
  flags?: number
  /** header, load, load end, bss end, entry. */
  addresses?: readonly [number, number, number, number, number]
}

export function multibootHeader({ flags = 3, addresses }: MultibootHeaderSpec = {}): Uint8Array<ArrayBuffer> {
  const all = addresses === undefined ? flags : flags | 0x10000
  const words = [0x1badb002, all, -(0x1badb002 + all) >>> 0, ...(addresses ?? [])]
  const bytes = new Uint8Array(words.length * 4)
  words.forEach((value, index) => new DataView(bytes.buffer).setUint32(index * 4, value, true))
  return bytes
}

/** Bytes that differ from their neighbours and from zero. */
export function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => ((index * 31 + seed * 17) % 255) + 1)
}

export function overlaps(a: number, aBytes: number, b: number, bBytes: number): boolean {
  return a < b + bBytes && b < a + aBytes
}
