type Listener<Event> = (event: Event) => void

/** Listeners by event name. */
export class Listeners<Events extends object> {
  readonly #byName = new Map<keyof Events, Set<Listener<never>>>()

  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const set = this.#byName.get(name) ?? new Set()
    this.#byName.set(name, set)
    // A wrapper, so that the same function added twice is called and removed twice.
    const entry: Listener<Events[Name]> = (event) => listener(event)
    set.add(entry)
    return () => void set.delete(entry)
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const set = this.#byName.get(name)
    if (set) for (const listener of [...set]) (listener as Listener<Events[Name]>)(event)
  }
}
