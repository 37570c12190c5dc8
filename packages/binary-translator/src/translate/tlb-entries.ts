import type { CodeEmitter } from '../emit/code-emitter.ts'
import type { FunctionWriter, Local } from '../wasm/function-writer.ts'

/** The stack pointer moves little, whatever it is set to: what lies near to it is not forgotten when it changes. */
const stackPointer = 4

/**
 * TLB entries at which accesses near to a register's address were found, in a local for each register. They are guesses where the next access
 * near to it will be found: always entries, and checked by their tags, but not always the right ones.
 */
export class TlbEntries {
  readonly #e: CodeEmitter
  readonly #locals: (Local | undefined)[] = []
  /** Bit n: register n has an entry on every way to here. */
  knowledge = 0

  constructor(emitter: CodeEmitter) {
    this.#e = emitter
  }

  /** The entry to try for an address near to `register`. */
  known(register: number): Local | undefined {
    return register >= 0 && this.knowledge & (1 << register) ? this.#locals[register] : undefined
  }

  /** The local to put the entry of an address near to `register` in. */
  learn(register: number): Local {
    this.knowledge |= 1 << register
    return (this.#locals[register] ??= this.#e.w.local())
  }

  /** `register` has got another value. */
  forget(register: number): void {
    if (register !== stackPointer) this.knowledge &= ~(1 << register)
  }

  /** Makes every local an entry from the start: the state block's address stands for the first one. */
  begin(w: FunctionWriter, cpu: Local): void {
    for (const local of this.#locals) if (local !== undefined) w.get(cpu).set(local)
  }
}
