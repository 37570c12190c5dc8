// Oracle: a screen as an array of rows, scrolled by moving them one line at a time.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakePc } from '../../../src/testing/index.ts'

const RUNS = { seed: 20261201, numRuns: 300 } as const
const COLUMNS = 80
const ROWS = 25
const VIDEO = 0xb8000
const BLANK = 0x20

type Screen = number[][]

function readScreen(pc: FakePc): Screen {
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (_, column) => pc.memory.word(VIDEO + 2 * (row * COLUMNS + column))),
  )
}

/** Line by line: each row of the window becomes its neighbour, the last is blank. */
function scrolled(screen: Screen, area: Area, lines: number, isDown: boolean, attribute: number): Screen {
  const next = screen.map((row) => [...row])
  const rows = area.bottom - area.top + 1
  for (let line = 0; line < (lines === 0 || lines > rows ? rows : lines); line += 1) {
    for (let index = 0; index < rows; index += 1) {
      const to = isDown ? area.bottom - index : area.top + index
      const from = isDown ? to - 1 : to + 1
      for (let column = area.left; column <= area.right; column += 1) {
        const isInside = from >= area.top && from <= area.bottom
        next[to]![column] = isInside ? next[from]![column]! : (attribute << 8) | BLANK
      }
    }
  }
  return next
}

interface Area {
  left: number
  top: number
  right: number
  bottom: number
}

const area: fc.Arbitrary<Area> = fc
  .tuple(fc.nat(COLUMNS - 1), fc.nat(COLUMNS - 1), fc.nat(ROWS - 1), fc.nat(ROWS - 1))
  .map(([a, b, c, d]) => ({ left: Math.min(a, b), right: Math.max(a, b), top: Math.min(c, d), bottom: Math.max(c, d) }))

test('a window of text scrolls as rows do, and nothing around it moves', () => {
  const pc = new FakePc()
  fc.assert(
    fc.property(area, fc.nat(30), fc.boolean(), fc.nat(255), fc.integer(), (window, lines, isDown, attribute, seed) => {
      for (let at = 0; at < COLUMNS * ROWS; at += 1)
        pc.memory.setWord(VIDEO + 2 * at, Math.imul(at + seed, 0x9e3779b1) >>> 16)
      const before = readScreen(pc)
      pc.call(0x10, {
        eax: (isDown ? 0x0700 : 0x0600) | lines,
        ebx: attribute << 8,
        ecx: (window.top << 8) | window.left,
        edx: (window.bottom << 8) | window.right,
      })
      expect(readScreen(pc)).toEqual(scrolled(before, window, lines, isDown, attribute))
    }),
    RUNS,
  )
})

test('printing fills the screen as a typewriter does', () => {
  const pc = new FakePc()
  const key = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.constantFrom(8, 10, 13))
  fc.assert(
    fc.property(fc.array(key, { maxLength: 400 }), fc.nat(ROWS - 1), (text, firstRow) => {
      pc.call(0x10, { eax: 0x0003 })
      pc.call(0x10, { eax: 0x0200, edx: firstRow << 8 })
      const screen: Screen = Array.from({ length: ROWS }, () => new Array<number>(COLUMNS).fill(0x0720))
      let [column, row] = [0, firstRow]
      for (const character of text) {
        if (character === 8) column = Math.max(0, column - 1)
        else if (character === 13) column = 0
        else if (character === 10) row += 1
        else {
          screen[row]![column] = 0x0700 | character
          column += 1
        }
        if (column === COLUMNS) [column, row] = [0, row + 1]
        if (row === ROWS) {
          screen.push(new Array<number>(COLUMNS).fill(0x0720))
          screen.shift()
          row -= 1
        }
        pc.call(0x10, { eax: 0x0e00 | character, ebx: 7 })
      }
      expect(readScreen(pc)).toEqual(screen)
      pc.call(0x10, { eax: 0x0300 })
      expect(pc.cpu.edx & 0xffff).toBe((row << 8) | column)
    }),
    { ...RUNS, numRuns: 60 },
  )
})

/** Modes whose pictures need nothing of the graphics controller: 256 colours, and CGA's. */
test.each([0x13, 0x04, 0x06])('mode %i reads back the dots that were set (oracle: a map)', (mode) => {
  const pc = new FakePc()
  pc.call(0x10, { eax: mode })
  const [width, colors] = mode === 0x13 ? [320, 256] : mode === 4 ? [320, 4] : [640, 2]
  const dots = new Map<string, readonly [x: number, y: number, color: number]>()
  const dot = fc.tuple(fc.nat(width - 1), fc.nat(199), fc.nat(colors - 1))
  fc.assert(
    fc.property(fc.array(dot, { minLength: 1, maxLength: 20 }), (list) => {
      for (const [x, y, color] of list) {
        dots.set(`${x},${y}`, [x, y, color])
        pc.call(0x10, { eax: 0x0c00 | color, ecx: x, edx: y })
      }
      for (const [x, y, color] of dots.values()) {
        pc.call(0x10, { eax: 0x0d00, ecx: x, edx: y })
        expect(pc.cpu.eax & 0xff).toBe(color)
      }
    }),
    { ...RUNS, numRuns: 20 },
  )
})
