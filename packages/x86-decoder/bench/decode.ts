// Decoding speed beside iced-x86, and load time, in CPU time of the thread, so that a busy machine does not matter.
// Usage: node --conditions=@mica-vm/source bench/decode.ts [file] (default: the Node binary itself)
// Decodes up to 4 MiB of the file again and again, linearly, in 64-bit mode.
import { readFileSync } from 'node:fs'
import iced from 'iced-x86'

function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const before = cpuMilliseconds()
const { decodeInto, DecodeStatus, format, formCount, Instruction, InstructionUses, usesInto } =
  await import('../src/index.ts')
console.log(
  `load: ${(cpuMilliseconds() - before).toFixed(1)} ms of CPU for ${formCount()} forms, with type stripping where sources run`,
)

const file = process.argv[2] ?? process.execPath
const whole = readFileSync(file)
const start = Math.min(whole.length >> 1, 24 << 20)
const bytes = new Uint8Array(whole.subarray(start, start + (4 << 20)))
const instruction = new Instruction()

interface Round {
  readonly count: number
  readonly valid: number
}

/** Decodes all of the bytes; after what is no instruction it goes on at the next byte. */
function ours(): Round {
  let count = 0
  let valid = 0
  for (let offset = 0; offset < bytes.length; count++) {
    if (decodeInto(bytes, offset, bytes.length, 64, instruction) === DecodeStatus.Ok) {
      valid++
      offset += instruction.length
    } else offset++
  }
  return { count, valid }
}

/** The same by iced-x86, a WebAssembly module. */
function theirs(): Round {
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None)
  const decoded = new iced.Instruction()
  let count = 0
  let valid = 0
  for (let offset = 0; offset < bytes.length; count++) {
    decoder.position = offset
    decoder.decodeOut(decoded)
    if (decoded.code !== iced.Code.INVALID) {
      valid++
      offset += decoded.length
    } else offset++
  }
  decoded.free()
  decoder.free()
  return { count, valid }
}

function measure(name: string, run: () => Round): number {
  const heap = process.memoryUsage().heapUsed
  const from = cpuMilliseconds()
  const { count, valid } = run()
  const speed = count / (cpuMilliseconds() - from) / 1e3
  const grown = process.memoryUsage().heapUsed - heap
  console.log(
    `${name.padEnd(5)} ${speed.toFixed(2)} M instructions/s (${((100 * valid) / count).toFixed(1)} % valid), ` +
      `heap ${(grown / count).toFixed(3)} bytes per instruction`,
  )
  return speed
}

let ratio = 0
for (let round = 0; round < 5; round++) ratio = measure('mica', ours) / measure('iced', theirs)
console.log(`in the last round ${ratio.toFixed(2)} times as fast as iced-x86`)

const record = new InstructionUses()
measure('uses', () => {
  let count = 0
  for (let offset = 0; offset < bytes.length; count++) {
    const ok = decodeInto(bytes, offset, bytes.length, 64, instruction) === DecodeStatus.Ok
    if (ok) usesInto(instruction, record)
    offset += ok ? instruction.length : 1
  }
  return { count, valid: count }
})
measure('text', () => {
  let count = 0
  for (let offset = 0; offset < bytes.length >> 2; count++) {
    const ok = decodeInto(bytes, offset, bytes.length, 64, instruction) === DecodeStatus.Ok
    if (ok) format(instruction)
    offset += ok ? instruction.length : 1
  }
  return { count, valid: count }
})
