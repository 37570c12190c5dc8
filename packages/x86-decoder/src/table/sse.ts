import type { Row } from './row.ts'
import { mmxAndXmm, packed, scalar } from './vector-rows.ts'

const COMPARE = 'a=r w=zpc c=osa'

const MOVES: readonly Row[] = [
  ['NP 0F10', 'movups', 'Vx Wx', 'a=w cpu=SSE'],
  ['66 0F10', 'movupd', 'Vx Wx', 'a=w cpu=SSE2'],
  ['F3 0F10 m', 'movss', 'Vx Wd', 'a=w cpu=SSE'],
  ['F3 0F10 r', 'movss', 'Vx Wd', 'cpu=SSE'],
  ['F2 0F10 m', 'movsd', 'Vx Wq', 'op=MovsdSse a=w cpu=SSE2'],
  ['F2 0F10 r', 'movsd', 'Vx Wq', 'op=MovsdSse cpu=SSE2'],
  ['NP 0F11', 'movups', 'Wx Vx', 'a=w cpu=SSE'],
  ['66 0F11', 'movupd', 'Wx Vx', 'a=w cpu=SSE2'],
  ['F3 0F11 m', 'movss', 'Wd Vx', 'a=w cpu=SSE'],
  ['F3 0F11 r', 'movss', 'Wd Vx', 'cpu=SSE'],
  ['F2 0F11 m', 'movsd', 'Wq Vx', 'op=MovsdSse a=w cpu=SSE2'],
  ['F2 0F11 r', 'movsd', 'Wq Vx', 'op=MovsdSse cpu=SSE2'],
  ['NP 0F12 m', 'movlps', 'Vx Mq', 'cpu=SSE'],
  ['NP 0F12 r', 'movhlps', 'Vx Ux', 'cpu=SSE'],
  ['66 0F12 m', 'movlpd', 'Vx Mq', 'cpu=SSE2'],
  ['F3 0F12', 'movsldup', 'Vx Wx', 'a=w cpu=SSE3'],
  ['F2 0F12', 'movddup', 'Vx Wq', 'a=w cpu=SSE3'],
  ['NP 0F13 m', 'movlps', 'Mq Vx', 'a=w cpu=SSE'],
  ['66 0F13 m', 'movlpd', 'Mq Vx', 'a=w cpu=SSE2'],
  ['NP 0F16 m', 'movhps', 'Vx Mq', 'cpu=SSE'],
  ['NP 0F16 r', 'movlhps', 'Vx Ux', 'cpu=SSE'],
  ['66 0F16 m', 'movhpd', 'Vx Mq', 'cpu=SSE2'],
  ['F3 0F16', 'movshdup', 'Vx Wx', 'a=w cpu=SSE3'],
  ['NP 0F17 m', 'movhps', 'Mq Vx', 'a=w cpu=SSE'],
  ['66 0F17 m', 'movhpd', 'Mq Vx', 'a=w cpu=SSE2'],
  ['NP 0F28', 'movaps', 'Vx Wx', 'a=w cpu=SSE'],
  ['66 0F28', 'movapd', 'Vx Wx', 'a=w cpu=SSE2'],
  ['NP 0F29', 'movaps', 'Wx Vx', 'a=w cpu=SSE'],
  ['66 0F29', 'movapd', 'Wx Vx', 'a=w cpu=SSE2'],
  ['NP 0F2B m', 'movntps', 'Mx Vx', 'a=w cpu=SSE'],
  ['66 0F2B m', 'movntpd', 'Mx Vx', 'a=w cpu=SSE2'],
  ['F3 0F2B m', 'movntss', 'Md Vx', 'a=w cpu=SSE4A'],
  ['F2 0F2B m', 'movntsd', 'Mq Vx', 'a=w cpu=SSE4A'],
  ['NP 0F50 r', 'movmskps', 'Gy Ux', 'a=w cpu=SSE'],
  ['66 0F50 r', 'movmskpd', 'Gy Ux', 'a=w cpu=SSE2'],
  ['NP 0FC3 m', 'movnti', 'My Gy', 'a=w cpu=SSE2'],
  ['F2 0FF0 m', 'lddqu', 'Vx Mx', 'a=w cpu=SSE3'],
]

const CONVERSIONS: readonly Row[] = [
  ['NP 0F2A', 'cvtpi2ps', 'Vx Qq', 'cpu=SSE'],
  ['66 0F2A', 'cvtpi2pd', 'Vx Qq', 'a=w cpu=SSE2'],
  ['F3 0F2A', 'cvtsi2ss', 'Vx Ey', 'cpu=SSE'],
  ['F2 0F2A', 'cvtsi2sd', 'Vx Ey', 'cpu=SSE2'],
  ['NP 0F2C', 'cvttps2pi', 'Pq Wq', 'a=w cpu=SSE'],
  ['66 0F2C', 'cvttpd2pi', 'Pq Wx', 'a=w cpu=SSE2'],
  ['F3 0F2C', 'cvttss2si', 'Gy Wd', 'a=w cpu=SSE'],
  ['F2 0F2C', 'cvttsd2si', 'Gy Wq', 'a=w cpu=SSE2'],
  ['NP 0F2D', 'cvtps2pi', 'Pq Wq', 'a=w cpu=SSE'],
  ['66 0F2D', 'cvtpd2pi', 'Pq Wx', 'a=w cpu=SSE2'],
  ['F3 0F2D', 'cvtss2si', 'Gy Wd', 'a=w cpu=SSE'],
  ['F2 0F2D', 'cvtsd2si', 'Gy Wq', 'a=w cpu=SSE2'],
  ['NP 0F5A', 'cvtps2pd', 'Vx Wq', 'a=w cpu=SSE2'],
  ['66 0F5A', 'cvtpd2ps', 'Vx Wx', 'a=w cpu=SSE2'],
  ['F3 0F5A', 'cvtss2sd', 'Vx Wd', 'cpu=SSE2'],
  ['F2 0F5A', 'cvtsd2ss', 'Vx Wq', 'cpu=SSE2'],
  ['NP 0F5B', 'cvtdq2ps', 'Vx Wx', 'a=w cpu=SSE2'],
  ['66 0F5B', 'cvtps2dq', 'Vx Wx', 'a=w cpu=SSE2'],
  ['F3 0F5B', 'cvttps2dq', 'Vx Wx', 'a=w cpu=SSE2'],
  ['66 0FE6', 'cvttpd2dq', 'Vx Wx', 'a=w cpu=SSE2'],
  ['F3 0FE6', 'cvtdq2pd', 'Vx Wq', 'a=w cpu=SSE2'],
  ['F2 0FE6', 'cvtpd2dq', 'Vx Wx', 'a=w cpu=SSE2'],
]

const COMPARISONS: readonly Row[] = [
  ['NP 0F2E', 'ucomiss', 'Vx Wd', `${COMPARE} cpu=SSE`],
  ['66 0F2E', 'ucomisd', 'Vx Wq', `${COMPARE} cpu=SSE2`],
  ['NP 0F2F', 'comiss', 'Vx Wd', `${COMPARE} cpu=SSE`],
  ['66 0F2F', 'comisd', 'Vx Wq', `${COMPARE} cpu=SSE2`],
  ['NP 0FC2', 'cmpps', 'Vx Wx Ib', 'cpu=SSE'],
  ['66 0FC2', 'cmppd', 'Vx Wx Ib', 'cpu=SSE2'],
  ['F3 0FC2', 'cmpss', 'Vx Wd Ib', 'cpu=SSE'],
  ['F2 0FC2', 'cmpsd', 'Vx Wq Ib', 'op=CmpsdSse cpu=SSE2'],
]

const HORIZONTAL: readonly Row[] = [
  ['66 0F7C', 'haddpd', 'Vx Wx', 'cpu=SSE3'],
  ['F2 0F7C', 'haddps', 'Vx Wx', 'cpu=SSE3'],
  ['66 0F7D', 'hsubpd', 'Vx Wx', 'cpu=SSE3'],
  ['F2 0F7D', 'hsubps', 'Vx Wx', 'cpu=SSE3'],
  ['66 0FD0', 'addsubpd', 'Vx Wx', 'cpu=SSE3'],
  ['F2 0FD0', 'addsubps', 'Vx Wx', 'cpu=SSE3'],
]

/** Floating point on XMM registers: 0F 10-17, 28-2F, 50-5F, 7C-7D, C2, C6, D0, E6. */
export const sse: readonly Row[] = [
  ...MOVES,
  ...CONVERSIONS,
  ...COMPARISONS,
  ...HORIZONTAL,
  ...packed('0F14', 'unpckl'),
  ...packed('0F15', 'unpckh'),
  ...packed('0F51', 'sqrt', 'a=w '),
  ...scalar('0F51', 'sqrt'),
  ['NP 0F52', 'rsqrtps', 'Vx Wx', 'a=w cpu=SSE'],
  ['F3 0F52', 'rsqrtss', 'Vx Wd', 'cpu=SSE'],
  ['NP 0F53', 'rcpps', 'Vx Wx', 'a=w cpu=SSE'],
  ['F3 0F53', 'rcpss', 'Vx Wd', 'cpu=SSE'],
  ...packed('0F54', 'and'),
  ...packed('0F55', 'andn'),
  ...packed('0F56', 'or'),
  ...packed('0F57', 'xor'),
  ...['0F58 add', '0F59 mul', '0F5C sub', '0F5D min', '0F5E div', '0F5F max'].flatMap((text) => {
    const [opcode, stem] = text.split(' ') as [string, string]
    return [...packed(opcode, stem), ...scalar(opcode, stem)]
  }),
  ['NP 0FC6', 'shufps', 'Vx Wx Ib', 'cpu=SSE'],
  ['66 0FC6', 'shufpd', 'Vx Wx Ib', 'cpu=SSE2'],
  ...mmxAndXmm('0FE0', 'pavgb', 'SSE', 'SSE2'),
  ...mmxAndXmm('0FE3', 'pavgw', 'SSE', 'SSE2'),
]
