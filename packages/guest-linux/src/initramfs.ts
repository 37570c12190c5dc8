import type { CpioEntry } from './cpio.ts'
import { packCpio } from './cpio.ts'
import { busyboxApplets } from './busybox.ts'
import { FSTAB, INIT_SCRIPT, SHELL_RC } from './init-script.ts'
import type { FoundModule } from './kernel-modules.ts'
import { aliasFile, dependencyFile } from './kernel-modules.ts'

export interface InitramfsParts {
  readonly busybox: Uint8Array
  /** Kernel release: names the directory below `/lib/modules`. */
  readonly release: string
  readonly modules: readonly FoundModule[]
}

const DIRECTORIES = [
  'bin',
  'dev',
  'etc',
  'lib',
  'lib/modules',
  'proc',
  'root',
  'run',
  'sys',
  'tmp',
  'usr',
  'var',
  'var/log',
  'mnt',
]
const BIN_ALIASES: readonly (readonly [string, string])[] = [
  ['sbin', 'bin'],
  ['usr/bin', '../bin'],
  ['usr/sbin', '../bin'],
]

/** Character devices that must exist before devtmpfs is mounted (kernel documentation, admin-guide/devices). */
const DEVICES: readonly (readonly [string, number, number, number])[] = [
  ['console', 5, 1, 0o600],
  ['tty', 5, 0, 0o666],
  ['null', 1, 3, 0o666],
  ['zero', 1, 5, 0o666],
  ['urandom', 1, 9, 0o666],
  ['ttyS0', 4, 64, 0o600],
]

const text = new TextEncoder()

/** The guest's whole root file system as an uncompressed cpio archive; equal parts give equal bytes. */
export function buildInitramfs(parts: InitramfsParts): Uint8Array {
  return packCpio([
    ...DIRECTORIES.map((path): CpioEntry => ({ kind: 'directory', path, mode: path === 'tmp' ? 0o1777 : 0o755 })),
    ...BIN_ALIASES.map(([path, target]): CpioEntry => ({ kind: 'symlink', path, target })),
    ...DEVICES.map(([name, major, minor, mode]): CpioEntry => ({
      kind: 'character-device',
      path: `dev/${name}`,
      major,
      minor,
      mode,
    })),
    { kind: 'file', path: 'bin/busybox', data: parts.busybox, mode: 0o755 },
    ...busyboxApplets(parts.busybox)
      .filter((name) => name !== 'busybox')
      .map((name): CpioEntry => ({ kind: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    file('etc/fstab', FSTAB),
    file('etc/shrc', SHELL_RC),
    file('etc/passwd', 'root::0:0:root:/root:/bin/sh\n'),
    file('etc/group', 'root:x:0:\n'),
    file('init', INIT_SCRIPT, 0o755),
    ...moduleEntries(parts.release, parts.modules),
  ])
}

function file(path: string, content: string, mode = 0o644): CpioEntry {
  return { kind: 'file', path, data: text.encode(content), mode }
}

function moduleEntries(release: string, modules: readonly FoundModule[]): CpioEntry[] {
  const root = `lib/modules/${release}`
  const directories = new Set<string>([root])
  for (const { path } of modules) {
    const segments = path.split('/').slice(0, -1)
    segments.forEach((_, index) => directories.add(`${root}/${segments.slice(0, index + 1).join('/')}`))
  }
  return [
    ...[...directories].map((path): CpioEntry => ({ kind: 'directory', path })),
    ...modules.map((module): CpioEntry => ({ kind: 'file', path: `${root}/${module.path}`, data: module.data })),
    file(`${root}/modules.dep`, dependencyFile(modules)),
    file(`${root}/modules.alias`, aliasFile(modules)),
  ]
}
