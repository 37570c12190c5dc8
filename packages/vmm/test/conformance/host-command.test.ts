// Oracle: the command's manual (README.md), on guests of a few instructions.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasTerminal, mica, scratch, start, startOnTerminal } from '../support/command.ts'
import {
  echoUntil,
  guestImage,
  haltForever,
  loopForever,
  powerOff,
  print,
  tripleFault,
  type Code,
} from '../support/guest-program.ts'

const files = scratch()
let count = 0
const image = (...code: Code): string => files.file(`guest-${count++}`, guestImage(...code))
const hostFile = (content: unknown): string =>
  files.file(`host-${count++}.json`, typeof content === 'string' ? content : JSON.stringify(content))
const vm = (name: string, code: Code, more: object = {}): object => ({
  name,
  kernel: image(...code),
  memory: '2M',
  ...more,
})
const u32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
/** Writes a word to each page from `start` to below `end`. */
const touchSome = (start: number, end: number): Code => [
  [0xbf, u32(start)],
  [0x89, 0x3f, 0x81, 0xc7, u32(4096), 0x81, 0xff, u32(end), 0x72, 0xf0],
]
/** Writes the last digits of the virtio devices on the PCI bus: 1 is a disk, 2 a balloon, 3 a console, 5 a source of random numbers. */
const printVirtioDevices: Code = [
  [0x31, 0xc9], // xor ecx, ecx
  [0x89, 0xc8, 0xc1, 0xe0, 0x0b, 0x0d, u32(0x8000_0000)], // slot: mov eax, ecx; shl eax, 11; or eax, 80000000h
  [0x66, 0xba, 0xf8, 0x0c, 0xef, 0x66, 0xba, 0xfc, 0x0c, 0xed], // mov dx, CF8h; out dx, eax; mov dx, CFCh; in eax, dx
  [0x66, 0x3d, 0xf4, 0x1a, 0x75, 0x0a], // cmp ax, 1AF4h; jne next
  [0xc1, 0xe8, 0x10, 0x04, 0x30, 0x66, 0xba, 0xf8, 0x03, 0xee], // shr eax, 16; add al, '0'; mov dx, 3F8h; out dx, al
  [0x41, 0x83, 0xf9, 0x20, 0x72, 0xd6], // next: inc ecx; cmp ecx, 32; jb slot
]
/**
 * Finds a virtio device on the PCI bus by its PCI identity, and says by its registers of before VIRTIO 1 that there is a driver. The address of
 * the device status is in EDX then.
 */
const driverOf = (identity: number): Code => [
  [0xb9, u32(0x8000_0000)], // mov ecx, 80000000h
  [0x89, 0xc8, 0x66, 0xba, 0xf8, 0x0c, 0xef, 0x66, 0xba, 0xfc, 0x0c, 0xed], // slot: mov eax, ecx; its vendor and device
  [0x3d, u32(identity), 0x74, 0x08, 0x81, 0xc1, u32(0x800), 0xeb, 0xe5], // cmp eax, ...; je; add ecx, 800h; jmp slot
  [0x8d, 0x41, 0x04, 0x66, 0xba, 0xf8, 0x0c, 0xef, 0x66, 0xba, 0xfc, 0x0c, 0xed], // its command register
  [0x83, 0xc8, 0x05, 0xef], // or eax, 5; out dx, eax: I/O space, bus master
  [0x8d, 0x41, 0x10, 0x66, 0xba, 0xf8, 0x0c, 0xef, 0x66, 0xba, 0xfc, 0x0c, 0xed], // its first base address
  [0x66, 0x83, 0xe0, 0xfc, 0x83, 0xc0, 0x12, 0x89, 0xc2], // and ax, FFFCh; add eax, 18; mov edx, eax: device status
  [0xb0, 0x01, 0xee, 0xb0, 0x03, 0xee, 0xb0, 0x07, 0xee], // ACKNOWLEDGE, DRIVER, DRIVER_OK
]
const [balloon, randomNumbers] = [0x1002_1af4, 0x1005_1af4]
/** Resets the device at hand, and gives it a queue that consists of ones. */
const breakQueue: Code = [
  [0x89, 0xd3, 0xb0, 0x00, 0xee, 0xb0, 0x03, 0xee], // mov ebx, edx: reset, ACKNOWLEDGE and DRIVER
  [0xbf, u32(0x18_0000), 0xb9, u32(0x1000), 0x83, 0xc8, 0xff, 0xf3, 0xab], // mov edi, 180000h; mov ecx, 1000h; or eax, -1; rep stosd
  [0x8d, 0x53, 0xf6, 0xb8, u32(0x180), 0xef], // lea edx, [ebx - 10]; mov eax, 180h; out dx, eax: the queue's page
  [0x89, 0xda, 0xb0, 0x07, 0xee], // mov edx, ebx; mov al, 7; out dx, al: DRIVER_OK
]
const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('the end', () => {
  test('status 0 when all guests have powered off; each end is a line, and the last is a sample', async () => {
    const path = hostFile({
      memory: '8M',
      vms: [vm('first', [print('one'), powerOff]), vm('second', [print('two'), powerOff])],
    })
    const { status, stdout, stderr } = await mica(['host', path])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = linesOf(stdout)
    const ends = lines.filter(({ exit }) => exit === 'powered-off').map((line) => line['vm'])
    expect(new Set(ends)).toEqual(new Set(['first', 'second']))
    const last = lines.at(-1) as { vms: { name: string; state: string; size: number }[] }
    expect(last.vms.map(({ name, state, size }) => ({ name, state, size }))).toEqual([
      { name: 'first', state: 'off', size: 2 ** 21 },
      { name: 'second', state: 'off', size: 2 ** 21 },
    ])
  })

  test('status 3 when one died; the others go on to their end', async () => {
    const path = hostFile({ memory: '8M', vms: [vm('bad', [tripleFault]), vm('good', [print('fine'), powerOff])] })
    const { status, stdout } = await mica(['host', path])
    expect(status).toBe(3)
    expect(stdout).toMatch(/"vm":"bad","exit":"triple-fault","message":"died of a triple fault/)
    expect(stdout).toMatch(/"vm":"good","exit":"powered-off"/)
  })

  test('guests that touch more than there is are swapped out, and end well', async () => {
    const pages = (name: string): object =>
      vm(name, [touchSome(0x20_0000, 0x50_0000), powerOff], { memory: { size: '6M', min: '1M' } })
    const path = hostFile({
      memory: '8M',
      engine: 'interpreter',
      swap: { file: files.path(`swap-${count++}`), size: '32M' },
      // The guests write the same.
      sharing: false,
      vms: [pages('one'), pages('two'), pages('three')],
    })
    const { status, stdout, stderr } = await mica(['host', path, '--interval', '0.1'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const last = linesOf(stdout).at(-1) as {
      swap: { used: number; size: number }
      vms: { swapped: number; swapOuts: number; swapIns: number }[]
    }
    expect(last.swap.size).toBe(32 * 2 ** 20)
    expect(last.swap.used).toBeGreaterThan(2 ** 20)
    for (const { swapped, swapOuts, swapIns } of last.vms) expect((swapOuts - swapIns) * 4096).toBe(swapped)
  })

  test('a guest that does not give up what it is asked for is told of, and so is that it complies again', async () => {
    const path = hostFile({
      memory: '16M',
      engine: 'interpreter',
      swap: { size: '32M' },
      vms: [
        vm('stubborn', [driverOf(balloon), touchSome(0x20_0000, 0x50_0000), loopForever], {
          memory: { size: '6M', max: '2M' },
        }),
      ],
    })
    const { child, ended, shows } = start(['host', path, '--interval', '0.1'], null)
    await shows('"compliant":true')
    child.kill('SIGTERM')
    const lines = linesOf((await ended).stdout)
    const told = lines.filter(({ compliant }) => compliant !== undefined)
    expect(told.slice(0, 2)).toEqual([
      expect.objectContaining({
        vm: 'stubborn',
        compliant: false,
        message: 'does not give up the memory that it is asked for, and is swapped out instead',
      }),
      expect.objectContaining({
        vm: 'stubborn',
        compliant: true,
        message: 'gives up the memory that it is asked for again',
      }),
    ])
    const between = lines.slice(lines.indexOf(told[0]!) + 1, lines.indexOf(told[1]!)) as { vms: { state: string }[] }[]
    expect(new Set(between.map(({ vms }) => vms[0]!.state))).toEqual(new Set(['defiant']))
  })

  test('the devices of a guest are those of the file', async () => {
    const disk = files.file(`disk-${count++}`, Buffer.alloc(8192))
    const virtio = { disks: [disk, { file: disk, snapshot: true, serial: 'S1' }], rng: true, console: true }
    const path = hostFile({
      memory: '8M',
      vms: [
        vm('plain', [printVirtioDevices, powerOff]),
        vm('rich', [printVirtioDevices, powerOff], { virtio }),
        vm('modern', [printVirtioDevices, powerOff], { virtio: { mode: 'modern', rng: true } }),
      ],
    })
    const directory = files.path(`consoles-${count++}`)
    const { status, stderr } = await mica(['host', path, '--serial-dir', directory])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const said = (name: string): string => readFileSync(join(directory, `${name}.log`), 'utf8')
    expect(['plain', 'rich', 'rich+hvc0'].map(said)).toEqual(['2', '11352', ''])
    // Device 1044h and 1045h: the low byte, from which the digit is made, is 44h and 45h.
    expect(said('modern')).toBe('tu')
    expect(existsSync(join(directory, 'plain+hvc0.log'))).toBe(false)
  })

  test('124 on timeout, 130 on SIGINT, 143 on SIGTERM: all machines are stopped', async () => {
    const path = hostFile({ memory: '8M', vms: [vm('a', [loopForever]), vm('b', [print('up'), haltForever])] })
    expect((await mica(['host', path, '--timeout', '0.5'])).status).toBe(124)
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const { child, ended, shows } = start(['host', path, '--interval', '0.1'], null)
      await shows('"name":"b","state":"running"')
      child.kill(signal)
      const end = await ended
      expect(end.status).toBe(status)
      const last = linesOf(end.stdout).at(-1) as { vms: { state: string }[] }
      expect(last.vms.map(({ state }) => state)).toEqual(['off', 'off'])
    }
  })
})

describe('a driver that breaks the rules', () => {
  const rebel: Code = [driverOf(randomNumbers), breakQueue, breakQueue, powerOff]

  test('is told once, and its machine goes on', async () => {
    const path = hostFile({ memory: '8M', vms: [vm('rebel', [rebel], { virtio: { rng: true } })] })
    const { status, stdout } = await mica(['host', path])
    expect(status).toBe(0)
    const told = linesOf(stdout).filter(({ message }) => message !== undefined)
    expect(told).toEqual([
      expect.objectContaining({
        vm: 'rebel',
        device: 'virtio-rng',
        message: expect.stringContaining('broke the rules'),
      }),
      expect.objectContaining({ vm: 'rebel', message: 'has powered off' }),
    ])
  })

  test('is told by `mica run`, too', async () => {
    const { status, stderr } = await mica(['run', '--kernel', image(rebel), '--memory', '2M', '--virtio-rng'])
    expect(status).toBe(0)
    expect(stderr.match(/rng: the guest's driver broke the rules/g)).toHaveLength(1)
  })
})

describe('SIGHUP', () => {
  const file = (vms: object[], more: object = {}): string =>
    JSON.stringify({ memory: '16M', swap: { size: '32M' }, ...more, vms })

  test('gives running machines the limits that their file has now; a wrong file changes nothing, and what cannot be changed is named', async () => {
    const [one, two] = ['one', 'two'].map((name) => vm(name, [loopForever])) as [object, object]
    const path = hostFile(file([one, two]))
    const { child, ended, shows, warns } = start(['host', path, '--interval', '0.1'], null)
    await shows('"state":"running"')
    writeFileSync(path, '{"memory": "16X", "vms": []}')
    child.kill('SIGHUP')
    await warns('memory: "16X" is no size')
    const changed = { ...one, memory: { size: '2M', min: '1M', max: '1.5M', shares: 7 }, cpuShares: 3, input: 'more' }
    writeFileSync(path, file([changed, two], { timerSlackMs: 3 }))
    child.kill('SIGHUP')
    await shows('"limits"')
    await shows('"min":1048576,"max":1572864,"shares":7,"target"')
    // The host has 16 MiB to guarantee, and less.
    writeFileSync(path, file([changed, { ...two, memory: { size: '2M', min: '3M' } }]))
    child.kill('SIGHUP')
    await warns('vms[1].memory.min: must be size at most')
    writeFileSync(path, file([two, one]))
    child.kill('SIGHUP')
    await warns('machines come and go')
    child.kill('SIGTERM')
    const { status, stdout, stderr } = await ended
    expect(status).toBe(143)
    const told = linesOf(stdout).filter(({ limits }) => limits !== undefined)
    expect(told).toEqual([
      expect.objectContaining({ vm: 'one', limits: { min: 1048576, max: 1572864, shares: 7, cpuShares: 3 } }),
    ])
    expect(stderr.split('\n').map((line) => line.replace(`mica: ${path}:`, '').trim())).toEqual([
      '1: memory: "16X" is no size such as "64M" or "1G"',
      '1: vms: must have one machine at least',
      'timerSlackMs: counts when the host is started again',
      'vms[0].input: counts when the host is started again',
      '1: vms[1].memory.min: must be size at most',
      'vms: machines come and go when the host is started again; nothing was changed',
      '',
    ])
    const last = linesOf(stdout).at(-1) as { vms: { name: string; max: number; cpuShares: number }[] }
    expect(last.vms.map(({ name, max, cpuShares }) => [name, max, cpuShares])).toEqual([
      ['one', 1572864, 3],
      ['two', 2 * 2 ** 20, 1000],
    ])
  })

  test('cannot promise what the host has not got', async () => {
    const guests = (min: string): object[] => [vm('big', [loopForever], { memory: { size: '24M', min } })]
    const path = hostFile(file(guests('1M')))
    const { child, ended, shows, warns } = start(['host', path, '--interval', '0.1'], null)
    await shows('"state":"running"')
    writeFileSync(path, file(guests('20M')))
    child.kill('SIGHUP')
    await warns('vms[0] (big): big is to be guaranteed 20.0 MiB and the host can guarantee')
    child.kill('SIGTERM')
    const last = linesOf((await ended).stdout).at(-1) as { vms: { min: number }[] }
    expect(last.vms[0]!.min).toBe(2 ** 20)
  })
})

describe('--serial-dir', () => {
  test('has a log for each machine, and input from the file', async () => {
    const directory = files.path(`consoles-${count++}`)
    const path = hostFile({
      memory: '8M',
      vms: [vm('one', [print('this is one'), powerOff]), vm('two', [echoUntil('q'), powerOff], { input: 'hello q' })],
    })
    expect((await mica(['host', path, '--serial-dir', directory])).status).toBe(0)
    expect(readFileSync(join(directory, 'one.log'), 'utf8')).toBe('this is one')
    expect(readFileSync(join(directory, 'two.log'), 'utf8')).toBe('hello q')
    expect(existsSync(join(directory, 'one.sock'))).toBe(false)
  })

  test('has a socket for each machine: whoever connects sees it, and types', async () => {
    const directory = files.path(`consoles-${count++}`)
    const path = hostFile({ memory: '8M', vms: [vm('echo', [echoUntil('q'), powerOff])] })
    const { ended, shows } = start(['host', path, '--serial-dir', directory, '--interval', '0.1'], null)
    await shows('"state":"running"')
    const socket = createConnection(join(directory, 'echo.sock'))
    let heard = ''
    socket.on('data', (bytes) => void (heard += bytes.toString()))
    socket.write('typed by hand q')
    expect((await ended).status).toBe(0)
    expect(heard).toBe('typed by hand q')
  })
})

describe('--metrics', () => {
  /** Names, labels and values of the text format; throws at a line that is none. */
  function parse(text: string): Map<string, number> {
    const series = new Map<string, number>()
    const types = new Map<string, string>()
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const type = /^# TYPE ([a-z_]+) (gauge|counter)$/.exec(line)
      if (type) types.set(type[1]!, type[2]!)
      if (line.startsWith('#')) continue
      const match = /^([a-z_]+)(\{(?:[a-z]+="[^"]*",?)+\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line)
      if (!match) throw new Error(`no line of the format: ${line}`)
      expect(types.has(match[1]!), match[1]).toBe(true)
      expect(match[1]!.endsWith('_total')).toBe(types.get(match[1]!) === 'counter')
      series.set(`${match[1]}${match[2] ?? ''}`, Number(match[3]))
    }
    return series
  }

  test('a file holds a sample in the text format of Prometheus', async () => {
    const path = hostFile({ memory: '8M', vms: [vm('one', [print('x'), powerOff], { cpuShares: 77 })] })
    const metrics = files.path('metrics.prom')
    expect((await mica(['host', path, '--metrics', metrics])).status).toBe(0)
    const series = parse(readFileSync(metrics, 'utf8'))
    expect(series.get('mica_host_memory_bytes')! - 8 * 2 ** 20).toBeLessThan(2 ** 16)
    expect(series.get('mica_vm_memory_size_bytes{vm="one"}')).toBe(2 * 2 ** 20)
    expect(series.get('mica_vm_cpu_shares{vm="one"}')).toBe(77)
    expect(series.get('mica_vm_instructions_total{vm="one"}')).toBeGreaterThan(5)
    expect(series.get('mica_host_memory_state{state="high"}')).toBe(1)
    expect(series.get('mica_vm_state{vm="one",state="off"}')).toBe(1)
    expect(series.get('mica_vm_state{vm="one",state="running"}')).toBe(0)
    for (const what of ['swap_ins', 'swap_outs', 'merges', 'copy_on_write_breaks', 'balloon_inflations'])
      expect(series.get(`mica_vm_memory_${what}_total{vm="one"}`), what).toBe(0)
  })

  test('standard output has metrics and nothing else', async () => {
    const path = hostFile({ memory: '8M', vms: [vm('one', [powerOff])] })
    const { status, stdout } = await mica(['host', path, '--metrics', 'stdout'])
    expect(status).toBe(0)
    expect(parse(stdout).size).toBeGreaterThan(10)
  })

  test('a file that cannot be written is refused before anything runs', async () => {
    const path = hostFile({ memory: '8M', vms: [vm('one', [powerOff])] })
    const { status, stderr } = await mica(['host', path, '--metrics', '/nowhere/metrics'])
    expect(status).toBe(2)
    expect(stderr).toBe('mica: --metrics /nowhere/metrics: cannot be written (ENOENT)\n')
  })
})

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test('a table of 80 columns is drawn over itself, with ends above it', async () => {
    const path = hostFile({
      memory: '8M',
      vms: [vm('long-name-of-a-guest', [loopForever]), vm('two', [powerOff]), vm('three', [loopForever])],
    })
    const { status, stdout } = await startOnTerminal(['host', path, '--timeout', '1', '--interval', '0.2']).ended
    expect(status).toBe(124)
    expect(stdout).toContain('mica: two has powered off')
    const lines = stdout.replaceAll(/\x1b\[\d*[A-Z]/g, '').split(/\r?\n/)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
    expect(
      lines.some((line) => /^VM +SIZE +TARGET +ACTIVE +USED +SHARED +ZERO +BALLOON +SWAP +SH\/PG +STATE$/.test(line)),
    ).toBe(true)
    expect(lines.some((line) => /^three +2M +2M +100% .* running$/.test(line))).toBe(true)
    expect(stdout).toContain('\x1b[5A')
  })
})

describe('a wrong host file', () => {
  const refused = async (content: unknown): Promise<string[]> => {
    const path = hostFile(content)
    const { status, stdout, stderr } = await mica(['host', path])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    return stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(`mica: ${path}:`, ''))
  }

  test('is refused with every mistake, its line and its path', async () => {
    const content = `{
      // comments are allowed
      "memory": "12X",
      "memry": 1, "other": 2,
      "timerSlackMs": -4, "sharing": { "pagesPerSecond": "a", "zzz": 1 }, "policy": { "idleTax": 1 },
      "vms": [
        { "name": "a b", "memory": "64M" },
        { "name": "x", "memory": { "size": "64M", "min": "32M", "max": "16M", "shares": 0, "mim": 4 }, "kernel": "nowhere" },
        { "name": "x", "memory": { "size": "64M", "min": "32M", "max": "128M" }, "disks": ["/nope", { "file": 3 }] },
        { "memory": true, "cpuShares": 1.5 },
        5,
        { "name": "y", "memory": { "size": "64Q", "min": "2M", "max": "1M" }, "virtio": { "rgn": true, "mode": "old" } },
        { "name": "z", "memory": "64M", "virtio": { "disks": ["/nope", { "file": "/nope", "readOnly": 1, "serial": "" }] } }
      ]
    }`
    expect(await refused(content)).toEqual([
      '3: memory: "12X" is no size such as "64M" or "1G"',
      '4: memry: is no setting here',
      '4: other: is no setting here',
      '5: sharing.pagesPerSecond: expected number, received string',
      '5: sharing.zzz: is no setting here',
      '5: policy.idleTax: must be from 0 to below 1',
      '5: timerSlackMs: must be from 0 to 1000',
      '7: vms[0].name: must be 1 to 32 letters, digits, dots, dashes and underscores',
      '8: vms[1].memory.shares: must be 1 at least',
      '8: vms[1].memory.mim: is no setting here',
      '8: vms[1].kernel: nowhere: there is no such file',
      '8: vms[1].memory.min: must be max at most',
      '9: vms[2].disks[1].file: expected string, received number',
      '9: vms[2].disks[0]: /nope: there is no such file',
      '9: vms[2].name: "x" is vms[1]\'s name already',
      '9: vms[2].memory.max: must be size at most',
      '10: vms[3].name: is missing',
      '10: vms[3].memory: must be a size such as "64M" or "1G"',
      '10: vms[3].cpuShares: must be an integer',
      '11: vms[4]: expected object, received number',
      '12: vms[5].memory.size: "64Q" is no size such as "64M" or "1G"',
      '12: vms[5].virtio.mode: must be modern, transitional or legacy',
      '12: vms[5].virtio.rgn: is no setting here',
      '12: vms[5].memory.min: must be max at most',
      '13: vms[6].virtio.disks[1].readOnly: expected boolean, received number',
      '13: vms[6].virtio.disks[1].serial: must be 1 to 20 characters of ASCII',
      '13: vms[6].virtio.disks[0]: /nope: there is no such file',
      '13: vms[6].virtio.disks[1].file: /nope: there is no such file',
    ])
  })

  test('with more guaranteed than there is, is refused with numbers and the way out', async () => {
    const path = hostFile({ memory: '4M', vms: [vm('greedy', [powerOff], { memory: '16M' })] })
    const { status, stderr } = await mica(['host', path])
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /vms\[0\] \(greedy\): greedy is to be guaranteed 16\.0 MiB and the host can guarantee 3\.\d MiB: lower its min/,
    )
  })

  test('with a swap file that exists, is refused, and the file stays', async () => {
    const file = files.file(`swap-${count++}`, 'mine')
    const path = hostFile({ memory: '8M', swap: { file, size: '8M' }, vms: [vm('one', [powerOff])] })
    const { status, stderr } = await mica(['host', path])
    expect(status).toBe(2)
    expect(stderr).toContain(`swap.file ${file}: `)
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('that is not JSON tells where', async () => {
    expect(await refused('{\n  "memory": "1G"\n  "vms": []\n}')).toContain('3: not JSON: comma expected')
    expect(await refused('')).not.toEqual([])
    expect(await refused('[]')).toEqual(['1: the file: expected object, received array'])
    expect(await refused('{"__proto__": {"memory": "1G"}}')).toContain('1: __proto__: is no setting here')
  })

  test('and one that is not there', async () => {
    const { status, stderr } = await mica(['host', '/nowhere.json'])
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'mica: /nowhere.json: cannot be read (ENOENT)\n' })
  })

  test('a machine that cannot be made is named', async () => {
    const path = hostFile({ memory: '8M', vms: [{ name: 'odd', kernel: files.file('junk', 'junk'), memory: '2M' }] })
    const { status, stderr } = await mica(['host', path])
    expect(status).toBe(2)
    expect(stderr).toContain('vms[0] (odd): ')
  })
})
