import type { DecodedUnit } from '../decode-unit.ts'
import { Layout } from '../state/layout.ts'
import type { Label, Local } from '../wasm/function-writer.ts'
import { Op } from '../wasm/opcodes.ts'
import { analyse, type Structure } from './structure.ts'
import { callOf, isIndirect, returns, targetsOf } from './successors.ts'
import { commonKnowledge, type Knowledge, knowledgeOf, restoreKnowledge } from './knowledge.ts'
import { overwritesFlags } from './flag-uses.ts'
import type { TranslatedEmitter } from './translated-emitter.ts'

const pageBytes = 4096

/** Places that a RET of the region is tried for to return to, at most. */
const maximumReturns = 4

/** Resolves a page offset to the address of its unit's descriptor. */
export type UnitAddress = (offset: number) => number

/**
 * Translates a region - several units of one page, entered at the first - into structured WebAssembly: direct
 * branches and calls inside it become blocks and loops, registers and flags stay in locals across them, and all others
 * leave through chains. A RET is tried for the places behind the region's calls.
 */
export class RegionTranslator {
  readonly #e: TranslatedEmitter
  readonly #units: readonly DecodedUnit[]
  readonly #byOffset = new Map<number, number>()
  readonly #structure: Structure
  readonly #returns: readonly number[]
  /** Whether a unit sets all flags before it asks for any. */
  readonly #overwrites: readonly boolean[]
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
    emitter.windows.plan(units)
    this.#overwrites = units.map(overwritesFlags)
    this.#returns = this.#returnsOf(units)
    this.#structure = analyse(units.map((unit) => this.#nodes(this.#targets(unit))))
    emitter.flags.late = this.#overwrites.some((yes, i) => yes && (this.#structure.loop[i] || this.#structure.merge[i]))
    emitter.flow = { go: (offset) => this.#go(offset), tryLikely: (at) => this.#tryLikely(at) }
  }

  /** The nodes at those offsets that the region has. */
  #nodes(offsets: readonly number[]): number[] {
    return offsets.flatMap((offset) => this.#byOffset.get(offset) ?? [])
  }

  /** Offsets at which calls inside the region return. */
  #returnsOf(units: readonly DecodedUnit[]): number[] {
    const offsets = units.flatMap((unit) => {
      const call = callOf(unit)
      return call && this.#byOffset.has(call.callee) && this.#byOffset.has(call.returnsTo) ? [call.returnsTo] : []
    })
    return [...new Set(offsets)].slice(0, maximumReturns)
  }

  #targets(unit: DecodedUnit): readonly number[] {
    return returns(unit) ? [...new Set([...targetsOf(unit), ...this.#returns])] : targetsOf(unit)
  }

  /** Where the indirect transfer at the end of the current node may go without leaving the region. */
  #candidates(): readonly number[] {
    const unit = this.#units[this.#current]!
    if (!isIndirect(unit)) return []
    return this.#targets(unit).filter((offset) => {
      const node = this.#byOffset.get(offset)
      return node !== undefined && this.#structure.keeps(this.#current, node)
    })
  }

  #tryLikely(at: Local): void {
    const { pending } = this.#e.flags
    for (const offset of this.#candidates()) {
      this.#e.push(at).cell(Layout.ripPage).i32(offset).op(Op.i32_add).op(Op.i32_eq).w.if()
      this.#go(offset)
      this.#e.w.end()
      this.#e.resume(pending)
    }
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
    this.#settle(node)
    restoreKnowledge(this.#e, commonKnowledge(knowledgeOf(this.#e)))
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
    restoreKnowledge(this.#e, commonKnowledge(this.#after[node]!))
    this.#tree(merge)
  }

  #body(node: number): void {
    this.#current = node
    const unit = this.#units[node]!
    this.#e.windows.enterUnit()
    for (let i = 0; i < unit.count; i++) {
      const { shape, family } = unit.described[i]!
      this.#e.start(unit.instructions[i]!, shape, unit.site(i))
      family.emit(this.#e)
      this.#e.finish()
    }
    if (unit.fallsThrough) this.#go(unit.offset + unit.length)
  }

  /** Goes on at page offset `offset`: inside the region, through a chain, or outside the page. */
  #go(offset: number): void {
    const from = this.#current
    restoreKnowledge(this.#e, (this.#after[from] ??= knowledgeOf(this.#e)))
    const node = this.#byOffset.get(offset)
    if (node !== undefined && this.#structure.keeps(from, node)) this.#inside(from, node)
    else if (offset >= 0 && offset < pageBytes) this.#e.chainTo(this.#addressOf(offset))
    else this.#e.goOutside(offset)
    this.#current = from
  }

  /** Settles flags where several ways lead to `node`. */
  #settle(node: number): void {
    if (this.#overwrites[node]) this.#e.flags.putOff()
    else this.#e.flags.settle()
  }

  #inside(from: number, node: number): void {
    const { order, merge } = this.#structure
    const unit = this.#units[node]!
    const back = order[node]! <= order[from]!
    if (back || merge[node]) this.#settle(node)
    this.#e.enter(unit)
    if (back) this.#e.w.br(this.#labels.get(~node)!)
    else if (merge[node]) this.#e.w.br(this.#labels.get(node)!)
    else this.#tree(node)
  }
}
