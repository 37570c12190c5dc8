import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ns16550a } from '../../src/index.ts'
import { FakeTimers, recordedLine } from '../../src/testing/index.ts'

const step = fc.oneof(
  fc.record({ kind: fc.constant('receive' as const), bytes: fc.array(fc.nat(255), { maxLength: 30 }) }),
  fc.record({ kind: fc.constant('send' as const), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('read' as const), count: fc.nat(20) }),
  fc.record({ kind: fc.constant('wait' as const), us: fc.nat(3000) }),
)

describe('16550A', () => {
  it('hands every byte on once and in order, both ways: the oracle is the list of bytes', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.constantFrom('instant' as const, 'baud' as const),
        fc.array(step),
        (fifo, pacing, steps) => {
          const timers = new FakeTimers()
          const sent: number[] = []
          const uart = new Ns16550a({ timers, pacing, transmit: (byte) => sent.push(byte), inputCapacityBytes: 40 })
          const taken: number[] = []
          const read: number[] = []
          const written: number[] = []
          uart.writePort(2, 1, fifo ? 1 : 0)
          const drain = (most: number): void => {
            for (let i = 0; i < most && uart.readPort(5, 1) & 1; i++) read.push(uart.readPort(0, 1))
          }
          for (const each of steps) {
            if (each.kind === 'receive') taken.push(...each.bytes.slice(0, uart.receive(each.bytes)))
            else if (each.kind === 'read') drain(each.count)
            else if (each.kind === 'wait') timers.advance(each.us * 1000)
            else if (uart.readPort(5, 1) & 0x20) {
              uart.writePort(0, 1, each.byte)
              written.push(each.byte)
            }
          }
          drain(1000)
          timers.advance(1e9)
          expect(read).toEqual(taken)
          expect(sent).toEqual(written)
        },
      ),
      { numRuns: 1000, seed: 16550 },
    )
  })

  it('lets an interrupt-driven reader see every byte without polling', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x00, 0x01, 0x41, 0x81, 0xc1),
        fc.array(fc.array(fc.nat(255), { maxLength: 20 })),
        (fcr, bursts) => {
          const timers = new FakeTimers()
          const irq = recordedLine()
          const uart = new Ns16550a({ timers, irq: irq.line })
          uart.writePort(2, 1, fcr)
          uart.writePort(4, 1, 0x08)
          uart.writePort(1, 1, 0x01)
          const read: number[] = []
          for (const burst of bursts) {
            uart.receive(burst)
            timers.advance(1e8)
            // The handler reads one byte per interrupt and trusts the line for the rest.
            while (irq.level) {
              read.push(uart.readPort(0, 1))
              timers.advance(1e7)
            }
          }
          expect(read).toEqual(bursts.flat())
        },
      ),
      { numRuns: 300, seed: 16551 },
    )
  })
})
