/** A naive reader of newc archives, from the format's description alone. */
export interface CpioRecord {
  readonly path: string
  readonly mode: number
  readonly data: Uint8Array
  readonly device: readonly [major: number, minor: number]
  readonly inode: number
  readonly mtime: number
}

export function readCpio(archive: Uint8Array): CpioRecord[] {
  const text = new TextDecoder()
  const records: CpioRecord[] = []
  let at = 0
  for (;;) {
    const header = text.decode(archive.subarray(at, at + 110))
    if (!header.startsWith('070701')) throw new Error(`no header at ${at}`)
    const field = (index: number): number => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16)
    const nameEnd = at + 110 + field(11)
    const path = text.decode(archive.subarray(at + 110, nameEnd - 1))
    const dataAt = Math.ceil(nameEnd / 4) * 4
    const data = archive.subarray(dataAt, dataAt + field(6))
    at = Math.ceil((dataAt + data.length) / 4) * 4
    if (path === 'TRAILER!!!') {
      if (at !== archive.length) throw new Error('bytes after the trailer')
      return records
    }
    records.push({ path, mode: field(1), data, device: [field(9), field(10)], inode: field(0), mtime: field(5) })
  }
}
