import { DecodeStatus, Instruction, MAX_LENGTH, Operation, OperandKind, decodeInto } from '@mica-vm/x86-decoder'
import type { Described, ShapeTable } from './emit/described.ts'
import { Flow } from './emit/families/family.ts'
import { siteOf } from './emit/record.ts'
import { tooLongVariant } from './emit/shape.ts'
import { Mode } from './state/layout.ts'

/** Instructions of a translation unit at most. */
export const maximumUnitLength = 32

const pageBytes = 4096
const ESP = 4

/** Bits per code size. */
export const bitnessOf = (mode: number): 16 | 32 | 64 => (mode & Mode.code64 ? 64 : mode & Mode.code32 ? 32 : 16)

/**
 * Decodes one instruction of at most `end - at` bytes. Bytes that are no instruction decode as one that raises #UD
 * (or #GP when over 15 bytes long). False: more bytes are needed.
 */
export function decodeOne(bytes: Uint8Array, at: number, end: number, mode: number, out: Instruction): boolean {
  const status = decodeInto(bytes, at, end, bitnessOf(mode), out)
  if (status === DecodeStatus.NeedMoreBytes) return false
  if (status === DecodeStatus.Ok) normalize(out)
  else makeInvalid(out, status === DecodeStatus.TooLong)
  return true
}

function makeInvalid(instruction: Instruction, tooLong: boolean): void {
  instruction.code = 0
  instruction.operation = Operation.Invalid
  instruction.operandCount = 0
  instruction.kinds.fill(OperandKind.None)
  instruction.condition = tooLong ? tooLongVariant : 0
  // As many bytes as the decoder may have looked at: a write to any of them may make it an instruction.
  instruction.length = MAX_LENGTH
}

/** Brings far pointers to their offset's size; POP to memory counts ESP as already incremented. SDM vol. 2, POP. */
function normalize(instruction: Instruction): void {
  const kind = instruction.kinds[0]
  if (kind === OperandKind.FarPointer) instruction.operandSize = instruction.sizes[0]! - 2
  if (kind !== OperandKind.Memory || instruction.operation !== Operation.Pop) return
  if (instruction.base === ESP) instruction.displacement += instruction.operandSize
}

/**
 * A translation unit as decoded: a pure function of the code bytes, the offset and the mode. The object is reused;
 * `decode` fills it anew.
 */
export class DecodedUnit {
  /** Offset of the first byte in its page. */
  offset = 0
  mode = 0
  /** Instructions decoded; 0: the first one cannot be cached here and must run alone. */
  count = 0
  /** Bytes of code. */
  length = 0
  /** The last instruction does not transfer control itself. */
  fallsThrough = false
  /** Page offset where an indirect transfer at the end went last; outside the page, or -1, if that is of no use. */
  likely = -1
  readonly instructions: Instruction[] = []
  readonly described: Described[] = []
  /** Page offset of each instruction. */
  readonly offsets: number[] = []
  readonly #shapes: ShapeTable

  constructor(shapes: ShapeTable) {
    this.#shapes = shapes
  }

  /** Decodes the unit at `offset` of the page whose bytes start at `page` in `bytes`. */
  decode(bytes: Uint8Array, page: number, offset: number, mode: number): void {
    this.#begin(offset, mode)
    let left = maximumUnitLength
    let flow: Flow = Flow.Next
    while (left > 0 && offset + this.length < pageBytes) {
      const at = page + offset + this.length
      if (!decodeOne(bytes, at, page + pageBytes, mode, this.#slot())) break
      const covered: boolean = flow === Flow.Shadow
      flow = this.#push()
      left--
      if (flow === Flow.Stop || flow === Flow.Jump) break
      if (covered) {
        // A second STI in a row finds IF set and holds nothing off.
        flow = Flow.Next
        break
      }
      if (flow === Flow.Shadow) left = 1
    }
    // An interrupt shadow must not end with its unit: STI begins the next unit, or runs alone with its successor.
    if (flow === Flow.Shadow) {
      this.count--
      this.length -= this.instructions[this.count]!.length
      flow = Flow.Next
    }
    this.fallsThrough = flow !== Flow.Jump
  }

  /** Makes a unit of the one instruction in `instruction`, which may reach beyond its page. */
  single(instruction: Instruction, offset: number, mode: number): void {
    this.#begin(offset, mode)
    this.instructions[0] = instruction
    this.fallsThrough = this.#push() !== Flow.Jump
  }

  /** The site word of instruction `i`. */
  site(i: number): number {
    const covered = i > 0 && this.described[i - 1]!.family.flow === Flow.Shadow
    return siteOf(this.offsets[i]!, this.count - i, this.instructions[i]!.length, covered)
  }

  #begin(offset: number, mode: number): void {
    this.offset = offset
    this.mode = mode
    this.count = 0
    this.length = 0
  }

  #slot(): Instruction {
    return (this.instructions[this.count] ??= new Instruction())
  }

  /** Takes in the instruction just decoded; returns its flow. */
  #push(): Flow {
    const instruction = this.instructions[this.count]!
    const described = this.#shapes.find(instruction, this.mode)
    this.described[this.count] = described
    this.offsets[this.count] = this.offset + this.length
    this.count++
    this.length += instruction.length
    return described.family.flow
  }
}
