import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defaultCacheDir } from '../../src/index.ts'
import type { Manifest } from '../../src/index.ts'

/** Runs where QEMU is installed and the guest has been built; elsewhere there is nothing to hold it against. */
const GUESTS = [
  ['i386', 'qemu-system-i386', []],
  ['amd64', 'qemu-system-x86_64', ['-cpu', 'qemu64']],
] as const
const PROMPT = 'mica:'
const CONTROL_C = '\x03'

function guestDirectory(architecture: string): string {
  return join(defaultCacheDir(), architecture)
}

/** Boots, types each line when the prompt has come back, and answers all that the serial port said once the machine is off. */
function session(qemu: string, extra: readonly string[], directory: string, lines: readonly string[]): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as Manifest
  const files = [
    '-kernel',
    join(directory, 'vmlinuz'),
    '-initrd',
    join(directory, 'initrd.img'),
    '-append',
    manifest.commandLine,
  ]
  const machine = [
    '-accel',
    'tcg',
    '-m',
    '256',
    '-icount',
    'shift=1',
    '-display',
    'none',
    '-serial',
    'stdio',
    '-no-reboot',
    '-nodefaults',
    ...extra,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(qemu, [...machine, ...files], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 600_000 })
    const left = [...lines]
    let output = ''
    let seen = 0
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1')
      const prompts = output.split(PROMPT).length - 1
      const line = prompts > seen ? left.shift() : undefined
      seen = prompts
      if (line === undefined) return
      child.stdin.write(`${line}\n`)
      if (line.startsWith('sleep')) setTimeout(() => child.stdin.write(CONTROL_C), 1500)
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}

describe.each(GUESTS)('%s', (architecture, qemu, extra) => {
  const directory = guestDirectory(architecture)
  const possible = existsSync(directory) && spawnSync(qemu, ['--version']).error === undefined
  const devices = ['-device', 'virtio-balloon-pci', '-device', 'virtio-rng-pci', '-device', 'virtio-net-pci,romfile=']

  test.runIf(possible)(
    'boots to a shell with job control, loads drivers for what is there, and powers off (oracle: QEMU)',
    async () => {
      const lines = ['uname -r; tty', 'sleep 1000', 'echo interrupted: $?', 'lsmod', 'exit']
      const output = await session(qemu, [...extra, ...devices], directory, lines)
      const { kernelRelease } = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as Manifest
      expect(output).toContain(`Linux ${kernelRelease} is up after`)
      expect(output).toContain('/dev/ttyS0')
      expect(output).not.toMatch(/can't access tty|job control turned off/)
      expect(output).toContain('interrupted: 130')
      for (const module of ['virtio_balloon', 'virtio_rng', 'virtio_net', 'virtio_pci'])
        expect(output).toMatch(new RegExp(`^${module} `, 'm'))
      for (const module of ['virtio_blk', 'virtio_console']) expect(output).not.toMatch(new RegExp(`^${module} `, 'm'))
      expect(output).toContain('reboot: Power down')
    },
  )

  test.runIf(possible && architecture === 'amd64')(
    'loads no driver without a device, and ends by poweroff and by reboot (oracle: QEMU)',
    async () => {
      const off = await session(qemu, extra, directory, ['lsmod | wc -l', 'poweroff'])
      expect(off).toMatch(/^1\r$/m)
      expect(off).toContain('reboot: Power down')
      expect(await session(qemu, extra, directory, ['reboot'])).toContain('reboot: Restarting system')
    },
  )
})
