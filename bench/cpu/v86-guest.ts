/** Runs an image in v86 and prints what it writes to the first serial port at once. */
import { readFileSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { V86 } from 'v86'

const file = (path: string): { buffer: ArrayBuffer } => ({ buffer: new Uint8Array(readFileSync(path)).buffer })

const machine = new V86({
  wasm_path: fileURLToPath(import.meta.resolve('v86').replace('libv86.mjs', 'v86.wasm')),
  bios: file('/usr/share/seabios/bios.bin'),
  vga_bios: file('/usr/share/seabios/vgabios-stdvga.bin'),
  multiboot: file(process.argv[2] ?? ''),
  memory_size: 16 * 2 ** 20,
  vga_memory_size: 2 * 2 ** 20,
  autostart: true,
  disable_speaker: true,
})

machine.add_listener('serial0-output-byte', (byte: number) => void writeSync(1, Uint8Array.of(byte)))
