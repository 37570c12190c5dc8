import { integerLoops } from './integer-loops.ts'
import type { Loop } from './loop.ts'
import { vectorLoops } from './vector-loops.ts'
import { x87Loops } from './x87-loops.ts'

export const allLoops: readonly Loop[] = [...integerLoops, ...x87Loops, ...vectorLoops]
