import { imageOf } from './image.ts'
import { readTrace } from './trace.ts'
import type { Feature, SystemCase } from './types.ts'

type Run = (image: Uint8Array, feature: Feature) => Uint8Array | Promise<Uint8Array>
export type Traces = ReadonlyMap<string, readonly string[]>

/** The traces of a feature's cases. A case that the machine does not survive leaves the rest to another machine. */
export async function tracesOf(feature: Feature, run: Run): Promise<Traces> {
  const { cases } = feature
  const traces = new Map<string, readonly string[]>()
  let rest: readonly SystemCase[] = cases
  while (rest.length > 0) {
    const first = cases.length - rest.length
    const reached = readTrace(await run(imageOf(rest, first), feature), rest, first)
    for (const [name, trace] of reached) traces.set(name, trace)
    rest = rest.slice(Math.max(1, reached.size))
  }
  return traces
}
