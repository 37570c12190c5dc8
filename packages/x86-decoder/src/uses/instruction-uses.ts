import { Access } from '../types.ts'

const REGISTERS = 64
const MEMORIES = 16
/** Which of Read and Write an access holds, and whether only perhaps. */
const READS = Uint8Array.of(0, 2, 0, 2, 0, 2, 1)
const WRITES = Uint8Array.of(0, 0, 2, 2, 1, 1, 0)
/** The access of `reads * 3 + writes`; 0 where there is none: then there are two entries. */
const JOINED = Uint8Array.of(
  Access.None,
  Access.ConditionalWrite,
  Access.Write,
  Access.ConditionalRead,
  0,
  0,
  Access.Read,
  Access.ReadConditionalWrite,
  Access.ReadWrite,
)

/**
 * The registers and the memory that an instruction uses, explicit or implied: a mutable record of plain numbers, to be
 * filled again and again by `usesInto`. Entries from the counts on are stale.
 */
export class InstructionUses {
  registerCount = 0
  /** Register ids. */
  readonly registers: Uint16Array = new Uint16Array(REGISTERS)
  /** `Access` of each. */
  readonly registerAccess: Uint8Array = new Uint8Array(REGISTERS)
  memoryCount = 0
  readonly memoryAccess: Uint8Array = new Uint8Array(MEMORIES)
  /** Bytes, 0 where they depend on the machine or on the data. */
  readonly memorySizes: Uint16Array = new Uint16Array(MEMORIES)
  /** Segment register number. */
  readonly segments: Uint8Array = new Uint8Array(MEMORIES)
  /** Id of the base register, or -1. */
  readonly bases: Int16Array = new Int16Array(MEMORIES)
  /** Id of the index register, or -1, and the logarithm of its scale. */
  readonly indexes: Int16Array = new Int16Array(MEMORIES)
  readonly scales: Uint8Array = new Uint8Array(MEMORIES)
  /** Signed displacement, low 32 bits; a stack access counts from the stack pointer before the instruction. */
  readonly displacements: Int32Array = new Int32Array(MEMORIES)

  clear(): void {
    this.registerCount = 0
    this.memoryCount = 0
  }

  /** Adds a use of a register to what is there. */
  register(id: number, access: number): void {
    if (access === Access.None) return
    const { registers, registerAccess } = this
    for (let i = 0; i < this.registerCount; i++) {
      if (registers[i] !== id) continue
      const before = registerAccess[i]!
      const reads = Math.max(READS[before]!, READS[access]!)
      const joined = JOINED[reads * 3 + Math.max(WRITES[before]!, WRITES[access]!)]!
      if (joined === 0) continue
      registerAccess[i] = joined
      return
    }
    registers[this.registerCount] = id
    registerAccess[this.registerCount++] = access
  }

  memory(access: number, size: number, segment: number, base: number, displacement: number): void {
    const at = this.memoryCount++
    this.memoryAccess[at] = access
    this.memorySizes[at] = size
    this.segments[at] = segment
    this.bases[at] = base
    this.indexes[at] = -1
    this.scales[at] = 0
    this.displacements[at] = displacement
  }
}
