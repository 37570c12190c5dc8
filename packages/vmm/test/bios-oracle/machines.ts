import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBlockStore } from '@mica-vm/pc-devices'
import { Host } from '../../src/index.ts'
import type { EngineMode } from '@mica-vm/binary-translator'

const qemu = 'qemu-system-i386'
const mebibytes = 32
const mib = 2 ** 20

export function haveQemu(): boolean {
  return spawnSync(qemu, ['--version']).error === undefined
}

/** What the diskette says through the debug console under QEMU with SeaBIOS. */
export function outputUnderSeaBios(floppy: Uint8Array, disk: Uint8Array): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'mica-bios-'))
  const path = (name: string): string => join(directory, name)
  try {
    writeFileSync(path('floppy.img'), floppy)
    writeFileSync(path('disk.img'), disk)
    // prettier-ignore
    const { stderr } = spawnSync(qemu, [
      '-machine', 'pc,accel=tcg', '-m', String(mebibytes), '-vga', 'std', '-display', 'none', '-no-reboot', '-nic', 'none',
      '-parallel', 'none', '-serial', 'null', '-boot', 'a', '-debugcon', `file:${path('output')}`,
      '-drive', `if=floppy,format=raw,file=${path('floppy.img')}`, '-drive', `if=ide,format=raw,file=${path('disk.img')}`,
      '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
    ], { timeout: 600_000 })
    if (stderr.length > 0) throw new Error(`QEMU: ${stderr.toString()}`)
    return Uint8Array.from(readFileSync(path('output')))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The same under Mica with its own BIOS. */
export async function outputUnderMica(floppy: Uint8Array, disk: Uint8Array, engine: EngineMode): Promise<Uint8Array> {
  const host = new Host({ memory: 2 * mebibytes * mib, engine })
  const media = { floppies: [new MemoryBlockStore(floppy.slice())], disks: [new MemoryBlockStore(disk.slice())] }
  const vm = host.createVm({ memory: mebibytes * mib, media, clock: 'instructions' })
  const output: number[] = []
  vm.on('debug', ({ byte }) => output.push(byte))
  const exit = await vm.run()
  vm.destroy()
  if (exit.reason !== 'debug-exit') throw new Error(`the machine ended by ${exit.reason}`)
  return Uint8Array.from(output)
}
