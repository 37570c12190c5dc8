import { MapEvent } from '../types.ts'
import type { MapEventListener } from '../types.ts'

/** Who is told of pages' changes, and how many there have been of each kind. */
export class PageEvents {
  /** By MapEvent. */
  readonly counts: Float64Array = new Float64Array(Object.keys(MapEvent).length)
  #changeListeners: readonly ((ppn: number) => void)[] = []
  #eventListeners: readonly MapEventListener[] = []

  onChange(listener: (ppn: number) => void): () => void {
    this.#changeListeners = [...this.#changeListeners, listener]
    return () => {
      this.#changeListeners = this.#changeListeners.filter((other) => other !== listener)
    }
  }

  onEvent(listener: MapEventListener): () => void {
    this.#eventListeners = [...this.#eventListeners, listener]
    return () => {
      this.#eventListeners = this.#eventListeners.filter((other) => other !== listener)
    }
  }

  /** Whoever remembers the page's address for writing must ask again. */
  withdrawn(ppn: number): void {
    for (const listener of this.#changeListeners) listener(ppn)
  }

  /** The page has changed, and whatever anybody remembers of its addresses is wrong. The map must be consistent again. */
  changed(event: MapEvent, ppn: number): void {
    this.counts[event]!++
    for (const listener of this.#changeListeners) listener(ppn)
    for (const listener of this.#eventListeners) listener(event, ppn)
  }
}
