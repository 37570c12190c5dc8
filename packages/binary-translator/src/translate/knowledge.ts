import { knowsNothing, type VectorKnowledge } from './translated-vectors.ts'

/** What holds at a place of the code whatever way led there: checks that were passed, facts about registers, TLB entries to try. */
export interface Knowledge {
  readonly checked: number
  readonly vectors: VectorKnowledge
  readonly entries: number
}

/** What knows. */
interface Knowing {
  checked: number
  readonly vectors: { knowledge: VectorKnowledge }
  readonly entries: { knowledge: number }
}

/** What the code emitted so far has made sure of. */
export const knowledgeOf = ({ checked, vectors, entries }: Knowing): Knowledge => ({
  checked,
  vectors: vectors.knowledge,
  entries: entries.knowledge,
})

/** Goes on emitting where no more than `knowledge` holds. */
export function restoreKnowledge(e: Knowing, { checked, vectors, entries }: Knowledge): void {
  e.checked = checked
  e.vectors.knowledge = vectors
  e.entries.knowledge = entries
}

/** What is left of `knowledge` where several ways meet, all of which passed its place. */
export const commonKnowledge = ({ checked }: Knowledge): Knowledge => ({ checked, vectors: knowsNothing, entries: 0 })
