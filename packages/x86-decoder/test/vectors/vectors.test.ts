import { describe, expect, test } from 'vitest'
import { decodeInto, DecodeStatus, facts, format, formCount, Instruction, OperandKind, Operation } from '../../src/index.ts'
import { formOf } from '../../src/table/forms.ts'
import { Dimension } from '../../src/table/selector.ts'
import { templateColumns, TemplateKind } from '../../src/table/templates.ts'
import { difference } from '../oracle/difference.ts'
import { iced } from '../oracle/iced.ts'
import { usesDifference } from '../oracle/uses-difference.ts'
import { readVectors, VECTOR_FILES } from './vectors.ts'

const all = VECTOR_FILES.flatMap((file) => readVectors(file).map((vector) => ({ file, ...vector })))

/** What each vector says that is not so. */
function failures(): string[] {
  const found: string[] = []
  const instruction = new Instruction()
  const theirs = new iced.Instruction()
  for (const { file, bytes, bitness, text, length } of all) {
    const status = decodeInto(bytes, 0, bytes.length, bitness, instruction)
    const written = status === DecodeStatus.Ok ? format(instruction) : `status ${status}`
    if (written !== text || instruction.length !== length) found.push(`${file}: ${text} (${length}) / ${written}`)
    const decoder = new iced.Decoder(bitness, bytes, 0)
    decoder.decodeOut(theirs)
    decoder.free()
    const wrong = difference(status, instruction, theirs) ?? usesDifference(instruction, theirs)
    if (wrong !== null) found.push(`${file}: ${text}: iced says otherwise: ${wrong}`)
  }
  theirs.free()
  return found
}

/** The forms that vectors show with memory and without. */
function shown(): { memory: Set<number>; registers: Set<number> } {
  const memory = new Set<number>()
  const registers = new Set<number>()
  const instruction = new Instruction()
  for (const { bytes, bitness } of all) {
    if (decodeInto(bytes, 0, bytes.length, bitness, instruction) !== DecodeStatus.Ok) continue
    const { kinds, operandCount, code } = instruction
    const withMemory = kinds.subarray(0, operandCount).includes(OperandKind.Memory)
    ;(withMemory ? memory : registers).add(code)
  }
  return { memory, registers }
}

const EITHER: ReadonlySet<number> = new Set([TemplateKind.RmGeneral, TemplateKind.RmVector, TemplateKind.RmMask])

/** True for a form with an operand that is a register or memory. */
function hasBoth(code: number): boolean {
  const { selector, operands } = formOf(code)
  return selector.accepts[Dimension.Mod] === 3 && operands.some((operand) => EITHER.has(templateColumns.kind[operand]!))
}

describe(`${all.length} vectors`, () => {
  test('decode and format as they say, and iced-x86 agrees', () => {
    expect(failures()).toEqual([])
  })

  test('every form of the table has one, and one with memory and one without if it can have both', () => {
    const { memory, registers } = shown()
    const missing: string[] = []
    for (let code = 1; code < formCount(); code++) {
      const { encoding, operation } = facts(code)
      // The row of 0F 0F only leads to the suffix that names the form.
      if (operation === Operation.ThreeDNow) continue
      if (!memory.has(code) && !registers.has(code)) missing.push(encoding)
      else if (hasBoth(code) && !(memory.has(code) && registers.has(code))) missing.push(`${encoding}, with or without memory`)
    }
    expect(missing).toEqual([])
  })
})
