// Decoding speed and load time. Usage: node --conditions=@mica-vm/source bench/decode.ts [file]
// Decodes a file (default: the running Node binary's first 4 MiB of code-like bytes) again and again, linearly.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const before = performance.now()
const { decodeInto, DecodeStatus, Instruction, formCount } = await import('../src/index.ts')
const loaded = performance.now() - before
const file = process.argv[2] ?? process.execPath
const whole = readFileSync(file)
const start = Math.min(whole.length >> 1, 16 << 20)
const bytes = new Uint8Array(whole.subarray(start, start + (4 << 20)))
console.log(`load: ${loaded.toFixed(1)} ms for ${formCount} forms (with type stripping where sources run)`)

const instruction = new Instruction()
for (let round = 0; round < 5; round++) {
  const heap = process.memoryUsage().heapUsed
  const from = performance.now()
  let count = 0
  let valid = 0
  for (let offset = 0; offset < bytes.length; count++) {
    if (decodeInto(bytes, offset, bytes.length, 64, instruction) === DecodeStatus.Ok) {
      valid++
      offset += instruction.length
    } else offset++
  }
  const seconds = (performance.now() - from) / 1000
  const grown = process.memoryUsage().heapUsed - heap
  console.log(
    `${(count / seconds / 1e6).toFixed(2)} M instructions/s (${((100 * valid) / count).toFixed(1)} % valid), ` +
      `heap ${(grown / count).toFixed(3)} bytes per instruction`,
  )
}
