/** What a log asks of its map. */
export interface WatchedPages {
  /** The log is to be told of these pages, once each; whoever may write one must ask again first. */
  watch(ppns: Iterable<number>): void
  /** The log is to be told no more. */
  end(): void
}

/**
 * The pages of a map whose contents may have changed since it was asked last: by the guest's processor, devices or the host, or because they were
 * dropped or replaced. A page counts from the moment that somebody was given the right to write it. Made by `PhysicalMap.startDirtyLog`.
 *
 * ```ts
 * const log = map.startDirtyLog()
 * copyEverything()
 * for (const ppn of log.collect()) copyAgain(ppn)
 * log.stop()
 * ```
 */
export class DirtyLog {
  readonly #pages: WatchedPages
  /** By PPN. */
  readonly #isDirty: Uint8Array
  #count = 0
  #isStopped = false

  constructor(endPage: number, pages: WatchedPages) {
    this.#isDirty = new Uint8Array(endPage)
    this.#pages = pages
  }

  /** Pages that `collect` would answer. */
  get size(): number {
    return this.#count
  }

  /** PPNs, ascending, of what has changed since the start or the last call. None after `stop`. */
  collect(): Uint32Array<ArrayBuffer> {
    const changed = new Uint32Array(this.#count)
    for (let ppn = 0, found = 0; found < changed.length; ppn++) {
      if (this.#isDirty[ppn] === 0) continue
      this.#isDirty[ppn] = 0
      changed[found++] = ppn
    }
    this.#count = 0
    this.#pages.watch(changed)
    return changed
  }

  /** Ends the log; writes cost what they did before. A second call does nothing. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#count = 0
    this.#pages.end()
  }

  /** A page's contents change. Called by the map. */
  note(ppn: number): void {
    this.#count += 1 - this.#isDirty[ppn]!
    this.#isDirty[ppn] = 1
  }
}
