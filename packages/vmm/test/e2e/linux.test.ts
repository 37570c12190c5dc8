// Oracle: Debian's kernel and busybox, unmodified: what they print, and that they come to the end.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mica, scratch, start, type Ended } from '../support/command.ts'
import { requireGuest } from './guest.ts'

const files = scratch()
const script = 'uname -a\ncat /proc/cpuinfo\necho $((6*7))\npoweroff -f\n'

interface Stats {
  readonly instructions: number
  readonly residentBytes: number
  readonly time: { readonly guestNs: number }
}

const statsOf = (path: string): Stats => JSON.parse(readFileSync(path, 'utf8')) as Stats

function expectSession({ status, stdout, stderr }: Ended): void {
  expect(stdout).toMatch(/^Linux \(none\) [\d.]+-\d+-686 .* i686 GNU\/Linux\r$/m)
  expect(stdout).toMatch(/^model name\t: Mica Virtual CPU\r$/m)
  expect(stdout).toMatch(/^42\r$/m)
  expect(stdout).toMatch(/reboot: Power down\r\n$/)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}

test('the default guest boots, obeys and switches itself off', async (context) => {
  requireGuest(context)
  const stats = files.path('real.json')
  expectSession(await mica(['run', '--append', 'quiet', '--stats', stats], script))
  expect(statsOf(stats).residentBytes / 2 ** 20, 'MiB of memory').toBeLessThan(400)
})

test('a person at the prompt: each line is typed when the guest asks', async (context) => {
  requireGuest(context)
  const screen = files.path('screen.txt')
  const append = 'console=tty0 console=ttyS0 quiet'
  const { child, ended, shows } = start(['run', '--append', append, '--screen', screen], null)
  await shows('mica:/root# ')
  child.stdin!.write('echo first-$((1+1))\n')
  await shows('first-2')
  child.stdin!.write('sleep 100\n')
  await new Promise((resolve) => setTimeout(resolve, 300))
  child.stdin!.write('\x03echo interrupted-$((1+2))\n')
  await shows('interrupted-3')
  child.stdin!.write('echo shown > /dev/tty0; echo done-$((3+4))\n')
  await shows('done-7')
  child.stdin!.end('exit\n')
  const { status, stdout } = await ended
  expect(stdout).toMatch(/Power down\r\n$/)
  expect(status).toBe(0)
  expect(readFileSync(screen, 'utf8')).toMatch(/^shown$/m)
})

test('reboot boots again', async (context) => {
  requireGuest(context)
  const { status, stdout } = await mica(['run', '--append', 'quiet'], 'reboot -f\npoweroff -f\n')
  expect(stdout.match(/BusyBox v/g)).toHaveLength(2)
  expect(status).toBe(0)
})

test.for([
  ['pentium3', 'sse', 'sse2'],
  ['x86-64-v2,+aes,+rdrand,+xsave,+xsavec', 'xsavec', 'avx'],
])('the guest runs on %s, which has %s and not %s', async ([cpu, has, lacks], context) => {
  requireGuest(context)
  const input = `grep -wc -e ${has} /proc/cpuinfo; grep -wc -e ${lacks} /proc/cpuinfo; echo end-$((1+1))\npoweroff -f\n`
  const { status, stdout } = await mica(['run', '--cpu', cpu!, '--append', 'quiet'], input)
  expect(stdout).toMatch(/^1\r\n0\r\nend-2/m)
  expect(status).toBe(0)
})

test('a bzImage boots, and unpacks itself', async (context) => {
  const { kernel, initrd, commandLine } = requireGuest(context)
  const args = ['run', '--kernel', kernel, '--initrd', initrd, '--append', `${commandLine} quiet`]
  const { status, stdout } = await mica([...args, '--exit-on', 'mica:/root# '])
  expect(stdout).toContain('BusyBox v')
  expect(status).toBe(0)
})

// Oracle: the other engine, on three hundred million instructions with interrupts and input.
test('with the instructions clock every engine prints the same and retires the same', async (context) => {
  requireGuest(context)
  const runs: { output: string; instructions: number; guestNs: number }[] = []
  for (const engine of ['interpreter', 'auto', 'translator']) {
    const path = files.path(`${engine}.json`)
    const ended = await mica(['run', '--engine', engine, '--clock', 'instructions', '--stats', path], script)
    expectSession(ended)
    const { instructions, time } = statsOf(path)
    runs.push({ output: ended.stdout, instructions, guestNs: time.guestNs })
  }
  expect(runs[1]).toEqual(runs[0])
  expect(runs[2]).toEqual(runs[0])
})
