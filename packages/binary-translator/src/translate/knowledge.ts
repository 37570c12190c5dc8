import { knowsNothing, type VectorKnowledge } from './translated-vectors.ts'

/** What holds at a place of the code whatever way led there: checks that were passed, facts about registers, TLB entries to try. */
export interface Knowledge {
  readonly checked: number
  readonly vectors: VectorKnowledge
  readonly entries: number
}

/** What is left of `knowledge` where several ways meet, all of which passed its place. */
export const commonKnowledge = ({ checked }: Knowledge): Knowledge => ({ checked, vectors: knowsNothing, entries: 0 })
