import type { Instruction } from '@mica-vm/x86-decoder'
import type { Family } from './families/family.ts'
import { familyOf } from './families/index.ts'
import { shapeNumber, shapeOf, type Shape } from './shape.ts'

/** What is known of all instructions of one shape. */
export interface Described {
  readonly shape: Shape
  readonly family: Family
  /** Table slot of the interpreter's handler; 0: not generated yet. */
  slot: number
}

/** The shapes met so far, found by an instruction's form and what else decides its shape. */
export class ShapeTable {
  readonly #byForm: (Map<number, Described> | undefined)[] = []

  /** The description of `instruction` in a unit of mode `mode`. */
  find(instruction: Instruction, mode: number): Described {
    const shapes = (this.#byForm[instruction.code] ??= new Map<number, Described>())
    const number = shapeNumber(instruction, mode)
    const known = shapes.get(number)
    if (known) return known
    const shape = shapeOf(instruction, mode)
    const described: Described = { shape, family: familyOf(shape), slot: 0 }
    shapes.set(number, described)
    return described
  }
}
