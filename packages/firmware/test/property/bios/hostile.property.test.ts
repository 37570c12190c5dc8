// Oracle: the contract of the ports. Whatever a guest has in its registers and in the data area, a service does not throw, asks for
// nothing outside of its ports' ranges, does a bounded amount of work, and leaves the guest in the ROM or where it told the BIOS to go.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bios } from '../../../src/index.ts'
import type { BiosPorts, GuestMemory, SectorStore } from '../../../src/index.ts'
import { FakeCpu, FakeMemory, FakePorts } from '../../../src/testing/index.ts'

const RUNS = { seed: 20261127, numRuns: 1500 } as const
const ROM_BASE = 0xf0000
const VECTORS = [0x05, 0x08, 0x09, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x70, 0x74]
const MOST_ACCESSES = 2_000_000

function store(sectorBytes: number, sectors: number): SectorStore {
  const check = (sector: number, bytes: Uint8Array): void => {
    if (!(sector >= 0 && sector + bytes.length / sectorBytes <= sectors)) throw new RangeError(`sector ${sector}`)
  }
  return { sectorBytes, sectors, readOnly: false, read: check, write: check, flush: () => undefined }
}

/** Ports and memory that throw when asked for what does not exist. */
class Checked implements BiosPorts, GuestMemory {
  accesses = 0
  readonly memory = new FakeMemory(2 << 20)
  readonly ports = new FakePorts()
  /** Answers of ports that nobody holds: a hostile device. */
  noise: readonly number[] = [0]

  readPort(port: number, size: 1 | 2 | 4): number {
    this.#count(Number.isInteger(port) && port >= 0 && port <= 0xffff)
    const noise = this.noise[this.accesses % this.noise.length]!
    return noise === 0 ? this.ports.readPort(port, size) : noise
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.#count(Number.isInteger(port) && port >= 0 && port <= 0xffff && value >= 0 && value < 2 ** (8 * size))
    this.ports.writePort(port, size, value)
    this.ports.writes.length = 0
  }

  read(linear: number, into: Uint8Array): boolean {
    this.#count(Number.isInteger(linear) && linear >= 0)
    return this.memory.read(linear, into)
  }

  write(linear: number, from: Uint8Array): boolean {
    this.#count(Number.isInteger(linear) && linear >= 0)
    return this.memory.write(linear, from)
  }

  #count(holds: boolean): void {
    if (!holds) throw new RangeError('an access outside of what there is')
    if (++this.accesses > MOST_ACCESSES) throw new RangeError('work without end')
  }
}

const word = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 1, 0x40, 0x7fff, 0x8000, 0xb800, 0xffff))
const dword = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  word,
  // Functions that exist, with any subfunction.
  fc.tuple(fc.integer({ min: 0, max: 0x1c }), fc.integer({ min: 0, max: 255 })).map(([ah, al]) => ah * 256 + al),
  fc
    .tuple(fc.constantFrom(0x41, 0x42, 0x45, 0x48, 0x4a, 0x4b, 0x4d, 0x4f, 0x53, 0xb1, 0xc2, 0xe8), fc.nat(255))
    .map(([ah, al]) => ah * 256 + al),
)
const registers = fc.record({
  eax: dword,
  ebx: dword,
  ecx: dword,
  edx: fc.oneof(dword, fc.constantFrom(0, 1, 0x80, 0x81, 0xe0)),
  esi: dword,
  edi: dword,
  ebp: dword,
  esp: dword,
  es: word,
  ds: word,
  ss: word,
})

/** Trap points by walking the ROM: every OUT to the port. */
function trapsOf(bios: Bios): number[] {
  return [...bios.rom.keys()].filter((at) => bios.rom[at] === 0xe6 && bios.rom[at + 1] === bios.trapPort)
}

function machine(): { cpu: FakeCpu; checked: Checked; bios: Bios } {
  const cpu = new FakeCpu()
  const checked = new Checked()
  const place = { channel: 0, unit: 0 } as const
  const bios = new Bios({
    cpu,
    memory: checked,
    ports: checked,
    machine: {
      ramBytes: 2 << 20,
      floppies: [{ medium: store(512, 2880), changes: 0 }],
      disks: [{ store: store(512, 20_000), place }],
      cdroms: [{ medium: store(2048, 1000), changes: 0, place }],
      bootOrder: ['floppy', 'disk', 'cdrom'],
      acpi: null,
    },
  })
  checked.memory.bytes.set(bios.rom, ROM_BASE)
  return { cpu, checked, bios }
}

test('no call throws, leaves the ranges of its ports, or works without end', () => {
  const { cpu, checked, bios } = machine()
  const traps = trapsOf(bios)
  expect(traps.length).toBeGreaterThanOrEqual(VECTORS.length)
  let served = 0
  const post = checked.memory.bytes.slice()
  fc.assert(
    fc.property(
      registers,
      fc.nat(traps.length - 1),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 0x6ff }), fc.nat(255)), { maxLength: 40 }),
      fc.array(fc.tuple(fc.integer({ min: 0x9fc00, max: 0x9ffff }), fc.nat(255)), { maxLength: 20 }),
      fc.array(fc.nat(255), { minLength: 1, maxLength: 3 }),
      (values, trap, data, extended, noise) => {
        checked.memory.bytes.set(post)
        for (const [at, value] of [...data, ...extended]) checked.memory.bytes[at] = value
        checked.noise = noise
        checked.accesses = 0
        Object.assign(cpu, values, { cs: 0xf000, eip: traps[trap]! + 2, mode: 'real' })
        served += bios.service() ? 1 : 0
        expect(cpu.eip).toBeLessThanOrEqual(0xffff)
      },
    ),
    RUNS,
  )
  // All but the one in 32-bit code, which real mode cannot call.
  expect(served).toBeGreaterThan(RUNS.numRuns * 0.9)
})

test('the same calls from virtual-8086 mode, where memory refuses every second page', () => {
  const { cpu, checked, bios } = machine()
  const traps = trapsOf(bios)
  const refuses = (linear: number, length: number): boolean =>
    ((linear >> 12) & 1) === 1 || (((linear + length - 1) >> 12) & 1) === 1
  const { memory } = checked
  const [read, write] = [memory.read.bind(memory), memory.write.bind(memory)]
  memory.read = (linear, into) => !refuses(linear, into.length) && read(linear, into)
  memory.write = (linear, from) => !refuses(linear, from.length) && write(linear, from)
  fc.assert(
    fc.property(registers, fc.nat(traps.length - 1), (values, trap) => {
      checked.accesses = 0
      Object.assign(cpu, values, { cs: 0xf000, eip: traps[trap]! + 2, mode: 'virtual8086', privilege: 3 })
      const before = memory.bytes.slice(0x1000, 0x2000)
      bios.service()
      expect(memory.bytes.slice(0x1000, 0x2000)).toEqual(before)
    }),
    { ...RUNS, numRuns: 400 },
  )
})
