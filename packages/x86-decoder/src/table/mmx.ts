import type { Row } from './row.ts'
import { mmxAndXmm } from './vector-rows.ts'

/** Operations that MMX brought and SSE2 widened, by opcode in map 0F. */
const SINCE_MMX: readonly string[] = [
  '63 packsswb', '64 pcmpgtb', '65 pcmpgtw', '66 pcmpgtd', '67 packuswb', '68 punpckhbw', '69 punpckhwd', '6A punpckhdq',
  '6B packssdw', '74 pcmpeqb', '75 pcmpeqw', '76 pcmpeqd', 'D1 psrlw', 'D2 psrld', 'D3 psrlq', 'D4 paddq', 'D5 pmullw', 'D8 psubusb',
  'D9 psubusw', 'DB pand', 'DC paddusb', 'DD paddusw', 'DF pandn', 'E1 psraw', 'E2 psrad', 'E5 pmulhw', 'E8 psubsb',
  'E9 psubsw', 'EB por', 'EC paddsb', 'ED paddsw', 'EF pxor', 'F1 psllw', 'F2 pslld', 'F3 psllq', 'F5 pmaddwd',
  'F8 psubb', 'F9 psubw', 'FA psubd', 'FC paddb', 'FD paddw', 'FE paddd',
]
/** Operations that SSE brought for MMX registers. */
const SINCE_SSE: readonly string[] = [
  'DA pminub', 'DE pmaxub', 'E4 pmulhuw', 'EA pminsw', 'EE pmaxsw', 'F6 psadbw',
]
/** Operations that SSE2 brought for both. */
const SINCE_SSE2: readonly string[] = ['F4 pmuludq', 'FB psubq']

function widened(list: readonly string[], feature: string): Row[] {
  return list.flatMap((text) => {
    const [opcode, name] = text.split(' ') as [string, string]
    return mmxAndXmm(`0F${opcode}`, name, feature, 'SSE2')
  })
}

/** Groups 12 to 14: shifts of every element by a constant. */
const CONSTANT_SHIFTS: readonly Row[] = ['71 /2 psrlw', '71 /4 psraw', '71 /6 psllw', '72 /2 psrld', '72 /4 psrad',
  '72 /6 pslld', '73 /2 psrlq', '73 /6 psllq'].flatMap((text): Row[] => {
  const [opcode, digit, name] = text.split(' ') as [string, string, string]
  return [
    [`NP 0F${opcode} ${digit} r`, name, 'Nq Ib', 'cpu=MMX'],
    [`66 0F${opcode} ${digit} r`, name, 'Ux Ib', 'cpu=SSE2'],
  ]
})

/** Packed integers on MMX and XMM registers: 0F 60-7F, C4-C5, D1-FE. */
export const mmx: readonly Row[] = [
  ...widened(SINCE_MMX, 'MMX'),
  ...widened(SINCE_SSE, 'SSE'),
  ...widened(SINCE_SSE2, 'SSE2'),
  ...CONSTANT_SHIFTS,
  ['66 0F73 /3 r', 'psrldq', 'Ux Ib', 'cpu=SSE2'],
  ['66 0F73 /7 r', 'pslldq', 'Ux Ib', 'cpu=SSE2'],
  ['NP 0F60', 'punpcklbw', 'Pq Qd', 'cpu=MMX'],
  ['66 0F60', 'punpcklbw', 'Vx Wx', 'cpu=SSE2'],
  ['NP 0F61', 'punpcklwd', 'Pq Qd', 'cpu=MMX'],
  ['66 0F61', 'punpcklwd', 'Vx Wx', 'cpu=SSE2'],
  ['NP 0F62', 'punpckldq', 'Pq Qd', 'cpu=MMX'],
  ['66 0F62', 'punpckldq', 'Vx Wx', 'cpu=SSE2'],
  ['66 0F6C', 'punpcklqdq', 'Vx Wx', 'cpu=SSE2'],
  ['66 0F6D', 'punpckhqdq', 'Vx Wx', 'cpu=SSE2'],
  ['NP 0F6E', 'movd|movd|movq', 'Pq Ey', 'op=Movd a=w cpu=MMX'],
  ['66 0F6E', 'movd|movd|movq', 'Vx Ey', 'op=Movd a=w cpu=SSE2'],
  ['NP 0F7E', 'movd|movd|movq', 'Ey Pq', 'op=Movd a=w cpu=MMX'],
  ['66 0F7E', 'movd|movd|movq', 'Ey Vx', 'op=Movd a=w cpu=SSE2'],
  ['F3 0F7E', 'movq', 'Vx Wq', 'a=w cpu=SSE2'],
  ['66 0FD6', 'movq', 'Wq Vx', 'a=w cpu=SSE2'],
  ['F3 0FD6 r', 'movq2dq', 'Vx Nq', 'a=w cpu=SSE2'],
  ['F2 0FD6 r', 'movdq2q', 'Pq Ux', 'a=w cpu=SSE2'],
  ['NP 0F6F', 'movq', 'Pq Qq', 'a=w cpu=MMX'],
  ['66 0F6F', 'movdqa', 'Vx Wx', 'a=w cpu=SSE2'],
  ['F3 0F6F', 'movdqu', 'Vx Wx', 'a=w cpu=SSE2'],
  ['NP 0F7F', 'movq', 'Qq Pq', 'a=w cpu=MMX'],
  ['66 0F7F', 'movdqa', 'Wx Vx', 'a=w cpu=SSE2'],
  ['F3 0F7F', 'movdqu', 'Wx Vx', 'a=w cpu=SSE2'],
  ['NP 0F70', 'pshufw', 'Pq Qq Ib', 'a=w cpu=SSE'],
  ['66 0F70', 'pshufd', 'Vx Wx Ib', 'a=w cpu=SSE2'],
  ['F3 0F70', 'pshufhw', 'Vx Wx Ib', 'a=w cpu=SSE2'],
  ['F2 0F70', 'pshuflw', 'Vx Wx Ib', 'a=w cpu=SSE2'],
  ['NP 0F77', 'emms', '', 'cpu=MMX'],
  ['66 0F78 /0 r', 'extrq', 'Ux Ib Ib2', 'cpu=SSE4A'],
  ['F2 0F78 r', 'insertq', 'Vx Ux Ib Ib2', 'cpu=SSE4A'],
  ['66 0F79 r', 'extrq', 'Vx Ux', 'cpu=SSE4A'],
  ['F2 0F79 r', 'insertq', 'Vx Ux', 'cpu=SSE4A'],
  ['NP 0FC4', 'pinsrw', 'Pq Eyw Ib', 'cpu=SSE'],
  ['66 0FC4', 'pinsrw', 'Vx Eyw Ib', 'cpu=SSE2'],
  ['NP 0FC5 r', 'pextrw', 'Gy Nq Ib', 'a=w cpu=SSE'],
  ['66 0FC5 r', 'pextrw', 'Gy Ux Ib', 'a=w cpu=SSE2'],
  ['NP 0FD7 r', 'pmovmskb', 'Gy Nq', 'a=w cpu=SSE'],
  ['66 0FD7 r', 'pmovmskb', 'Gy Ux', 'a=w cpu=SSE2'],
  ['NP 0FE7 m', 'movntq', 'Mq Pq', 'a=w cpu=SSE'],
  ['66 0FE7 m', 'movntdq', 'Mx Vx', 'a=w cpu=SSE2'],
  ['NP 0FF7 r', 'maskmovq', 'Pq Nq', 'a=r cpu=SSE i=w@aDI'],
  ['66 0FF7 r', 'maskmovdqu', 'Vx Ux', 'a=r cpu=SSE2 i=w@aDI'],
]
