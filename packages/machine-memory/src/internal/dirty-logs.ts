import { DirtyLog } from '../dirty-log.ts'
import { PageState } from '../types.ts'
import type { PageEvents } from './page-events.ts'
import { PageFlag } from './page-table.ts'
import type { PageTable } from './page-table.ts'

/** The logs of one map. While there are none, no page is watched, and nothing here is ever asked. */
export class DirtyLogs {
  readonly #table: PageTable
  readonly #events: PageEvents
  readonly #logs = new Set<DirtyLog>()

  constructor(table: PageTable, events: PageEvents) {
    this.#table = table
    this.#events = events
  }

  start(): DirtyLog {
    const { flags } = this.#table
    const log: DirtyLog = new DirtyLog(flags.length, {
      watch: (ppns) => {
        if (this.#logs.has(log)) for (const ppn of ppns) this.#watch(ppn)
      },
      end: () => {
        this.#logs.delete(log)
        if (this.#logs.size === 0) for (let ppn = 0; ppn < flags.length; ppn++) flags[ppn]! &= ~PageFlag.Watched
      },
    })
    this.#logs.add(log)
    for (let ppn = 0; ppn < flags.length; ppn++) this.#watch(ppn)
    return log
  }

  /** A page's contents are about to change, or may be changed from now on. */
  note(ppn: number): void {
    this.#table.flags[ppn]! &= ~PageFlag.Watched
    for (const log of this.#logs) log.note(ppn)
  }

  end(): void {
    for (const log of this.#logs) log.stop()
  }

  #watch(ppn: number): void {
    const { flags, states } = this.#table
    if ((flags[ppn]! & PageFlag.Watched) !== 0) return
    flags[ppn]! |= PageFlag.Watched
    if (states[ppn] === PageState.Resident) this.#events.withdrawn(ppn)
  }
}
