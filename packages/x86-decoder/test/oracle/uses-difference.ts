import {
  Access,
  facts,
  type Instruction,
  InstructionUses,
  Operation,
  registerClass,
  RegisterClass,
  registerNumber,
  stackPointerIncrement,
  usesInto,
} from '../../src/index.ts'
import { iced, memorySizes, registerIds } from './iced.ts'
import { isKnown } from './known-differences.ts'

const factory = new iced.InstructionInfoFactory()
const uses = new InstructionUses()

/** Reads and writes of iced's access: none, read, conditional read, write, conditional write, both, read and perhaps write. */
const READS: readonly number[] = [0, 2, 1, 0, 0, 2, 2, 0]
const WRITES: readonly number[] = [0, 0, 0, 2, 1, 2, 1, 0]
const ours: Readonly<Record<number, readonly [reads: number, writes: number]>> = {
  [Access.None]: [0, 0],
  [Access.Read]: [2, 0],
  [Access.Write]: [0, 2],
  [Access.ReadWrite]: [2, 2],
  [Access.ConditionalWrite]: [0, 1],
  [Access.ReadConditionalWrite]: [2, 1],
  [Access.ConditionalRead]: [1, 0],
}

/** One name for a register, whatever of it is used. */
function family(id: number): string {
  const kind = registerClass(id)
  const number = registerNumber(id)
  if (kind <= RegisterClass.Gpr64) return `gpr${number}`
  if (kind >= RegisterClass.Xmm && kind <= RegisterClass.Zmm) return `vector${number}`
  return `${kind}.${number}`
}

type Strengths = Map<string, readonly [reads: number, writes: number]>

function add(map: Strengths, name: string, reads: number, writes: number): void {
  const before = map.get(name) ?? [0, 0]
  map.set(name, [Math.max(before[0], reads), Math.max(before[1], writes)])
}

function text(map: Strengths): string {
  return [...map]
    .filter(([, [reads, writes]]) => reads + writes > 0)
    .map(([name, [reads, writes]]) => `${name}:${reads}${writes}`)
    .sort()
    .join(' ')
}

function ourRegisters(): string {
  const map: Strengths = new Map()
  for (let i = 0; i < uses.registerCount; i++) {
    add(map, family(uses.registers[i]!), ...ours[uses.registerAccess[i]!]!)
  }
  return text(map)
}

function theirRegisters(info: iced.InstructionInfo): string {
  const map: Strengths = new Map()
  for (const used of info.usedRegisters()) {
    add(map, family(registerIds[used.register]!), READS[used.access]!, WRITES[used.access]!)
    used.free()
  }
  return text(map)
}

/** In 64-bit mode ES, CS, SS and DS are one: iced shows an ignored override. */
const memoryText = (segment: number, base: number, size: number, reads: number, writes: number): string =>
  `${segment < 4 && uses64 ? 'flat' : segment}:${base < 0 ? '' : base} ${size} ${reads}${writes}`
let uses64 = false

function ourMemory(): string {
  const found: string[] = []
  for (let i = 0; i < uses.memoryCount; i++) {
    found.push(memoryText(uses.segments[i]!, uses.bases[i]!, uses.memorySizes[i]!, ...ours[uses.memoryAccess[i]!]!))
  }
  return found.sort().join(', ')
}

function theirMemory(info: iced.InstructionInfo): string {
  const found: string[] = []
  for (const used of info.usedMemory()) {
    const base = used.base === iced.Register.None || used.base === iced.Register.RIP ? -1 : registerIds[used.base]!
    const segment = used.segment === iced.Register.None ? -1 : registerIds[used.segment]! & 31
    if (used.access !== iced.OpAccess.NoMemAccess) {
      found.push(memoryText(segment, base, memorySizes[used.memorySize]!, READS[used.access]!, WRITES[used.access]!))
    }
    used.free()
  }
  return found.sort().join(', ')
}

function x87Difference({ code }: Instruction, theirs: iced.Instruction): string | null {
  const { x87StackIncrement } = facts(code)
  const increment = theirs.fpuTopIncrement
  return x87StackIncrement === increment ? null : `x87 stack ${x87StackIncrement} / ${increment}`
}

/** What differs in registers, memory or stack; null if nothing does. */
export function usesDifference(instruction: Instruction, theirs: iced.Instruction): string | null {
  if (!isDescribed(instruction)) return null
  usesInto(instruction, uses)
  uses64 = instruction.bitness === 64
  const info = factory.info(theirs)
  try {
    const increment = theirs.stackPointerIncrement
    const x87 = x87Difference(instruction, theirs)
    if (x87 !== null) return x87
    if (stackPointerIncrement(instruction) !== increment)
      return `stack ${stackPointerIncrement(instruction)} / ${increment}`
    if (isKnown(iced.Code[theirs.code]!, 'access')) return null
    const [mine, registers] = [ourRegisters(), theirRegisters(info)]
    if (mine !== registers) return `registers ${mine} / ${registers}`
    if (isOwn(instruction)) return null
    const [memory, expected] = [ourMemory(), theirMemory(info)]
    return memory === expected ? null : `memory ${memory} / ${expected}`
  } finally {
    info.free()
  }
}

/** VIA's engines repeat by registers that this table does not describe. */
function isDescribed({ code }: Instruction): boolean {
  return !facts(code).cpuFeature.startsWith('PADLOCK')
}

/**
 * Memory that we tell otherwise: ENTER's levels are one entry here, one each in iced; VMASKMOV and VPMASKMOV store what the mask says
 * (SDM vol. 2, VMASKMOV), to iced all.
 */
function isOwn({ operation }: Instruction): boolean {
  return OWN.has(operation)
}
const OWN: ReadonlySet<number> = new Set([
  Operation.Enter,
  Operation.Vmaskmovps,
  Operation.Vmaskmovpd,
  Operation.Vpmaskmovd,
  Operation.Vpmaskmovq,
])
