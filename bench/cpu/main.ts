/**
 * How many instructions a second, by instruction group: Mica's interpreter and its translated code, v86 and QEMU's translator (TCG), all on
 * the same loops in the same run.
 *
 * Options: --runs N (3), --only GROUP (part of a name, repeatable), --seconds S (0.5; of each loop).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.ts'
import { markdownTable } from '../table.ts'
import { contestants, type Contestant } from './contestants.ts'
import { instructionsPerTurn } from './count.ts'
import { image, type Turns } from './image.ts'
import type { Loop } from './loop.ts'
import { allLoops } from './loops.ts'
import { measure, type Times } from './measure.ts'

const timeoutSeconds = 300
/** Turns of the first run, which only finds out how many the others should have. */
const firstTurns = 20_000
/** Seconds, where the first run was too short for the host's clock. */
const shortestTurn = 1e-8

/** Best times of some runs, in seconds per turn. */
async function secondsPerTurn(
  contestant: Contestant,
  loops: readonly Loop[],
  path: string,
  runs: number,
  seconds: number,
): Promise<Times> {
  const run = async (turns: readonly Turns[]): Promise<Times> => {
    writeFileSync(path, image(loops, turns))
    const times = await measure(contestant.command(path), timeoutSeconds)
    return times.map((time, i) => (time === undefined ? time : time / turns[i]!.measured))
  }
  const first = await run(loops.map(() => ({ warm: firstTurns, measured: firstTurns })))
  const turns = first.map((time) => {
    const measured = Math.max(firstTurns, Math.min(1e9, Math.round(seconds / (time || shortestTurn))))
    return { warm: Math.round(measured / 3), measured }
  })
  let best: Times = first.map((time) => (time === undefined ? time : Infinity))
  for (let i = 0; i < runs; i++) {
    const times = await run(turns)
    best = best.map((time, loop) => (time === undefined ? time : Math.min(time, times[loop]!)))
  }
  return best
}

const options = {
  runs: { type: 'string', default: '3' },
  only: { type: 'string', multiple: true },
  seconds: { type: 'string', default: '0.5' },
} as const

interface Result {
  readonly contestant: Contestant
  readonly times: Times
}

function report(loops: readonly Loop[], counts: readonly number[], results: readonly Result[]): string {
  const mica = results.find(({ contestant }) => contestant.name === 'Mica')
  const others = mica ? results.filter(({ contestant }) => contestant.peer) : []
  const header = [
    'million instructions/s',
    ...results.map(({ contestant }) => contestant.name),
    ...others.map(({ contestant }) => `to ${contestant.name}`),
  ]
  const rows = loops.map((loop, i) => {
    const rates = results.map(({ times }) => (times[i] ? (counts[i]! / times[i] / 1e6).toFixed(0) : '-'))
    const ratios = others.map(({ times }) => {
      const ours = mica!.times[i]
      return ours && times[i] ? (times[i] / ours).toFixed(2) : '-'
    })
    return [loop.name, ...rates, ...ratios]
  })
  return markdownTable(header, rows)
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options })
  const only = values.only?.map((name) => name.toLowerCase())
  const loops = allLoops.filter(({ name }) => !only || only.some((part) => name.toLowerCase().includes(part)))
  const directory = mkdtempSync(join(tmpdir(), 'mica-bench-'))
  const results: Result[] = []
  try {
    for (const contestant of contestants) {
      if (!contestant.present()) {
        console.error(`${contestant.name}: not on this machine, left out`)
        continue
      }
      console.error(`${contestant.name} ...`)
      const path = join(directory, 'image')
      const times = await secondsPerTurn(contestant, loops, path, Number(values.runs), Number(values.seconds))
      results.push({ contestant, times })
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
  console.log(`\n${report(loops, loops.map(instructionsPerTurn), results)}`)
  console.log('\n"to": how many times as fast Mica is, by processor time')
  console.log(`\n${describeMachine()}`)
}
