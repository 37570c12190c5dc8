// How the many programs of `npm run test:long` are spread: over test files, so that they use all processors, and there over tests that tell
// how far they are.
import { it } from 'vitest'

const long = process.env['MICA_LONG'] !== undefined
const firstSeed = Number(process.env['MICA_SEED'] ?? 1_000_000)

/** Programs of one test. */
const slice = 10_000

/** What one of several test files runs. */
export interface Part {
  /** What runs, in the plural. */
  readonly what: string
  /** From 1 to `parts`. */
  readonly part: number
  readonly parts: number
  /** Programs of all parts together, in a run on each change and in `npm run test:long`. */
  readonly programs: number
  readonly longPrograms: number
}

/** Declares the tests of one part; `run` gets the seeds of each slice, and fails where one of them goes wrong. */
export function slicedTests({ what, part, parts, programs, longPrograms }: Part, run: (seeds: number[]) => void): void {
  const count = Math.ceil((long ? longPrograms : programs) / parts)
  const first = firstSeed + (part - 1) * count
  for (let done = 0; done < count; done += slice) {
    const seeds = Array.from({ length: Math.min(slice, count - done) }, (_, i) => first + done + i)
    it(`${seeds.length} ${what} from seed ${seeds[0]} on do no harm`, { timeout: long ? 3_600_000 : 600_000 }, () => {
      run(seeds)
      if (long) console.info(`part ${part} of ${parts}: ${done + seeds.length} of ${count} ${what}`)
    })
  }
}
