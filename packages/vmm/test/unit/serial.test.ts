import { expect, test } from 'vitest'
import { echoUntil, out8, powerOff, print } from '../support/guest-program.ts'
import { machine, outputOf, readAll } from '../support/machines.ts'

test.each(['real', 'instructions'] as const)(
  'a guest that polls gets what was sent, with the %s clock',
  async (clock) => {
    const vm = machine([echoUntil('!'), powerOff], { clock })
    const output = outputOf(vm)
    vm.serial[0]!.send('one\ntwo\n')
    const run = vm.run()
    await new Promise((resolve) => setTimeout(resolve, 20))
    vm.serial[0]!.send(Uint8Array.of(0x21))
    expect(await run).toEqual({ reason: 'powered-off', by: 'guest' })
    expect(output.text).toBe('one\ntwo\n!')
    expect(vm.statistics.serial).toEqual([{ sent: 9, received: 9 }])
  },
)

test('input goes through the writable stream, more than any buffer holds', async () => {
  const vm = machine([echoUntil('!'), powerOff], { clock: 'instructions' })
  const output = outputOf(vm)
  const text = 'abcdefghi\n'.repeat(20_000)
  const writer = vm.serial[0]!.writable.getWriter()
  const written = (async () => {
    for (let at = 0; at < text.length; at += 30_000)
      await writer.write(new TextEncoder().encode(text.slice(at, at + 30_000)))
    await writer.write(new TextEncoder().encode('!'))
  })()
  await vm.run()
  await written
  expect(output.text).toBe(`${text}!`)
})

// Oracle: what was written before the run is a function's argument, so two runs agree to the instruction.
test('with the instructions clock, input arrives at the same instruction in every run', async () => {
  const runs = await Promise.all(
    [0, 1].map(async () => {
      const vm = machine([echoUntil('!'), powerOff], { clock: 'instructions' })
      vm.serial[0]!.send('some lines\nof text\n!')
      await vm.run()
      return vm.processor.retired
    }),
  )
  expect(runs[0]).toBe(runs[1])
})

test('without a reader the newest 64 KiB are kept', async () => {
  const endless = machine([[out8(0x3f8, 0x61)], [0xeb, 0xf7]])
  endless.on('serial', () => {
    if (endless.statistics.serial[0]!.sent > 300_000) endless.powerOff()
  })
  await endless.run()
  endless.destroy()
  const kept = await readAll(endless.serial[0]!.readable)
  expect(kept.length).toBeGreaterThan(0)
  expect(kept.length).toBeLessThan(150_000)
  expect(/^a+$/.test(kept)).toBe(true)
})

test('a reader that lags stops the guest, and nothing is lost', async () => {
  const text = 'abcdefghijklmnopqrstuvwxyz012345'.repeat(100)
  const vm = machine([print(text), [0xe9, ...le32(-(text.length * 7 + 5))]])
  const reader = vm.serial[0]!.readable.getReader()
  const run = vm.run()
  while (vm.statistics.serial[0]!.sent <= 65_536) await new Promise((resolve) => setTimeout(resolve, 10))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const { retired } = vm.processor
  const held = vm.statistics.serial[0]!.sent
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(vm.processor.retired, 'the guest waits').toBe(retired)
  let heard = ''
  while (heard.length < 2 * held) heard += new TextDecoder().decode((await reader.read()).value)
  expect(text.repeat(Math.ceil(heard.length / text.length)).startsWith(heard)).toBe(true)
  await vm.pause()
  expect(await run).toEqual({ reason: 'paused' })
})

test('a machine whose output is full can be paused', async () => {
  const vm = machine([[out8(0x3f8, 0x61)], [0xeb, 0xf7]])
  vm.serial[0]!.readable.getReader()
  const run = vm.run()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await vm.pause()
  expect(await run).toEqual({ reason: 'paused' })
})

test('a reader that goes away does not stop the guest', async () => {
  const vm = machine([print('hello'), powerOff])
  await vm.serial[0]!.readable.cancel()
  expect(await vm.run()).toEqual({ reason: 'powered-off', by: 'guest' })
  vm.destroy()
})

test('each port has its own streams', async () => {
  const vm = machine([print('first', 0x3f8), print('second', 0x2f8), powerOff], { serial: [{}, {}] })
  await vm.run()
  vm.destroy()
  expect(await Promise.all(vm.serial.map(({ readable }) => readAll(readable)))).toEqual(['first', 'second'])
})

function le32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff]
}
