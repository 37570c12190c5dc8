import { describe, expect, it } from 'vitest'
import { ConsoleDevice, type ConsoleOptions, type ConsolePort } from '../../src/index.ts'
import { PciBench } from '../../src/testing/index.ts'

const text = (string: string): Uint8Array => new TextEncoder().encode(string)

/** A console whose ports keep what the guest sends. */
function machine(ports: Partial<ConsolePort>[] = [{}], size?: ConsoleOptions['size']) {
  const outputs = ports.map(() => '')
  const device = new ConsoleDevice({
    ports: ports.map((port, index) => ({
      output: (bytes) => void (outputs[index] += new TextDecoder().decode(bytes)),
      ...port,
    })),
    ...(size && { size }),
  })
  const bench = new PciBench({ device })
  bench.start()
  const sendTo = (queue: number, bytes: Uint8Array): void => {
    bench.drivers[queue]!.add([bytes])
    if (bench.drivers[queue]!.mustKick()) bench.notify(queue)
    bench.drivers[queue]!.collect()
  }
  const room = (queue: number, ...sizes: number[]): void => {
    for (const bytes of sizes) bench.drivers[queue]!.add([], [bytes])
    bench.notify(queue)
  }
  const received = (queue: number): string[] =>
    bench.drivers[queue]!.collect().map(({ bytes, written }) => new TextDecoder().decode(bytes.subarray(0, written)))
  return { device, bench, outputs, sendTo, room, received }
}

function control(port: number, event: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, port, true)
  view.setUint16(4, event, true)
  view.setUint16(6, value, true)
  return bytes
}

describe('a console of one port (5.3)', () => {
  it('passes bytes both ways, as far as the guest makes room', () => {
    const { device, outputs, sendTo, room, received } = machine()
    sendTo(1, text('login: '))
    expect(outputs).toEqual(['login: '])
    expect(device.send(0, text('root\n'))).toBe(0)
    room(0, 3, 4)
    expect(device.send(0, text('root\n'))).toBe(5)
    expect(received(0)).toEqual(['roo', 't\n'])
    expect(device.send(0, text('x'))).toBe(0)
  })

  it('holds what the guest sends while there is no room for it', () => {
    let hasRoom = false
    const { device, outputs, sendTo } = machine([{ hasRoom: () => hasRoom }])
    sendTo(1, text('a'))
    sendTo(1, text('b'))
    expect(outputs).toEqual([''])
    hasRoom = true
    device.resume(0)
    expect(outputs).toEqual(['ab'])
  })

  it('tells of room for input, of its size, and takes a character without queues', () => {
    let rooms = 0
    const { device, bench, outputs, room } = machine([{ onInputRoom: () => rooms++ }], { columns: 80, rows: 25 })
    room(0, 1)
    expect(rooms).toBeGreaterThan(0)
    expect([bench.config(0, 2), bench.config(2, 2), bench.config(4, 4)]).toEqual([80, 25, 1])
    const generation = bench.common(0x15, 1)
    device.resize(132, 50)
    expect([bench.config(0, 2), bench.config(2, 2)]).toEqual([132, 50])
    expect(bench.common(0x15, 1)).not.toBe(generation)
    expect(bench.readIsr() & 2).toBe(2)
    bench.setConfig(8, 4, 0x41)
    expect(outputs).toEqual(['A'])
  })

  it('needs a reset after a buffer that no driver sends', () => {
    const { bench, sendTo } = machine()
    sendTo(1, new Uint8Array((1 << 20) + 1))
    expect(bench.failures[0]).toMatch(/^queue 1: a buffer to send has 1048577 bytes/)
  })

  it('writes nothing into the guest any more once it needs a reset, by no queue', () => {
    const { bench, device, room, received, sendTo } = machine()
    room(0, 16)
    sendTo(1, new Uint8Array((1 << 20) + 1))
    expect(device.send(0, text('abc'))).toBe(0)
    expect(received(0)).toEqual([])
    bench.start()
    room(0, 16)
    expect(device.send(0, text('abc'))).toBe(3)
  })
})

describe('many ports (5.3.6.2)', () => {
  const ports = [{}, { name: 'org.mica.agent' }, { isConsole: true }]
  const kinds = (messages: { bytes: Uint8Array; written: number }[]): number[][] =>
    messages.map(({ bytes }) => [bytes[0]!, bytes[4]!])

  it('are told of when the guest is ready, each by itself, with names', () => {
    const { bench, sendTo } = machine(ports, { columns: 80, rows: 24 })
    expect(bench.config(4, 4)).toBe(3)
    sendTo(3, control(0, 0, 1))
    for (let i = 0; i < 12; i++) bench.drivers[2]!.add([], [64])
    bench.notify(2)
    expect(kinds(bench.drivers[2]!.collect())).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    for (const port of [0, 1, 2]) sendTo(3, control(port, 3, 1))
    const messages = bench.drivers[2]!.collect()
    expect(kinds(messages)).toEqual([
      [0, 4],
      [0, 6],
      [0, 5],
      [1, 7],
      [1, 6],
      [2, 4],
      [2, 6],
      [2, 5],
    ])
    expect(new TextDecoder().decode(messages[3]!.bytes.subarray(8, messages[3]!.written))).toBe('org.mica.agent')
    expect([...messages[2]!.bytes.subarray(8, 12)]).toEqual([80, 0, 24, 0])
  })

  it('get input when the guest has opened them', () => {
    const { device, sendTo, room, received, outputs } = machine(ports)
    room(4, 8)
    expect(device.send(1, text('hello'))).toBe(0)
    sendTo(3, control(1, 6, 1))
    expect(device.send(1, text('hello'))).toBe(5)
    expect(received(4)).toEqual(['hello'])
    sendTo(5, text('and back'))
    expect(outputs).toEqual(['', 'and back', ''])
    sendTo(3, control(1, 6, 0))
    room(4, 8)
    expect(device.send(1, text('?'))).toBe(0)
  })

  it('answers a guest that asks for ever, without room for answers, in bounded memory', () => {
    const { device, bench, sendTo } = machine(ports)
    for (let i = 0; i < 1000; i++) sendTo(3, control(i % 5, i % 7, 1))
    expect(device.snapshot().waiting.every((bits) => bits < 256)).toBe(true)
    for (let i = 0; i < 40; i++) bench.drivers[2]!.add([], [4])
    bench.notify(2)
    expect(bench.drivers[2]!.collect().length).toBeLessThanOrEqual(15)
    expect(bench.failures).toEqual([])
  })
})

it('has 1 to 31 ports', () => {
  expect(() => new ConsoleDevice({ ports: [] })).toThrow('got 0')
})
