// How the many programs of `npm run test:long` are spread: over test files, so that they use all processors, and there over tests that tell
// how far they are.
import { expect, it } from 'vitest'

const long = process.env['MICA_LONG'] !== undefined
const firstSeed = Number(process.env['MICA_SEED'] ?? 1_000_000)

/** Programs of one test. */
const slice = 10_000
/** How often memory outside the guest's is looked at. */
const batch = 50

/** What one of several test files runs. */
export interface Part {
  /** What runs the programs; `intact` as long as memory outside the guest's is as it was. */
  readonly machines: readonly { readonly intact: boolean }[]
  /** Runs the program of a seed, and answers in words what went wrong. */
  readonly run: (seed: number) => readonly string[]
  /** What runs, in the plural. */
  readonly what: string
  /** From 1 to `parts`. */
  readonly part: number
  readonly parts: number
  /** Programs of all parts together, in a run on each change and in `npm run test:long`. */
  readonly programs: number
  readonly longPrograms: number
}

/** Declares the tests of one part: of each program nothing is found wrong, and memory outside the guest's stays as it was. */
export function harmlessTests({ machines, run, what, part, parts, programs, longPrograms }: Part): void {
  const count = Math.ceil((long ? longPrograms : programs) / parts)
  const first = firstSeed + (part - 1) * count
  for (let done = 0; done < count; done += slice) {
    const seeds = Array.from({ length: Math.min(slice, count - done) }, (_, i) => first + done + i)
    it(`${seeds.length} ${what} from seed ${seeds[0]} on do no harm`, () => {
      seeds.forEach((seed, i) => {
        const found = run(seed)
        if (found.length > 0) expect.fail(`seed ${seed}:\n${found.join('\n')}`)
        if ((i + 1) % batch !== 0 || machines.every(({ intact }) => intact)) return
        expect.fail(`memory outside the guest's changed in one of the ${batch} ${what} up to seed ${seed}`)
      })
      if (long) console.info(`part ${part} of ${parts}: ${done + seeds.length} of ${count} ${what}`)
    })
  }
}
