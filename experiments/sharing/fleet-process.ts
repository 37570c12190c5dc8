import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FleetOptions, Orders, Work } from './fleet.ts'

const main = fileURLToPath(new URL('fleet-main.ts', import.meta.url))

/**
 * A fleet in a process of its own, as hosts have one. In one process the runtime would keep what it compiled of equal modules once, so two fleets that
 * do the very same would have half the work each, whatever they share.
 */
export class FleetProcess {
  readonly name: string
  readonly #child: ChildProcess
  /** Never answers; fails when the process ends. */
  readonly #ended: Promise<never>

  constructor(name: string, options: FleetOptions, orders: Orders) {
    this.name = name
    this.#child = fork(main, [JSON.stringify({ options, orders })])
    this.#ended = once(this.#child, 'exit').then(([code, by]) => {
      throw new Error(`the process of the fleet "${name}" ended with ${code ?? by}`)
    })
    // In the end it is to end.
    this.#ended.catch(() => {})
  }

  /** One turn after the other. @throws when the process ends instead. */
  async turns(count: number): Promise<Work[]> {
    const works: Work[] = []
    while (works.length < count) works.push(await this.#turn())
    return works
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  async #turn(): Promise<Work> {
    this.#child.send('turn')
    const [work] = await Promise.race([once(this.#child, 'message'), this.#ended])
    return work as Work
  }
}
