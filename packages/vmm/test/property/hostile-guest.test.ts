import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EngineMode } from '@mica-vm/binary-translator'
import { Host, MemoryBlockStore, type VmExit, type VmOptions } from '../../src/index.ts'
import { biosImage } from '../support/bios-program.ts'
import { guestImage } from '../support/guest-program.ts'
import { mib } from '../support/machines.ts'

const hosts = new Map<EngineMode, Host>()

function hostOf(engine: EngineMode): Host {
  const host = hosts.get(engine) ?? new Host({ memory: 8 * mib, translationCache: 4 * mib, engine })
  hosts.set(engine, host)
  return host
}

interface Outcome {
  readonly exit: VmExit
  readonly retired: number
  readonly timeNs: number
  readonly output: string
  readonly registers: readonly number[]
}

/** Makes a machine of a program. */
type Start = (program: readonly number[]) => Partial<VmOptions>

const asKernel: Start = (program) => ({ boot: { kernel: guestImage(program) } })

const blank = (kib: number, sectorBytes = 512): MemoryBlockStore =>
  new MemoryBlockStore(new Uint8Array(kib * 1024), { sectorBytes })

/** Media in every drive, so that every device is there. */
const allDrives = (): Pick<VmOptions, 'media'> => ({
  media: { floppies: [blank(1440), blank(360)], disks: [blank(64)], cdroms: [blank(64, 2048)] },
})

const amongDevices: Start = (program) => ({ ...asKernel(program), ...allDrives(), screen: 'vga' })

const asFirmware: Start = (program) => ({ firmware: { bios: biosImage(...program) }, ...allDrives() })

/** Runs a program for 20 microseconds of its time. */
async function outcomeOf(start: Start, program: readonly number[], engine: EngineMode): Promise<Outcome> {
  const vm = hostOf(engine).createVm({
    memory: 2 * mib,
    ...start(program),
    clock: 'instructions',
    onReset: 'stop',
    devices: [({ timers }) => void timers.schedule(20_000, () => vm.powerOff())],
  })
  let output = ''
  vm.on('serial', ({ bytes }) => void (output += String(bytes)))
  vm.on('stuck', () => vm.powerOff())
  const exit = await vm.run()
  const { state, retired } = vm.processor
  const registers = Array.from({ length: 8 }, (_, number) => state.gpr(number))
  const outcome = { exit, retired, timeNs: vm.timeNs, output, registers: [state.eip, state.eflags, ...registers] }
  vm.destroy()
  return outcome
}

/** Bytes that make it likelier that something happens: system instructions, port output, branches, prefixes. */
const telling = fc.constantFrom(
  ...[0x0f, 0xf4, 0xee, 0xef, 0xec, 0xcd, 0xcc, 0xcf, 0xfa, 0xfb, 0xe8, 0xeb, 0x74, 0x75, 0x66, 0x67, 0xf0, 0xf3, 0xea],
  ...[0x8e, 0x9d, 0x9c, 0xff, 0x20, 0x22, 0x01, 0x30, 0x32, 0xa2, 0x06, 0x1e, 0xc2, 0xca, 0x9a, 0xd9, 0xdf, 0xe3, 0xab],
)
const byte = fc.oneof(fc.nat(255), telling)
const program = fc.array(byte, { minLength: 1, maxLength: 200 })

// Oracle: the other engine. And that no program, whatever it is, makes a run reject or leaves a frame behind.
test.each([
  ['kernels', asKernel, 150],
  ['kernels among disks, floppies, CD-ROM and VGA', amongDevices, 60],
  ['firmware, from the reset vector on', asFirmware, 40],
] as const)('random programs end alike in both engines, and leave nothing behind: %s', async (_, start, numRuns) => {
  const free = (['interpreter', 'translator'] as const).map((engine) => hostOf(engine).statistics.free)
  await fc.assert(
    fc.asyncProperty(program, async (bytes) => {
      const interpreted = await outcomeOf(start, bytes, 'interpreter')
      expect(await outcomeOf(start, bytes, 'translator')).toEqual(interpreted)
    }),
    { seed: 20_26, numRuns },
  )
  expect([...hosts.values()].map((host) => host.statistics.free)).toEqual(free)
})
