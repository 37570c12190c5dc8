// Oracles: the golden traces of the system cases (QEMU's, or the manual's), which tell registers, flags, faults and memory of each case;
// and a machine whose memory is left alone, by the instruction at which each byte of a trace is sent.
import type { EngineMode } from '@mica-vm/binary-translator'
import { expect, test } from 'vitest'
import { runRestless, type RestlessResult } from '../support/restless-machine.ts'
import { expectedOf } from '../system-oracle/expected.ts'
import { features } from '../system-oracle/features.ts'
import { tracesOf } from '../system-oracle/runs.ts'

interface Unrest {
  readonly swapped: number
  readonly failing: number
}

interface Session extends RestlessResult {
  readonly sent: Uint8Array
  /** Of each byte sent. */
  readonly timesNs: readonly number[]
}

const outOfTimeNs = 200_000_000

async function run(image: Uint8Array, engine: EngineMode, unrest: Unrest): Promise<Session> {
  const sent: number[] = []
  const timesNs: number[] = []
  const result = await runRestless({
    ...unrest,
    engine,
    seed: image.length,
    periodNs: 400,
    features: ['SMEP', 'SMAP', 'UMIP'],
    vm: { memory: 2 ** 27, boot: { kernel: image }, clock: 'instructions' },
    watch: (listeners, machine) => {
      const stop = (): void => machine.ask({ kind: 'power-off', by: 'host' })
      listeners.on('debug', ({ byte }) => {
        sent.push(byte)
        timesNs.push(machine.time.nowNs())
      })
      listeners.on('stuck', stop)
      machine.timers.schedule(outOfTimeNs, stop)
    },
  })
  expect(result.contradictions).toEqual([])
  return { ...result, sent: Uint8Array.from(sent), timesNs }
}

const isLong = process.env['MICA_LONG'] !== undefined
const quick: readonly string[] = ['paging', 'interrupt-gates', 'virtual-8086', 'far-transfers', 'task-switches']
const tested = features.filter(({ name }) => isLong || quick.includes(name))
const engines = ['interpreter', 'translator'] as const

/** Sums over all runs, so that a test that does not disturb anything is noticed. */
const add = (totals: Record<string, number>, result: RestlessResult): void => {
  for (const name of Object.keys(totals)) totals[name]! += result[name as 'swapIns']
}

test.each(engines)('pages that come and go change no instruction of a guest, %s', async (engine) => {
  const totals = { swapIns: 0, pops: 0, copies: 0, dirtied: 0 }
  for (const feature of tested) {
    await tracesOf(feature, async (image) => {
      const quiet = await run(image, engine, { swapped: 0, failing: 0 })
      const restless = await run(image, engine, { swapped: 0.2, failing: 0 })
      expect(restless.sent, feature.name).toEqual(quiet.sent)
      expect(restless.timesNs, feature.name).toEqual(quiet.timesNs)
      expect([restless.reason, restless.retired]).toEqual([quiet.reason, quiet.retired])
      expect(restless.missed, 'pages that the dirty log has not told of').toEqual([])
      add(totals, restless)
      return restless.sent
    })
  }
  for (const [name, total] of Object.entries(totals)) expect(total, name).toBeGreaterThan(20)
})

test.each(engines)(
  'an access that the host cannot serve is made again, and nothing else happens, %s',
  async (engine) => {
    const totals = { swapIns: 0, outOfMemory: 0 }
    for (const feature of tested) {
      const expected = expectedOf(feature)
      const traces = await tracesOf(feature, async (image) => {
        const restless = await run(image, engine, { swapped: 0.2, failing: 0.2 })
        add(totals, restless)
        return restless.sent
      })
      for (const { name } of feature.cases)
        expect.soft(traces.get(name)?.join('\n'), name).toBe(expected.get(name)!.trace.join('\n'))
    }
    for (const [name, total] of Object.entries(totals)) expect(total, name).toBeGreaterThan(200)
  },
)
