/** A map's account of its pages in frames that have other references, too. */
export interface SharedAccount {
  /** Tells it from other maps' accounts; never 0. */
  readonly number: number
  pages: number
}

/**
 * Keeps count of the pages of each map whose frames have more than one reference. When a frame's second reference comes or goes, the page that
 * had or has it alone changes sides, and only the frame is known. So each frame remembers the exclusive or of the numbers of all maps whose pages
 * hold it: with one reference, that is the number of the map that holds it, or 0 if none does.
 */
export class SharedPages {
  readonly #holders: Int32Array
  readonly #references: (mpn: number) => number
  readonly #accounts = new Map<number, SharedAccount>()
  #last = 0

  constructor(endFrame: number, references: (mpn: number) => number) {
    this.#holders = new Int32Array(endFrame)
    this.#references = references
  }

  open(): SharedAccount {
    const account = { number: ++this.#last, pages: 0 }
    this.#accounts.set(account.number, account)
    return account
  }

  /** Its map holds no frame any more. */
  close({ number }: SharedAccount): void {
    this.#accounts.delete(number)
  }

  /** A page of the map holds the frame from now on, and its reference is counted. */
  join(account: SharedAccount, mpn: number): void {
    this.#holders[mpn]! ^= account.number
    if (this.#references(mpn) > 1) account.pages++
  }

  /** A page of the map holds the frame no longer; its reference still counts. */
  leave(account: SharedAccount, mpn: number): void {
    this.#holders[mpn]! ^= account.number
    if (this.#references(mpn) > 1) account.pages--
  }

  /** The frame has a second reference. */
  second(mpn: number): void {
    this.#changeLone(mpn, 1)
  }

  /** The frame has one reference again. */
  lone(mpn: number): void {
    this.#changeLone(mpn, -1)
  }

  #changeLone(mpn: number, by: 1 | -1): void {
    const account = this.#accounts.get(this.#holders[mpn]!)
    if (account) account.pages += by
  }
}
