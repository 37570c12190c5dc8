import { expect, test } from 'vitest'
import { FirmwareError, VmmError } from '../../src/index.ts'
import {
  debugExit,
  guestImage,
  haltForever,
  in8,
  loadEax,
  loopForever,
  movEax,
  out8,
  outEax,
  powerOff,
  print,
  resetMachine,
  storeEax,
  touchPages,
  tripleFault,
} from '../support/guest-program.ts'
import { machine, mib, outputOf, readAll, smallHost } from '../support/machines.ts'

test('a guest says hello on its serial port and switches itself off', async () => {
  const vm = machine([print('hello\n'), powerOff])
  expect(vm.state).toBe('ready')
  expect(await vm.run()).toEqual({ reason: 'powered-off', by: 'guest' })
  expect(vm.state).toBe('off')
  vm.destroy()
  expect(await readAll(vm.serial[0]!.readable)).toBe('hello\n')
})

test('the debug console and self test codes come as events', async () => {
  const vm = machine([print('dbg', 0xe9), out8(0x80, 0x42), powerOff])
  const heard: unknown[] = []
  vm.on('debug', ({ byte }) => heard.push(String.fromCharCode(byte)))
  vm.on('post', ({ code }) => heard.push(code))
  await vm.run()
  expect(heard).toEqual(['d', 'b', 'g', 0x42])
})

test.each([0, 1, 0x10, 0x7fff_ffff])('the debug exit port ends the run with %d', async (value) => {
  expect(await machine([debugExit(value)]).run()).toEqual({ reason: 'debug-exit', value })
})

test('a triple fault is an exit with the registers at the fault', async () => {
  const exit = await machine([movEax(0xdead_beef), tripleFault]).run()
  expect(exit.reason).toBe('triple-fault')
  if (exit.reason !== 'triple-fault') return
  expect(exit.report.registers['eax']).toBe(0xdead_beef)
  expect(exit.report.registers['eip']).toBe(0x10_0000 + 32 + 5)
  expect(exit.report.text).toContain('deadbeef')
  expect(exit.report.units[0]!.instructions[0]).toMatch(/^00100025 +0f 0b +ud2$/)
})

test('a guest that halts for good is told of once, and can be paused and switched off', async () => {
  const vm = machine([haltForever])
  let stuck = 0
  const isStuck = new Promise<void>((resolve) => {
    vm.on('stuck', () => {
      stuck++
      resolve()
    })
  })
  const run = vm.run()
  await isStuck
  expect(vm.state).toBe('running')
  await vm.pause()
  expect(await run).toEqual({ reason: 'paused' })
  expect(vm.state).toBe('paused')
  const again = vm.run()
  vm.powerOff()
  expect(await again).toEqual({ reason: 'powered-off', by: 'host' })
  expect(stuck).toBe(1)
})

test('a guest that never rests leaves turns to others and stops when told', async () => {
  const vm = machine([loopForever])
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const run = vm.run()
  await new Promise((resolve) => setTimeout(resolve, 200))
  await vm.pause()
  clearInterval(timer)
  expect(await run).toEqual({ reason: 'paused' })
  expect(turns).toBeGreaterThan(5)
  const { retired } = vm.processor
  expect(retired).toBeGreaterThan(1_000_000)
  const { timeNs } = vm
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(vm.timeNs, 'time stands still during a pause').toBe(timeNs)
})

test('a reset boots again from the same source, with memory as new', async () => {
  // Tells what it finds at 180000h, leaves a mark there, and resets; a host that counted three boots stops it.
  const vm = machine([loadEax(0x18_0000), outEax(0x3f8), movEax(0x58), storeEax(0x18_0000), print('.'), resetMachine])
  const output = outputOf(vm)
  const causes: string[] = []
  vm.on('reset', ({ cause }) => {
    if (causes.push(cause) === 3) vm.powerOff()
  })
  expect(await vm.run()).toEqual({ reason: 'powered-off', by: 'host' })
  expect(causes).toEqual(['reset-control', 'reset-control', 'reset-control'])
  expect(output.text.replaceAll('\0', '')).toBe('...')
})

test('a reset can end the run', async () => {
  const vm = machine([resetMachine], { onReset: 'stop' })
  expect(await vm.run()).toEqual({ reason: 'reset', cause: 'reset-control' })
})

test('the reset button starts a machine that is off, and one that runs', async () => {
  const vm = machine([print('up'), powerOff])
  const output = outputOf(vm)
  await vm.run()
  expect(() => vm.run()).toThrow('the machine is off; reset() switches it on again')
  vm.reset()
  expect(vm.state).toBe('ready')
  await vm.run()
  expect(output.text).toBe('upup')

  const other = machine([loopForever])
  let resets = 0
  other.on('reset', () => void (++resets === 2 && other.powerOff()))
  const run = other.run()
  other.reset()
  // Two at once are one.
  while (resets === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  other.reset()
  expect(await run).toEqual({ reason: 'powered-off', by: 'host' })
})

test('a host without frames ends the run as data, and the guest goes on when there is room', async () => {
  const host = smallHost({ memory: 2 * mib })
  const [greedy, other] = [1, 2].map(() => machine([touchPages(0x11_0000)], { memory: 4 * mib }, host))
  expect(await greedy!.run()).toMatchObject({
    reason: 'out-of-memory',
    message: expect.stringMatching(/frame/) as string,
  })
  expect(host.statistics.free).toBe(0)
  expect(await other!.run()).toMatchObject({
    reason: 'out-of-memory',
    message: expect.stringMatching(/frame/) as string,
  })
  expect(other!.state).toBe('paused')
  const { retired } = other!.processor
  greedy!.destroy()
  const { free } = host.statistics
  expect(await other!.run(), 'the instruction that failed runs again').toMatchObject({
    reason: 'out-of-memory',
    message: expect.stringMatching(/frame/) as string,
  })
  // Three instructions for each page.
  expect(other!.processor.retired - retired).toBe(3 * free)
})

test('machines of one host take turns, and each keeps its own memory', async () => {
  const host = smallHost()
  const run = async (letter: string): Promise<string> => {
    const code = [movEax(letter.charCodeAt(0)), storeEax(0x18_0000), loadEax(0x18_0000), outEax(0x3f8), powerOff]
    const vm = machine(code, {}, host)
    const output = outputOf(vm)
    await vm.run()
    return output.text[0]!
  }
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(run))).toEqual(['a', 'b', 'c', 'd'])
})

test('a destroyed machine gives back every frame, and its code does not haunt the next one', async () => {
  const host = smallHost()
  const free = host.statistics.free
  for (const word of ['first', 'other', 'third']) {
    const vm = machine([print(word), powerOff], {}, host)
    const output = outputOf(vm)
    await vm.run()
    expect(output.text).toBe(word)
    vm.destroy()
    expect(vm.state).toBe('destroyed')
    expect(host.statistics.free).toBe(free)
  }
  expect(host.vms).toEqual([])
})

test('a machine destroyed while it runs ends its run', async () => {
  const host = smallHost()
  const vm = machine([loopForever], {}, host)
  const run = vm.run()
  vm.destroy()
  expect(await run).toEqual({ reason: 'powered-off', by: 'host' })
  expect(vm.state).toBe('destroyed')
  expect(() => vm.reset()).toThrow('the machine is destroyed')
})

test('devices of the user answer on ports and in memory, and are reset with the machine', async () => {
  const calls: string[] = []
  const vm = machine([in8(0x300), outEax(0x3f8), loadEax(0xf000_0000), outEax(0x3f8), resetMachine], {
    devices: [
      ({ bus, memory }) => {
        bus.attachPorts(0x300, 1, { readPort: () => 0x41, writePort: () => undefined })
        bus.attachMmio(0xf000_0000, 4096, { readMmio: () => 0x42, writeMmio: () => undefined })
        const word = new Uint8Array(4)
        expect(memory.read(0x1000, word)).toBe(true)
        return { reset: () => void calls.push('reset'), release: () => void calls.push('release') }
      },
    ],
    onReset: 'stop',
  })
  const output = outputOf(vm)
  await vm.run()
  expect(output.text.replaceAll('\0', '')).toContain('A')
  expect(output.text.replaceAll('\0', '')).toContain('B')
  vm.reset()
  vm.destroy()
  expect(calls).toEqual(['reset', 'release'])
})

test('a device that throws is the host programmer’s: the run rejects, other machines go on', async () => {
  const host = smallHost()
  const bad = machine(
    [in8(0x300)],
    {
      devices: [
        ({ bus }) =>
          void bus.attachPorts(0x300, 1, {
            readPort: () => {
              throw new Error('out of order')
            },
            writePort: () => undefined,
          }),
      ],
    },
    host,
  )
  await expect(bad.run()).rejects.toThrow('out of order')
  expect(bad.state).toBe('off')
  const good = machine([print('ok'), powerOff], {}, host)
  const output = outputOf(good)
  await good.run()
  expect(output.text).toBe('ok')
  bad.reset()
  await expect(bad.run()).rejects.toThrow('out of order')
})

test('with the instructions clock time is the count of instructions', async () => {
  const vm = machine([print('x'), powerOff], { clock: 'instructions' })
  await vm.run()
  expect(vm.timeNs).toBe(vm.processor.retired)
})

test('statistics are plain data that add up', async () => {
  const vm = machine([print('hello'), tripleFault])
  await vm.run()
  const { statistics } = vm
  expect(structuredClone(statistics)).toEqual(statistics)
  expect(statistics.instructions).toBe(vm.processor.retired)
  expect(statistics.serial).toEqual([{ sent: 5, received: 0 }])
  expect(statistics.exits.Shutdown).toBe(1)
  expect(Object.values(statistics.exits).reduce((sum, n) => sum + n)).toBe(statistics.time.slices)
})

test('what a host programmer gets wrong is refused with value and range', () => {
  const host = smallHost({ maximumVms: 1 })
  const kernel = guestImage()
  const create = (options: object) => () => host.createVm({ memory: 2 * mib, boot: { kernel }, ...options })
  expect(create({ memory: 1000 })).toThrow(/memory is 1000 bytes; give a guest 1 MiB to 3584 MiB/)
  expect(create({ memory: 4096 * mib })).toThrow(VmmError)
  expect(create({ cpu: 'z80' })).toThrow(/cpu is z80; must be one of mica32/)
  expect(create({ cpu: '486,+zip' })).toThrow(/cpu adds \+zip; must be \+ and one of .*aes/)
  expect(create({ cpu: '486,aes' })).toThrow(/cpu adds aes; must be \+ and one of/)
  expect(create({ clock: 'sundial' })).toThrow(/clock is sundial/)
  expect(create({ serial: [{}, {}, {}, {}, {}] })).toThrow(/four serial ports/)
  expect(create({ boot: { kernel: new Uint8Array(10) } })).toThrow(FirmwareError)
  expect(create({ boot: { kernel, initrd: new Uint8Array(1) } })).toThrow(/takes no initrd/)
  expect(() => smallHost({ memory: 2 ** 33 })).toThrow(/this host can have \d+ MiB at most/)
  expect(() => smallHost({ memory: 1.5 })).toThrow(/memory is 1.5; must be an integer/)
  const vm = host.createVm({ memory: 2 * mib, boot: { kernel } })
  expect(create({})).toThrow(/the host has its 1 machines: destroy one/)
  vm.destroy()
  expect(create({})).not.toThrow()
  expect(host.statistics.used).toBeGreaterThan(0)
})
