import type { Row } from './row.ts'
import { avxAndAvx2, entries } from './vex-rows.ts'

const COMPARE = 'a=r w=zpc c=osa cpu=AVX'

/** Three-operand floating point: packed single and double, and the scalars where `scalars`. */
function arithmetic(list: readonly string[], scalars: boolean): Row[] {
  return entries(list).flatMap(([opcode, stem]): Row[] => {
    const both: Row[] = [
      [`NP V0F${opcode} L01`, `${stem}ps`, 'Vl Hl Wl', 'a=w cpu=AVX'],
      [`66 V0F${opcode} L01`, `${stem}pd`, 'Vl Hl Wl', 'a=w cpu=AVX'],
    ]
    return scalars ? [...both, ...scalar(opcode, stem)] : both
  })
}

function scalar(opcode: string, stem: string): Row[] {
  return [
    [`F3 V0F${opcode}`, `${stem}ss`, 'Vx Hx Wd', 'a=w cpu=AVX'],
    [`F2 V0F${opcode}`, `${stem}sd`, 'Vx Hx Wq', 'a=w cpu=AVX'],
  ]
}

const moves = (): readonly Row[] => [
  ['NP V0F10', 'vmovups', 'Vl Wl', 'a=w cpu=AVX'],
  ['66 V0F10', 'vmovupd', 'Vl Wl', 'a=w cpu=AVX'],
  ['F3 V0F10 m', 'vmovss', 'Vx Md', 'a=w cpu=AVX'],
  ['F3 V0F10 r', 'vmovss', 'Vx Hx Ux', 'a=w cpu=AVX'],
  ['F2 V0F10 m', 'vmovsd', 'Vx Mq', 'a=w cpu=AVX'],
  ['F2 V0F10 r', 'vmovsd', 'Vx Hx Ux', 'a=w cpu=AVX'],
  ['NP V0F11', 'vmovups', 'Wl Vl', 'a=w cpu=AVX'],
  ['66 V0F11', 'vmovupd', 'Wl Vl', 'a=w cpu=AVX'],
  ['F3 V0F11 m', 'vmovss', 'Md Vx', 'a=w cpu=AVX'],
  ['F3 V0F11 r', 'vmovss', 'Ux Hx Vx', 'a=w cpu=AVX'],
  ['F2 V0F11 m', 'vmovsd', 'Mq Vx', 'a=w cpu=AVX'],
  ['F2 V0F11 r', 'vmovsd', 'Ux Hx Vx', 'a=w cpu=AVX'],
  ['NP V0F12 m L0', 'vmovlps', 'Vx Hx Mq', 'a=w cpu=AVX'],
  ['NP V0F12 r L0', 'vmovhlps', 'Vx Hx Ux', 'a=w cpu=AVX'],
  ['66 V0F12 m L0', 'vmovlpd', 'Vx Hx Mq', 'a=w cpu=AVX'],
  ['F3 V0F12', 'vmovsldup', 'Vl Wl', 'a=w cpu=AVX'],
  ['F2 V0F12 L0', 'vmovddup', 'Vx Wq', 'a=w cpu=AVX'],
  ['F2 V0F12 L1', 'vmovddup', 'Vl Wl', 'a=w cpu=AVX'],
  ['NP V0F13 m L0', 'vmovlps', 'Mq Vx', 'a=w cpu=AVX'],
  ['66 V0F13 m L0', 'vmovlpd', 'Mq Vx', 'a=w cpu=AVX'],
  ['NP V0F16 m L0', 'vmovhps', 'Vx Hx Mq', 'a=w cpu=AVX'],
  ['NP V0F16 r L0', 'vmovlhps', 'Vx Hx Ux', 'a=w cpu=AVX'],
  ['66 V0F16 m L0', 'vmovhpd', 'Vx Hx Mq', 'a=w cpu=AVX'],
  ['F3 V0F16', 'vmovshdup', 'Vl Wl', 'a=w cpu=AVX'],
  ['NP V0F17 m L0', 'vmovhps', 'Mq Vx', 'a=w cpu=AVX'],
  ['66 V0F17 m L0', 'vmovhpd', 'Mq Vx', 'a=w cpu=AVX'],
  ['NP V0F28', 'vmovaps', 'Vl Wl', 'a=w cpu=AVX'],
  ['66 V0F28', 'vmovapd', 'Vl Wl', 'a=w cpu=AVX'],
  ['NP V0F29', 'vmovaps', 'Wl Vl', 'a=w cpu=AVX'],
  ['66 V0F29', 'vmovapd', 'Wl Vl', 'a=w cpu=AVX'],
  ['NP V0F2B m', 'vmovntps', 'Ml Vl', 'a=w cpu=AVX'],
  ['66 V0F2B m', 'vmovntpd', 'Ml Vl', 'a=w cpu=AVX'],
  ['NP V0F50 r', 'vmovmskps', 'Gy Ul', 'a=w cpu=AVX'],
  ['66 V0F50 r', 'vmovmskpd', 'Gy Ul', 'a=w cpu=AVX'],
  ['66 V0F6E L0', 'vmovd|vmovd|vmovq', 'Vx Ey', 'op=Vmovd a=w cpu=AVX'],
  ['66 V0F7E L0', 'vmovd|vmovd|vmovq', 'Ey Vx', 'op=Vmovd a=w cpu=AVX'],
  ['F3 V0F7E L0', 'vmovq', 'Vx Wq', 'a=w cpu=AVX'],
  ['66 V0FD6 L0', 'vmovq', 'Wq Vx', 'a=w cpu=AVX'],
  ['66 V0F6F', 'vmovdqa', 'Vl Wl', 'a=w cpu=AVX'],
  ['F3 V0F6F', 'vmovdqu', 'Vl Wl', 'a=w cpu=AVX'],
  ['66 V0F7F', 'vmovdqa', 'Wl Vl', 'a=w cpu=AVX'],
  ['F3 V0F7F', 'vmovdqu', 'Wl Vl', 'a=w cpu=AVX'],
  ['66 V0FE7 m', 'vmovntdq', 'Ml Vl', 'a=w cpu=AVX'],
  ['F2 V0FF0 m', 'vlddqu', 'Vl Ml', 'a=w cpu=AVX'],
  ['66 V0FF7 r L0', 'vmaskmovdqu', 'Vx Ux', 'a=r cpu=AVX i=w@aDI'],
]

const conversions = (): readonly Row[] => [
  ['F3 V0F2A', 'vcvtsi2ss', 'Vx Hx Ey', 'a=w cpu=AVX'],
  ['F2 V0F2A', 'vcvtsi2sd', 'Vx Hx Ey', 'a=w cpu=AVX'],
  ['F3 V0F2C', 'vcvttss2si', 'Gy Wd', 'a=w cpu=AVX'],
  ['F2 V0F2C', 'vcvttsd2si', 'Gy Wq', 'a=w cpu=AVX'],
  ['F3 V0F2D', 'vcvtss2si', 'Gy Wd', 'a=w cpu=AVX'],
  ['F2 V0F2D', 'vcvtsd2si', 'Gy Wq', 'a=w cpu=AVX'],
  ['NP V0F5A', 'vcvtps2pd', 'Vl Wm', 'a=w cpu=AVX'],
  ['66 V0F5A', 'vcvtpd2ps', 'Vm Wl', 'a=w cpu=AVX'],
  ['F3 V0F5A', 'vcvtss2sd', 'Vx Hx Wd', 'a=w cpu=AVX'],
  ['F2 V0F5A', 'vcvtsd2ss', 'Vx Hx Wq', 'a=w cpu=AVX'],
  ['NP V0F5B', 'vcvtdq2ps', 'Vl Wl', 'a=w cpu=AVX'],
  ['66 V0F5B', 'vcvtps2dq', 'Vl Wl', 'a=w cpu=AVX'],
  ['F3 V0F5B', 'vcvttps2dq', 'Vl Wl', 'a=w cpu=AVX'],
  ['66 V0FE6', 'vcvttpd2dq', 'Vm Wl', 'a=w cpu=AVX'],
  ['F3 V0FE6', 'vcvtdq2pd', 'Vl Wm', 'a=w cpu=AVX'],
  ['F2 V0FE6', 'vcvtpd2dq', 'Vm Wl', 'a=w cpu=AVX'],
]

const others = (): readonly Row[] => [
  ['NP V0F2E', 'vucomiss', 'Vx Wd', COMPARE],
  ['66 V0F2E', 'vucomisd', 'Vx Wq', COMPARE],
  ['NP V0F2F', 'vcomiss', 'Vx Wd', COMPARE],
  ['66 V0F2F', 'vcomisd', 'Vx Wq', COMPARE],
  ['NP V0F51', 'vsqrtps', 'Vl Wl', 'a=w cpu=AVX'],
  ['66 V0F51', 'vsqrtpd', 'Vl Wl', 'a=w cpu=AVX'],
  ...scalar('51', 'vsqrt'),
  ['NP V0F52', 'vrsqrtps', 'Vl Wl', 'a=w cpu=AVX'],
  ['F3 V0F52', 'vrsqrtss', 'Vx Hx Wd', 'a=w cpu=AVX'],
  ['NP V0F53', 'vrcpps', 'Vl Wl', 'a=w cpu=AVX'],
  ['F3 V0F53', 'vrcpss', 'Vx Hx Wd', 'a=w cpu=AVX'],
  ['NP V0FC2', 'vcmpps', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
  ['66 V0FC2', 'vcmppd', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
  ['F3 V0FC2', 'vcmpss', 'Vx Hx Wd Ib', 'a=w cpu=AVX'],
  ['F2 V0FC2', 'vcmpsd', 'Vx Hx Wq Ib', 'a=w cpu=AVX'],
  ['NP V0FC6', 'vshufps', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
  ['66 V0FC6', 'vshufpd', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
  ['66 V0F7C', 'vhaddpd', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['F2 V0F7C', 'vhaddps', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['66 V0F7D', 'vhsubpd', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['F2 V0F7D', 'vhsubps', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['66 V0FD0', 'vaddsubpd', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['F2 V0FD0', 'vaddsubps', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['NP V0F77 L0', 'vzeroupper', '', 'cpu=AVX i=xXMM0-15'],
  ['NP V0F77 L1', 'vzeroall', '', 'cpu=AVX i=wXMM0-15'],
  ['NP V0FAE /2 m L0', 'vldmxcsr', 'Md', 'a=r cpu=AVX'],
  ['NP V0FAE /3 m L0', 'vstmxcsr', 'Md', 'a=w cpu=AVX'],
  ['66 V0FC4 L0', 'vpinsrw', 'Vx Hx Eyw Ib', 'a=w cpu=AVX'],
  ['66 V0FC5 r L0', 'vpextrw', 'Gy Ux Ib', 'a=w cpu=AVX'],
  ['66 V0FD7 r L0', 'vpmovmskb', 'Gy Ux', 'a=w cpu=AVX'],
  ['66 V0FD7 r L1', 'vpmovmskb', 'Gy Ul', 'a=w cpu=AVX2'],
]

const INTEGERS: readonly string[] = [
  '60 vpunpcklbw', '61 vpunpcklwd', '62 vpunpckldq', '63 vpacksswb', '64 vpcmpgtb', '65 vpcmpgtw', '66 vpcmpgtd',
  '67 vpackuswb', '68 vpunpckhbw', '69 vpunpckhwd', '6A vpunpckhdq', '6B vpackssdw', '6C vpunpcklqdq', '6D vpunpckhqdq',
  '74 vpcmpeqb', '75 vpcmpeqw', '76 vpcmpeqd', 'D4 vpaddq', 'D5 vpmullw', 'D8 vpsubusb', 'D9 vpsubusw', 'DA vpminub',
  'DB vpand', 'DC vpaddusb', 'DD vpaddusw', 'DE vpmaxub', 'DF vpandn', 'E0 vpavgb', 'E3 vpavgw', 'E4 vpmulhuw',
  'E5 vpmulhw', 'E8 vpsubsb', 'E9 vpsubsw', 'EA vpminsw', 'EB vpor', 'EC vpaddsb', 'ED vpaddsw', 'EE vpmaxsw', 'EF vpxor',
  'F4 vpmuludq', 'F5 vpmaddwd', 'F6 vpsadbw', 'F8 vpsubb', 'F9 vpsubw', 'FA vpsubd', 'FB vpsubq', 'FC vpaddb', 'FD vpaddw',
  'FE vpaddd',
]
const SHIFTS: readonly string[] = [
  'D1 vpsrlw', 'D2 vpsrld', 'D3 vpsrlq', 'E1 vpsraw', 'E2 vpsrad', 'F1 vpsllw', 'F2 vpslld', 'F3 vpsllq',
]
const CONSTANT_SHIFTS: readonly string[] = [
  '71 /2 vpsrlw', '71 /4 vpsraw', '71 /6 vpsllw', '72 /2 vpsrld', '72 /4 vpsrad', '72 /6 vpslld', '73 /2 vpsrlq',
  '73 /3 vpsrldq', '73 /6 vpsllq', '73 /7 vpslldq',
]

/** Operations on opmask registers: without and with 66, at W0 and W1. */
function masks(): Row[] {
  const binary = entries(['41 kand', '42 kandn', '45 kor', '46 kxnor', '47 kxor', '4A kadd'])
  const unary = entries(['44 knot', '98 kortest', '99 ktest'])
  const kinds: readonly (readonly [string, string, string, string])[] = [
    ['NP', 'W0', 'w', 'AVX512F'], ['66', 'W0', 'b', 'AVX512DQ'], ['NP', 'W1', 'q', 'AVX512BW'], ['66', 'W1', 'd', 'AVX512BW'],
  ]
  const wordFeature = (name: string, feature: string): string =>
    feature === 'AVX512F' && (name === 'kadd' || name === 'ktest') ? 'AVX512DQ' : feature
  return kinds.flatMap(([prefix, wide, letter, feature]): Row[] => [
    ...binary.map(([opcode, name]): Row => [
      `${prefix} V0F${opcode} r ${wide} L1`, name + letter, 'Kq hq kq', `a=w cpu=${wordFeature(name, feature)}`,
    ]),
    ...unary.map(([opcode, name]): Row => [
      `${prefix} V0F${opcode} r ${wide} L0`, name + letter, 'Kq kq',
      `${name === 'knot' ? 'a=w' : 'a=r w=zc c=ospa'} cpu=${wordFeature(name, feature)}`,
    ]),
    [`${prefix} V0F90 ${wide} L0`, `kmov${letter}`, `Kq k${letter}`, `a=w cpu=${feature}`],
    [`${prefix} V0F91 m ${wide} L0`, `kmov${letter}`, `M${letter} Kq`, `a=w cpu=${feature}`],
  ])
}

const maskMoves = (): readonly Row[] => [
  ['66 V0F4B r W0 L1', 'kunpckbw', 'Kq hq kq', 'a=w cpu=AVX512F'],
  ['NP V0F4B r W0 L1', 'kunpckwd', 'Kq hq kq', 'a=w cpu=AVX512BW'],
  ['NP V0F4B r W1 L1', 'kunpckdq', 'Kq hq kq', 'a=w cpu=AVX512BW'],
  ['NP V0F92 r W0 L0', 'kmovw', 'Kq Rd', 'a=w cpu=AVX512F'],
  ['66 V0F92 r W0 L0', 'kmovb', 'Kq Rd', 'a=w cpu=AVX512DQ'],
  ['F2 V0F92 r W0 L0', 'kmovd', 'Kq Rd', 'a=w cpu=AVX512BW'],
  ['F2 V0F92 r W1 L0', 'kmovd|kmovd|kmovq', 'Kq Ry', 'a=w cpu=AVX512BW'],
  ['NP V0F93 r W0 L0', 'kmovw', 'Gd kq', 'a=w cpu=AVX512F'],
  ['66 V0F93 r W0 L0', 'kmovb', 'Gd kq', 'a=w cpu=AVX512DQ'],
  ['F2 V0F93 r W0 L0', 'kmovd', 'Gd kq', 'a=w cpu=AVX512BW'],
  ['F2 V0F93 r W1 L0', 'kmovd|kmovd|kmovq', 'Gy kq', 'a=w cpu=AVX512BW'],
]

/** VEX map 0F. */
export function avx(): readonly Row[] {
  return [
    ...arithmetic(['58 vadd', '59 vmul', '5C vsub', '5D vmin', '5E vdiv', '5F vmax'], true),
    ...arithmetic(['14 vunpckl', '15 vunpckh', '54 vand', '55 vandn', '56 vor', '57 vxor'], false),
    ...moves(),
    ...conversions(),
    ...others(),
    ...avxAndAvx2('66 V0F', 'Vl Hl Wl', 'a=w', INTEGERS),
    ...avxAndAvx2('66 V0F', 'Vl Hl Wx', 'a=w', SHIFTS),
    ...CONSTANT_SHIFTS.flatMap((text): Row[] => [
      [`66 V0F${text.slice(0, 5)} r L0`, text.slice(6), 'Hl Ul Ib', 'a=w cpu=AVX'],
      [`66 V0F${text.slice(0, 5)} r L1`, text.slice(6), 'Hl Ul Ib', 'a=w cpu=AVX2'],
    ]),
    ...avxAndAvx2('66 V0F', 'Vl Wl Ib', 'a=w', ['70 vpshufd']),
    ...avxAndAvx2('F3 V0F', 'Vl Wl Ib', 'a=w', ['70 vpshufhw']),
    ...avxAndAvx2('F2 V0F', 'Vl Wl Ib', 'a=w', ['70 vpshuflw']),
    ...masks(),
    ...maskMoves(),
  ]
}
