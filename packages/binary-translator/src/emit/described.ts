import type { Instruction } from '@mica-vm/x86-decoder'
import { InstructionSet } from '../instruction-set.ts'
import { Mode } from '../state/layout.ts'
import type { CpuModel } from '../system/types.ts'
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

/** More than there are forms. */
const forms = 0x1_0000

/** The shapes met so far, found by an instruction's form and what else decides its shape. */
export class ShapeTable {
  readonly #byForm = new Map<number, Map<number, Described>>()
  /** By the number that a unit's mode carries; number 0 stands for a processor that has everything. */
  readonly #sets: (InstructionSet | null)[] = [null]

  /** The mode bits of units that run on a processor of `model`. */
  modeOf(model: CpuModel): number {
    const set = new InstructionSet(model)
    let number = this.#sets.findIndex((known) => known?.key === set.key)
    if (number < 0) number = this.#sets.push(set) - 1
    return number << Mode.instructionSet
  }

  /** Forgets the shapes; the instruction sets stay, since units' modes name them. */
  forget(): void {
    this.#byForm.clear()
  }

  /** The description of `instruction` in a unit of mode `mode`. */
  find(instruction: Instruction, mode: number): Described {
    const set = this.#sets[mode >>> Mode.instructionSet]
    const operation = set ? set.operationOf(instruction.code) : instruction.operation
    const form = operation * forms + instruction.code
    let shapes = this.#byForm.get(form)
    if (!shapes) this.#byForm.set(form, (shapes = new Map<number, Described>()))
    const number = shapeNumber(instruction, mode)
    const known = shapes.get(number)
    if (known) return known
    const shape = shapeOf(instruction, mode, operation)
    const described: Described = { shape, family: familyOf(shape), slot: 0 }
    shapes.set(number, described)
    return described
  }
}
