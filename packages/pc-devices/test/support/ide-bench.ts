import { Bus, PciHost, PiixIde, type DmaMemory, type IdeDrive } from '../../src/index.ts'
import { FakeTimers, recordedLine, type RecordedLine } from '../../src/testing/index.ts'

export interface IdeBench {
  bus: Bus
  ide: PiixIde
  timers: FakeTimers
  ram: Uint8Array
  irq: RecordedLine
  /** Features, count, LBA low, middle, high, device, command. */
  command(...registers: number[]): void
  readWords(count: number): number[]
  packet(bytes: readonly number[], byteLimit?: number, features?: number): void
  /** Writes a descriptor table at `table` and starts the bus master of the primary channel. */
  startDma(table: number, pieces: readonly [address: number, bytes: number][], toMemory: boolean): void
}

export function arrayMemory(ram: Uint8Array): DmaMemory {
  const inside = (at: number, bytes: number): boolean => at >= 0 && at + bytes <= ram.length
  return {
    read: (at, into) => inside(at, into.length) && (into.set(ram.subarray(at, at + into.length)), true),
    write: (at, from) => inside(at, from.length) && (ram.set(from, at), true),
  }
}

export function ideBench(primary: (IdeDrive | null)[], ramBytes: number = 2 ** 20): IdeBench {
  const timers = new FakeTimers()
  const bus = new Bus()
  const pci = new PciHost({ bus, pirq: () => {} })
  const ram = new Uint8Array(ramBytes)
  const irq = recordedLine()
  const ide = new PiixIde({
    timers,
    memory: arrayMemory(ram),
    irq: (i: 0 | 1) => (i === 0 ? irq.line : () => {}),
    primary,
  })
  pci.attach(1, ide, 1)
  ide.writeConfig(0x20, 4, 0xc000)
  ide.writeConfig(0x04, 2, 5)
  const command = (...registers: number[]): void => {
    for (const i of [5, 0, 1, 2, 3, 4, 6]) bus.writePort(0x1f1 + i, 1, registers[i] ?? 0)
  }
  return {
    bus,
    ide,
    timers,
    ram,
    irq,
    command,
    readWords: (count) => Array.from({ length: count }, () => bus.readPort(0x1f0, 2)),
    packet: (bytes, byteLimit = 0xfffe, features = 0) => {
      command(features, 0, 0, byteLimit & 0xff, byteLimit >> 8, 0, 0xa0)
      for (let i = 0; i < 12; i += 2) bus.writePort(0x1f0, 2, (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8))
    },
    startDma: (table, pieces, toMemory) => {
      const view = new DataView(ram.buffer)
      pieces.forEach(([address, bytes], i) => {
        view.setUint32(table + 8 * i, address, true)
        view.setUint32(table + 8 * i + 4, (bytes & 0xffff) | (i === pieces.length - 1 ? 0x8000_0000 : 0), true)
      })
      bus.writePort(0xc000, 1, 0)
      bus.writePort(0xc002, 1, 6)
      bus.writePort(0xc004, 4, table)
      bus.writePort(0xc000, 1, toMemory ? 9 : 1)
    },
  }
}
