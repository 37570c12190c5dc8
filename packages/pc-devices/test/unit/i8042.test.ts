import { describe, expect, it } from 'vitest'
import { I8042, KEY_CODES, type I8042Options, type KeyName } from '../../src/index.ts'
import { recordedLine } from '../../src/testing/index.ts'

function controller(options: I8042Options = {}) {
  const keyboardIrq = recordedLine()
  const mouseIrq = recordedLine()
  const device = new I8042({ keyboardIrq: keyboardIrq.line, mouseIrq: mouseIrq.line, ...options })
  const status = (): number => device.readPort(0x64, 1)
  /** Reads all that is offered, at most 64 bytes; bytes of the auxiliary port get bit 8. */
  const drain = (): number[] => {
    const bytes: number[] = []
    for (let i = 0; i < 64 && status() & 1; i++) {
      const aux = status() & 0x20 ? 0x100 : 0
      bytes.push(aux | device.readPort(0x60, 1))
    }
    return bytes
  }
  const command = (value: number, ...parameters: number[]): number[] => {
    device.writePort(0x64, 1, value)
    for (const parameter of parameters) device.writePort(0x60, 1, parameter)
    return drain()
  }
  const keyboard = (...bytes: number[]): number[] => {
    for (const byte of bytes) device.writePort(0x60, 1, byte)
    return drain()
  }
  const mouse = (value: number): number[] => command(0xd4, value)
  return { device, keyboardIrq, mouseIrq, status, drain, command, keyboard, mouse }
}

describe('i8042', () => {
  it('passes the probe of the Linux driver', () => {
    const { command, drain, mouseIrq, keyboardIrq } = controller()
    expect(drain()).toEqual([])
    expect(command(0xaa)).toEqual([0x55])
    const [configuration] = command(0x20)
    expect(configuration! & 0x40).toBe(0x40)
    command(0x60, 0x74)
    expect(command(0x20)).toEqual([0x74])
    // Is the auxiliary loop there, and is it no multiplexer?
    expect(command(0xd3, 0x5a)).toEqual([0x15a])
    for (const byte of [0xf0, 0x56, 0xa4]) expect(command(0xd3, byte)).toEqual([0x100 | byte])
    expect(command(0xa9)).toEqual([0x00])
    command(0xa7)
    expect(command(0x20)[0]! & 0x20).toBe(0x20)
    command(0xa8)
    expect(command(0x20)[0]! & 0x20).toBe(0)
    // Does IRQ 12 arrive?
    command(0x60, 0x46)
    command(0xd3, 0xa5)
    expect(mouseIrq.rises).toBe(1)
    expect(keyboardIrq.rises).toBe(0)
    expect(command(0xab)).toEqual([0x00])
  })

  it('answers the keyboard driver of Linux: reset, identify, LEDs, rate, enable', () => {
    const leds: number[] = []
    const { keyboard, command } = controller({ onLeds: (value) => leds.push(value) })
    expect(keyboard(0xff)).toEqual([0xfa, 0xaa])
    expect(keyboard(0xf2)).toEqual([0xfa, 0xab, 0x41])
    expect(keyboard(0xed)).toEqual([0xfa])
    expect(keyboard(0x02)).toEqual([0xfa])
    expect(leds).toEqual([2])
    expect(keyboard(0xf3)).toEqual([0xfa])
    expect(keyboard(0x20)).toEqual([0xfa])
    expect(keyboard(0xee)).toEqual([0xee])
    expect(keyboard(0xf4)).toEqual([0xfa])
    command(0x60, 0x04)
    expect(keyboard(0xf2)).toEqual([0xfa, 0xab, 0x83])
    expect(keyboard(0xf0)).toEqual([0xfa])
    expect(keyboard(0x00)).toEqual([0xfa, 0x02])
  })

  it('translates to set 1: make codes below 80h, break codes with bit 7', () => {
    const { device, drain } = controller()
    const cases: [KeyName, number[], number[]][] = [
      ['KeyA', [0x1e], [0x9e]],
      ['Escape', [0x01], [0x81]],
      ['Enter', [0x1c], [0x9c]],
      ['F7', [0x41], [0xc1]],
      ['ArrowUp', [0xe0, 0x48], [0xe0, 0xc8]],
      ['ControlRight', [0xe0, 0x1d], [0xe0, 0x9d]],
      ['Space', [0x39], [0xb9]],
      ['PrintScreen', [0xe0, 0x2a, 0xe0, 0x37], [0xe0, 0xb7, 0xe0, 0xaa]],
      ['Pause', [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], []],
    ]
    for (const [key, make, release] of cases) {
      device.key(key, true)
      expect(drain()).toEqual(make)
      device.key(key, false)
      expect(drain()).toEqual(release)
    }
  })

  it('gives every key a code of its own, in both sets', () => {
    const { device, drain, command } = controller()
    for (const translated of [true, false]) {
      command(0x60, translated ? 0x44 : 0x04)
      const codes = Object.keys(KEY_CODES).map((key) => {
        expect(device.key(key as KeyName, true)).toBe(true)
        return drain().join()
      })
      expect(new Set(codes).size).toBe(codes.length)
    }
  })

  it('interrupts once per byte and respects the interface switches', () => {
    const { device, command, keyboardIrq, drain } = controller()
    command(0x60, 0x45)
    device.key('ArrowUp', true)
    expect(keyboardIrq.rises).toBe(1)
    drain()
    expect(keyboardIrq.rises).toBe(2)
    expect(keyboardIrq.level).toBe(false)
    command(0xad)
    device.key('KeyA', true)
    expect(drain()).toEqual([])
    expect(command(0xae)).toEqual([0x1e])
  })

  it('loses keys only when its 16 bytes are full', () => {
    const { device, drain } = controller()
    const taken = Array.from({ length: 20 }, () => device.key('KeyA', true)).filter(Boolean).length
    expect(taken).toBe(17)
    expect(drain()).toHaveLength(17)
    expect(device.key('NoSuchKey' as KeyName, true)).toBe(false)
  })

  it('moves A20 by the output port and resets by pulse or by output port', () => {
    const seen: string[] = []
    const { command, device } = controller({ a20: (on) => seen.push(`a20 ${on}`), onReset: () => seen.push('reset') })
    command(0xd1, 0xdd)
    expect(command(0xd0)[0]! & 0x02).toBe(0)
    command(0xd1, 0xdf)
    device.writePort(0x64, 1, 0xff)
    device.writePort(0x64, 1, 0xfe)
    command(0xd1, 0xde)
    expect(seen).toEqual(['a20 false', 'a20 true', 'reset', 'a20 true', 'reset'])
  })

  it('has a mouse that turns into one with a wheel', () => {
    const { mouse, device, drain } = controller()
    expect(mouse(0xff)).toEqual([0x1fa, 0x1aa, 0x100])
    expect(mouse(0xf2)).toEqual([0x1fa, 0x100])
    for (const rate of [200, 100, 80]) {
      mouse(0xf3)
      expect(mouse(rate)).toEqual([0x1fa])
    }
    expect(mouse(0xf2)).toEqual([0x1fa, 0x103])
    device.moveMouse({ dx: 5 })
    expect(drain()).toEqual([])
    // Enabling forgets earlier motion.
    expect(mouse(0xf4)).toEqual([0x1fa])
    device.moveMouse({ dx: 1, dy: -2, dz: 1, buttons: 1 })
    expect(drain()).toEqual([0x129, 0x101, 0x1fe, 0x101])
    expect(mouse(0xe9)).toEqual([0x1fa, 0x124, 0x102, 0x150])
  })

  it('splits motion that is too large for one packet', () => {
    const { mouse, device, drain } = controller()
    mouse(0xf4)
    device.moveMouse({ dx: 600 })
    const packets = drain()
    const dx = packets.filter((_, i) => i % 3 === 1).map((byte) => byte & 0xff)
    expect(dx).toEqual([255, 255, 90])
  })

  it('ignores the auxiliary commands without a mouse', () => {
    const { command } = controller({ mouse: false })
    expect(command(0xa9)).toEqual([])
    expect(command(0xd3)).toEqual([])
    expect(command(0x20)[0]! & 0x20).toBe(0)
  })
})
