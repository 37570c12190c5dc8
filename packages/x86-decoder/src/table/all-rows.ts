import { amx } from './amx.ts'
import { avx } from './avx.ts'
import { avx0f38 } from './avx-0f38.ts'
import { avx0f3a } from './avx-0f3a.ts'
import { evex0f } from './evex-0f.ts'
import { evex0f38 } from './evex-0f38.ts'
import { evex0f3a } from './evex-0f3a.ts'
import { evexFp16 } from './evex-fp16.ts'
import { groups } from './groups.ts'
import { oneByte } from './one-byte.ts'
import { knights } from './knights.ts'
import type { Row } from './row.ts'
import { mmx } from './mmx.ts'
import { sse } from './sse.ts'
import { system } from './system.ts'
import { map0f38, map0f3a } from './three-byte.ts'
import { threeDNow } from './three-d-now.ts'
import { twoByte } from './two-byte.ts'
import { xop } from './xop.ts'
import { x87 } from './x87.ts'

/** The legacy maps. Within one opcode the first row that fits an encoding wins. */
export const legacyRows: readonly Row[] = [
  ...oneByte, ...groups, ...system, ...twoByte, ...x87, ...mmx, ...sse, ...map0f38, ...map0f3a, ...threeDNow,
]

/** The VEX and EVEX maps: made when asked for, since much code has none of them. */
export function vectorRows(): readonly Row[] {
  return [...avx(), ...avx0f38(), ...avx0f3a(), ...amx(), ...evex0f(), ...evex0f38(), ...evex0f3a(), ...evexFp16(), ...knights(), ...xop()]
}
