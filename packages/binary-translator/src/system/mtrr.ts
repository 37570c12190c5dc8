import { Msr, type MsrAccess, storedMsr } from './msr-access.ts'

/**
 * Memory type range registers. They are registers and nothing more: memory here has no types, but operating systems
 * read, check and restore them. SDM vol. 3, section 11.11.
 */
const variableRanges = 8
const fixedRanges = 11

/** Fixed ranges and write combining are supported. */
const capabilities = { low: variableRanges | 0x100 | 0x400, high: 0 }

const isType = (type: number): boolean => type === 0 || type === 1 || (type >= 4 && type <= 6)

function areTypes(low: number, high: number): boolean {
  for (let shift = 0; shift < 32; shift += 8) {
    if (!isType((low >>> shift) & 0xff) || !isType((high >>> shift) & 0xff)) return false
  }
  return true
}

const capability: MsrAccess = { read: () => capabilities, write: () => false }
const defaultType = storedMsr(Msr.MtrrDefault, (low, high) => high === 0 && (low & ~0xcff) === 0 && isType(low & 0xff))
const fixedAddresses: readonly number[] = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f]

const firstVariable = 0x200
const defaultAddress = 0x2ff
const capabilityAddress = 0xfe

/** Whether `high` fits the upper part of a physical address. */
const fits = (high: number, physicalBits: number): boolean => high < 2 ** Math.max(0, physicalBits - 32)

function variable(index: number, physicalBits: number): MsrAccess {
  const isMask = (index & 1) !== 0
  return storedMsr(Msr.MtrrVariable + index, (low, high) => {
    if (!fits(high, physicalBits)) return false
    return isMask ? (low & 0x7ff) === 0 : (low & 0xf00) === 0 && isType(low & 0xff)
  })
}

/** The MTRR of that address, if it is one. */
export function findMtrr(address: number, physicalBits: number): MsrAccess | undefined {
  if (address === capabilityAddress) return capability
  if (address === defaultAddress) return defaultType
  if (address >= firstVariable && address < firstVariable + 2 * variableRanges) {
    return variable(address - firstVariable, physicalBits)
  }
  const fixed = fixedAddresses.indexOf(address)
  return fixed >= 0 && fixed < fixedRanges ? storedMsr(Msr.MtrrFixed + fixed, areTypes) : undefined
}
