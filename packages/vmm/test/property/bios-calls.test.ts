// Oracle: the other engine; and that no call of the BIOS, whatever its registers, makes a run reject or leaves a frame behind.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EngineMode } from '@mica-vm/binary-translator'
import { Host, MemoryBlockStore } from '../../src/index.ts'
import { mib } from '../support/machines.ts'

const sectorBytes = 512
/** Behind the boot sector, where its first call loads the rest of the program. */
const loadedSectors = 17
const guestNs = 200_000

const hosts = new Map<EngineMode, Host>()

function hostOf(engine: EngineMode): Host {
  const host = hosts.get(engine) ?? new Host({ memory: 8 * mib, translationCache: 4 * mib, engine })
  hosts.set(engine, host)
  return host
}

interface Call {
  readonly vector: number
  /** EAX, ECX, EDX, EBX, EBP, ESI, EDI. */
  readonly values: readonly number[]
  readonly es: number
}

const vectors = fc.constantFrom(
  0x05,
  0x08,
  0x09,
  0x10,
  0x10,
  0x11,
  0x12,
  0x13,
  0x13,
  0x14,
  0x15,
  0x15,
  0x16,
  0x17,
  0x1a,
  0x1a,
  0x70,
  0x74,
)
const word = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 1, 3, 0x12, 0x13, 0x80, 0xb800, 0xa000, 0xf000, 0xffff))
const value = fc.oneof(fc.nat(0xffff_ffff), word)
const functions = fc.oneof(
  fc.tuple(fc.nat(0x1c), fc.nat(0x13)).map(([ah, al]) => ah * 256 + al),
  fc.constantFrom(
    0x4100,
    0x4200,
    0x4800,
    0x4f00,
    0x4f01,
    0x4f02,
    0x4f05,
    0x4f06,
    0x4f07,
    0x4f09,
    0xb102,
    0xb109,
    0xc205,
    0xe820,
    0x8700,
  ),
  value,
)
const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.record({
    vector: vectors,
    values: fc.tuple(functions, value, value, value, value, value, value),
    es: word,
  }),
  { minLength: 1, maxLength: 40 },
)

/** Registers 4 (ESP) apart, MOV r32, imm32 is 66h B8h+r. */
const registerNumbers = [0, 1, 2, 3, 5, 6, 7]

function codeOf({ vector, values, es }: Call): number[] {
  const dword = (number: number): number[] => [0, 8, 16, 24].map((shift) => (number >>> shift) & 0xff)
  return [
    ...[0xb8, es & 0xff, es >>> 8, 0x8e, 0xc0],
    ...values.flatMap((number, index) => [0x66, 0xb8 + registerNumbers[index]!, ...dword(number)]),
    ...[0xcd, vector],
  ]
}

/** Loads its other sectors to 7E00h, makes the calls one after the other, and stays there. */
function diskette(list: readonly Call[]): Uint8Array {
  const image = new Uint8Array(2880 * sectorBytes)
  // xor ax,ax; mov es,ax; mov ax,0211h; mov bx,7E00h; mov cx,2; mov dx,0; int 13h
  const load = [
    0x31,
    0xc0,
    0x8e,
    0xc0,
    0xb8,
    loadedSectors,
    0x02,
    0xbb,
    0x00,
    0x7e,
    0xb9,
    0x02,
    0x00,
    0xba,
    0x00,
    0x00,
    0xcd,
    0x13,
  ]
  // jmp 7E00h
  const distance = sectorBytes - load.length - 3
  image.set([...load, 0xe9, distance & 0xff, distance >> 8])
  image.set([...list.flatMap(codeOf), 0xeb, 0xfe], sectorBytes)
  image.set([0x55, 0xaa], sectorBytes - 2)
  return image
}

async function outcomeOf(list: readonly Call[], engine: EngineMode): Promise<object> {
  const vm = hostOf(engine).createVm({
    memory: 2 * mib,
    media: {
      floppies: [new MemoryBlockStore(diskette(list))],
      disks: [new MemoryBlockStore(new Uint8Array(64 * 1024))],
      cdroms: [new MemoryBlockStore(new Uint8Array(64 * 1024), { sectorBytes: 2048 })],
    },
    clock: 'instructions',
    onReset: 'stop',
    devices: [({ timers }) => void timers.schedule(guestNs, () => vm.powerOff())],
  })
  vm.on('stuck', () => vm.powerOff())
  const exit = await vm.run()
  const { state, retired } = vm.processor
  const registers = Array.from({ length: 8 }, (_, number) => state.gpr(number))
  const outcome = { exit, retired, screen: vm.screen?.text(), eip: state.eip, eflags: state.eflags, registers }
  vm.destroy()
  return outcome
}

test('calls with random registers end alike in both engines, and leave nothing behind', async () => {
  const engines = ['interpreter', 'translator'] as const
  const free = engines.map((engine) => hostOf(engine).statistics.free)
  await fc.assert(
    fc.asyncProperty(calls, async (list) => {
      const [first, second] = [await outcomeOf(list, engines[0]), await outcomeOf(list, engines[1])]
      expect(second).toEqual(first)
      expect(engines.map((engine) => hostOf(engine).statistics.free)).toEqual(free)
    }),
    { seed: 20261202, numRuns: 40 },
  )
})
