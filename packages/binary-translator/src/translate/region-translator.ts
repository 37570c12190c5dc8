import { Operation, OperandKind } from '@mica-vm/x86-decoder'
import type { DecodedUnit } from '../decode-unit.ts'
import type { Label } from '../wasm/function-writer.ts'
import { analyse, type Structure } from './structure.ts'
import { commonKnowledge, type Knowledge } from './knowledge.ts'
import type { TranslatedEmitter } from './translated-emitter.ts'

const pageBytes = 4096

/** Conditional branches: both the target and the next instruction follow. */
const conditional = new Set<number>([Operation.Jcc, Operation.Jcxz, Operation.Loop, Operation.Loope, Operation.Loopne])

/** Page offsets at which a unit's direct successors start; calls are left out, since their code returns elsewhere. */
export function successorsOf(unit: DecodedUnit): number[] {
  if (unit.count === 0) return []
  const next = unit.offset + unit.length
  if (unit.fallsThrough) return inPage([next])
  const instruction = unit.instructions[unit.count - 1]!
  const { shape } = unit.described[unit.count - 1]!
  if (shape.kinds[0] !== OperandKind.Relative || !shape.flat || shape.size === 2) return []
  const target = next + instruction.immediate
  if (instruction.operation === Operation.Jmp) return inPage([target])
  return conditional.has(instruction.operation) ? inPage([target, next]) : []
}

const inPage = (offsets: number[]): number[] => offsets.filter((offset) => offset >= 0 && offset < pageBytes)

/** Resolves a page offset to the address of its unit's descriptor. */
export type UnitAddress = (offset: number) => number

/**
 * Translates a region - several units of one page, entered at the first - into structured WebAssembly: direct
 * branches inside it become blocks and loops, registers and flags stay in locals across them, and all others leave
 * through chains.
 */
export class RegionTranslator {
  readonly #e: TranslatedEmitter
  readonly #units: readonly DecodedUnit[]
  readonly #byOffset = new Map<number, number>()
  readonly #structure: Structure
  readonly #labels = new Map<number, Label>()
  readonly #addressOf: UnitAddress
  #current = 0
  /** What is known at the end of each node whose successors are being emitted. */
  readonly #after: Knowledge[] = []

  constructor(emitter: TranslatedEmitter, units: readonly DecodedUnit[], addressOf: UnitAddress) {
    this.#e = emitter
    this.#units = units
    this.#addressOf = addressOf
    units.forEach((unit, i) => this.#byOffset.set(unit.offset, i))
    this.#structure = analyse(
      units.map((unit) =>
        successorsOf(unit).flatMap((offset) => {
          const node = this.#byOffset.get(offset)
          return node === undefined ? [] : [node]
        }),
      ),
    )
    emitter.flow = { go: (offset) => this.#go(offset) }
  }

  /** Emits the whole function. */
  translate(): void {
    this.#e.function(() => {
      this.#e.enter(this.#units[0]!)
      this.#tree(0)
    })
  }

  /** Emits `node` and everything that it dominates. */
  #tree(node: number): void {
    const { children, merge, loop, order } = this.#structure
    const merges = children[node]!.filter((child) => merge[child]).sort((a, b) => order[b]! - order[a]!)
    if (!loop[node]) return this.#within(node, merges)
    this.#e.flags.settle()
    this.#e.knowledge = commonKnowledge(this.#e.knowledge)
    this.#labels.set(~node, this.#e.w.loop())
    this.#within(node, merges)
    this.#e.w.end()
  }

  /** Emits `node` inside one block for each merge node that it dominates; a merge node's code follows its block. */
  #within(node: number, merges: readonly number[]): void {
    const [merge, ...rest] = merges
    if (merge === undefined) return this.#body(node)
    this.#labels.set(merge, this.#e.w.block())
    this.#within(node, rest)
    this.#e.w.end()
    this.#e.resume(null)
    this.#e.knowledge = commonKnowledge(this.#after[node]!)
    this.#tree(merge)
  }

  #body(node: number): void {
    this.#current = node
    const unit = this.#units[node]!
    for (let i = 0; i < unit.count; i++) {
      const { shape, family } = unit.described[i]!
      this.#e.start(unit.instructions[i]!, shape, unit.offsets[i]!, unit.count - i)
      family.emit(this.#e)
      this.#e.finish()
    }
    if (unit.fallsThrough) this.#go(unit.offset + unit.length)
  }

  /** Goes on at page offset `offset`: inside the region, through a chain, or outside the page. */
  #go(offset: number): void {
    const from = this.#current
    this.#after[from] ??= this.#e.knowledge
    this.#e.knowledge = this.#after[from]
    const node = this.#byOffset.get(offset)
    if (node !== undefined && this.#structure.keeps(from, node)) this.#inside(from, node)
    else if (offset >= 0 && offset < pageBytes) this.#e.chainTo(this.#addressOf(offset))
    else this.#e.goOutside(offset)
    this.#current = from
  }

  #inside(from: number, node: number): void {
    const { order, merge } = this.#structure
    const unit = this.#units[node]!
    const back = order[node]! <= order[from]!
    if (back || merge[node]) this.#e.flags.settle()
    this.#e.enter(unit)
    if (back) this.#e.w.br(this.#labels.get(~node)!)
    else if (merge[node]) this.#e.w.br(this.#labels.get(node)!)
    else this.#tree(node)
  }
}
