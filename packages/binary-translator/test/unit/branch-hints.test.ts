import { expect, test } from 'vitest'
import { ModuleWriter } from '../../src/wasm/module-writer.ts'
import { FunctionWriter } from '../../src/wasm/function-writer.ts'
import { Op, ValueType } from '../../src/wasm/opcodes.ts'

const { i32 } = ValueType
const signature = { parameters: [i32], results: [i32] }

/** Reads LEB128 numbers one after another. */
class Reader {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  unsigned(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
}

interface Hint {
  readonly function: number
  readonly at: number
  readonly value: number
}

/** The hints of a module's section, as the code metadata framework lays them out. */
function hintsOf(module: WebAssembly.Module): Hint[] {
  const [section] = WebAssembly.Module.customSections(module, 'metadata.code.branch_hint')
  const reader = new Reader(new Uint8Array(section!))
  const hints: Hint[] = []
  for (let functions = reader.unsigned(); functions > 0; functions--) {
    const index = reader.unsigned()
    for (let count = reader.unsigned(); count > 0; count--) {
      const at = reader.unsigned()
      expect(reader.unsigned()).toBe(1)
      hints.push({ function: index, at, value: reader.unsigned() })
    }
  }
  return hints
}

/** The bodies of the code section, each from its locals on. */
function bodiesOf(bytes: Uint8Array): Uint8Array[] {
  const reader = new Reader(bytes, 8)
  for (;;) {
    const section = reader.bytes[reader.at++]!
    const length = reader.unsigned()
    if (section === 10) break
    reader.at += length
  }
  return Array.from({ length: reader.unsigned() }, () => {
    const length = reader.unsigned()
    reader.at += length
    return bytes.subarray(reader.at - length, reader.at)
  })
}

test('branch hints name the functions and bytes of the branches that they were given for', () => {
  const module = new ModuleWriter()
  module.importFunction('m', 'f', signature)
  const plain = module.function(signature)
  plain.writer.get(0)
  const { writer, index } = module.function(signature, 'run')
  writer.local(ValueType.v128)
  writer.prologue = new FunctionWriter(0).get(0).op(Op.drop)
  const out = writer.block()
  writer.get(0).rarely().brIf(out)
  writer.get(0).mostly().if(i32)
  writer.i32(1).else().i32(2).end().op(Op.return).end()
  writer.i32(3)
  const bytes = module.toBytes()
  const compiled = new WebAssembly.Module(bytes)
  const hints = hintsOf(compiled)
  expect(hints.map(({ function: number, value }) => [number, value])).toEqual([
    [index, 0],
    [index, 1],
  ])
  expect(hints.map(({ at }) => bodiesOf(bytes)[1]![at])).toEqual([Op.br_if, Op.if])
  const { exports } = new WebAssembly.Instance(compiled, { m: { f: () => 0 } })
  const run = exports['run'] as (x: number) => number
  expect([run(0), run(1)]).toEqual([2, 3])
})

test('a module without hints has no section for them', () => {
  const module = new ModuleWriter()
  module.function(signature, 'run').writer.get(0)
  expect(
    WebAssembly.Module.customSections(new WebAssembly.Module(module.toBytes()), 'metadata.code.branch_hint'),
  ).toEqual([])
})
