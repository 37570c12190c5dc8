import { Operation, OperandKind } from '@mica-vm/x86-decoder'
import type { DecodedUnit } from '../decode-unit.ts'

const pageBytes = 4096

/** Conditional branches: both the target and the next instruction follow. */
const conditional = new Set<number>([Operation.Jcc, Operation.Jcxz, Operation.Loop, Operation.Loope, Operation.Loopne])

const inPage = (offsets: number[]): number[] => offsets.filter((offset) => offset >= 0 && offset < pageBytes)

/** Page offset of the instruction that follows a unit. */
const afterOf = (unit: DecodedUnit): number => unit.offset + unit.length

/** The operation of a unit's last instruction, if that transfers control near and in flat code, so that offsets in the page name its targets. */
function transferOf(unit: DecodedUnit): number | undefined {
  if (unit.count === 0 || unit.fallsThrough) return undefined
  const { shape } = unit.described[unit.count - 1]!
  return shape.flat && shape.size !== 2 ? unit.instructions[unit.count - 1]!.operation : undefined
}

/** Page offset of the direct target of a unit's last instruction. */
function targetOf(unit: DecodedUnit): number | undefined {
  const isDirect = unit.described[unit.count - 1]!.shape.kinds[0] === OperandKind.Relative
  return isDirect ? afterOf(unit) + unit.instructions[unit.count - 1]!.immediate : undefined
}

/** Page offsets at which a unit's direct successors start; calls are left out, since their code returns elsewhere. */
export function successorsOf(unit: DecodedUnit): number[] {
  if (unit.count === 0) return []
  if (unit.fallsThrough) return inPage([afterOf(unit)])
  const operation = transferOf(unit)
  if (operation === undefined) return []
  const target = targetOf(unit)
  if (target === undefined) return []
  if (operation === Operation.Jmp) return inPage([target])
  return conditional.has(operation) ? inPage([target, afterOf(unit)]) : []
}

/** Where in the page a unit's last instruction transfers control directly, calls among them. */
export function directTargetOf(unit: DecodedUnit): number | undefined {
  const target = transferOf(unit) === undefined ? undefined : targetOf(unit)
  return target !== undefined && target >= 0 && target < pageBytes ? target : undefined
}

/** What a unit that ends with a near CALL calls, or last called, in its own page, and where that returns to; null for all others. */
export function callOf(unit: DecodedUnit): { readonly callee: number; readonly returnsTo: number } | null {
  if (transferOf(unit) !== Operation.Call) return null
  const call = inPage([targetOf(unit) ?? unit.likely, afterOf(unit)])
  return call.length === 2 ? { callee: call[0]!, returnsTo: call[1]! } : null
}

/** Whether a unit ends with a near RET. */
export const returns = (unit: DecodedUnit): boolean => transferOf(unit) === Operation.Ret

/** Whether a unit ends with a near transfer to an address that is computed. */
export const isIndirect = (unit: DecodedUnit): boolean =>
  indirect.has(transferOf(unit) ?? -1) && targetOf(unit) === undefined

/** Where in the page a unit goes next for certain or likely, RET's callers apart. */
export function targetsOf(unit: DecodedUnit): number[] {
  const call = callOf(unit)
  if (call) return [call.callee]
  return isIndirect(unit) ? inPage([unit.likely]) : successorsOf(unit)
}

/** The same, and where calls return to: what a region around the unit is to have. */
export function neighboursOf(unit: DecodedUnit): number[] {
  const call = callOf(unit)
  return call ? [call.callee, call.returnsTo] : targetsOf(unit)
}

const indirect = new Set<number>([Operation.Call, Operation.Jmp, Operation.Ret])
