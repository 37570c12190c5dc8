import type { Row } from './row.ts'
import { avxAndAvx2, entries, rows } from './vex-rows.ts'

const SSSE3: readonly string[] = [
  '00 vpshufb', '01 vphaddw', '02 vphaddd', '03 vphaddsw', '04 vpmaddubsw', '05 vphsubw', '06 vphsubd', '07 vphsubsw',
  '08 vpsignb', '09 vpsignw', '0A vpsignd', '0B vpmulhrsw', '28 vpmuldq', '29 vpcmpeqq', '2B vpackusdw', '37 vpcmpgtq',
  '38 vpminsb', '39 vpminsd', '3A vpminuw', '3B vpminud', '3C vpmaxsb', '3D vpmaxsd', '3E vpmaxuw', '3F vpmaxud', '40 vpmulld',
]

/** Fused multiply-add: three orders of operands; W chooses double. */
function fma(): Row[] {
  const packed = entries(['96 vfmaddsub', '97 vfmsubadd', '98 vfmadd', '9A vfmsub', '9C vfnmadd', '9E vfnmsub'])
  const scalar = entries(['99 vfmadd', '9B vfmsub', '9D vfnmadd', '9F vfnmsub'])
  const at = (opcode: string, step: number): string => (Number.parseInt(opcode, 16) + step).toString(16).toUpperCase()
  return [['132', 0x00] as const, ['213', 0x10] as const, ['231', 0x20] as const].flatMap(([order, step]) => [
    ...packed.flatMap(([opcode, name]): Row[] => [
      [`66 V0F38${at(opcode, step)} W0`, `${name}${order}ps`, 'Vl Hl Wl', 'cpu=FMA'],
      [`66 V0F38${at(opcode, step)} W1`, `${name}${order}pd`, 'Vl Hl Wl', 'cpu=FMA'],
    ]),
    ...scalar.flatMap(([opcode, name]): Row[] => [
      [`66 V0F38${at(opcode, step)} W0`, `${name}${order}ss`, 'Vx Hx Wd', 'cpu=FMA'],
      [`66 V0F38${at(opcode, step)} W1`, `${name}${order}sd`, 'Vx Hx Wq', 'cpu=FMA'],
    ]),
  ])
}

const avx1 = (): readonly Row[] => [
  ['66 V0F380C W0', 'vpermilps', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['66 V0F380D W0', 'vpermilpd', 'Vl Hl Wl', 'a=w cpu=AVX'],
  ['66 V0F380E W0', 'vtestps', 'Vl Wl', 'a=r w=zc c=osap cpu=AVX'],
  ['66 V0F380F W0', 'vtestpd', 'Vl Wl', 'a=r w=zc c=osap cpu=AVX'],
  ['66 V0F3813 W0', 'vcvtph2ps', 'Vl Wm', 'a=w cpu=F16C'],
  ['66 V0F3817', 'vptest', 'Vl Wl', 'a=r w=zc c=osap cpu=AVX'],
  ['66 V0F3818 W0 m', 'vbroadcastss', 'Vl Md', 'a=w cpu=AVX'],
  ['66 V0F3818 W0 r', 'vbroadcastss', 'Vl Ux', 'a=w cpu=AVX2'],
  ['66 V0F3819 W0 m L1', 'vbroadcastsd', 'Vl Mq', 'a=w cpu=AVX'],
  ['66 V0F3819 W0 r L1', 'vbroadcastsd', 'Vl Ux', 'a=w cpu=AVX2'],
  ['66 V0F381A W0 m L1', 'vbroadcastf128', 'Vl Mx', 'a=w cpu=AVX'],
  ['66 V0F382A m L0', 'vmovntdqa', 'Vl Ml', 'a=w cpu=AVX'],
  ['66 V0F382A m L1', 'vmovntdqa', 'Vl Ml', 'a=w cpu=AVX2'],
  ['66 V0F382C W0 m', 'vmaskmovps', 'Vl Hl Ml', 'a=w cpu=AVX'],
  ['66 V0F382D W0 m', 'vmaskmovpd', 'Vl Hl Ml', 'a=w cpu=AVX'],
  ['66 V0F382E W0 m', 'vmaskmovps', 'Ml Hl Vl', 'a=c cpu=AVX'],
  ['66 V0F382F W0 m', 'vmaskmovpd', 'Ml Hl Vl', 'a=c cpu=AVX'],
  ['66 V0F3841 L0', 'vphminposuw', 'Vx Wx', 'a=w cpu=AVX'],
]

const avx2 = (): readonly Row[] => [
  ['66 V0F3816 W0 L1', 'vpermps', 'Vl Hl Wl', 'a=w cpu=AVX2'],
  ['66 V0F3836 W0 L1', 'vpermd', 'Vl Hl Wl', 'a=w cpu=AVX2'],
  ['66 V0F3845 W0', 'vpsrlvd', 'Vl Hl Wl', 'a=w cpu=AVX2'],
  ['66 V0F3845 W1', 'vpsrlvq', 'Vl Hl Wl', 'a=w cpu=AVX2'],
  ['66 V0F3846 W0', 'vpsravd', 'Vl Hl Wl', 'a=w cpu=AVX2'],
  ['66 V0F3847 W0', 'vpsllvd', 'Vl Hl Wl', 'a=w cpu=AVX2'],
  ['66 V0F3847 W1', 'vpsllvq', 'Vl Hl Wl', 'a=w cpu=AVX2'],
  ['66 V0F3858 W0', 'vpbroadcastd', 'Vl Wd', 'a=w cpu=AVX2'],
  ['66 V0F3859 W0', 'vpbroadcastq', 'Vl Wq', 'a=w cpu=AVX2'],
  ['66 V0F385A W0 m L1', 'vbroadcasti128', 'Vl Mx', 'a=w cpu=AVX2'],
  ['66 V0F3878 W0', 'vpbroadcastb', 'Vl Wb', 'a=w cpu=AVX2'],
  ['66 V0F3879 W0', 'vpbroadcastw', 'Vl Ww', 'a=w cpu=AVX2'],
  ['66 V0F388C W0 m', 'vpmaskmovd', 'Vl Hl Ml', 'a=w cpu=AVX2'],
  ['66 V0F388C W1 m', 'vpmaskmovq', 'Vl Hl Ml', 'a=w cpu=AVX2'],
  ['66 V0F388E W0 m', 'vpmaskmovd', 'Ml Hl Vl', 'a=c cpu=AVX2'],
  ['66 V0F388E W1 m', 'vpmaskmovq', 'Ml Hl Vl', 'a=c cpu=AVX2'],
  ['66 V0F3890 W0 m', 'vpgatherdd', 'Vl Yld Hl', 'gather a=xrx cpu=AVX2'],
  ['66 V0F3890 W1 m', 'vpgatherdq', 'Vl Ymq Hl', 'gather a=xrx cpu=AVX2'],
  ['66 V0F3891 W0 m', 'vpgatherqd', 'Vm Yld Hm', 'gather a=xrx cpu=AVX2'],
  ['66 V0F3891 W1 m', 'vpgatherqq', 'Vl Ylq Hl', 'gather a=xrx cpu=AVX2'],
  ['66 V0F3892 W0 m', 'vgatherdps', 'Vl Yld Hl', 'gather a=xrx cpu=AVX2'],
  ['66 V0F3892 W1 m', 'vgatherdpd', 'Vl Ymq Hl', 'gather a=xrx cpu=AVX2'],
  ['66 V0F3893 W0 m', 'vgatherqps', 'Vm Yld Hm', 'gather a=xrx cpu=AVX2'],
  ['66 V0F3893 W1 m', 'vgatherqpd', 'Vl Ylq Hl', 'gather a=xrx cpu=AVX2'],
]

const bitManipulation = (): readonly Row[] => [
  ['NP V0F38F2 L0', 'andn', 'Gy By Ey', 'a=w w=sz u=ap c=oc cpu=BMI1'],
  ['NP V0F38F3 /1 L0', 'blsr', 'By Ey', 'a=w w=szc u=ap c=o cpu=BMI1'],
  ['NP V0F38F3 /2 L0', 'blsmsk', 'By Ey', 'a=w w=sc u=ap c=zo cpu=BMI1'],
  ['NP V0F38F3 /3 L0', 'blsi', 'By Ey', 'a=w w=szc u=ap c=o cpu=BMI1'],
  ['NP V0F38F5 L0', 'bzhi', 'Gy Ey By', 'a=w w=szc u=ap c=o cpu=BMI2'],
  ['F3 V0F38F5 L0', 'pext', 'Gy By Ey', 'cpu=BMI2 a=wq'],
  ['F2 V0F38F5 L0', 'pdep', 'Gy By Ey', 'cpu=BMI2 a=wq'],
  ['F2 V0F38F6 L0', 'mulx', 'Gy By Ey', 'a=ww cpu=BMI2 i=rvDX'],
  ['NP V0F38F7 L0', 'bextr', 'Gy Ey By', 'a=w w=z u=sap c=oc cpu=BMI1'],
  ['66 V0F38F7 L0', 'shlx', 'Gy Ey By', 'a=w cpu=BMI2'],
  ['F3 V0F38F7 L0', 'sarx', 'Gy Ey By', 'a=w cpu=BMI2'],
  ['F2 V0F38F7 L0', 'shrx', 'Gy Ey By', 'a=w cpu=BMI2'],
]

const later = (): readonly Row[] => [
  ...rows('66 V0F38', ' W0', 'Vl Hl Wl', 'cpu=AVX_VNNI', ['50 vpdpbusd', '51 vpdpbusds', '52 vpdpwssd', '53 vpdpwssds']),
  ...rows('F2 V0F38', ' W0', 'Vl Hl Wl', 'cpu=AVX_VNNI_INT8', ['50 vpdpbssd', '51 vpdpbssds']),
  ...rows('F3 V0F38', ' W0', 'Vl Hl Wl', 'cpu=AVX_VNNI_INT8', ['50 vpdpbsud', '51 vpdpbsuds']),
  ...rows('NP V0F38', ' W0', 'Vl Hl Wl', 'cpu=AVX_VNNI_INT8', ['50 vpdpbuud', '51 vpdpbuuds']),
  ...rows('66 V0F38', ' W0', 'Vl Hl Wl', 'cpu=AVX_VNNI_INT16', ['D2 vpdpwusd', 'D3 vpdpwusds']),
  ...rows('F3 V0F38', ' W0', 'Vl Hl Wl', 'cpu=AVX_VNNI_INT16', ['D2 vpdpwsud', 'D3 vpdpwsuds']),
  ...rows('NP V0F38', ' W0', 'Vl Hl Wl', 'cpu=AVX_VNNI_INT16', ['D2 vpdpwuud', 'D3 vpdpwuuds']),
  ...rows('66 V0F38', ' W1', 'Vl Hl Wl', 'cpu=AVX_IFMA', ['B4 vpmadd52luq', 'B5 vpmadd52huq']),
  ['66 V0F38B1 W0 m', 'vbcstnesh2ps', 'Vl Mw', 'a=w cpu=AVX_NE_CONVERT'],
  ['F3 V0F38B1 W0 m', 'vbcstnebf162ps', 'Vl Mw', 'a=w cpu=AVX_NE_CONVERT'],
  ['66 V0F38B0 W0 m', 'vcvtneeph2ps', 'Vl Ml', 'a=w cpu=AVX_NE_CONVERT'],
  ['F3 V0F38B0 W0 m', 'vcvtneebf162ps', 'Vl Ml', 'a=w cpu=AVX_NE_CONVERT'],
  ['F2 V0F38B0 W0 m', 'vcvtneobf162ps', 'Vl Ml', 'a=w cpu=AVX_NE_CONVERT'],
  ['NP V0F38B0 W0 m', 'vcvtneoph2ps', 'Vl Ml', 'a=w cpu=AVX_NE_CONVERT'],
  ['F3 V0F3872 W0', 'vcvtneps2bf16', 'Vm Wl', 'a=w cpu=AVX_NE_CONVERT'],
  ['F2 V0F38CB W0 r L1', 'vsha512rnds2', 'Vl Hl Ux', 'cpu=SHA512'],
  ['F2 V0F38CC W0 r L1', 'vsha512msg1', 'Vl Ux', 'cpu=SHA512'],
  ['F2 V0F38CD W0 r L1', 'vsha512msg2', 'Vl Ul', 'cpu=SHA512'],
  ['NP V0F38DA W0 L0', 'vsm3msg1', 'Vx Hx Wx', 'cpu=SM3'],
  ['66 V0F38DA W0 L0', 'vsm3msg2', 'Vx Hx Wx', 'cpu=SM3'],
  ['F3 V0F38DA W0', 'vsm4key4', 'Vl Hl Wl', 'a=w cpu=SM4'],
  ['F2 V0F38DA W0', 'vsm4rnds4', 'Vl Hl Wl', 'a=w cpu=SM4'],
  ['66 V0F38CF W0', 'vgf2p8mulb', 'Vl Hl Wl', 'a=w cpu=GFNI'],
  ['66 V0F38DB L0', 'vaesimc', 'Vx Wx', 'a=w cpu=AES'],
  ...rows('66 V0F38', ' L0', 'Vl Hl Wl', 'a=w cpu=AES', ['DC vaesenc', 'DD vaesenclast', 'DE vaesdec', 'DF vaesdeclast']),
  ...rows('66 V0F38', ' L1', 'Vl Hl Wl', 'a=w cpu=VAES', ['DC vaesenc', 'DD vaesenclast', 'DE vaesdec', 'DF vaesdeclast']),
]

/** CMPccXADD: the condition is in the opcode, in its own spelling. */
const COMPARE_ADD: readonly string[] = [
  'E0 cmpoxadd', 'E1 cmpnoxadd', 'E2 cmpbxadd', 'E3 cmpnbxadd', 'E4 cmpzxadd', 'E5 cmpnzxadd', 'E6 cmpbexadd', 'E7 cmpnbexadd',
  'E8 cmpsxadd', 'E9 cmpnsxadd', 'EA cmppxadd', 'EB cmpnpxadd', 'EC cmplxadd', 'ED cmpnlxadd', 'EE cmplexadd', 'EF cmpnlexadd',
]

/** VEX map 0F 38. */
export function avx0f38(): readonly Row[] {
  return [
    ...avxAndAvx2('66 V0F38', 'Vl Hl Wl', 'a=w', SSSE3),
    ...avxAndAvx2('66 V0F38', 'Vl Wl', 'a=w', ['1C vpabsb', '1D vpabsw', '1E vpabsd']),
    ...avxAndAvx2('66 V0F38', 'Vl Wm', 'a=w', [
      '20 vpmovsxbw', '23 vpmovsxwd', '25 vpmovsxdq', '30 vpmovzxbw', '33 vpmovzxwd', '35 vpmovzxdq',
    ]),
    ...avxAndAvx2('66 V0F38', 'Vl Wc', 'a=w', ['21 vpmovsxbd', '24 vpmovsxwq', '31 vpmovzxbd', '34 vpmovzxwq']),
    ...avxAndAvx2('66 V0F38', 'Vl Wu', 'a=w', ['22 vpmovsxbq', '32 vpmovzxbq']),
    ...avx1(),
    ...avx2(),
    ...fma(),
    ...bitManipulation(),
    ...later(),
    ...rows('66 V0F38', ' m L0', 'My Gy By', 'o64 a=xxr w=oszapc cpu=CMPCCXADD', COMPARE_ADD),
  ]
}
