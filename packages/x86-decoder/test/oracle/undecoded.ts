import type { IcedCode } from './iced.ts'

/** CPUID features that iced decodes and this table has no rows for: they decode as invalid. */
export const undecodedFeatures: readonly string[] = [
  'PADLOCK_UNDOC',
  'PADLOCK_PMM',
  'AMX_TILE',
  'AMX_INT8',
  'AMX_BF16',
  'AMX_FP16',
  'AMX_COMPLEX',
  'AVX512ER',
  'AVX512PF',
  'AVX512_4FMAPS',
  'AVX512_4VNNIW',
]

export function isUndecoded(code: IcedCode): boolean {
  return code.features.some((feature) => undecodedFeatures.includes(feature))
}
