// Oracle: the command's manual (README.md), on guests of a few instructions.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mica, scratch, start } from '../support/command.ts'
import {
  debugExit,
  echoUntil,
  guestImage,
  haltForever,
  loadEax,
  loopForever,
  movEax,
  out8,
  outEax,
  powerOff,
  print,
  resetMachine,
  storeEax,
  tripleFault,
  type Code,
} from '../support/guest-program.ts'

const files = scratch()
let images = 0
const image = (...code: Code): string => files.file(`guest-${images++}`, guestImage(...code))
const run = (kernel: string, ...options: string[]): string[] => [
  'run',
  '--kernel',
  kernel,
  '--memory',
  '4M',
  ...options,
]

describe('exit status', () => {
  test('0 when the guest powers off', async () => {
    const ended = await mica(run(image(print('hello\n'), powerOff)))
    expect(ended).toEqual({ status: 0, signal: null, stdout: 'hello\n', stderr: '' })
  })

  test.each([
    [0, 1],
    [1, 3],
    [0x31, 0x63],
    [0x80, 1],
  ])('(value << 1) | 1 from isa-debug-exit: %d', async (value, status) => {
    expect((await mica(run(image(debugExit(value))))).status).toBe(status)
  })

  test('3 for a triple fault, with the registers', async () => {
    const { status, stderr } = await mica(run(image(movEax(0xcafe_f00d), tripleFault)))
    expect(status).toBe(3)
    expect(stderr).toContain('mica: the guest died of a triple fault')
    expect(stderr).toMatch(/eax {4}cafef00d/)
  })

  test.each(['auto', 'interpreter', 'translator'])('124 on timeout, engine %s', async (engine) => {
    for (const code of [loopForever, haltForever, resetMachine]) {
      expect((await mica(run(image(code), '--timeout', '0.5', '--engine', engine))).status).toBe(124)
    }
  })

  test('0 when the text appears, be it in pieces', async () => {
    const { status, stdout } = await mica(
      run(image(print('one two three'), loopForever), '--exit-on', 'two th', '--timeout', '20'),
    )
    expect(status).toBe(0)
    expect(stdout).toContain('one two th')
  })

  test('130 on SIGINT and 143 on SIGTERM, without a word', async () => {
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const { child, ended, shows } = start(run(image(print('up'), haltForever)), null)
      await shows('up')
      child.kill(signal)
      const { stderr, ...end } = await ended
      expect(end).toEqual({ status, signal: null, stdout: 'up' })
      expect(stderr).not.toContain('at ')
    }
  })

  test('141 when the reader of its output has gone', async () => {
    const { child, ended, shows } = start(run(image([out8(0x3f8, 0x61)], [0xeb, 0xf7]), '--timeout', '20'), null)
    await shows('a')
    child.stdout!.destroy()
    const { status, stderr } = await ended
    expect({ status, stderr }).toEqual({ status: 141, stderr: '' })
  })
})

describe('input', () => {
  test.each(['real', 'instructions'])('standard input reaches the guest, clock %s', async (clock) => {
    const { status, stdout } = await mica(run(image(echoUntil('!'), powerOff), '--clock', clock), 'typed\nahead\n!')
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'typed\nahead\n!' })
  })

  test.each(['real', 'instructions'])('a pipe that stays open works as well, clock %s', async (clock) => {
    const { child, ended, shows } = start(run(image(print('? '), echoUntil('!'), powerOff), '--clock', clock), null)
    await shows('? ')
    child.stdin!.write('later')
    await shows('later')
    child.stdin!.write('!')
    expect((await ended).status).toBe(0)
  })
})

describe('files', () => {
  test('--debugcon writes port E9h to a file or to standard output', async () => {
    const kernel = image(print('debug', 0xe9), print('serial'), powerOff)
    const path = files.path('debug.txt')
    expect((await mica(run(kernel, '--debugcon', path))).stdout).toBe('serial')
    expect(readFileSync(path, 'utf8')).toBe('debug')
    const { stdout } = await mica(run(kernel, '--debugcon', 'stdio'))
    expect([...stdout].toSorted().join('')).toBe([...'debugserial'].toSorted().join(''))
  })

  test('--screen writes the text page', async () => {
    const path = files.path('screen.txt')
    const guest = image(movEax(0x0769_0748), storeEax(0xb8000), powerOff)
    expect((await mica(run(guest, '--screen', path))).stderr).toBe('')
    expect(readFileSync(path, 'utf8')).toBe(`Hi${'\n'.repeat(25)}`)
    const { stderr } = await mica(run(image(powerOff), '--screen', path))
    expect(stderr).toBe('mica: the guest wrote nothing to its text screen\n')
  })

  test('--stats writes counters', async () => {
    const path = files.path('stats.json')
    await mica(run(image(print('abc'), debugExit(7)), '--stats', path))
    const stats = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    expect(stats).toMatchObject({ exit: { reason: 'debug-exit', value: 7 }, serial: [{ sent: 3, received: 0 }] })
    expect(stats['instructions']).toBeGreaterThan(0)
    expect(stats['residentBytes']).toBeGreaterThan(0)
  })

  test('--module gives data and a command line', async () => {
    // Tells the flags of the Multiboot information, whose bit 3 is set when there are modules, and their number.
    const info = [0x8b, 0x03, outEax(0x3f8), 0x8b, 0x43, 0x14, outEax(0x3f8)]
    const kernel = image(info, powerOff)
    const module = files.file('module one', 'data')
    const plain = files.file('plain', 'data')
    const options = ['--module', module, '--module', `${plain} some words`, '--module', `${plain},more`]
    const { status, stdout, stderr } = await mica(run(kernel, ...options))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.charCodeAt(0) & 8).toBe(8)
    expect(stdout.charCodeAt(1)).toBe(3)
  })
})

describe('bad input is one line and status 2', () => {
  const kernel = image(powerOff)
  const noise = files.file('noise', new Uint8Array(100_000).fill(0x5a))
  const headless = files.file('truncated', guestImage(print('x'.repeat(1000))).subarray(0, 200))
  test.each([
    [[], 'which command?'],
    [['walk'], "unknown command 'walk'"],
    [['run', '--walk'], "unknown option '--walk'"],
    [['run', 'kernel'], 'too many arguments'],
    [['run', '--kernel'], "option '--kernel <file>' argument missing"],
    [['run', '--memory', 'much'], '--memory much: not a size'],
    [['run', '--memory', '64G'], '--memory 64G: give a guest 1M to 3584M'],
    [['run', '--cpu', '8086'], 'cpu is 8086; must be one of'],
    [['run', '--engine', 'steam'], "'steam' is invalid"],
    [['run', '--timeout', 'soon'], 'must be a number of seconds'],
    [['run', '--kernel', files.path('absent')], 'absent: there is no such file'],
    [['run', '--kernel', files.path('.')], 'it is a directory'],
    [['run', '--kernel', noise], 'noise is not what it should be'],
    [['run', '--kernel', headless], 'cut short'],
    [['run', '--kernel', kernel, '--initrd', noise], '--initrd is for Linux kernels'],
    [['run', '--kernel', kernel, '--module', 'absent'], '--module absent: there is no such file'],
    [['run', '--kernel', kernel, '--memory', '1M'], 'give the machine more memory'],
    [['run', '--kernel', kernel, '--stats', '/nowhere/stats.json'], '--stats /nowhere/stats.json: cannot be written'],
    [['run', '--module', noise], '--module needs --kernel'],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await mica(args)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^mica: [^\n]+\n$/)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

test('--help and --version answer on standard output', async () => {
  const help = await mica(['run', '--help'])
  expect(help).toMatchObject({ status: 0, stderr: '' })
  for (const option of [
    'kernel',
    'initrd',
    'append',
    'module',
    'memory',
    'cpu',
    'engine',
    'clock',
    'debugcon',
    'virtio-disk',
    'virtio-console',
    'virtio-mode',
    'screen',
    'stats',
    'exit-on',
    'timeout',
  ]) {
    expect(help.stdout).toContain(`--${option} <`)
  }
  expect((await mica(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('a guest at the end of its memory reads and writes nothing, and lives', async () => {
  expect((await mica(run(image(loadEax(0x7fff_fff0), storeEax(0x7fff_fff0), powerOff)))).status).toBe(0)
})
