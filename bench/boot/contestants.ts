/** Who boots the guest, and with which command. Each prints the guest's first serial port on its standard output. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Guest {
  /** bzImage: the guest unpacks its kernel first. */
  readonly kernel: string
  /** The same kernel unpacked, which Mica boots by default; its peers cannot. */
  readonly vmlinux?: string
  readonly initrd: string
  readonly commandLine: string
}

export interface Contestant {
  readonly name: string
  /** Which one it is, or undefined when this machine does not have it. */
  version(): string | undefined
  command(guest: Guest): readonly [string, ...string[]]
}

/** What each machine gets: enough for any of them, the same for all. */
export const memoryMiB = 256

/** How the guest's shell begins its prompt, and nothing before it a line. */
export const prompt = 'mica:'

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

function manifestVersion(path: string): string | undefined {
  const file = fromRoot(`${path}/package.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined
}

const micaCommand = (kernel: string, { initrd, commandLine }: Guest): readonly [string, ...string[]] => [
  process.execPath,
  '--conditions=@mica-vm/source',
  fromRoot('packages/vmm/src/cli.ts'),
  'run',
  ...['--kernel', kernel, '--initrd', initrd, '--append', commandLine],
  ...['--memory', `${memoryMiB}M`, '--exit-on', prompt],
]

const mica: Contestant = {
  name: 'Mica',
  version: () => manifestVersion('packages/vmm'),
  command: (guest) => micaCommand(guest.kernel, guest),
}

const micaUnpacked: Contestant = {
  name: 'Mica, vmlinux',
  version: () => manifestVersion('packages/vmm'),
  command: (guest) => micaCommand(guest.vmlinux ?? guest.kernel, guest),
}

const v86: Contestant = {
  name: 'v86',
  version: () => (existsSync('/usr/share/seabios/bios.bin') ? manifestVersion('node_modules/v86') : undefined),
  command: ({ kernel, initrd, commandLine }) => [
    process.execPath,
    fromRoot('bench/boot/v86-guest.ts'),
    ...[kernel, initrd, commandLine, `${memoryMiB}`],
  ],
}

const qemu: Contestant = {
  name: 'QEMU TCG',
  version() {
    try {
      return /version ([\d.]+)/.exec(execFileSync('qemu-system-i386', ['--version'], { encoding: 'utf8' }))?.[1]
    } catch {
      return undefined
    }
  },
  command: ({ kernel, initrd, commandLine }) => [
    'qemu-system-i386',
    ...['-accel', 'tcg', '-m', `${memoryMiB}`, '-kernel', kernel, '-initrd', initrd, '-append', commandLine],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
  ],
}

export const contestants: readonly Contestant[] = [mica, micaUnpacked, v86, qemu]
