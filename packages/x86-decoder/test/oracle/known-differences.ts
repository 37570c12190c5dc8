/** Where iced and the manuals differ, and we follow the manual. */
export interface KnownDifference {
  /** iced's code. */
  readonly code: string
  readonly aspect: 'access' | 'flags' | 'flow' | 'operands'
  /** The manual, and what it says. */
  readonly reason: string
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    code: 'Insertq_xmm_xmm_imm8_imm8',
    aspect: 'access',
    reason:
      'AMD APM vol. 4, INSERTQ: bits outside the field keep their value, so the destination is read, as in the other form',
  },
  {
    code: 'Pbndkb',
    aspect: 'access',
    reason: 'SDM vol. 2, PBNDKB does not exempt its structures from segment overrides: FS and GS count as everywhere',
  },
  ...['Vmaskmovps', 'Vmaskmovpd', 'Vpmaskmovd', 'Vpmaskmovq'].flatMap((name) =>
    ['m128_xmm_xmm', 'm256_ymm_ymm'].map((operands): KnownDifference => ({
      code: `VEX_${name}_${operands}`,
      aspect: 'access',
      reason: 'SDM vol. 2, VMASKMOV and VPMASKMOV: an element is stored only where the mask says',
    })),
  ),
]

const keys = new Set(knownDifferences.map(({ code, aspect }) => `${code} ${aspect}`))

export function isKnown(code: string, aspect: KnownDifference['aspect']): boolean {
  return keys.has(`${code} ${aspect}`)
}
