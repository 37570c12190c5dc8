/** Boots a Linux guest in v86 and prints its serial port: kernel, initrd, command line, MiB of memory. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { V86 } from 'v86'

const [kernel = '', initrd = '', commandLine = '', memoryMiB = '256'] = process.argv.slice(2)

function image(path: string): { buffer: ArrayBuffer } {
  return { buffer: new Uint8Array(readFileSync(path)).buffer }
}

const machine = new V86({
  wasm_path: fileURLToPath(import.meta.resolve('v86').replace('libv86.mjs', 'v86.wasm')),
  bios: image('/usr/share/seabios/bios.bin'),
  vga_bios: image('/usr/share/seabios/vgabios-stdvga.bin'),
  bzimage: image(kernel),
  initrd: image(initrd),
  cmdline: commandLine,
  memory_size: Number(memoryMiB) * 2 ** 20,
  vga_memory_size: 8 * 2 ** 20,
  autostart: true,
  disable_speaker: true,
})

machine.add_listener('serial0-output-byte', (byte: number) => {
  process.stdout.write(Uint8Array.of(byte))
})
