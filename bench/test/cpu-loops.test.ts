// What the bench says it runs is what it runs, and every loop is one that can go on for ever.
import { decode, format } from '@mica-vm/x86-decoder'
import { addableFeatures, cpuModel } from '@mica-vm/binary-translator'
import { FlatMachine } from '@mica-vm/binary-translator/testing'
import { describe, expect, it } from 'vitest'
import { instructionsPerTurn, loopMachine } from '../cpu/count.ts'
import { image } from '../cpu/image.ts'
import { allLoops } from '../cpu/loops.ts'
import { bytesOf } from '../cpu/loop.ts'

/** As the decoder's formatter, which iced-x86 is held against, writes them. */
function texts(lines: readonly string[]): string[] {
  let ip = 0
  return lines.map((line) => {
    const bytes = Uint8Array.from(bytesOf(line))
    const result = decode(bytes, { bitness: 32 })
    if (!result.ok || result.instruction.length !== bytes.length) return `${line}: not one instruction`
    const text = format(result.instruction, { ip })
    ip += bytes.length
    return `${line.split(' ', 1)[0]} ${text}`
  })
}

describe.each(allLoops)('$name', (loop) => {
  it('is written as it is assembled', () => {
    expect(texts(loop.setup ?? [])).toEqual(loop.setup ?? [])
    expect(texts(loop.body)).toEqual(loop.body)
  })
})

/** Loops of instructions that this model does not have stop at once. */
const runnable = allLoops.filter(({ name }) => !name.startsWith('AES'))

it.each(runnable)('$name: turns alike in both tiers, and numbers stay ordinary', (loop) => {
  expect(instructionsPerTurn(loop)).toBeGreaterThan(10)
  const ends = (['interpreter', 'auto'] as const).map((mode) => {
    const machine = loopMachine(
      loop,
      new FlatMachine({ mode, heat: 10, model: cpuModel('x86-64-v2', addableFeatures) }),
      3000,
    )
    machine.run(2_000_000)
    return [...machine.ram.subarray(0x2000, 0x3000), machine.state.gpr(0), machine.vcpu.retired]
  })
  expect(ends[0]).toEqual(ends[1])
  expect(ends[0]!.slice(-1)[0]).toBeGreaterThan(30_000)
})

it('refuses more loops than its program has room for', () => {
  const many = Array.from({ length: 40 }, () => allLoops).flat()
  expect(() =>
    image(
      many,
      many.map(() => ({ warm: 1, measured: 1 })),
    ),
  ).toThrow('loops are too many')
})
