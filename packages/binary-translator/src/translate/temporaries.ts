import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import type { ValueType } from '../wasm/opcodes.ts'

/** Locals that live until the end of an instruction, and are given out again then. */
export class Temporaries {
  readonly #w: FunctionWriter
  readonly #free = new Set<Local>()
  #live: Local[] = []
  readonly #freeTyped: { type: ValueType; local: Local }[] = []
  #liveTyped: { type: ValueType; local: Local }[] = []

  constructor(writer: FunctionWriter) {
    this.#w = writer
  }

  /** An i32. */
  word(): Local {
    const local = this.#free.values().next().value ?? this.#w.local()
    this.#free.delete(local)
    this.#live.push(local)
    return local
  }

  typed(type: ValueType): Local {
    const at = this.#freeTyped.findIndex((free) => free.type === type)
    const local = at < 0 ? { type, local: this.#w.local(type) } : this.#freeTyped.splice(at, 1)[0]!
    this.#liveTyped.push(local)
    return local.local
  }

  /** Ends an instruction: all are free again but `kept`, which pending flags need. */
  end(kept: ReadonlySet<Local>): void {
    for (const local of this.#live) if (!kept.has(local)) this.#free.add(local)
    this.#live = this.#live.filter((local) => kept.has(local))
    this.#freeTyped.push(...this.#liveTyped.filter(({ local }) => !kept.has(local)))
    this.#liveTyped = this.#liveTyped.filter(({ local }) => kept.has(local))
  }

  /** Keeps `local`, where code is entered that needs it. */
  keep(local: Local): void {
    const typed = this.#freeTyped.findIndex((free) => free.local === local)
    if (typed >= 0) this.#liveTyped.push(...this.#freeTyped.splice(typed, 1))
    if (this.#free.delete(local)) this.#live.push(local)
  }
}
