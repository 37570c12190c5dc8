import type { Row } from './row.ts'
import { series } from './vector-rows.ts'

/** 3DNow!: 0F 0F, ModRM, and then the byte that chooses the row. The operands are those of the row 0F 0F. */
export const threeDNow: readonly Row[] = [
  ...series('0F0F', 'Pq Qq', 'a=w cpu=D3NOW', {
    '0D': 'pi2fd', '1D': 'pf2id', '96': 'pfrcp', '97': 'pfrsqrt',
  }),
  ...series('0F0F', 'Pq Qq', 'a=w cpu=D3NOWEXT', { '0C': 'pi2fw', '1C': 'pf2iw', BB: 'pswapd' }),
  ...series('0F0F', 'Pq Qq', 'cpu=D3NOWEXT', { '8A': 'pfnacc', '8E': 'pfpnacc' }),
  ...series('0F0F', 'Pq Qq', 'cpu=D3NOW', {
    '90': 'pfcmpge', '94': 'pfmin', '9A': 'pfsub', '9E': 'pfadd', A0: 'pfcmpgt', A4: 'pfmax', A6: 'pfrcpit1',
    A7: 'pfrsqit1', AA: 'pfsubr', AE: 'pfacc', B0: 'pfcmpeq', B4: 'pfmul', B6: 'pfrcpit2', B7: 'pmulhrw', BF: 'pavgusb',
  }),
]
