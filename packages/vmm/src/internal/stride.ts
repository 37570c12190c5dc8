/** A client of the scheduler: a machine that wants to run now and then. */
export interface StrideClient {
  /** Weight of its claim to time, beside those of the others. */
  shares: number
  /** Time that it got, divided by its shares. */
  pass: number
}

/**
 * Stride scheduling by the time that was used (Waldspurger & Weihl 1995): whoever has got least for its shares is next. A client
 * that comes back from sleep has the least that any waiting one has got, and no credit for the time in which it slept; what it got
 * beyond its share it still owes. It knows no clock.
 */
export class StrideScheduler<Client extends StrideClient> {
  /** Who wants to run, the longest unpicked first. */
  readonly #ready = new Set<Client>()
  /** The least pass of a ready client; with none, what it was last. Never goes back. */
  #virtual = 0

  /** From now on `client` wants to run. */
  enter(client: Client): void {
    this.#advance()
    client.pass = Math.max(client.pass, this.#virtual)
    this.#ready.add(client)
  }

  /** `client` has nothing to do. */
  leave(client: Client): void {
    this.#advance()
    this.#ready.delete(client)
  }

  /** `client` has used `ns` of the processor's time. */
  charge(client: Client, ns: number): void {
    client.pass += ns / client.shares
  }

  /** Who is to run next; null when nobody wants to. Of equals, the one that was not picked for longest. */
  pick(): Client | null {
    let next: Client | null = null
    for (const client of this.#ready) if (next === null || client.pass < next.pass) next = client
    if (next === null) return null
    this.#ready.delete(next)
    this.#ready.add(next)
    return next
  }

  #advance(): void {
    let least = Infinity
    for (const { pass } of this.#ready) least = Math.min(least, pass)
    if (least !== Infinity) this.#virtual = Math.max(this.#virtual, least)
  }
}
