import type { Described } from '../emit/described.ts'
import { InterpreterEmitter } from '../emit/interpreter-emitter.ts'
import { codeSignature, importHelpers } from '../runtime/signatures.ts'
import type { TlbOffsets } from '../types.ts'
import type { FunctionWriter } from '../wasm/function-writer.ts'
import { ModuleWriter } from '../wasm/module-writer.ts'

/** What emitted modules are linked with. */
export interface Linkage {
  readonly memoryPages: number
  readonly imports: WebAssembly.Imports
  /** Puts a function into the shared table; returns its slot. */
  place(code: unknown): number
  /** Takes the function out again. */
  remove(slot: number): void
}

/**
 * Generates the interpreter's handlers, one for each instruction shape, when it is first met; all that one unit lacks
 * in one module. A machine uses a few hundred of the many thousand shapes there are.
 */
export class Handlers {
  readonly #tlb: TlbOffsets
  readonly #linkage: Linkage
  /** Table slots of the handlers that begin units, without and with a check of the code segment's limit, and end them. */
  readonly head: number
  readonly boundedHead: number
  readonly end: number
  /** What has a handler now. */
  readonly #described: Described[] = []
  /** Handlers that there are, and modules generated so far. */
  count = 0
  modules = 0

  constructor(tlb: TlbOffsets, linkage: Linkage) {
    this.#tlb = tlb
    this.#linkage = linkage
    const [head, boundedHead, end] = this.#build([
      (e, w) => e.head(w, false),
      (e, w) => e.head(w, true),
      (e, w) => e.end(w),
    ])
    this.head = head!
    this.boundedHead = boundedHead!
    this.end = end!
  }

  /** Generates what is missing for the first `count` of `described`. */
  prepare(described: readonly Described[], count: number): void {
    let missing: Set<Described> | null = null
    for (let i = 0; i < count; i++) {
      if (described[i]!.slot === 0) (missing ??= new Set()).add(described[i]!)
    }
    if (missing) this.#generate([...missing])
  }

  #generate(wanted: readonly Described[]): void {
    const slots = this.#build(
      wanted.map(
        ({ shape, family }) =>
          (e, w) =>
            e.handler(w, shape, family.emit),
      ),
    )
    wanted.forEach((described, i) => (described.slot = slots[i]!))
    this.#described.push(...wanted)
  }

  /** Drops all handlers of instructions, for a guest that has shown too many shapes. No record may name one any more. */
  forget(): void {
    for (const described of this.#described) {
      this.#linkage.remove(described.slot)
      described.slot = 0
    }
    this.count -= this.#described.length
    this.#described.length = 0
  }

  #build(bodies: readonly ((e: InterpreterEmitter, w: FunctionWriter) => void)[]): number[] {
    const module = new ModuleWriter()
    importHelpers(module, this.#linkage.memoryPages)
    const emitter = new InterpreterEmitter(this.#tlb, (signature) => module.type(signature))
    bodies.forEach((body, i) => body(emitter, module.function(codeSignature, `h${i}`).writer))
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), this.#linkage.imports)
    this.modules++
    this.count += bodies.length
    return bodies.map((_, i) => this.#linkage.place(instance.exports[`h${i}`]))
  }
}
