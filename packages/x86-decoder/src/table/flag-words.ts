/** Attribute words that many rows share: r= read, w= written by result, u= undefined, c= cleared, s= set. */
export const ARITHMETIC = 'w=oszapc'
export const WITH_CARRY = 'r=c w=oszapc'
export const LOGIC = 'w=szp u=a c=oc'
export const COUNT = 'w=oszap'
export const COMPARE = 'a=r w=oszapc'
/** Reads one condition; the letters come from the condition code itself. */
export const CONDITION_FLAGS: readonly string[] = [
  'o', 'o', 'c', 'c', 'z', 'z', 'cz', 'cz', 's', 's', 'p', 'p', 'os', 'os', 'osz', 'osz',
]
export const CONDITION_NAMES: readonly string[] = [
  'o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g',
]
