/**
 * Stands in for fast-check in `npm run test:long`: every property runs `MICA_LONG` times as often as its test says, from the same seed or, with
 * `MICA_SEED`, from another. So a test states the count that suits each change, and nothing more.
 */
import * as original from 'fast-check'

export * from 'fast-check'

const factor = Number(process.env['MICA_LONG'] ?? 1)
const seed = process.env['MICA_SEED']

function lengthened<T>(parameters: original.Parameters<T> = {}): original.Parameters<T> {
  const runs = parameters.numRuns ?? original.readConfigureGlobal().numRuns ?? 100
  return { ...parameters, numRuns: runs * factor, ...(seed !== undefined && { seed: Number(seed) }) }
}

type Property<T> = original.IRawProperty<T>

// The overloads of fast-check differ only in whether a promise comes back.
export const assert: typeof original.assert = ((
  property: Property<unknown>,
  parameters?: original.Parameters<unknown>,
) => original.assert(property, lengthened(parameters))) as typeof original.assert

export const check: typeof original.check = ((property: Property<unknown>, parameters?: original.Parameters<unknown>) =>
  original.check(property, lengthened(parameters))) as typeof original.check

const lengthenedFastCheck: typeof original.default = { ...original.default, assert, check }

export default lengthenedFastCheck
