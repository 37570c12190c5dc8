import { I8042 } from '@mica-vm/pc-devices'
import { FakeTimers } from '@mica-vm/pc-devices/testing'
import { expect, test } from 'vitest'
import { Keyboard, VmmError } from '../../src/index.ts'
import { ScreenWatch } from '../../src/internal/screen-watch.ts'

/** A guest that reads scan codes of set 1, as a PC's controller hands them on. */
function bench() {
  const timers = new FakeTimers()
  const controller = new I8042()
  controller.writePort(0x64, 1, 0x60)
  controller.writePort(0x60, 1, 0x45)
  const keyboard = new Keyboard(controller, timers, new ScreenWatch(timers, null))
  const read = (): number[] => {
    const codes: number[] = []
    while (controller.readPort(0x64, 1) & 1) codes.push(controller.readPort(0x60, 1))
    return codes
  }
  /** Reads for so many milliseconds of guest time. */
  const readFor = (ms: number): number[] =>
    Array.from({ length: ms }, () => {
      timers.advance(1e6)
      return read()
    }).flat()
  return { keyboard, timers, readFor }
}

// Oracle: IBM's scan codes of set 1 (PS/2 Hardware Interface Technical Reference, keyboards, table of scan codes).
test('a text is typed key by key, with Shift and Control where they are needed', () => {
  const { keyboard, readFor } = bench()
  keyboard.type('a!\x03\n')
  const [a, one, c, enter, shift, control] = [0x1e, 0x02, 0x2e, 0x1c, 0x2a, 0x1d]
  const up = (code: number): number => code | 0x80
  expect(readFor(500)).toEqual([
    ...[a, up(a)],
    ...[shift, one, up(one), up(shift)],
    ...[control, c, up(c), up(control)],
    ...[enter, up(enter)],
  ])
  expect(keyboard.pending).toBe(0)
})

test('nothing is lost when the guest does not read for a while', () => {
  const { keyboard, timers, readFor } = bench()
  const text = 'the quick brown fox jumps over the lazy dog '.repeat(5)
  keyboard.type(text)
  timers.advance(60e9)
  expect(readFor(20_000).filter((code) => code < 0x80)).toHaveLength(text.length)
})

test('what a US keyboard cannot type is refused before anything is typed', () => {
  const { keyboard, readFor } = bench()
  expect(() => keyboard.type('abc€')).toThrow(VmmError)
  expect(readFor(100)).toEqual([])
})
