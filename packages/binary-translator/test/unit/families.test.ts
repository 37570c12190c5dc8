// Every encoding of the decoder's table has a meaning here, or belongs to what the engine's processors do not have, and the modules of both
// bindings are valid. Oracle for validity: WebAssembly.validate.
import { Operation, type Instruction } from '@mica-vm/x86-decoder'
import { describe, expect, it } from 'vitest'
import { DecodedUnit } from '../../src/decode-unit.ts'
import { ShapeTable, type Described } from '../../src/emit/described.ts'
import { familyOf } from '../../src/emit/families/index.ts'
import { undefinedInstruction } from '../../src/emit/families/system.ts'
import { InterpreterEmitter } from '../../src/emit/interpreter-emitter.ts'
import { shapeNumber, shapeOf } from '../../src/emit/shape.ts'
import { tlbOffsets } from '../../src/index.ts'
import { InstructionSet } from '../../src/instruction-set.ts'
import { codeSignature, importHelpers } from '../../src/runtime/signatures.ts'
import { Mode } from '../../src/state/layout.ts'
import { regionModule, type RegionPlan } from '../../src/translate/translator.ts'
import { ModuleWriter } from '../../src/wasm/module-writer.ts'
import { forEachEncoding } from '../random/encodings.ts'
import { fullModel } from '../random/full-model.ts'

const nameOf = new Map(Object.entries(Operation).map(([name, number]) => [number as number, name]))

/** Operations of features that are there which raise #UD by definition: UDn, and RSM outside of system-management mode. */
const undefinedByDefinition = ['Rsm', 'Ud0', 'Ud1', 'Ud2']

const widths = [16, 32] as const

it('every operation has a family, or belongs to a feature that no model has', () => {
  const set = new InstructionSet(fullModel())
  const missing = new Set<string>()
  for (const bitness of widths) {
    forEachEncoding(bitness, (_, instruction) => {
      const operation = set.operationOf(instruction.code)
      if (operation === Operation.Invalid) return
      const shape = shapeOf(instruction, bitness === 32 ? Mode.code32 : 0, operation)
      if (familyOf(shape) === undefinedInstruction) missing.add(nameOf.get(operation)!)
    })
  }
  expect([...missing].sort()).toEqual(undefinedByDefinition)
})

it('every family belongs to a feature that a model has or may be given', () => {
  const set = new InstructionSet(fullModel())
  const unreachable = new Set<string>()
  forEachEncoding(32, (_, instruction) => {
    if (familyOf(shapeOf(instruction, Mode.code32)) === undefinedInstruction) return
    if (set.operationOf(instruction.code) === Operation.Invalid) unreachable.add(nameOf.get(instruction.operation)!)
  })
  expect([...unreachable]).toEqual([])
})

/** Modes of a unit that differ in what is emitted. */
const modes: readonly (readonly [name: string, mode: number])[] = [
  ['real mode', 0],
  ['16-bit code and stack of a user', Mode.user],
  ['flat kernel', Mode.code32 | Mode.stack32 | Mode.flat],
  ['flat user', Mode.code32 | Mode.stack32 | Mode.flat | Mode.user],
  ['segmented 32-bit', Mode.code32 | Mode.stack32],
  ['16-bit code on a 32-bit stack', Mode.stack32],
  ['32-bit code on a 16-bit stack', Mode.code32 | Mode.user],
  ['flat 16-bit code', Mode.flat | Mode.stack32],
]

/** One encoding per shape in `mode`. */
function shapes(mode: number): { bytes: Uint8Array; described: Described }[] {
  const table = new ShapeTable()
  const seen = new Set<Described>()
  const found: { bytes: Uint8Array; described: Described }[] = []
  forEachEncoding(mode & Mode.code32 ? 32 : 16, (bytes, instruction) => {
    const described = table.find(instruction, mode)
    if (seen.has(described) || described.family === undefinedInstruction) return
    seen.add(described)
    found.push({ bytes: bytes.slice(0, instruction.length), described })
  })
  return found
}

function handlersModule(list: readonly Described[]): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter()
  importHelpers(module, 1)
  const emitter = new InterpreterEmitter(tlbOffsets, (signature) => module.type(signature))
  list.forEach(({ shape, family }, i) =>
    emitter.handler(module.function(codeSignature, `h${i}`).writer, shape, family.emit),
  )
  return module.toBytes()
}

/** A page with `bytes` twice, then INT3: the first is followed by code that sees what it left pending. */
function planOf(bytes: Uint8Array, mode: number, table: ShapeTable): RegionPlan {
  const page = new Uint8Array(4096).fill(0xcc)
  page.set(bytes, 0x100)
  page.set(bytes, 0x100 + bytes.length)
  const unit = new DecodedUnit(table)
  unit.decode(page, 0, 0x100, mode)
  return { units: [unit], addressOf: (offset) => 0x1_0000 + offset }
}

describe.each(modes)('modules for %s', (_, mode) => {
  const list = shapes(mode)
  const chunks = Array.from({ length: Math.ceil(list.length / 200) }, (__, i) => list.slice(i * 200, i * 200 + 200))

  it('are valid: handlers of the interpreter', () => {
    for (const chunk of chunks)
      expect(WebAssembly.validate(handlersModule(chunk.map(({ described }) => described)))).toBe(true)
  })

  it('are valid: translated regions', () => {
    const table = new ShapeTable()
    for (const chunk of chunks) {
      const plans = chunk.map(({ bytes }) => planOf(bytes, mode, table))
      if (WebAssembly.validate(regionModule(plans, tlbOffsets, 1))) continue
      const culprit = chunk.find(
        ({ bytes }) => !WebAssembly.validate(regionModule([planOf(bytes, mode, table)], tlbOffsets, 1)),
      )
      expect.fail(`invalid module for ${Buffer.from(culprit!.bytes).toString('hex')}`)
    }
  })
})

it('tells instructions apart whose shapes differ: equal numbers mean equal shapes', () => {
  for (const mode of [0, Mode.code32 | Mode.stack32 | Mode.flat]) {
    const known = new Map<string, string>()
    forEachEncoding(mode & Mode.code32 ? 32 : 16, (bytes, instruction: Instruction) => {
      // MOV to a segment register takes the low 16 bits of a register of either size.
      if (instruction.operation === Operation.MovSegment) return
      const key = `${instruction.code} ${shapeNumber(instruction, mode)}`
      const shape = JSON.stringify(shapeOf(instruction, mode))
      const before = known.get(key)
      if (before !== undefined && before !== shape)
        expect.fail(`${Buffer.from(bytes).toString('hex')}: ${before} / ${shape}`)
      known.set(key, shape)
    })
  }
})
