import { ByteBuffer } from './byte-buffer.ts'
import { type BranchHint, FunctionWriter } from './function-writer.ts'
import type { ValueType } from './opcodes.ts'

/** A function's parameters and results. */
export interface Signature {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

const Section = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const External = { function: 0, table: 1, memory: 2 } as const
const funcref = 0x70

/**
 * Assembles one WebAssembly module in binary format: imported functions, one imported memory, imported tables,
 * functions and exports. Imports come first, so import every function before defining one.
 */
export class ModuleWriter {
  readonly #types: string[] = []
  readonly #typeBytes = new ByteBuffer()
  readonly #imports = new ByteBuffer()
  readonly #functionTypes: number[] = []
  readonly #exports = new ByteBuffer()
  readonly #bodies: FunctionWriter[] = []
  #importCount = 0
  #importedFunctions = 0
  #exportCount = 0
  #tables = 0

  /** Index of the function type `signature`, declared once. */
  type(signature: Signature): number {
    const key = `${signature.parameters.join()}>${signature.results.join()}`
    const known = this.#types.indexOf(key)
    if (known >= 0) return known
    this.#typeBytes.byte(0x60)
    for (const list of [signature.parameters, signature.results]) {
      this.#typeBytes.unsigned(list.length)
      for (const type of list) this.#typeBytes.byte(type)
    }
    return this.#types.push(key) - 1
  }

  /** Imports a function; returns its index. */
  importFunction(module: string, name: string, signature: Signature): number {
    if (this.#bodies.length > 0) throw new Error(`import of ${name} after a function was defined`)
    const type = this.type(signature)
    this.#import(module, name, External.function)
    this.#imports.unsigned(type)
    return this.#importedFunctions++
  }

  /** Imports the linear memory of at least `pages` 64 KiB pages, `maximum` being its declared maximum. */
  importMemory(module: string, name: string, pages: number, maximum: number): void {
    this.#import(module, name, External.memory)
    this.#imports.byte(1)
    this.#imports.unsigned(pages)
    this.#imports.unsigned(maximum)
  }

  /** Imports a table of functions; returns its index. */
  importTable(module: string, name: string): number {
    this.#import(module, name, External.table)
    this.#imports.byte(funcref)
    this.#imports.byte(0)
    this.#imports.unsigned(0)
    return this.#tables++
  }

  /** Defines a function, to be written through the returned writer; `exported` names it to the outside. */
  function(signature: Signature, exported?: string): { index: number; writer: FunctionWriter } {
    const writer = new FunctionWriter(signature.parameters.length)
    this.#functionTypes.push(this.type(signature))
    this.#bodies.push(writer)
    const index = this.#importedFunctions + this.#bodies.length - 1
    if (exported !== undefined) {
      this.#exports.name(exported)
      this.#exports.byte(External.function)
      this.#exports.unsigned(index)
      this.#exportCount++
    }
    return { index, writer }
  }

  /** The module's bytes. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const out = new ByteBuffer(4096)
    for (const byte of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) out.byte(byte)
    section(out, Section.type, this.#types.length, this.#typeBytes)
    section(out, Section.import, this.#importCount, this.#imports)
    const functions = new ByteBuffer()
    for (const type of this.#functionTypes) functions.unsigned(type)
    section(out, Section.function, this.#functionTypes.length, functions)
    section(out, Section.export, this.#exportCount, this.#exports)
    const code = new ByteBuffer(4096)
    const hints = this.#bodies.map((body) => body.finish(code))
    writeHints(out, hints, this.#importedFunctions)
    section(out, Section.code, this.#bodies.length, code)
    return out.toBytes()
  }

  #import(module: string, name: string, kind: number): void {
    this.#imports.name(module)
    this.#imports.name(name)
    this.#imports.byte(kind)
    this.#importCount++
  }
}

/**
 * Tells the engine which branches are seldom taken, so that it lays their code out aside and keeps registers for the rest. WebAssembly's
 * branch hinting (code metadata, section "metadata.code.branch_hint"); engines that do not know it skip it.
 */
function writeHints(out: ByteBuffer, hints: readonly (readonly BranchHint[])[], firstFunction: number): void {
  const functions = hints.flatMap((list, i) => (list.length === 0 ? [] : [{ list, index: firstFunction + i }]))
  if (functions.length === 0) return
  const body = new ByteBuffer(1024)
  body.name('metadata.code.branch_hint')
  body.unsigned(functions.length)
  for (const { list, index } of functions) {
    body.unsigned(index)
    body.unsigned(list.length)
    for (const { at, likely } of list) {
      body.unsigned(at)
      body.unsigned(1)
      body.byte(likely ? 1 : 0)
    }
  }
  out.byte(Section.custom)
  out.unsigned(body.length)
  out.append(body)
}

function section(out: ByteBuffer, id: number, count: number, content: ByteBuffer): void {
  if (count === 0) return
  const body = new ByteBuffer(content.length + 5)
  body.unsigned(count)
  body.append(content)
  out.byte(id)
  out.unsigned(body.length)
  out.append(body)
}
