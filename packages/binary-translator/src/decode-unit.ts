import { DecodeStatus, Instruction, Operation, OperandKind, decodeInto } from '@mica-vm/x86-decoder'
import { familyOf } from './emit/families/index.ts'
import { Flow, type Family } from './emit/families/family.ts'
import { shapeOf, type Shape } from './emit/shape.ts'
import { Mode } from './state/layout.ts'

/** Instructions of a translation unit at most. */
export const maximumUnitLength = 32

const pageBytes = 4096
const ESP = 4

/** A translation unit as decoded: a pure function of the code bytes, the offset and the mode. */
export interface DecodedUnit {
  /** Offset of the first byte in its page. */
  readonly offset: number
  readonly mode: number
  readonly instructions: readonly DecodedInstruction[]
  /** Bytes of code. */
  readonly length: number
  /** The last instruction does not transfer control itself. */
  readonly fallsThrough: boolean
  /** The unit cannot be cached: its first instruction must be run alone by the engine. */
  readonly alone: boolean
}

export interface DecodedInstruction {
  readonly instruction: Instruction
  readonly shape: Shape
  readonly family: Family
  /** Offset of the instruction in its page. */
  readonly offset: number
}

/** Bits per code size. */
export const bitnessOf = (mode: number): 16 | 32 | 64 => (mode & Mode.code64 ? 64 : mode & Mode.code32 ? 32 : 16)

/**
 * Decodes one instruction of at most `end - at` bytes. Bytes that are no instruction decode as one that raises #UD
 * (or #GP when over 15 bytes long); null: more bytes are needed.
 */
export function decodeOne(bytes: Uint8Array, at: number, end: number, mode: number, offset: number): DecodedInstruction | null {
  const instruction = new Instruction()
  const status = decodeInto(bytes, at, end, bitnessOf(mode), instruction)
  if (status === DecodeStatus.NeedMoreBytes) return null
  if (status !== DecodeStatus.Ok) {
    instruction.operation = Operation.Invalid
    instruction.operandCount = 0
    instruction.condition = status === DecodeStatus.TooLong ? 1 : 0
    instruction.length = 1
  }
  normalize(instruction)
  const shape = shapeOf(instruction, mode)
  return { instruction, shape, family: familyOf(shape), offset }
}

/** Brings far pointers to their offset's size; POP to memory counts ESP as already incremented. SDM vol. 2, POP. */
function normalize(instruction: Instruction): void {
  // The offset's size is the operand size; the pointer itself is two bytes longer.
  if (instruction.kinds[0] === OperandKind.FarPointer) instruction.operandSize = instruction.sizes[0]! - 2
  if (instruction.operation !== Operation.Pop || instruction.kinds[0] !== OperandKind.Memory) return
  if (instruction.base === ESP) instruction.displacement += instruction.operandSize
}

/** Decodes the unit at `offset` of the page whose bytes start at `page` in `bytes`. */
export function decodeUnit(bytes: Uint8Array, page: number, offset: number, mode: number): DecodedUnit {
  const instructions: DecodedInstruction[] = []
  let at = offset
  let left = maximumUnitLength
  let flow: Flow = Flow.Next
  while (left > 0 && at < pageBytes) {
    const decoded = decodeOne(bytes, page + at, page + pageBytes, mode, at)
    if (decoded === null) break
    instructions.push(decoded)
    at += decoded.instruction.length
    left--
    flow = decoded.family.flow
    if (flow === Flow.Stop || flow === Flow.Jump) break
    if (flow === Flow.Shadow) left = 1
  }
  const last = instructions.at(-1)
  // An interrupt shadow must not end with its unit: STI begins the next unit, or runs alone with its successor.
  if (last?.family.flow === Flow.Shadow && (instructions.length === 1 || left > 0)) {
    instructions.pop()
    at = last.offset
    flow = Flow.Next
  }
  return { offset, mode, instructions, length: at - offset, fallsThrough: flow !== Flow.Jump, alone: instructions.length === 0 }
}
