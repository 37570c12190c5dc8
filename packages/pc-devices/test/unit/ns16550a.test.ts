import { describe, expect, it } from 'vitest'
import { Ns16550a, type Ns16550aOptions } from '../../src/index.ts'
import { FakeTimers, recordedLine } from '../../src/testing/index.ts'

const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7]

function port(options: Partial<Ns16550aOptions> = {}) {
  const timers = new FakeTimers()
  const irq = recordedLine()
  const sent: number[] = []
  const uart = new Ns16550a({ timers, irq: irq.line, transmit: (byte) => sent.push(byte), ...options })
  const read = (register: number): number => uart.readPort(0x3f8 + register, 1)
  const write = (register: number, value: number): void => uart.writePort(0x3f8 + register, 1, value)
  return { timers, irq, sent, uart, read, write }
}

describe('16550A', () => {
  it('passes the checks of the Linux 8250 driver for a 16550A', () => {
    const { read, write } = port()
    write(IER, 0)
    expect(read(IER) & 0x0f).toBe(0)
    write(IER, 0x0f)
    expect(read(IER) & 0x0f).toBe(0x0f)
    write(IER, 0)
    // Loopback: RTS and OUT2 come back as CTS and DCD.
    write(MCR, 0x1a)
    expect(read(MSR) & 0xf0).toBe(0x90)
    write(MCR, 0)
    write(IIR, 0x01)
    expect(read(IIR) >> 6).toBe(3)
    // Enabling the transmitter interrupt raises it, twice in a row.
    write(IER, 0x02)
    expect(read(IIR) & 0x0f).toBe(0x02)
    write(IER, 0x00)
    write(IER, 0x02)
    expect(read(IIR) & 0x0f).toBe(0x02)
    expect(read(IIR) & 0x0f).toBe(0x01)
    write(SCR, 0x5a)
    expect(read(SCR)).toBe(0x5a)
  })

  it('keeps the divisor behind DLAB', () => {
    const { read, write, sent } = port()
    write(LCR, 0x83)
    write(DATA, 0x34)
    write(IER, 0x12)
    expect([read(DATA), read(IER)]).toEqual([0x34, 0x12])
    write(LCR, 0x03)
    expect(read(IER)).toBe(0)
    expect(sent).toEqual([])
  })

  it('reports interrupts in the order of their priority', () => {
    const { uart, read, write, irq, timers } = port()
    write(MCR, 0x08)
    write(IIR, 0x81)
    write(IER, 0x0f)
    uart.receive([1])
    uart.setModemLines({ cts: false, dsr: true, ri: false, dcd: true })
    uart.receiveBreak()
    timers.advance(1e9)
    expect(irq.level).toBe(true)
    expect(read(IIR) & 0x0f).toBe(0x06)
    expect(read(LSR) & 0x1f).toBe(0x11)
    expect(read(IIR) & 0x0f).toBe(0x0c)
    read(DATA)
    read(DATA)
    expect(read(IIR) & 0x0f).toBe(0x02)
    expect(read(IIR) & 0x0f).toBe(0x00)
    expect(irq.level).toBe(true)
    expect(read(MSR)).toBe(0xa1)
    expect(read(IIR) & 0x0f).toBe(0x01)
    expect(irq.level).toBe(false)
  })

  it('waits for the trigger level, or for four characters of silence', () => {
    const { uart, read, write, timers } = port()
    write(LCR, 0x03)
    write(IIR, 0x41)
    write(IER, 0x01)
    uart.receive([1, 2, 3])
    expect(read(IIR) & 0x0f).toBe(0x01)
    // 10 bits at 9600 baud, four times.
    timers.advance(4 * 1_041_667 - 10)
    expect(read(IIR) & 0x0f).toBe(0x01)
    timers.advance(20)
    expect(read(IIR) & 0x0f).toBe(0x0c)
    read(DATA)
    expect(read(IIR) & 0x0f).toBe(0x01)
    uart.receive([4, 5])
    expect(read(IIR) & 0x0f).toBe(0x04)
  })

  it('gates its interrupt with OUT2', () => {
    const { uart, write, irq } = port()
    write(IER, 0x01)
    uart.receive([1])
    expect(irq.level).toBe(false)
    write(MCR, 0x08)
    expect(irq.level).toBe(true)
    write(MCR, 0x18)
    expect(irq.level).toBe(false)
  })

  it('makes a new edge for each byte without FIFOs', () => {
    const { uart, read, write, irq } = port()
    write(MCR, 0x08)
    write(IER, 0x01)
    uart.receive([1, 2, 3])
    expect([read(DATA), read(DATA), read(DATA)]).toEqual([1, 2, 3])
    expect(irq.rises).toBe(3)
    expect(irq.level).toBe(false)
  })

  it('loops back, overruns and keeps the byte from the wire', () => {
    const { sent, read, write } = port()
    write(IIR, 0x01)
    write(MCR, 0x10)
    for (let byte = 0; byte < 17; byte++) write(DATA, byte)
    expect(sent).toEqual([])
    expect(read(LSR) & 0x03).toBe(0x03)
    expect(read(LSR) & 0x03).toBe(0x01)
    for (let byte = 0; byte < 16; byte++) expect(read(DATA)).toBe(byte)
    expect(read(LSR) & 0x01).toBe(0)
  })

  it('sends at the pace of the line if asked to', () => {
    const { sent, read, write, timers } = port({ pacing: 'baud' })
    write(LCR, 0x83)
    write(DATA, 1)
    write(IER, 0)
    write(LCR, 0x03)
    write(IIR, 0x01)
    for (const byte of [65, 66, 67]) write(DATA, byte)
    expect(read(LSR) & 0x60).toBe(0)
    timers.advance(86_806)
    expect(sent).toEqual([65])
    timers.advance(86_806)
    expect(read(LSR) & 0x60).toBe(0x20)
    timers.advance(86_806)
    expect(read(LSR) & 0x60).toBe(0x60)
    expect(sent).toEqual([65, 66, 67])
  })

  it('pushes back when the host is faster than the guest', () => {
    const room: number[] = []
    const { uart, read } = port({ inputCapacityBytes: 4, onInputRoom: (free) => room.push(free) })
    expect(uart.receive([1, 2, 3, 4, 5, 6])).toBe(4)
    // One byte went to the receiver.
    expect(uart.receive([5, 6])).toBe(1)
    expect(uart.receive([6])).toBe(0)
    expect(read(DATA)).toBe(1)
    expect(room).toEqual([1, 1])
    expect([read(DATA), read(DATA), read(DATA), read(DATA)]).toEqual([2, 3, 4, 5])
  })
})
