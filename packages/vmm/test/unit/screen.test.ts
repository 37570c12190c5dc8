import { expect, test } from 'vitest'
import { movEax, out8, powerOff, storeEax, type Code } from '../support/guest-program.ts'
import { machine } from '../support/machines.ts'

/** Two characters and their attributes at a cell. */
const show = (cell: number, pair: string): Code => [
  movEax(pair.charCodeAt(0) | 0x0700 | (pair.charCodeAt(1) << 16) | 0x0700_0000),
  storeEax(0xb8000 + 2 * cell),
]

test('the screen shows what the guest wrote to the text page', async () => {
  const vm = machine([show(0, 'Hi'), show(80 * 24 + 78, 'ok'), powerOff], { screen: 'text80x25' })
  await vm.run()
  const lines = vm.screen!.text()
  expect(lines).toHaveLength(25)
  expect(lines[0]).toBe('Hi')
  expect(lines[24]).toBe(`${' '.repeat(78)}ok`)
  expect(lines.slice(1, 24).join('')).toBe('')
})

test('the visible part begins where the CRT controller says', async () => {
  const start = [out8(0x3d4, 0x0c), out8(0x3d5, 0x00), out8(0x3d4, 0x0d), out8(0x3d5, 80)]
  const vm = machine([show(80, 'on'), start, powerOff], { screen: 'text80x25' })
  await vm.run()
  expect(vm.screen!.text()[0]).toBe('on')
})

test('characters of code page 437 show as Unicode', async () => {
  const vm = machine([show(0, '\x01\xdb'), show(2, '\xfe\x7f'), powerOff], { screen: 'text80x25' })
  await vm.run()
  expect(vm.screen!.text()[0]).toBe('☺█■⌂')
})

test('a machine without a screen has none, and its guest notices nothing', async () => {
  const vm = machine([show(0, 'Hi'), powerOff])
  expect(await vm.run()).toEqual({ reason: 'powered-off', by: 'guest' })
  expect(vm.screen).toBeNull()
})
