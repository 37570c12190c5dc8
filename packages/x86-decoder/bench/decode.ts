// Decoding speed and load time, in CPU time of the thread, so that a busy machine does not matter.
// Usage: node --conditions=@mica-vm/source bench/decode.ts [file] (default: the Node binary itself)
// Decodes up to 4 MiB of the file again and again, linearly, in 64-bit mode.
import { readFileSync } from 'node:fs'

function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const before = cpuMilliseconds()
const { decodeInto, DecodeStatus, Instruction, formCount } = await import('../src/index.ts')
console.log(
  `load: ${(cpuMilliseconds() - before).toFixed(1)} ms of CPU for ${formCount()} forms, with type stripping where sources run`,
)

const file = process.argv[2] ?? process.execPath
const whole = readFileSync(file)
const start = Math.min(whole.length >> 1, 24 << 20)
const bytes = new Uint8Array(whole.subarray(start, start + (4 << 20)))
const instruction = new Instruction()
for (let round = 0; round < 5; round++) {
  const heap = process.memoryUsage().heapUsed
  const from = cpuMilliseconds()
  let count = 0
  let valid = 0
  for (let offset = 0; offset < bytes.length; count++) {
    if (decodeInto(bytes, offset, bytes.length, 64, instruction) === DecodeStatus.Ok) {
      valid++
      offset += instruction.length
    } else offset++
  }
  const seconds = (cpuMilliseconds() - from) / 1000
  const grown = process.memoryUsage().heapUsed - heap
  console.log(
    `${(count / seconds / 1e6).toFixed(2)} M instructions/s (${((100 * valid) / count).toFixed(1)} % valid), ` +
      `heap ${(grown / count).toFixed(3)} bytes per instruction`,
  )
}
