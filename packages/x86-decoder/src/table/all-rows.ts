import { groups } from './groups.ts'
import { oneByte } from './one-byte.ts'
import type { Row } from './row.ts'
import { twoByte } from './two-byte.ts'
import { x87 } from './x87.ts'

/** The whole table. Within one opcode the first row that fits an encoding wins. */
export const allRows: readonly Row[] = [...oneByte, ...groups, ...twoByte, ...x87]
