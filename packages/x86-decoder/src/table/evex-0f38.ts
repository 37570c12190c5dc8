import { byWide, doubleOrQuad, fused, wideScalars } from './evex-rows.ts'
import type { Row } from './row.ts'
import { rows } from './vex-rows.ts'

const F = 'a=w cpu=AVX512F'
const BW = 'a=w cpu=AVX512BW'
const DQ = 'a=w cpu=AVX512DQ'
const THREE = 'Vl Hl Wl'

/** Narrowing moves: plain, with signed and with unsigned saturation; bytes and words of BW, the rest of F. */
function narrowing(): Row[] {
  return [['3', 'vpmov'] as const, ['2', 'vpmovs'] as const, ['1', 'vpmovus'] as const].flatMap(([row, name]): Row[] => [
    [`F3 E0F38${row}0 W0`, `${name}wb`, 'Wm Vl', `kz ${BW}`],
    [`F3 E0F38${row}1 W0`, `${name}db`, 'Wc Vl', `kz ${F}`],
    [`F3 E0F38${row}2 W0`, `${name}qb`, 'Wu Vl', `kz ${F}`],
    [`F3 E0F38${row}3 W0`, `${name}dw`, 'Wm Vl', `kz ${F}`],
    [`F3 E0F38${row}4 W0`, `${name}qw`, 'Wc Vl', `kz ${F}`],
    [`F3 E0F38${row}5 W0`, `${name}qd`, 'Wm Vl', `kz ${F}`],
  ])
}

function widening(): Row[] {
  return [['2', 'vpmovsx'] as const, ['3', 'vpmovzx'] as const].flatMap(([row, name]): Row[] => [
    [`66 E0F38${row}0`, `${name}bw`, 'Vl Wm', `kz ${BW}`],
    [`66 E0F38${row}1`, `${name}bd`, 'Vl Wc', `kz ${F}`],
    [`66 E0F38${row}2`, `${name}bq`, 'Vl Wu', `kz ${F}`],
    [`66 E0F38${row}3`, `${name}wd`, 'Vl Wm', `kz ${F}`],
    [`66 E0F38${row}4`, `${name}wq`, 'Vl Wc', `kz ${F}`],
    [`66 E0F38${row}5 W0`, `${name}dq`, 'Vl Wm', `kz ${F}`],
  ])
}

const permutations = (): readonly Row[] => [
  ...rows('66 E0F38', '', THREE, `kz ${BW}`, ['00 vpshufb', '04 vpmaddubsw', '0B vpmulhrsw']),
  ['66 E0F380C W0', 'vpermilps', THREE, `kz b=4 ${F}`],
  ['66 E0F380D W1', 'vpermilpd', THREE, `kz b=8 ${F}`],
  ...rows('66 E0F38', ' W1', THREE, `kz ${BW}`, ['10 vpsrlvw', '11 vpsravw', '12 vpsllvw']),
  ...doubleOrQuad('66 E0F38', '', THREE, `kz ${F}`, ['d', 'q'], [
    '14 vprorv', '15 vprolv', '39 vpmins', '3B vpminu', '3D vpmaxs', '3F vpmaxu', '45 vpsrlv', '46 vpsrav', '47 vpsllv',
    '64 vpblendm',
  ]),
  ...doubleOrQuad('66 E0F38', '', THREE, 'kz cpu=AVX512F', ['d', 'q'], ['76 vpermi2', '7E vpermt2']),
  ...doubleOrQuad('66 E0F38', '', THREE, 'kz cpu=AVX512F', ['ps', 'pd'], ['77 vpermi2', '7F vpermt2']),
  ...doubleOrQuad('66 E0F38', '', THREE, `kz ${F}`, ['ps', 'pd'], ['65 vblendm']),
  ...doubleOrQuad('66 E0F38', ' L12', THREE, `kz ${F}`, ['ps', 'pd'], ['16 vperm']),
  ...doubleOrQuad('66 E0F38', ' L12', THREE, `kz ${F}`, ['d', 'q'], ['36 vperm']),
  ...byWide('66 E0F38', '', THREE, `kz ${BW}`, ['66 vpblendmb vpblendmw']),
  ['66 E0F3875 W0', 'vpermi2b', THREE, 'kz cpu=AVX512_VBMI'],
  ['66 E0F3875 W1', 'vpermi2w', THREE, 'kz cpu=AVX512BW'],
  ['66 E0F387D W0', 'vpermt2b', THREE, 'kz cpu=AVX512_VBMI'],
  ['66 E0F387D W1', 'vpermt2w', THREE, 'kz cpu=AVX512BW'],
  ['66 E0F388D W0', 'vpermb', THREE, 'kz a=w cpu=AVX512_VBMI'],
  ['66 E0F388D W1', 'vpermw', THREE, `kz ${BW}`],
  ['66 E0F3883 W1', 'vpmultishiftqb', THREE, 'kz b=8 a=w cpu=AVX512_VBMI'],
  ['66 E0F388F W0', 'vpshufbitqmb', 'Kq Hl Wl', 'k a=w cpu=AVX512_BITALG'],
]

const broadcasts = (): readonly Row[] => [
  ['66 E0F3818 W0', 'vbroadcastss', 'Vl Wd', `kz ${F}`],
  ['66 E0F3819 W0 L12', 'vbroadcastf32x2', 'Vl Wq', `kz ${DQ}`],
  ['66 E0F3819 W1 L12', 'vbroadcastsd', 'Vl Wq', `kz ${F}`],
  ['66 E0F381A W0 m L12', 'vbroadcastf32x4', 'Vl Mx', `kz ${F}`],
  ['66 E0F381A W1 m L12', 'vbroadcastf64x2', 'Vl Mx', `kz ${DQ}`],
  ['66 E0F381B W0 m L2', 'vbroadcastf32x8', 'Vl Mh', `kz ${DQ}`],
  ['66 E0F381B W1 m L2', 'vbroadcastf64x4', 'Vl Mh', `kz ${F}`],
  ['66 E0F3858 W0', 'vpbroadcastd', 'Vl Wd', `kz ${F}`],
  ['66 E0F3859 W0', 'vbroadcasti32x2', 'Vl Wq', `kz ${DQ}`],
  ['66 E0F3859 W1', 'vpbroadcastq', 'Vl Wq', `kz ${F}`],
  ['66 E0F385A W0 m L12', 'vbroadcasti32x4', 'Vl Mx', `kz ${F}`],
  ['66 E0F385A W1 m L12', 'vbroadcasti64x2', 'Vl Mx', `kz ${DQ}`],
  ['66 E0F385B W0 m L2', 'vbroadcasti32x8', 'Vl Mh', `kz ${DQ}`],
  ['66 E0F385B W1 m L2', 'vbroadcasti64x4', 'Vl Mh', `kz ${F}`],
  ['66 E0F3878 W0', 'vpbroadcastb', 'Vl Wb', `kz ${BW}`],
  ['66 E0F3879 W0', 'vpbroadcastw', 'Vl Ww', `kz ${BW}`],
  ['66 E0F387A W0 r', 'vpbroadcastb', 'Vl Rd', `kz ${BW}`],
  ['66 E0F387B W0 r', 'vpbroadcastw', 'Vl Rd', `kz ${BW}`],
  ['66 E0F387C r', 'vpbroadcastd|vpbroadcastd|vpbroadcastq', 'Vl Ry', `kz op=Vpbroadcastd ${F}`],
  ['F3 E0F382A W1 r', 'vpbroadcastmb2q', 'Vl kq', 'a=w cpu=AVX512CD'],
  ['F3 E0F383A W0 r', 'vpbroadcastmw2d', 'Vl kq', 'a=w cpu=AVX512CD'],
]

const arithmetic = (): readonly Row[] => [
  ...rows('66 E0F38', '', 'Vl Wl', `kz ${BW}`, ['1C vpabsb', '1D vpabsw']),
  ['66 E0F381E W0', 'vpabsd', 'Vl Wl', `kz b=4 ${F}`],
  ['66 E0F381F W1', 'vpabsq', 'Vl Wl', `kz b=8 ${F}`],
  ['66 E0F3828 W1', 'vpmuldq', THREE, `kz b=8 ${F}`],
  ['66 E0F382B W0', 'vpackusdw', THREE, `kz b=4 ${BW}`],
  ...rows('66 E0F38', '', THREE, `kz ${BW}`, ['38 vpminsb', '3A vpminuw', '3C vpmaxsb', '3E vpmaxuw']),
  ['66 E0F3840 W0', 'vpmulld', THREE, `kz b=4 ${F}`],
  ['66 E0F3840 W1', 'vpmullq', THREE, `kz b=8 ${DQ}`],
  ...doubleOrQuad('66 E0F38', '', THREE, `kz er ${F}`, ['ps', 'pd'], ['2C vscalef']),
  ...wideScalars('E0F38', '', `kz er ${F}`, ['2D vscalef']),
  ...doubleOrQuad('66 E0F38', '', 'Vl Wl', `kz sae ${F}`, ['ps', 'pd'], ['42 vgetexp']),
  ...wideScalars('E0F38', '', `kz sae ${F}`, ['43 vgetexp']),
  ...doubleOrQuad('66 E0F38', '', 'Vl Wl', `kz ${F}`, ['ps', 'pd'], ['4C vrcp14', '4E vrsqrt14']),
  ...wideScalars('E0F38', '', `kz ${F}`, ['4D vrcp14', '4F vrsqrt14']),
  ...doubleOrQuad('66 E0F38', '', 'Vl Wl', 'kz a=w cpu=AVX512CD', ['d', 'q'], ['44 vplzcnt', 'C4 vpconflict']),
  ...doubleOrQuad('66 E0F38', '', 'Vl Wl', 'kz a=w cpu=AVX512_VPOPCNTDQ', ['d', 'q'], ['55 vpopcnt']),
  ...byWide('66 E0F38', '', 'Vl Wl', 'kz a=w cpu=AVX512_BITALG', ['54 vpopcntb vpopcntw']),
  ...rows('66 E0F38', ' W0', THREE, 'kz b=4 cpu=AVX512_VNNI', ['50 vpdpbusd', '51 vpdpbusds', '52 vpdpwssd', '53 vpdpwssds']),
  ['F3 E0F3852 W0', 'vdpbf16ps', THREE, 'kz b=4 cpu=AVX512_BF16'],
  ['F2 E0F3872 W0', 'vcvtne2ps2bf16', THREE, 'kz b=4 a=w cpu=AVX512_BF16'],
  ['F3 E0F3872 W0', 'vcvtneps2bf16', 'Vm Wl', 'kz b=4 a=w cpu=AVX512_BF16'],
  ['66 E0F3870 W1', 'vpshldvw', THREE, 'kz cpu=AVX512_VBMI2'],
  ['66 E0F3872 W1', 'vpshrdvw', THREE, 'kz cpu=AVX512_VBMI2'],
  ...doubleOrQuad('66 E0F38', '', THREE, 'kz cpu=AVX512_VBMI2', ['d', 'q'], ['71 vpshldv', '73 vpshrdv']),
  ...rows('66 E0F38', ' W1', THREE, 'kz b=8 cpu=AVX512_IFMA', ['B4 vpmadd52luq', 'B5 vpmadd52huq']),
  ['66 E0F3813 W0', 'vcvtph2ps', 'Vl Wm', `kz sae ${F}`],
  ['66 E0F382A W0 m', 'vmovntdqa', 'Vl Ml', F],
  ['66 E0F38CF W0', 'vgf2p8mulb', THREE, 'kz a=w cpu=GFNI'],
  ...rows('66 E0F38', '', THREE, 'a=w cpu=VAES', ['DC vaesenc', 'DD vaesenclast', 'DE vaesdec', 'DF vaesdeclast']),
]

const masks = (): readonly Row[] => [
  ...byWide('66 E0F38', '', 'Kq Hl Wl', `k ${BW}`, ['26 vptestmb vptestmw']),
  ...byWide('F3 E0F38', '', 'Kq Hl Wl', `k ${BW}`, ['26 vptestnmb vptestnmw']),
  ...doubleOrQuad('66 E0F38', '', 'Kq Hl Wl', `k ${F}`, ['d', 'q'], ['27 vptestm']),
  ...doubleOrQuad('F3 E0F38', '', 'Kq Hl Wl', `k ${F}`, ['d', 'q'], ['27 vptestnm']),
  ['66 E0F3829 W1', 'vpcmpeqq', 'Kq Hl Wl', `k b=8 ${F}`],
  ['66 E0F3837 W1', 'vpcmpgtq', 'Kq Hl Wl', `k b=8 ${F}`],
  ...byWide('F3 E0F38', ' r', 'Vl kq', BW, ['28 vpmovm2b vpmovm2w']),
  ...byWide('F3 E0F38', ' r', 'Kq Ul', BW, ['29 vpmovb2m vpmovw2m']),
  ...byWide('F3 E0F38', ' r', 'Vl kq', DQ, ['38 vpmovm2d vpmovm2q']),
  ...byWide('F3 E0F38', ' r', 'Kq Ul', DQ, ['39 vpmovd2m vpmovq2m']),
  ...doubleOrQuad('F2 E0F38', '', 'Kq Hl Wl', 'a=w cpu=AVX512_VP2INTERSECT', ['d', 'q'], ['68 vp2intersect']),
]

const sparse = (): readonly Row[] => [
  ['66 E0F3862 W0', 'vpexpandb', 'Vl Wl', 'kz n=1 a=w cpu=AVX512_VBMI2'],
  ['66 E0F3862 W1', 'vpexpandw', 'Vl Wl', 'kz n=2 a=w cpu=AVX512_VBMI2'],
  ['66 E0F3863 W0', 'vpcompressb', 'Wl Vl', 'kz n=1 a=w cpu=AVX512_VBMI2'],
  ['66 E0F3863 W1', 'vpcompressw', 'Wl Vl', 'kz n=2 a=w cpu=AVX512_VBMI2'],
  ['66 E0F3888 W0', 'vexpandps', 'Vl Wl', `kz n=4 ${F}`],
  ['66 E0F3888 W1', 'vexpandpd', 'Vl Wl', `kz n=8 ${F}`],
  ['66 E0F3889 W0', 'vpexpandd', 'Vl Wl', `kz n=4 ${F}`],
  ['66 E0F3889 W1', 'vpexpandq', 'Vl Wl', `kz n=8 ${F}`],
  ['66 E0F388A W0', 'vcompressps', 'Wl Vl', `kz n=4 ${F}`],
  ['66 E0F388A W1', 'vcompresspd', 'Wl Vl', `kz n=8 ${F}`],
  ['66 E0F388B W0', 'vpcompressd', 'Wl Vl', `kz n=4 ${F}`],
  ['66 E0F388B W1', 'vpcompressq', 'Wl Vl', `kz n=8 ${F}`],
  ...['90 vpgatherd d q', '92 vgatherd ps pd'].flatMap((text): Row[] => {
    const [opcode, name, low, high] = text.split(' ') as [string, string, string, string]
    const quad = (Number.parseInt(opcode, 16) + 1).toString(16)
    const stem = name.slice(0, -1)
    return [
      [`66 E0F38${opcode} W0 m`, `${name}${low}`, 'Vl Yld', `kr gather a=y cpu=AVX512F`],
      [`66 E0F38${opcode} W1 m`, `${name}${high}`, 'Vl Ymq', `kr gather a=y cpu=AVX512F`],
      [`66 E0F38${quad} W0 m`, `${stem}q${low}`, 'Vm Yld', `kr gather a=y cpu=AVX512F`],
      [`66 E0F38${quad} W1 m`, `${stem}q${high}`, 'Vl Ylq', `kr gather a=y cpu=AVX512F`],
    ]
  }),
  ...['A0 vpscatterd d q', 'A2 vscatterd ps pd'].flatMap((text): Row[] => {
    const [opcode, name, low, high] = text.split(' ') as [string, string, string, string]
    const quad = opcode === 'A0' ? 'A1' : 'A3'
    const stem = name.slice(0, -1)
    return [
      [`66 E0F38${opcode} W0 m`, `${name}${low}`, 'Yld Vl', `kr a=c cpu=AVX512F`],
      [`66 E0F38${opcode} W1 m`, `${name}${high}`, 'Ymq Vl', `kr a=c cpu=AVX512F`],
      [`66 E0F38${quad} W0 m`, `${stem}q${low}`, 'Yld Vm', `kr a=c cpu=AVX512F`],
      [`66 E0F38${quad} W1 m`, `${stem}q${high}`, 'Ylq Vl', `kr a=c cpu=AVX512F`],
    ]
  }),
]

/** EVEX map 0F 38. */
export function evex0f38(): readonly Row[] {
  return [
    ...permutations(),
    ...broadcasts(),
    ...narrowing(),
    ...widening(),
    ...arithmetic(),
    ...masks(),
    ...sparse(),
    ...fused('E0F38', 'AVX512F', 4, [['ps', 'ss'], ['pd', 'sd']]),
  ]
}
