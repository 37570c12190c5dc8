/** Who runs the loops, and with which command. Each prints the guest's marks on its standard output. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Contestant {
  readonly name: string
  /** Not Mica. */
  readonly peer: boolean
  present(): boolean
  command(image: string): readonly [string, ...string[]]
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const mica = (name: string, engine: string): Contestant => ({
  name,
  peer: false,
  present: () => true,
  command: (image) => [process.execPath, '--conditions=@mica-vm/source', script('mica-guest.ts'), image, engine],
})

const v86: Contestant = {
  name: 'v86',
  peer: true,
  present: () => existsSync('/usr/share/seabios/bios.bin'),
  command: (image) => [process.execPath, script('v86-guest.ts'), image],
}

const qemu: Contestant = {
  name: 'QEMU TCG',
  peer: true,
  present() {
    try {
      execFileSync('qemu-system-i386', ['--version'])
      return true
    } catch {
      return false
    }
  },
  command: (image) => [
    'qemu-system-i386',
    ...['-accel', 'tcg', '-cpu', 'max', '-m', '16', '-kernel', image],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
  ],
}

export const contestants: readonly Contestant[] = [mica('interpreter', 'interpreter'), mica('Mica', 'auto'), v86, qemu]
