import type { BalloonPages } from '../src/index.ts'

/** Where a page's contents are: the naive model of a page map. */
export type FakeState = 'rom' | 'hole' | 'contents' | 'zero' | 'ballooned'

/** A guest's pages, written plainly. Page 0 and each eleventh are no RAM. */
export class FakePages implements BalloonPages {
  readonly endPage: number
  readonly states: FakeState[]

  constructor(endPage: number) {
    this.endPage = endPage
    this.states = Array.from({ length: endPage }, (_, ppn) =>
      ppn === 0 ? 'rom' : ppn % 11 === 0 ? 'hole' : ('contents' as const),
    )
  }

  isWritable(ppn: number): boolean {
    const state = this.states[ppn]
    return state !== undefined && state !== 'rom' && state !== 'hole'
  }

  balloon(ppn: number): boolean {
    if (!this.isWritable(ppn) || this.states[ppn] === 'ballooned') return false
    this.states[ppn] = 'ballooned'
    return true
  }

  deflate(ppn: number): boolean {
    if (this.states[ppn] !== 'ballooned') return false
    this.states[ppn] = 'zero'
    return true
  }

  discard(ppn: number): void {
    if (this.states[ppn] === 'contents') this.states[ppn] = 'zero'
  }

  /** The guest writes there. */
  touch(ppn: number): void {
    if (this.isWritable(ppn)) this.states[ppn] = 'contents'
  }

  count(state: FakeState): number {
    return this.states.filter((other) => other === state).length
  }
}
