import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bus, type AccessSize, type Attachment, type MmioDevice, type PortDevice } from '../../src/index.ts'

/** Memory that answers at ports or addresses; it accepts only accesses as wide as it says. */
function store(width: AccessSize, count: number, base: () => number): PortDevice & MmioDevice & { bytes: Uint8Array } {
  const bytes = new Uint8Array(count)
  const read = (at: number, size: AccessSize): number => {
    expect(size).toBeLessThanOrEqual(width)
    let value = 0
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!
    return value
  }
  const write = (at: number, size: AccessSize, value: number): void => {
    expect(size).toBeLessThanOrEqual(width)
    for (let i = 0; i < size; i++) bytes[at + i] = Math.floor(value / 256 ** i) & 0xff
  }
  return {
    bytes,
    portWidth: width,
    mmioWidth: width,
    readPort: (port, size) => read(port - base(), size),
    writePort: (port, size, value) => write(port - base(), size, value),
    readMmio: read,
    writeMmio: write,
  }
}

const width = fc.constantFrom<AccessSize>(1, 2, 4)
const device = fc.record({ first: fc.nat(60), count: fc.integer({ min: 1, max: 12 }), width })
const access = fc.record({ at: fc.nat(70), size: width, value: fc.nat(0xffffffff), write: fc.boolean() })
const move = fc.record({ which: fc.nat(7), to: fc.nat(60), detach: fc.boolean() })

describe.each(['ports', 'memory'] as const)('bus: %s', (kind) => {
  it('routes every byte as a map from address to the oldest claim does', () => {
    fc.assert(
      fc.property(
        fc.array(device, { maxLength: 8 }),
        fc.array(fc.oneof(access, move), { maxLength: 40 }),
        (devices, steps) => {
          const bus = new Bus()
          const attached: { attachment: Attachment; store: ReturnType<typeof store>; count: number }[] = []
          for (const { first, count, width: wide } of devices) {
            const one = store(wide, count, () => attachment.base)
            const attachment: Attachment =
              kind === 'ports'
                ? bus.attachPorts(first, count, one, { yields: true })
                : bus.attachMmio(first, count, one, { yields: true })
            attached.push({ attachment, store: one, count })
          }
          // Oracle: claims in order of age, asked one byte at a time.
          const order = [...attached]
          const byteAt = (at: number): { bytes: Uint8Array; index: number } | undefined => {
            const owner = order.find(({ attachment, count }) => at >= attachment.base && at < attachment.base + count)
            return owner && { bytes: owner.store.bytes, index: at - owner.attachment.base }
          }
          for (const step of steps) {
            if ('which' in step) {
              const one = attached[step.which]
              if (!one) continue
              if (order.includes(one)) order.splice(order.indexOf(one), 1)
              if (step.detach) one.attachment.detach()
              else {
                one.attachment.move(step.to)
                order.push(one)
              }
              continue
            }
            const { at, size, value } = step
            const spots = Array.from({ length: size }, (_, i) => byteAt(at + i))
            if (step.write) {
              const before = spots.map((spot) => spot?.bytes[spot.index])
              if (kind === 'ports') bus.writePort(at, size, value)
              else bus.writeMmio(at, size, value)
              spots.forEach(
                (spot, i) => spot && expect(spot.bytes[spot.index]).toBe(Math.floor(value / 256 ** i) & 0xff),
              )
              expect(before).toHaveLength(size)
            } else {
              const expected = spots.reduce(
                (sum, spot, i) => sum + (spot ? spot.bytes[spot.index]! : 0xff) * 256 ** i,
                0,
              )
              expect(kind === 'ports' ? bus.readPort(at, size) : bus.readMmio(at, size)).toBe(expected)
            }
          }
        },
      ),
      { numRuns: 1000, seed: 64 },
    )
  })
})
