import type { Family } from './family.ts'
import { elements } from './vector-element.ts'
import { floats } from './vector-float.ts'
import { integers } from './vector-integer.ts'
import { moves } from './vector-move.ts'
import { shuffles } from './vector-shuffle.ts'

/** MMX and SSE to SSE4.2, with the instructions on general registers that came along. */
export const vectorFamilies: readonly (readonly [number, Family])[] = [
  ...moves,
  ...integers,
  ...shuffles,
  ...floats,
  ...elements,
]
