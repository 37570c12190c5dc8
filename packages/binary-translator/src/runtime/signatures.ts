import { ValueType } from '../wasm/opcodes.ts'
import type { ModuleWriter, Signature } from '../wasm/module-writer.ts'

const { i32 } = ValueType
const words = (count: number): ValueType[] => Array.from({ length: count }, () => i32)

/** (cpu, record) -> next record: an interpreter handler. (cpu, unit) -> exit code: translated code. */
export const codeSignature: Signature = { parameters: words(2), results: [i32] }

/** The helper functions by name, in the order of `Helper`. */
export const helpers: readonly (readonly [name: string, signature: Signature])[] = [
  ['read', { parameters: words(4), results: [i32] }],
  ['write', { parameters: words(5), results: [i32] }],
  ['update', { parameters: words(4), results: [i32] }],
  ['commit', { parameters: words(1), results: [] }],
  ['checkSegment', { parameters: words(4), results: [i32] }],
  ['callout', { parameters: words(5), results: [i32] }],
  ['continueAtRip', codeSignature],
  ['block', { parameters: words(6), results: [i32] }],
  ['lateAux', { parameters: words(5), results: [i32] }],
]

/** The signature of the helper `name`. */
export const helperSignature = (name: string): Signature => helpers.find(([known]) => known === name)![1]

/** The imports that every module of emitted code has, in fixed order. */
export function importHelpers(module: ModuleWriter, memoryPages: number): void {
  for (const [name, signature] of helpers) module.importFunction('mica', name, signature)
  module.importMemory('mica', 'memory', 1, memoryPages)
  module.importTable('mica', 'table')
}
