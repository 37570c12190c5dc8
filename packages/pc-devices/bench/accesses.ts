/** What one access of a guest costs: `node --conditions=@mica-vm/source bench/accesses.ts`. */
import { ClockTimers, createPcPlatform } from '../src/index.ts'

const ROUNDS = 2_000_000

const timers = new ClockTimers({ clock: { nowNs: () => performance.now() * 1e6 } })
const pc = createPcPlatform({ timers, wallClock: { nowMs: () => 0 }, memory: { belowFourGiBBytes: 2 ** 26 } })
const { bus } = pc

/** Counter 2 running, as in a calibration loop. */
function startCounter2(): void {
  for (const [port, value] of [
    [0x61, 1],
    [0x43, 0xb6],
    [0x42, 0xff],
    [0x42, 0xff],
  ] as const) {
    bus.writePort(port, 1, value)
  }
}

const accesses: Readonly<Record<string, () => void>> = {
  'unclaimed port': () => void bus.readPort(0x5000, 1),
  'UART line status': () => void bus.readPort(0x3fd, 1),
  'UART transmit': () => bus.writePort(0x3f8, 1, 65),
  'PIT count': () => void bus.readPort(0x42, 1),
  'port 61h': () => void bus.readPort(0x61, 1),
  'PM timer': () => void bus.readPort(0x608, 4),
  'PIC end of interrupt': () => bus.writePort(0x20, 1, 0x20),
  'local APIC EOI': () => bus.writeMmio(0xfee000b0, 4, 0),
  'local APIC timer start': () => bus.writeMmio(0xfee00380, 4, 1_000_000),
  'interrupt through I/O APIC, acknowledge, EOI': interruptOnce,
}

const com1 = pc.irq(4)
bus.writeMmio(0xfec00000, 4, 0x18)
bus.writeMmio(0xfec00010, 4, 0x44)

function interruptOnce(): void {
  com1(true)
  com1(false)
  if (pc.interrupts.pending) pc.interrupts.acknowledge()
  bus.writeMmio(0xfee000b0, 4, 0)
}

startCounter2()
for (const [name, access] of Object.entries(accesses)) {
  for (let i = 0; i < ROUNDS / 10; i++) access()
  const start = performance.now()
  for (let i = 0; i < ROUNDS; i++) access()
  console.log(`${name.padEnd(46)} ${(((performance.now() - start) * 1e6) / ROUNDS).toFixed(0).padStart(5)} ns`)
}
