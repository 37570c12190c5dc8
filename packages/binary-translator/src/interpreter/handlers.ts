import { InterpreterEmitter } from '../emit/interpreter-emitter.ts'
import type { Family } from '../emit/families/family.ts'
import type { Shape } from '../emit/shape.ts'
import { codeSignature, importHelpers } from '../runtime/signatures.ts'
import type { TlbOffsets } from '../types.ts'
import { ModuleWriter } from '../wasm/module-writer.ts'

/** What emitted modules are linked with. */
export interface Linkage {
  readonly memoryPages: number
  readonly imports: WebAssembly.Imports
  /** Puts a function into the shared table; returns its slot. */
  place(code: unknown): number
}

/** An instruction's shape and meaning. */
export interface Described {
  readonly shape: Shape
  readonly family: Family
}

/**
 * The interpreter's handlers, one for each instruction shape met so far. They are generated when first needed, all
 * that one unit lacks in one module: a machine uses a few hundred of the many thousand shapes there are.
 */
export class Handlers {
  readonly #slots = new Map<string, number>()
  readonly #tlb: TlbOffsets
  readonly #linkage: Linkage
  /** Table slots of the handlers that begin and end units. */
  readonly head: number
  readonly end: number
  modules = 0

  constructor(tlb: TlbOffsets, linkage: Linkage) {
    this.#tlb = tlb
    this.#linkage = linkage
    const [head, end] = this.#build([(e, w) => e.head(w), (e, w) => e.end(w)])
    this.head = head!
    this.end = end!
  }

  /** Handlers generated so far. */
  get count(): number {
    return this.#slots.size
  }

  /** Generates what is missing for `instructions`. */
  prepare(instructions: readonly Described[]): void {
    const missing = new Map<string, Described>()
    for (const described of instructions) {
      if (!this.#slots.has(described.shape.key)) missing.set(described.shape.key, described)
    }
    if (missing.size === 0) return
    const wanted = [...missing.values()]
    const slots = this.#build(wanted.map(({ shape, family }) => (e, w) => e.handler(w, shape, family.emit)))
    wanted.forEach(({ shape }, i) => this.#slots.set(shape.key, slots[i]!))
  }

  /** Table slot of the handler for a prepared shape. */
  slot(shape: Shape): number {
    return this.#slots.get(shape.key)!
  }

  #build(bodies: ((e: InterpreterEmitter, w: ReturnType<ModuleWriter['function']>['writer']) => void)[]): number[] {
    const module = new ModuleWriter()
    importHelpers(module, this.#linkage.memoryPages)
    const emitter = new InterpreterEmitter(this.#tlb, (signature) => module.type(signature))
    bodies.forEach((body, i) => body(emitter, module.function(codeSignature, `h${i}`).writer))
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), this.#linkage.imports)
    this.modules++
    return bodies.map((_, i) => this.#linkage.place(instance.exports[`h${i}`]))
  }
}
