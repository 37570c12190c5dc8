import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineMode } from '@mica-vm/binary-translator'
import { Host, type VmOptions } from '../../src/index.ts'
import type { Feature } from './types.ts'

const mib = 2 ** 20
const guestMemory = 128 * mib
/** No image has so much to say: one that sends more has lost its way. */
const mostBytes = 4 * mib
const outOfTimeNs = 200_000_000

/** Runs an image in Mica; what it sent to the debug console. */
export async function runInMica(
  image: Uint8Array,
  engine: EngineMode,
  mmu: NonNullable<VmOptions['mmu']> = 'noncaching',
): Promise<Uint8Array> {
  const host = new Host({ memory: 48 * mib, engine })
  const sent: number[] = []
  const vm = host.createVm({
    memory: guestMemory,
    boot: { kernel: image },
    mmu,
    cpu: 'x86-64-v2,+smep,+smap,+umip',
    clock: 'instructions',
    onReset: 'stop',
    devices: [({ timers }) => void timers.schedule(outOfTimeNs, () => vm.powerOff())],
  })
  vm.on('debug', ({ byte }) => {
    sent.push(byte)
    if (sent.length === mostBytes) vm.powerOff()
  })
  vm.on('stuck', () => vm.powerOff())
  await vm.run()
  vm.destroy()
  return Uint8Array.from(sent)
}

/** Whether the QEMU is there that the golden files are of. */
export const hasQemu: boolean = String(spawnSync('qemu-system-i386', ['--version']).stdout).includes('version 7.2')

/** Runs an image in QEMU; what it sent to the debug console. */
export function runInQemu(image: Uint8Array, { isTimed = false }: Pick<Feature, 'isTimed'>): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'mica-system-'))
  try {
    const [kernel, output] = [join(directory, 'kernel'), join(directory, 'output')]
    writeFileSync(kernel, image)
    const machine = ['-accel', 'tcg', '-cpu', 'qemu32,+sse3,+nx,+pse36,+mtrr,+smep,+smap,+umip,-svm', '-m', '128']
    const quiet = ['-display', 'none', '-no-reboot', '-nodefaults', '-net', 'none']
    const clock = isTimed ? ['-icount', 'shift=2'] : []
    const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-debugcon', `file:${output}`]
    const { stderr, error } = spawnSync(
      'qemu-system-i386',
      [...machine, ...quiet, ...clock, ...exit, '-kernel', kernel],
      {
        timeout: 600_000,
      },
    )
    if (error) throw error
    const message = String(stderr)
    if (message.includes('qemu-system-i386:')) throw new Error(message)
    const bytes = readFileSync(output)
    // SeaBIOS has its say first, as text; the first case begins with C and number 0.
    const begin = Math.max(0, bytes.indexOf(Uint8Array.of(0x43, 0, 0)))
    return bytes.subarray(begin, begin + mostBytes)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
