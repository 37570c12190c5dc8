/**
 * The "newc" cpio archive that Linux unpacks as its first root file system
 * (kernel documentation, driver-api/early-userspace/buffer-format).
 */
export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly data: Uint8Array; readonly mode?: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'character-device'
      readonly path: string
      readonly major: number
      readonly minor: number
      readonly mode?: number
    }

const S_IFCHR = 0o020000
const S_IFDIR = 0o040000
const S_IFREG = 0o100000
const S_IFLNK = 0o120000

const HEADER_BYTES = 110
const TRAILER = 'TRAILER!!!'
const NOTHING = new Uint8Array(0)
const text = new TextEncoder()

interface Fields {
  readonly inode: number
  readonly mode: number
  readonly links: number
  readonly major: number
  readonly minor: number
}

/**
 * Packs entries in the given order: parents must come before what they hold, since the kernel creates
 * nothing by itself. Owner is root and all times are zero, so equal entries give equal bytes.
 */
export function packCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = []
  const seen = new Set<string>()
  let inode = 0
  for (const entry of entries) {
    checkPath(entry.path, seen)
    inode += 1
    parts.push(...packEntry(entry, inode))
  }
  parts.push(...record(TRAILER, NOTHING, { inode: 0, mode: 0, links: 1, major: 0, minor: 0 }))
  return join(parts)
}

function checkPath(path: string, seen: Set<string>): void {
  if (path === '' || path.startsWith('/') || path === TRAILER || path.includes('\0')) {
    throw new RangeError(`cpio path must be relative, without NUL and not empty: ${JSON.stringify(path)}`)
  }
  if (seen.has(path)) throw new RangeError(`cpio path appears twice: ${path}`)
  seen.add(path)
}

function packEntry(entry: CpioEntry, inode: number): Uint8Array[] {
  const plain = { inode, links: 1, major: 0, minor: 0 }
  switch (entry.kind) {
    case 'directory':
      return record(entry.path, NOTHING, { ...plain, links: 2, mode: S_IFDIR | (entry.mode ?? 0o755) })
    case 'file':
      return record(entry.path, entry.data, { ...plain, mode: S_IFREG | (entry.mode ?? 0o644) })
    case 'symlink':
      return record(entry.path, text.encode(entry.target), { ...plain, mode: S_IFLNK | 0o777 })
    case 'character-device':
      return record(entry.path, NOTHING, {
        ...plain,
        mode: S_IFCHR | (entry.mode ?? 0o600),
        major: entry.major,
        minor: entry.minor,
      })
  }
}

function record(name: string, data: Uint8Array, fields: Fields): Uint8Array[] {
  const nameBytes = text.encode(`${name}\0`)
  const numbers = [
    fields.inode,
    fields.mode,
    0,
    0,
    fields.links,
    0,
    data.length,
    0,
    0,
    fields.major,
    fields.minor,
    nameBytes.length,
    0,
  ]
  const header = `070701${numbers.map((value) => value.toString(16).padStart(8, '0')).join('')}`
  return [text.encode(header), nameBytes, padding(HEADER_BYTES + nameBytes.length), data, padding(data.length)]
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3)
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
