import { describe, expect, it } from 'vitest'
import { createPcPlatform, PciDevice, type PcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock, hostileGuest, type GuestOperation } from '../../src/testing/index.ts'

interface Machine {
  pc: PcPlatform
  timers: FakeTimers
  log: string[]
}

function machine(startNs = 0): Machine {
  const timers = new FakeTimers(startNs)
  const log: string[] = []
  const pc = createPcPlatform({
    timers,
    wallClock: fakeWallClock(timers),
    memory: { belowFourGiBBytes: 64 << 20 },
    serial: [{ transmit: (byte) => log.push(`com1 ${byte}`), pacing: 'baud' }, {}],
    events: {
      reset: (cause) => log.push(cause),
      powerOff: () => log.push('off'),
      debugExit: (value) => log.push(`exit ${value}`),
      nmi: () => log.push('nmi'),
    },
  })
  const registers = { readPort: () => 0, writePort: () => {}, readMmio: () => 0, writeMmio: () => {} }
  const device = new PciDevice({ vendorId: 0x1af4, deviceId: 0x1000, classCode: 0x020000, interruptPin: 1 }, [
    { index: 0, kind: 'io', sizeBytes: 32, device: registers },
    { index: 2, kind: 'memory', sizeBytes: 4096, wide: true, device: registers },
  ])
  pc.pci.attach(2, device)
  pc.assignPciResources()
  log.length = 0
  return { pc, timers, log }
}

/** Does the operation and returns what the guest sees of it. */
function perform({ pc, timers }: Machine, operation: GuestOperation, leap = false): number {
  switch (operation.kind) {
    case 'readPort':
      return pc.bus.readPort(operation.port, operation.size)
    case 'writePort':
      pc.bus.writePort(operation.port, operation.size, operation.value)
      return 0
    case 'readMmio':
      return pc.bus.readMmio(operation.address, operation.size)
    case 'writeMmio':
      pc.bus.writeMmio(operation.address, operation.size, operation.value)
      return 0
    case 'acknowledge':
      return pc.interrupts.acknowledge()
    case 'advance':
      return leap ? timers.leap(operation.ns) : timers.advance(Math.min(operation.ns, 2e6))
  }
}

describe('a platform under a hostile guest', () => {
  it.each([1, 2, 3, 4])('neither throws nor leaves its bounds in 100000 operations (seed %i)', (seed) => {
    const target = machine()
    const guest = hostileGuest(seed)
    let told = target.pc.interrupts.pending
    target.pc.interrupts.onChange = (pending) => (told = pending)
    let mostTimers = 0
    for (let i = 0; i < 100_000; i++) {
      const operation = guest.next().value
      const result = perform(target, operation, true)
      if (operation.kind === 'readPort') {
        if (!(result >= 0 && result < 2 ** (8 * operation.size)))
          throw new Error(`${JSON.stringify(operation)}: ${result}`)
      } else if (operation.kind === 'acknowledge') {
        if (!(result >= 0 && result <= 255)) throw new Error(`vector ${result}`)
      } else if (operation.kind === 'advance' && result > 16) {
        throw new Error(`${result} callbacks in one run`)
      }
      if (told !== target.pc.interrupts.pending)
        throw new Error(`the CPU was not told after ${JSON.stringify(operation)}`)
      if (i % 64 === 0) target.pc.serial[0]!.receive([i & 0xff])
      if (i % 50 === 0) target.pc.keyboardController.key('KeyA', (i & 1) === 0)
      if (i % 70 === 0) target.pc.keyboardController.moveMouse({ dx: i % 300, dy: -3, buttons: i & 7 })
      if (i % 90 === 0) (target.pc.pci.function(2) as PciDevice).setInterrupt((i & 2) === 0)
      mostTimers = Math.max(mostTimers, target.timers.size)
    }
    expect(mostTimers).toBeLessThan(16)
    expect(JSON.stringify(target.pc.snapshot()).length).toBeLessThan(40_000)
  })

  it('serves no more than one timer edge per shortest edge time, whatever the guest asks for', () => {
    const { pc, timers } = machine()
    // Counter 0, mode 2, count 2; local APIC timer periodic, count 1; paced UART aside.
    pc.bus.writePort(0x43, 1, 0x14)
    pc.bus.writePort(0x40, 1, 2)
    pc.bus.writeMmio(0xfee003e0, 4, 0xb)
    pc.bus.writeMmio(0xfee00320, 4, 0x20040)
    pc.bus.writeMmio(0xfee00380, 4, 1)
    expect(timers.advance(1e6)).toBeLessThanOrEqual(2 * 101)
    expect(timers.leap(1e9)).toBeLessThanOrEqual(3)
  })

  it.each([11, 12, 13, 14, 15, 16])('goes on from a snapshot exactly as the original does (seed %i)', (seed) => {
    const original = machine()
    const guest = hostileGuest(seed)
    for (let i = 0; i < 3000; i++) perform(original, guest.next().value)
    // Oracle: the machine that was never interrupted. Snapshots survive JSON: they are plain data.
    const saved = JSON.parse(JSON.stringify(original.pc.snapshot()))
    const savedDevice = JSON.parse(JSON.stringify((original.pc.pci.function(2) as PciDevice).snapshot()))
    const copy = machine(original.timers.nowNs())
    ;(copy.pc.pci.function(2) as PciDevice).restore(savedDevice)
    copy.pc.restore(saved)
    original.log.length = copy.log.length = 0
    expect(copy.pc.snapshot()).toEqual(saved)
    for (let i = 0; i < 3000; i++) {
      const operation = guest.next().value
      const [first, second] = [perform(original, operation), perform(copy, operation)]
      if (operation.kind !== 'advance') expect({ operation, result: second }).toEqual({ operation, result: first })
      expect(copy.pc.interrupts.pending).toBe(original.pc.interrupts.pending)
    }
    expect(copy.log).toEqual(original.log)
  })
})
