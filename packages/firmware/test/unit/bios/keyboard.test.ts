// Oracle: the scan codes and keystrokes of the IBM PS/2 and PC BIOS Interface Technical Reference (INT 09h, INT 16h).
import { describe, expect, test } from 'vitest'
import { FakePc } from '../../../src/testing/index.ts'

/** Presses and releases by scan code of set 1, as INT 09h reads them. */
function type(pc: FakePc, ...codes: readonly number[]): void {
  for (const code of codes) pc.call(0x09, { eax: code })
}

/** What INT 16h, AH=10h reads; -1: it waits. */
function read(pc: FakePc, ah = 0x10): number {
  const { ended } = pc.call(0x16, { eax: ah << 8 })
  return ended === 'waits' ? -1 : pc.cpu.eax & 0xffff
}

const [SHIFT, CTRL, ALT, E0] = [0x2a, 0x1d, 0x38, 0xe0]

describe('INT 09h', () => {
  test.each<[string, readonly number[], number]>([
    ['a letter', [0x1e, 0x9e], 0x1e61],
    ['with Shift', [SHIFT, 0x1e, 0x9e, 0xaa], 0x1e41],
    ['with Ctrl', [CTRL, 0x1e, 0x9e, 0x9d], 0x1e01],
    ['with Alt', [ALT, 0x1e, 0x9e, 0xb8], 0x1e00],
    ['with Caps Lock', [0x3a, 0xba, 0x1e, 0x9e], 0x1e41],
    ['with both', [0x3a, 0xba, SHIFT, 0x1e, 0x9e, 0xaa], 0x1e61],
    ['a digit with Caps Lock', [0x3a, 0xba, 0x02, 0x82], 0x0231],
    ['Enter', [0x1c, 0x9c], 0x1c0d],
    ['F1', [0x3b, 0xbb], 0x3b00],
    ['Shift F1', [SHIFT, 0x3b, 0xbb, 0xaa], 0x5400],
    ['F12', [0x58, 0xd8], 0x8600],
    ['keypad 7', [0x47, 0xc7], 0x4700],
    ['keypad 7 with Num Lock', [0x45, 0xc5, 0x47, 0xc7], 0x4737],
    ['keypad 7 with Num Lock and Shift', [0x45, 0xc5, SHIFT, 0x47, 0xc7, 0xaa], 0x4700],
    ['the grey Home key', [E0, 0x47, E0, 0xc7], 0x47e0],
    ['the grey Home key with Num Lock', [0x45, 0xc5, E0, 0x2a, E0, 0x47, E0, 0xc7, E0, 0xaa], 0x47e0],
    ['keypad Enter', [E0, 0x1c, E0, 0x9c], 0xe00d],
    ['a right Ctrl', [E0, CTRL, 0x1e, 0x9e, E0, 0x9d], 0x1e01],
    ['an Alt code', [ALT, 0x48, 0xc8, 0x4c, 0xcc, 0xb8], 0x0055],
  ])('%s', (_name, codes, keystroke) => {
    const pc = new FakePc()
    type(pc, ...codes)
    expect(read(pc)).toBe(keystroke)
    expect(read(pc)).toBe(-1)
  })

  test('shift states come and go with their keys, left and right apart', () => {
    const pc = new FakePc()
    const flags = (): number => pc.memory.bytes[0x417]!
    type(pc, SHIFT, 0x36, CTRL, ALT)
    expect(flags()).toBe(0x0f)
    type(pc, E0, CTRL, 0x9d)
    expect(flags() & 0x04).toBe(0x04)
    type(pc, E0, 0x9d, 0xaa, 0xb6, 0xb8)
    expect(flags()).toBe(0)
    type(pc, 0x3a, 0x3a, 0xba)
    expect(flags()).toBe(0x40)
    type(pc, 0x3a, 0xba)
    expect(flags()).toBe(0)
    type(pc, 0x52, 0xd2)
    expect(flags()).toBe(0x80)
  })

  test('fifteen keys wait in the buffer, a sixteenth is lost', () => {
    const pc = new FakePc()
    for (let key = 0; key < 20; key += 1) type(pc, 0x1e, 0x9e)
    let count = 0
    while (read(pc) >= 0) count += 1
    expect(count).toBe(15)
  })

  test('Ctrl-Alt-Del starts the machine anew, and says that it is a warm start', () => {
    const pc = new FakePc()
    type(pc, CTRL, ALT, 0x53)
    expect([pc.cpu.cs, pc.cpu.eip]).toEqual([0xf000, 0xfff0])
    expect(pc.memory.word(0x472)).toBe(0x1234)
  })

  test('Ctrl-Break empties the buffer, sets its bit and calls INT 1Bh', () => {
    const pc = new FakePc()
    type(pc, 0x1e, 0x9e, CTRL)
    pc.call(0x09, { eax: E0 })
    pc.call(0x09, { eax: 0x46 })
    const at = 0xf0000 + pc.cpu.eip
    expect([...pc.memory.bytes.subarray(at, at + 2)]).toEqual([0xcd, 0x1b])
    expect(pc.memory.bytes[0x471]).toBe(0x80)
    expect(read(pc)).toBe(0)
  })

  test('Print Screen calls INT 05h, Pause waits for a key', () => {
    const pc = new FakePc()
    type(pc, E0)
    type(pc, 0x37)
    const codeAt = (): number[] => [...pc.memory.bytes.subarray(0xf0000 + pc.cpu.eip, 0xf0000 + pc.cpu.eip + 12)]
    expect(codeAt().join()).toContain([0xcd, 0x05].join())
    type(pc, E0, 0xb7, 0xe1, 0x1d)
    type(pc, 0x45)
    expect(codeAt()).toContain(0xe6)
    expect(pc.memory.bytes[0x418]! & 0x08).toBe(0x08)
    type(pc, 0xe1, 0x9d, 0xc5, 0x1e)
    expect(pc.memory.bytes[0x418]! & 0x08).toBe(0)
    expect(read(pc)).toBe(-1)
  })
})

describe('INT 16h', () => {
  test('a read that waits goes on with the key that came', () => {
    const pc = new FakePc()
    expect(pc.call(0x16).ended).toBe('waits')
    pc.memory.setWord(0x41e, 0x1e61)
    pc.memory.setWord(0x41c, 0x20)
    pc.call(0x16)
    expect(pc.cpu.eax & 0xffff).toBe(0x1e61)
  })

  test('the old functions hide what an 84-key keyboard does not have', () => {
    const pc = new FakePc()
    type(pc, 0x58, 0xd8, E0, 0x47, E0, 0xc7, E0, 0x1c, E0, 0x9c, E0, 0x35, E0, 0xb5)
    expect(read(pc, 0x00)).toBe(0x4700)
    expect(read(pc, 0x00)).toBe(0x1c0d)
    expect(read(pc, 0x00)).toBe(0x352f)
    type(pc, 0x58, 0xd8)
    expect(pc.call(0x16, { eax: 0x0100 }).zero).toBe(true)
    expect(read(pc)).toBe(-1)
  })

  test('a buffer that the guest has moved is used where it is; one of nonsense is where it was', () => {
    const pc = new FakePc()
    pc.memory.setWord(0x480, 0x100)
    pc.memory.setWord(0x482, 0x108)
    pc.memory.setWord(0x41a, 0x100)
    pc.memory.setWord(0x41c, 0x100)
    for (let key = 0; key < 9; key += 1) type(pc, 0x1e, 0x9e)
    expect([read(pc), read(pc), read(pc), read(pc)]).toEqual([0x1e61, 0x1e61, 0x1e61, -1])
    pc.memory.setWord(0x480, 0xffff)
    pc.memory.setWord(0x482, 0)
    type(pc, 0x1e)
    expect(read(pc)).toBe(0x1e61)
  })
})
