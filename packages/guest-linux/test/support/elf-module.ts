/** A relocatable ELF file with a `.modinfo` section, as a kernel module has one. */
export function elfModule(bits: 32 | 64, modinfo: readonly string[]): Uint8Array {
  const wide = bits === 64
  const names = '\0.modinfo\0.shstrtab\0'
  const contents = [new Uint8Array(0), bytes(modinfo.map((line) => `${line}\0`).join('')), bytes(names)]
  const headerBytes = wide ? 64 : 52
  const sectionBytes = wide ? 64 : 40
  const table = headerBytes + contents.reduce((sum, each) => sum + each.length, 0)
  const file = new Uint8Array(table + sectionBytes * contents.length)
  const view = new DataView(file.buffer)
  const word = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true)
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1])
  word(wide ? 0x28 : 0x20, table)
  view.setUint16(wide ? 0x3a : 0x2e, sectionBytes, true)
  view.setUint16(wide ? 0x3c : 0x30, contents.length, true)
  view.setUint16(wide ? 0x3e : 0x32, 2, true)
  let at = headerBytes
  contents.forEach((content, index) => {
    const header = table + index * sectionBytes
    view.setUint32(header, [0, 1, 10][index] ?? 0, true)
    word(header + (wide ? 0x18 : 0x10), at)
    word(header + (wide ? 0x20 : 0x14), content.length)
    file.set(content, at)
    at += content.length
  })
  return file
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
