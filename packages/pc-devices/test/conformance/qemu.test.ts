import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createPcPlatform } from '../../src/index.ts'
import { FakeTimers, fakeWallClock } from '../../src/testing/index.ts'
import { PROGRAMS, randomFrom } from '../vectors/programs.ts'

/** Answers in hexadecimal, one string per program; the program follows from its place (the seed). */
const text = readFileSync(new URL('../vectors/qemu.json', import.meta.url), 'utf8')
const vectors = JSON.parse(text) as Record<string, string[]>
const STATUS = 0x64
/** QEMU does not model the bit that tells a command from data (bit 3). */
const STATUS_BITS = 0xf7

// Oracle: the answers of QEMU 7.2's PC, recorded by test/vectors/generate.ts.
describe.each(Object.keys(vectors))('%s programs', (kind) => {
  it.each(vectors[kind]!.map((hex, i) => ({ seed: i + 1, hex })))('answers as QEMU: $seed', ({ seed, hex }) => {
    const timers = new FakeTimers()
    const pc = createPcPlatform({
      timers,
      wallClock: fakeWallClock(timers),
      memory: { belowFourGiBBytes: 128 * 2 ** 20 },
      serial: [{}, {}],
    })
    const answers = [...Buffer.from(hex, 'hex')]
    let at = 0
    PROGRAMS[kind]!(randomFrom(seed)).forEach(([operation, port, value], step) => {
      if (operation === 'w') return pc.bus.writePort(port, 1, value)
      const mask = port === STATUS ? STATUS_BITS : 0xff
      const seen = { step, port, value: pc.bus.readPort(port, 1) & mask }
      expect(seen).toEqual({ step, port, value: answers[at++]! & mask })
    })
    expect(at).toBe(answers.length)
  })
})
