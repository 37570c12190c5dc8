/** Runs an image in Mica and prints what it writes to port E9h at once: image, tier. */
import { readFileSync, writeSync } from 'node:fs'
import { addableFeatures, cpuModel, type EngineMode } from '@mica-vm/binary-translator'
import { Host } from '@mica-vm/vmm'

const [path = '', engine = 'auto'] = process.argv.slice(2)
const host = new Host({ memory: 16 * 2 ** 20, engine: engine as EngineMode })
const vm = host.createVm({
  memory: 8 * 2 ** 20,
  boot: { kernel: readFileSync(path) },
  cpu: cpuModel('x86-64-v2', addableFeatures),
})
vm.on('debug', ({ byte }) => void writeSync(1, Uint8Array.of(byte)))
const exit = await vm.run()
console.error(exit)
