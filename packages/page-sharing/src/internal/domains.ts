/** The most that the table's 14 bits name; 0 is none. */
export const MOST_DOMAINS: number = 2 ** 14 - 1

/** Salts to small numbers, for as long as a client has the salt. */
export class Domains {
  readonly #bySalt = new Map<string, { readonly id: number; clients: number }>()
  readonly #used = new Set<number>()

  join(salt: string): number {
    const known = this.#bySalt.get(salt)
    if (known) {
      known.clients++
      return known.id
    }
    if (this.#used.size === MOST_DOMAINS)
      throw new RangeError(`there are ${MOST_DOMAINS} salts already, the most possible`)
    let id = 1
    while (this.#used.has(id)) id++
    this.#used.add(id)
    this.#bySalt.set(salt, { id, clients: 1 })
    return id
  }

  /** True if that was the last client with this salt. */
  leave(salt: string): boolean {
    const domain = this.#bySalt.get(salt)!
    if (--domain.clients > 0) return false
    this.#bySalt.delete(salt)
    this.#used.delete(domain.id)
    return true
  }
}
