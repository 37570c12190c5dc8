import type { Row } from './row.ts'

/** A packed integer operation on MMX registers (without prefix) and on XMM registers (with 66). */
export function mmxAndXmm(opcode: string, name: string, mmx: string, xmm: string, access = ''): Row[] {
  return [
    [`NP ${opcode}`, name, 'Pq Qq', `${access}cpu=${mmx}`],
    [`66 ${opcode}`, name, 'Vx Wx', `${access}cpu=${xmm}`],
  ]
}

/** Packed single (no prefix) and packed double (66). */
export function packed(opcode: string, stem: string, access = ''): Row[] {
  return [
    [`NP ${opcode}`, `${stem}ps`, 'Vx Wx', `${access}cpu=SSE`],
    [`66 ${opcode}`, `${stem}pd`, 'Vx Wx', `${access}cpu=SSE2`],
  ]
}

/** Scalar single (F3) and scalar double (F2): they leave the upper elements alone. */
export function scalar(opcode: string, stem: string): Row[] {
  return [
    [`F3 ${opcode}`, `${stem}ss`, 'Vx Wd', 'cpu=SSE'],
    [`F2 ${opcode}`, `${stem}sd`, 'Vx Wq', 'cpu=SSE2'],
  ]
}

/** Rows that differ in opcode and mnemonic only. */
export function series(prefix: string, operands: string, attributes: string, names: Readonly<Record<string, string>>): Row[] {
  return Object.entries(names).map(([opcode, name]): Row => [`${prefix}${opcode}`, name, operands, attributes])
}
